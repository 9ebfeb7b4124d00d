"""The roles of the application: the command of each process, how one sees that it is ready, and when it is stopped."""

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from app.runtime import children, state
from app.runtime.addresses import LOOPBACK, Addresses
from app.runtime.plan import BACKEND, SANDBOX_FILE, Plan
from app.runtime.readiness import FileWritten, Listening, Logged, Readiness
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
_LOGGED = "--loglevel=INFO"  # TAGBUY_LOG_LEVEL decides what is written; Celery's own default hides "ready"


def server_program(name: str, server: EmbeddedServer, plan: Plan) -> Program:
    """Return an embedded server as a program to keep running."""
    return Program(
        name=name,
        spawn=server.spawn,
        is_ready=lambda _pid: server.is_ready(),
        log_file=plan.logs / f"{name}.log",
        stop_stage=_SERVERS,
        stop_signal=server.stop_signal,
        stop_seconds=server.stop_seconds,
        is_essential=True,
    )


def sandbox_program(plan: Plan, addresses: Addresses, environment: Mapping[str, str]) -> Program:
    """Return the local Instagram; it is ready when it has written where it listens."""

    def arguments() -> Sequence[str]:
        port = addresses.settle("sandbox")
        world = ["--influencers", "10", "--campaigns", "4", "--accounts", "8"]
        return ["-m", "app.sandbox", "serve", "--dir", str(plan.sandbox_dir), "--port", str(port), *world]

    readiness = FileWritten(plan.sandbox_dir / SANDBOX_FILE)
    return _role("sandbox", plan, arguments, environment, _SANDBOX, readiness, death_signal=signal.SIGTERM)


def application_programs(plan: Plan, addresses: Addresses, environment: Mapping[str, str]) -> Sequence[Program]:
    """Return workers, Beat, Flower and the API, those first that take longest to start."""
    return [
        *(_worker(role, queue, plan, environment) for role, queue in WORKERS.items()),
        _api(plan, addresses, environment),
        _beat(plan, environment),
        _flower(plan, addresses, environment),
    ]


def flower_password(state_dir: Path) -> str:
    """Return Flower's password, made once for each state directory. Flower can revoke and run tasks."""
    path = state_dir / "flower.password"
    if not path.exists():
        state.write_private(path, secrets.token_urlsafe(12))
    return path.read_text(encoding="utf-8").strip()


def role_environment(plan: Plan, urls: Mapping[str, str]) -> Mapping[str, str]:
    """Return the environment of every role: ours, and where the servers are."""
    return {**os.environ, **urls, "TAGBUY_STATE_DIR": str(plan.state_dir), "PYTHONUNBUFFERED": "1"}


def _worker(role: str, queue: str, plan: Plan, environment: Mapping[str, str]) -> Program:
    # Only Instagram's worker must be one that can be killed in the middle of a task: it has the hard time limit. The
    # others run in a thread, which saves a process of 50 MB each.
    pool = "prefork" if queue == "instagram_api" else "threads"
    options = ["-Q", queue, "-P", pool, "-c", "1", "-n", f"{queue}@%h", "--without-mingle", "--without-gossip", _LOGGED]
    # SIGTERM lets the running task end, which mostly takes less than a second; SIGQUIT gives its message back. With
    # REMAP_SIGTERM=SIGQUIT the soft shutdown always sleeps its full time (Celery 5.7.0, wait_for_soft_shutdown).
    program = _role(
        role,
        plan,
        lambda: [*_CELERY, "worker", *options],
        {**environment, "REMAP_SIGTERM": "SIGTERM"},
        _WORKERS,
        Logged(plan.logs / f"{role}.log", b" ready."),
    )
    return replace(program, hurry_signal=signal.SIGQUIT)


def _beat(plan: Plan, environment: Mapping[str, str]) -> Program:
    # No pid file: the lock of the state directory keeps a second Beat away, also after kill -9.
    arguments = [*_CELERY, "beat", "--schedule", str(plan.state_dir / "beat-schedule"), "--pidfile=", _LOGGED]
    return _role("beat", plan, lambda: arguments, environment, _BEAT, Logged(plan.logs / "beat.log", b"beat: Starting"))


def _api(plan: Plan, addresses: Addresses, environment: Mapping[str, str]) -> Program:
    def arguments() -> Sequence[str]:
        return ["-m", "uvicorn", "app.main:app", "--host", plan.api_host, "--port", str(addresses.settle("api"))]

    return _role("api", plan, arguments, environment, _WEB, Listening(lambda: addresses.port("api")))


def _flower(plan: Plan, addresses: Addresses, environment: Mapping[str, str]) -> Program:
    def arguments() -> Sequence[str]:
        port = addresses.settle("flower")
        return [*_CELERY, "flower", f"--address={LOOPBACK}", f"--port={port}", "--max-tasks=2000"]

    # Not on the command line, where every user of the machine reads it.
    guarded = {**environment, "FLOWER_BASIC_AUTH": f"admin:{flower_password(plan.state_dir)}"}
    return _role("flower", plan, arguments, guarded, _WEB, Listening(lambda: addresses.port("flower")))


def _role(
    name: str,
    plan: Plan,
    arguments: Callable[[], Sequence[str]],
    environment: Mapping[str, str],
    stop_stage: int,
    readiness: Readiness,
    *,
    death_signal: signal.Signals = signal.SIGKILL,
) -> Program:
    """Return a role; when the supervisor dies, its servers die too, and a worker without a broker waits for ever."""
    log_file = plan.logs / f"{name}.log"

    def spawn() -> subprocess.Popen[bytes]:
        readiness.begin()
        return children.spawn(
            [sys.executable, *arguments()],
            log_file=log_file,
            environment=environment,
            working_directory=BACKEND,
            death_signal=death_signal,
        )

    return Program(name=name, spawn=spawn, is_ready=readiness.is_ready, log_file=log_file, stop_stage=stop_stage)
