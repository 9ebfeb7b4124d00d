"""One process of `tagbuy bench pool`: leases, sends and releases as fast as a contender lets it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from threading import Event

from app.bench.arrivals import Address, Sender
from app.bench.contenders import Contender, Grant, Limiter, ProductionPool
from app.core.config import redis_url
from app.instagram.errors import PermitRefused

_SHORTEST_PAUSE_SECONDS = 0.0005
# The pool says when a lease ends at the latest, and its holder releases it much earlier.
_LONGEST_PAUSE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Phase:
    """What the processes do at the same time: one contender's limits at a scale, with or without sending."""

    contender: Contender
    scale: float
    seconds: float
    usernames: Sequence[str]
    receiver: Address | None
    """None: lease and release only."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What one process has done: how long each successful lease took, and how many grants it released."""

    lease_seconds: list[float] = field(default_factory=list)
    released: int = 0


def work(phases: Sequence[Phase], pipe: Connection) -> None:
    """Run the phases one after the other: say that we are ready, receive the moment of the start, answer a tally."""
    for phase in phases:
        limiter = open_limiter(phase)
        send = Sender(phase.receiver).send if phase.receiver else _send_nothing
        pipe.send(None)
        start: float = pipe.recv()
        Event().wait(max(0.0, start - time.monotonic()))
        pipe.send(saturate(limiter, send, until=start + phase.seconds))


def open_limiter(phase: Phase) -> Limiter:
    """Return this process's access to the contender of a phase."""
    if phase.contender is Contender.POOL:
        return ProductionPool(phase.scale)
    from app.bench import library_limiters  # noqa: PLC0415 - the libraries are installed for development only

    build = {
        Contender.LIMITS: library_limiters.limits_library,
        Contender.PYRATE_LIMITER: library_limiters.pyrate_limiter_library,
    }[phase.contender]
    return build(phase.scale, phase.usernames, redis_url(), key_prefix=f"{phase.contender}:{phase.scale}")


def saturate(limiter: Limiter, send: Callable[[str], None], *, until: float) -> Tally:
    """Lease, send and release until that moment (of `time.monotonic`), without a pause that the limiter did not ask."""
    lease_seconds: list[float] = []
    released = 0
    pause = Event()
    while (started := time.monotonic()) < until:
        answer = limiter.lease()
        if isinstance(answer, Grant):
            lease_seconds.append(time.monotonic() - started)
            _use(answer, send)
            released += 1
        else:
            pause.wait(min(max(answer, _SHORTEST_PAUSE_SECONDS), _LONGEST_PAUSE_SECONDS))
    return Tally(lease_seconds, released)


def _use(grant: Grant, send: Callable[[str], None]) -> None:
    try:
        grant.spend()
    except PermitRefused:
        # The machine held this process up for longer than its lease: nothing may be sent.
        pass
    else:
        send(grant.account)
    grant.release()


def _send_nothing(account: str) -> None:
    """Do nothing with the account: only the lease and the release are timed."""
