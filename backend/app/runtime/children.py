"""Starting child processes that end when their parent does, under a user that the program accepts."""

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from enum import Enum, auto
from functools import lru_cache
from pathlib import Path

from app.core.errors import ConfigurationError

_PR_SET_PDEATHSIG = 1
_CLONE_NEWUSER = 0x10000000
_UNPRIVILEGED = 65534
_libc = ctypes.CDLL(None, use_errno=True)


class RunAs(Enum):
    """Which user a child process has."""

    OURSELVES = auto()
    NAMESPACE = auto()
    """Nobody inside a user namespace, still root outside: files stay root's, directories may be closed to others."""
    NOBODY = auto()
    """The user `nobody`, for systems that forbid user namespaces."""


def spawn(
    command: Sequence[str | Path],
    *,
    log_file: Path,
    stdout: int | None = None,
    environment: Mapping[str, str] | None = None,
    working_directory: Path = Path("/"),
    death_signal: signal.Signals = signal.SIGTERM,
    run_as: RunAs = RunAs.OURSELVES,
) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own, its output appended to `log_file`, except where `stdout` is given.

    When the calling thread ends, Linux sends the child `death_signal`; so call this from the main thread. Other
    systems have no such thing: there the next start must stop what was left behind.
    """
    with log_file.open("ab") as output:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output if stdout is None else stdout,
            stderr=output,
            cwd=working_directory,
            env=None if environment is None else dict(environment),
            start_new_session=True,
            preexec_fn=_child_setup(run_as, death_signal),
        )


def run(command: Sequence[str | Path], *, log_file: Path, run_as: RunAs, stdin: str = "", timeout: float = 120) -> int:
    """Run `command` to its end and return its exit code; 124 where it took longer than `timeout` seconds."""
    with log_file.open("ab") as output:
        try:
            return subprocess.run(
                [str(part) for part in command],
                check=False,
                input=stdin.encode(),
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                timeout=timeout,
                start_new_session=True,
                preexec_fn=_child_setup(run_as, signal.SIGKILL),
            ).returncode
        except subprocess.TimeoutExpired:
            return 124


def log_end(log_file: Path, lines: int = 5) -> str:
    """Return the last lines of a log, for an error message."""
    try:
        text = log_file.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        return f"{log_file}: {error.strerror}"
    return "\n  ".join(["", *text.splitlines()[-lines:], f"(the whole log: {log_file})"])


@lru_cache
def unprivileged(program: Path) -> RunAs:
    """Return how to start `program`, which refuses to run as root; harmless for everybody else.

    Raises:
        ConfigurationError: we are root, and no other user can execute the program.
    """
    if os.geteuid() != 0:
        return RunAs.OURSELVES
    for run_as in (RunAs.NAMESPACE, RunAs.NOBODY):
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            subprocess.run(
                [program, "--version"],
                check=True,
                capture_output=True,
                timeout=10,
                cwd="/",
                preexec_fn=_child_setup(run_as, signal.SIGTERM),
            )
            return run_as
    raise ConfigurationError(
        f"{program} does not run as root, this system forbids user namespaces, and the user `nobody` cannot "
        f"execute it. Start as an ordinary user, or make every directory above it executable for others (chmod o+x)."
    )


def how_it_ended(process: subprocess.Popen[bytes] | None) -> str:
    """Return how a process ended, as the end of a sentence about it."""
    if process is None or process.returncode is None:
        return "did not start"
    if process.returncode >= 0:
        return f"ended with exit code {process.returncode}"
    try:
        return f"was killed by {signal.Signals(-process.returncode).name}"
    except ValueError:
        return f"was killed by signal {-process.returncode}"


def shorten_log(log_file: Path, longest_bytes: int) -> None:
    """Move a log that has grown too long aside, once; its writers append, so they go on at the new beginning."""
    with contextlib.suppress(FileNotFoundError):
        if log_file.stat().st_size > longest_bytes:
            shutil.copyfile(log_file, log_file.with_name(f"{log_file.name}.1"))
            os.truncate(log_file, 0)


def nobody() -> tuple[int, int]:
    """Return the user and group ids of `nobody`."""
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return _UNPRIVILEGED, _UNPRIVILEGED
    return entry.pw_uid, entry.pw_gid


def _child_setup(run_as: RunAs, death_signal: signal.Signals) -> Callable[[], None]:
    parent = os.getpid()
    user, group = nobody()

    def set_up() -> None:
        if run_as is RunAs.NAMESPACE:
            _enter_user_namespace()
        elif run_as is RunAs.NOBODY:
            os.setgroups([])
            os.setgid(group)
            os.setuid(user)
        # After the change of user, which would clear it.
        if sys.platform == "linux":
            _libc.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)

    return set_up


def _enter_user_namespace() -> None:
    user, group = os.geteuid(), os.getegid()
    if sys.platform != "linux" or _libc.unshare(_CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "user namespaces are not available")
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{_UNPRIVILEGED} {user} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{_UNPRIVILEGED} {group} 1", encoding="ascii")
