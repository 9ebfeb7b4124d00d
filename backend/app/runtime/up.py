"""`tagbuy up`: servers, preparation, roles, and then watching, in one light process.

It is started as `python -m app.runtime.up PLAN`, a fresh interpreter: the command line and the settings weigh more
than the supervisor itself.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from time import monotonic
from typing import Any, NoReturn

from app.core.errors import ConfigurationError
from app.runtime import children, state
from app.runtime.addresses import Addresses
from app.runtime.demo_settings import demo_settings, newest_messages
from app.runtime.plan import BACKEND, SANDBOX_FILE, Plan
from app.runtime.roles import (
    application_programs,
    flower_password,
    role_environment,
    sandbox_program,
    server_program,
)
from app.runtime.server import EmbeddedServer
from app.runtime.servers import postgres_of, valkey_of
from app.runtime.signals import Signals, StopRequested
from app.runtime.supervisor import EssentialProgramLost, Supervisor
from app.runtime.terminal import Terminal

SERVERS_FILE = "servers.json"
_SERVER_SECONDS = 60
_PREPARE_SECONDS = 300
_READY_SECONDS = 60
_MESSAGES_READ = 20


def replace_process(plan: Plan) -> NoReturn:
    """Become the supervisor: the same process, with a fresh interpreter."""
    sys.stdout.flush()
    # -P: a directory `app` in the user's working directory is not ours.
    os.execv(sys.executable, [sys.executable, "-P", "-m", "app.runtime.up", plan.to_json()])  # noqa: S606 - no shell


def up(plan: Plan, terminal: Terminal) -> int:
    """Run everything until somebody asks to stop, and return the exit code.

    Raises:
        ConfigurationError: it runs already, or cannot start; the message says what to do.
    """
    state.make_directory(plan.state_dir)
    state.make_directory(plan.logs)
    with state.locked(plan.state_dir), Signals() as signals:
        supervisor = Supervisor(plan.state_dir, signals, terminal)
        run = _Run(plan, supervisor, terminal)
        try:
            supervisor.stop_orphans()
            run.start()
            run.watch()
        except StopRequested:
            terminal.note("Stopping everything (Ctrl-C again kills what is slow)")
            return 0
        except EssentialProgramLost as lost:
            terminal.alarm(f"Nothing works without {lost}; everything is stopped")
            return 1
        except ConfigurationError as error:
            terminal.alarm(str(error))
            return 1
        finally:
            supervisor.stop()
            (plan.state_dir / SERVERS_FILE).unlink(missing_ok=True)
            terminal.note("Stopped")


class _Run:
    """One run of everything: from the servers to the first announced post."""

    def __init__(self, plan: Plan, supervisor: Supervisor, terminal: Terminal) -> None:
        self._plan = plan
        self._supervisor = supervisor
        self._terminal = terminal
        self._started_at = monotonic()
        self._urls: dict[str, str] = {}
        self._addresses = Addresses(plan, terminal.alarm)
        self._awaits_message = False
        self._last_message_before = 0

    def start(self) -> None:
        """Start servers and roles, and show where to look."""
        self._terminal.note(f"Starting in {self._plan.state_dir}")
        self._start_servers()
        if self._plan.servers_only:
            prepared = self._prepare()
            self._show_summary(prepared)
            return
        addresses = self._addresses
        if not self._plan.with_demo and self._plan.sandbox_dir.exists():
            self._terminal.alarm(
                "This directory holds the demo's data. Give your own campaigns another --state-dir (or `make clean`)"
            )
        if self._plan.with_demo:
            if not self._plan.has_own_postgres:
                self._terminal.alarm("The demo's influencers and campaigns are saved in the database of DATABASE_URL")
            self._supervisor.start(sandbox_program(self._plan, addresses, self._environment()))
        prepared = self._prepare()
        if self._plan.with_demo:
            self._await(["sandbox"])
            self._write_servers(demo_settings(self._plan.sandbox_dir / SANDBOX_FILE))
            self._awaits_message = True
            known = newest_messages(addresses.url("sandbox"), limit=1)
            self._last_message_before = int(known[0]["id"]) if known else 0
        programs = application_programs(self._plan, addresses, self._environment())
        for program in programs:
            self._supervisor.start(program)
        if self._plan.with_demo:
            self._seed()
        self._await([program.name for program in programs])
        self._show_summary(prepared)

    def watch(self) -> NoReturn:
        """Keep everything running; in the demo, tell of the first post that was announced."""
        while True:
            self._supervisor.wait_until(lambda: False, seconds=1, interval_seconds=0.5)
            self._look_into_inbox()

    def _start_servers(self) -> None:
        servers: dict[str, tuple[str, EmbeddedServer]] = {}
        if self._plan.has_own_valkey:
            servers["valkey"] = ("REDIS_URL", valkey_of(self._plan.state_dir))
        if self._plan.has_own_postgres:
            servers["postgresql"] = (
                "DATABASE_URL",
                postgres_of(self._plan.state_dir, bin_dir=self._plan.pg_bin),
            )
        for name, (_, server) in servers.items():
            server.prepare()
            self._supervisor.start(server_program(name, server, self._plan))
        self._await(list(servers), seconds=_SERVER_SECONDS)
        self._urls = {variable: server.url for variable, server in servers.values()}
        self._write_servers({})

    def _write_servers(self, settings: Mapping[str, str]) -> None:
        """Tell the roles, and commands that are run by hand, where the servers and the sandbox are."""
        urls = {variable.lower(): url for variable, url in self._urls.items()}
        state.write_json(self._plan.state_dir / SERVERS_FILE, {**urls, "settings": settings})

    def _prepare(self) -> Mapping[str, Any]:
        """Run the preparation in a process of its own, and return what it tells."""
        log_file = self._plan.logs / "prepare.log"
        arguments = ["--give-back"] if self._plan.has_own_valkey else []
        process = children.spawn(
            [sys.executable, "-m", "app.runtime.prepare", *arguments],
            log_file=log_file,
            stdout=subprocess.PIPE,
            environment=self._environment(),
            working_directory=BACKEND,
        )
        self._finish(process, "The preparation")
        output = process.stdout.read() if process.stdout else b""
        try:
            answer: dict[str, Any] = json.loads(output)
        except ValueError:
            raise ConfigurationError(
                f"The preparation {children.how_it_ended(process)}:{children.log_end(log_file)}"
            ) from None
        if "error" in answer:
            raise ConfigurationError(answer["error"])
        if answer["messages_given_back"]:
            self._terminal.note(f"{answer['messages_given_back']} unfinished tasks of the last run are given back")
        return answer

    def _seed(self) -> None:
        """Save the sandbox's cast; a demo without its cast is worth an alarm, not an end."""
        log_file = self._plan.logs / "demo.log"
        process = children.spawn(
            [sys.executable, "-m", "app.runtime.demo"],
            log_file=log_file,
            environment=self._environment(),
            working_directory=BACKEND,
        )
        self._finish(process, "Seeding the demo")
        if process.returncode:
            self._terminal.alarm(f"The demo data were not saved:{children.log_end(log_file)}")

    def _finish(self, process: subprocess.Popen[bytes], name: str) -> None:
        try:
            has_ended = self._supervisor.wait_until(lambda: process.poll() is not None, seconds=_PREPARE_SECONDS)
        except (StopRequested, EssentialProgramLost):
            process.kill()
            process.wait()
            raise
        if not has_ended:
            process.kill()
            process.wait()
            raise ConfigurationError(f"{name} took longer than {_PREPARE_SECONDS} s")

    def _await(self, names: list[str], *, seconds: float = _READY_SECONDS) -> None:
        for name in self._supervisor.wait_until_ready(names, seconds=seconds):
            self._terminal.alarm(f"{name} is not ready after {seconds:g} s; see {self._plan.logs / name}.log")

    def _environment(self) -> Mapping[str, str]:
        return role_environment(self._plan, self._urls)

    def _show_summary(self, prepared: Mapping[str, Any]) -> None:
        rows: list[tuple[str, str, str]] = []
        if not self._plan.servers_only:
            api = self._addresses.url("api")
            rows.append(("API", api, "/health/ready, /openapi.json"))
            rows.append(("Flower", self._addresses.url("flower"), f"admin / {flower_password(self._plan.state_dir)}"))
        if self._plan.with_demo:
            url = self._addresses.url("sandbox")
            rows.append(("Sandbox", url, "local Instagram and inbox"))
        rows.append(("Logs", str(self._plan.logs), ""))
        if prepared["admin_password"]:
            rows.append(("Admin", f"{prepared['admin_email']} / {prepared['admin_password']}", "shown only this once"))
        self._terminal.summary(rows)
        what = "The servers are" if self._plan.servers_only else "Everything is"
        self._terminal.milestone(f"{what} ready after {self._seconds():.1f} s. Ctrl-C stops it.")

    def _look_into_inbox(self) -> None:
        """Tell of the first e-mail of this run, and look no more."""
        if not self._awaits_message:
            return
        messages = newest_messages(self._addresses.url("sandbox"), limit=_MESSAGES_READ)
        new = [message for message in messages if int(message["id"]) > self._last_message_before]
        if not new:
            return
        self._awaits_message = False
        self._terminal.milestone(f"First post found, registered and announced {self._seconds():.1f} s after the start:")
        self._terminal.note(new[-1]["subject"])

    def _seconds(self) -> float:
        return monotonic() - self._started_at


def main() -> int:
    """Run the plan of the first argument."""
    terminal = Terminal()
    try:
        return up(Plan.from_json(sys.argv[1]), terminal)
    except ConfigurationError as error:
        terminal.alarm(str(error))
        return 1


if __name__ == "__main__":
    sys.exit(main())
