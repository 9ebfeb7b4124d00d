"""Waiting for what other processes do, without sleeping for a guessed time."""

from collections.abc import Callable
from threading import Event
from time import monotonic


def eventually(condition: Callable[[], bool], *, seconds: float = 15) -> bool:
    """Return whether the condition came true in time."""
    deadline = monotonic() + seconds
    pause = Event()
    while not condition():
        if monotonic() > deadline:
            return False
        pause.wait(0.05)
    return True
