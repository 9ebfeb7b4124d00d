"""The state directory: small private files, the lock, and processes that an earlier run left behind."""

import contextlib
import fcntl
import json
import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

import psutil

from app.core.errors import ConfigurationError

LOCK_FILE = "up.lock"


def make_directory(path: Path) -> Path:
    """Create `path` for its owner only, with its parents, unless it is there.

    Raises:
        ConfigurationError: it cannot be created or written to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be created: {error.strerror}. Choose another --state-dir.") from None
    if not os.access(path, os.W_OK | os.X_OK):
        raise ConfigurationError(f"{path} is not writable for this user. Choose another --state-dir, or its owner.")
    return path


def write_private(path: Path, text: str) -> None:
    """Replace the file in one step; only its owner may read it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Replace the file by `content` as JSON; only its owner may read it."""
    write_private(path, json.dumps(content, indent=2) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in the file; empty when the file is missing or damaged."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


@contextlib.contextmanager
def locked(state_dir: Path) -> Iterator[None]:
    """Hold the state directory for this process; the lock ends with the process, however it ends.

    Raises:
        ConfigurationError: another process holds it; the message names its pid.
    """
    with (state_dir / LOCK_FILE).open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            pid = file.read().strip() or "unknown"
            raise ConfigurationError(
                f"tagbuy up runs already in {state_dir} (pid {pid}). Stop it with Ctrl-C or `kill {pid}`, "
                f"or give another --state-dir."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def stop_process(pid: int, *, argument: str, stop_signal: signal.Signals, grace_seconds: float) -> bool:
    """End the process `pid` if its command line holds `argument`; tell whether it was ours.

    A pid from a file may belong to a stranger by now, who is left alone.
    """
    try:
        process = psutil.Process(pid)
        if not any(argument in part for part in process.cmdline()):
            return False
        process.send_signal(stop_signal)
    except psutil.Error:
        return False
    end_processes([process], grace_seconds=grace_seconds)
    return True


def end_processes(processes: Sequence[psutil.Process], *, grace_seconds: float) -> None:
    """Wait for processes that were asked to end, and kill those that take longer.

    A process that is dead but not reaped, as a container without an init leaves it, has ended.
    """
    deadline = monotonic() + grace_seconds
    pause = Event()
    while any(map(_is_alive, processes)) and monotonic() < deadline:
        pause.wait(0.05)
    for process in filter(_is_alive, processes):
        with contextlib.suppress(psutil.Error):
            process.kill()


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
