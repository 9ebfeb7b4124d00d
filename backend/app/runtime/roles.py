"""The roles of the application: the command of each process, how one sees that it is ready, and when it is stopped."""

import os
import secrets
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.runtime import children, state
from app.runtime.plan import BACKEND, SANDBOX_FILE, Plan
from app.runtime.readiness import EVERY_ADDRESS, FileWritten, Listening, Logged, Readiness
from app.runtime.server import EmbeddedServer
from app.runtime.supervisor import Program

WORKERS: Mapping[str, str] = {
    "worker-instagram": "instagram_api",
    "worker-default": "default",
    "worker-notifications": "notifications",
}
"""Role: the queue that it serves."""

_BEAT, _WORKERS, _WEB, _SANDBOX, _SERVERS = range(5)
_CELERY = ("-m", "celery", "-A", "app.tasks")


@dataclass(frozen=True, slots=True)
class Addresses:
    """The ports that this run has."""

    api_host: str
    api_port: int
    flower_port: int
    sandbox_port: int

    @property
    def api_url(self) -> str:
        """Return where the API answers a browser on this machine."""
        host = "127.0.0.1" if self.api_host in EVERY_ADDRESS else self.api_host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.api_port}"

    @property
    def flower_url(self) -> str:
        """Return the address of Flower."""
        return f"http://127.0.0.1:{self.flower_port}"

    @property
    def sandbox_url(self) -> str:
        """Return the address of the sandbox's page and control API."""
        return f"http://127.0.0.1:{self.sandbox_port}"


def server_program(name: str, server: EmbeddedServer, plan: Plan) -> Program:
    """Return an embedded server as a program to keep running."""
    return Program(
        name=name,
        spawn=server.spawn,
        is_ready=server.is_ready,
        log_file=plan.logs / f"{name}.log",
        stop_stage=_SERVERS,
        stop_signal=server.stop_signal,
        stop_seconds=server.stop_seconds,
        is_essential=True,
    )


def sandbox_program(plan: Plan, addresses: Addresses, environment: Mapping[str, str]) -> Program:
    """Return the local Instagram; it is ready when it has written where it listens."""
    arguments = ["-m", "app.sandbox", "serve", "--dir", str(plan.sandbox_dir), "--port", str(addresses.sandbox_port)]
    world = ["--influencers", "10", "--campaigns", "4", "--accounts", "8"]
    readiness = FileWritten(plan.sandbox_dir / SANDBOX_FILE)
    return _role("sandbox", plan, [*arguments, *world], environment, _SANDBOX, readiness)


def application_programs(plan: Plan, addresses: Addresses, environment: Mapping[str, str]) -> Sequence[Program]:
    """Return workers, Beat, Flower and the API, those first that take longest to start."""
    workers = [_worker(role, queue, plan, environment) for role, queue in WORKERS.items()]
    api = ["-m", "uvicorn", "app.main:app", "--host", addresses.api_host, "--port", str(addresses.api_port)]
    # Its own schedule file, no pid file: a second Beat is kept away by the lock of the state directory.
    beat = [*_CELERY, "beat", "--schedule", str(plan.state_dir / "beat-schedule"), "--pidfile="]
    flower = [*_CELERY, "flower", "--address=127.0.0.1", f"--port={addresses.flower_port}", "--max-tasks=2000"]
    flower_environment = {**environment, "FLOWER_BASIC_AUTH": f"admin:{flower_password(plan.state_dir)}"}
    return [
        *workers,
        _role("api", plan, api, environment, _WEB, Listening(addresses.api_port, addresses.api_host)),
        _role("beat", plan, beat, environment, _BEAT, Logged(plan.logs / "beat.log", b"beat: Starting")),
        _role("flower", plan, flower, flower_environment, _WEB, Listening(addresses.flower_port)),
    ]


def flower_password(state_dir: Path) -> str:
    """Return Flower's password, made once for each state directory. Flower can revoke and run tasks."""
    path = state_dir / "flower.password"
    if not path.exists():
        state.write_private(path, secrets.token_urlsafe(12))
    return path.read_text(encoding="utf-8").strip()


def role_environment(plan: Plan, urls: Mapping[str, str], demo: Mapping[str, str]) -> Mapping[str, str]:
    """Return the environment of every role: ours, where the servers are, and the demo's defaults."""
    return {
        **demo,
        **os.environ,
        **urls,
        "TAGBUY_STATE_DIR": str(plan.state_dir),
        "PYTHONUNBUFFERED": "1",
    }


def _worker(role: str, queue: str, plan: Plan, environment: Mapping[str, str]) -> Program:
    arguments = [
        *_CELERY,
        "worker",
        "-Q",
        queue,
        "-c",
        "1",
        "-n",
        f"{queue}@%h",
        "--without-mingle",
        "--without-gossip",
    ]
    # SIGTERM then ends the running task in time or gives its message back (measured, Celery 5.7.0).
    soft = {**environment, "REMAP_SIGTERM": "SIGQUIT"}
    return _role(role, plan, arguments, soft, _WORKERS, Logged(plan.logs / f"{role}.log", b" ready."))


def _role(
    name: str,
    plan: Plan,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    stop_stage: int,
    readiness: Readiness,
) -> Program:
    log_file = plan.logs / f"{name}.log"

    def spawn() -> subprocess.Popen[bytes]:
        readiness.begin()
        return children.spawn(
            [sys.executable, *arguments], log_file=log_file, environment=environment, working_directory=BACKEND
        )

    return Program(name=name, spawn=spawn, is_ready=readiness.is_ready, log_file=log_file, stop_stage=stop_stage)
