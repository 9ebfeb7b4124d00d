"""Waiting that a signal ends at once: a request to stop, or a child process that died."""

import os
import select
import signal
from collections.abc import Callable
from time import monotonic
from types import FrameType, TracebackType
from typing import Any, Self

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequested(Exception):
    """Somebody asked this process to end; raised out of a wait."""


class Signals:
    """The signals of this process for the length of a `with` block; `stop_requests` counts how often to stop."""

    def __init__(self) -> None:
        self.stop_requests = 0
        self._previous: dict[signal.Signals, Any] = {}
        self._wakeup = -1
        self._read_end = -1
        self._write_end = -1

    def __enter__(self) -> Self:
        """Take over the signals."""
        self._read_end, self._write_end = os.pipe()
        for end in (self._read_end, self._write_end):
            os.set_blocking(end, False)
        self._wakeup = signal.set_wakeup_fd(self._write_end, warn_on_full_buffer=False)
        for name in STOP_SIGNALS:
            # nohup asks to survive the end of the terminal; a shell's `&` also ignores SIGINT, which we do want.
            if name != signal.SIGHUP or signal.getsignal(name) != signal.SIG_IGN:
                self._previous[name] = signal.signal(name, self._count_stop)
        self._previous[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        """Give the signals back."""
        for name, previous in self._previous.items():
            signal.signal(name, previous)
        signal.set_wakeup_fd(self._wakeup)
        os.close(self._read_end)
        os.close(self._write_end)

    def wait(self, seconds: float) -> None:
        """Return after `seconds`, or as soon as a signal has come."""
        readable, _, _ = select.select([self._read_end], [], [], max(seconds, 0))
        if readable:
            os.read(self._read_end, 4096)

    def wait_until(self, condition: Callable[[], bool], *, seconds: float) -> bool:
        """Return whether `condition` came true within `seconds`; stop requests do not end this wait."""
        deadline = monotonic() + seconds
        while not condition():
            if monotonic() >= deadline:
                return False
            self.wait(0.05)
        return True

    def _count_stop(self, _signal: int, _frame: FrameType | None) -> None:
        self.stop_requests += 1
