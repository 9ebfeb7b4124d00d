"""How one sees from outside that a process is ready."""

from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Protocol

import psutil

_ASSUMED_READY_SECONDS = 12


class Readiness(Protocol):
    """How one sees that a process is ready."""

    def begin(self) -> None:
        """A new process is about to start."""

    def is_ready(self, pid: int) -> bool:
        """Tell whether the process `pid` is ready."""


class Listening:
    """The process itself listens on its port; that something answers there would not tell whose answer it is."""

    def __init__(self, port: Callable[[], int]) -> None:
        self._port = port

    def begin(self) -> None:
        """Nothing to remember."""

    def is_ready(self, pid: int) -> bool:
        """Tell whether the process has the port."""
        try:
            sockets = psutil.Process(pid).net_connections("tcp")
        except psutil.Error:
            return False
        port = self._port()
        return any(entry.status == psutil.CONN_LISTEN and entry.laddr.port == port for entry in sockets)


class FileWritten:
    """A file has appeared."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def begin(self) -> None:
        """Remove the file of the process before."""
        self._path.unlink(missing_ok=True)

    def is_ready(self, pid: int) -> bool:  # noqa: ARG002 - the file was removed before this process began
        """Tell whether the file is there."""
        return self._path.exists()


class Logged:
    """A text stands in the log; where the log level hides it, the process has lived for a while."""

    def __init__(self, log_file: Path, mark: bytes) -> None:
        self._log_file = log_file
        self._mark = mark
        self._offset = 0
        self._begun_at = 0.0

    def begin(self) -> None:
        """Remember where the log of the new process begins."""
        self._offset = self._log_file.stat().st_size if self._log_file.exists() else 0
        self._begun_at = monotonic()

    def is_ready(self, pid: int) -> bool:  # noqa: ARG002 - only this process writes the log
        """Tell whether the text has been logged."""
        if monotonic() - self._begun_at > _ASSUMED_READY_SECONDS:
            return True
        try:
            with self._log_file.open("rb") as file:
                file.seek(self._offset)
                return self._mark in file.read()
        except OSError:
            return False
