"""What the embedded servers have in common: a directory with data, port and password, and a foreground process."""

import contextlib
import signal
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from time import monotonic
from typing import ClassVar

from app.core.errors import ConfigurationError
from app.runtime import children, ports, state

_START_SECONDS = 30
_START_ATTEMPTS = 8


class EmbeddedServer(ABC):
    """One server in `directory`.

    A supervisor calls `prepare`, then `spawn` at each start, and watches `is_ready`. Everybody else calls `start` and
    `stop`, which wait, or uses `running`.
    """

    title: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]
    stop_seconds: ClassVar[float] = 15

    def __init__(self, directory: Path, *, log_file: Path) -> None:
        self._directory = directory
        self._connection_file = directory / "connection.json"
        self._log_file = log_file
        self._process: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """Return the URL with the password."""

    @abstractmethod
    def prepare(self) -> None:
        """Make what the first run needs, stop what an earlier run left behind, and settle the port."""

    @abstractmethod
    def spawn(self) -> subprocess.Popen[bytes]:
        """Start the server on its port, without waiting for it. `prepare` has been called before."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Tell whether the server started by `spawn` answers."""

    @property
    def port(self) -> int:
        """Return the port, the same as in the last run where it is still free."""
        return int(self._connection("port"))

    @property
    def _password(self) -> str:
        return self._connection("password")

    def spawned(self) -> subprocess.Popen[bytes]:
        """Return the process that was started last.

        Raises:
            LookupError: none was started.
        """
        if self._process is None:
            raise LookupError(f"{self.title} was not started")
        return self._process

    def start(self) -> str:
        """Start the server, wait until it answers, and return its URL.

        Raises:
            ConfigurationError: it does not start; the message holds the end of its log.
        """
        self.prepare()
        process = self.spawn()
        deadline = monotonic() + _START_SECONDS
        attempts = 1
        pause = Event()
        while not self.is_ready():
            has_ended = process.poll() is not None
            if monotonic() > deadline or (has_ended and attempts == _START_ATTEMPTS):
                self.stop()
                raise ConfigurationError(f"{self.title} does not start: {children.log_end(self._log_file)}")
            if has_ended:
                # PostgreSQL killed a moment ago holds its shared memory until its last child process is gone.
                pause.wait(0.5)
                process = self.spawn()
                attempts += 1
            pause.wait(0.02)
        return self.url

    def stop(self) -> None:
        """Stop the server that was started, with all its connections; what it has acknowledged is kept."""
        if self._process is None:
            return
        self._process.send_signal(self.stop_signal)
        try:
            self._process.wait(self.stop_seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @contextlib.contextmanager
    def running(self) -> Iterator[str]:
        """Run the server for the length of a `with` block, which gets the URL."""
        try:
            yield self.start()
        finally:
            self.stop()

    def _write_connection(self, *, password: str, port: int | None = None) -> None:
        """Keep the password and a free port: `port`, or another one where it is taken."""
        if port is None or not ports.is_free(port):
            port = ports.free_port()
        state.write_json(self._connection_file, {"port": port, "password": password})

    def _connection(self, key: str) -> str:
        try:
            return str(state.read_json(self._connection_file)[key])
        except KeyError:
            raise ConfigurationError(
                f"{self._connection_file} is missing or damaged, and with it the password of {self.title}. "
                f"Restore it, or remove {self._directory} to start with empty data."
            ) from None

    def _stop_orphan(self, pid_file: Path, *, argument: str) -> None:
        """Stop what an earlier run left behind, and forget a pid that a stranger has by now."""
        if self._process is not None and self._process.poll() is None:
            return
        try:
            pid = abs(int(pid_file.read_text(encoding="utf-8", errors="replace").split("\n", 1)[0]))
        except (OSError, ValueError):
            return
        state.stop_process(pid, argument=argument, stop_signal=self.stop_signal, grace_seconds=self.stop_seconds)
        pid_file.unlink(missing_ok=True)
