"""What is compared: the production pool and two libraries, each behind the same two steps, lease and release."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from app.bench.window_check import Window, scaled_windows
from app.core.config import get_settings
from app.core.db import server_now, transaction
from app.core.errors import ConfigurationError
from app.models.states import RequestKind, RequestOutcome
from app.scheduling import account_pool, accounts
from app.scheduling.account_pool import Errand, Lease
from app.scheduling.allowance import Limits, Urgency

# Urgent requests may use the whole of the limits, as the other contenders do.
_ERRAND = Errand(RequestKind.FEED, "bench", Urgency.URGENT)
_LEASE = timedelta(seconds=30)
_TIMEOUT = timedelta(seconds=20)
# A loopback answer takes milliseconds, but a process of a busy machine may be held up for longer than 30 s x 0.01.
_SHORTEST_LEASE = timedelta(seconds=3)
_SHORTEST_TIMEOUT = timedelta(seconds=2)


class _NotWanted(Exception):
    """Rolls a lease back."""


class Contender(StrEnum):
    """The names of the entries in the result."""

    POOL = "pool"
    LIMITS = "limits"
    PYRATE_LIMITER = "pyrate_limiter"


@dataclass(frozen=True, slots=True)
class Grant:
    """The right to send one request with `account`."""

    account: str
    spend: Callable[[], None]
    """Called just before the request is sent; raises PermitRefused where it is too late."""
    release: Callable[[], None]
    """Called when it was answered, or was not sent."""


class Limiter(Protocol):
    """One process's access to a contender."""

    def lease(self) -> Grant | float:
        """Return a grant, or after how many seconds to ask again."""


class ProductionPool:
    """`app.scheduling.account_pool`, called as `app.monitoring.requests` calls it: one transaction for each step."""

    def __init__(self, scale: float) -> None:
        spacing, *windows = scaled_windows(scale)
        self._limits = replace(
            Limits.from_settings(get_settings(), accounts.PROVIDER),
            spacing=_span(spacing),
            jitter=timedelta(0),
            windows=[(window.most, _span(window)) for window in windows],
            lease=max(_LEASE * scale, _SHORTEST_LEASE),
            timeout=max(_TIMEOUT * scale, _SHORTEST_TIMEOUT),
        )

        self._warm_up()

    def _warm_up(self) -> None:
        """Connect, and build the statements, as a worker has done that was not started this very moment."""
        with suppress(_NotWanted), transaction() as session:
            account_pool.lease_account(session, _ERRAND, provider=accounts.PROVIDER, limits=self._limits)
            raise _NotWanted

    def lease(self) -> Grant | float:
        """Lease the best account."""
        with transaction() as session:
            answer = account_pool.lease_account(session, _ERRAND, provider=accounts.PROVIDER, limits=self._limits)
            now = None if isinstance(answer, Lease) else server_now(session)
        if isinstance(answer, Lease):
            return Grant(answer.account.username, answer.permit.spend, lambda: self._release(answer))
        if answer.until is None or now is None:
            raise ConfigurationError("the pool of the benchmark has no usable account")
        return (answer.until - now).total_seconds()

    def _release(self, lease: Lease) -> None:
        outcome = RequestOutcome.OK if lease.permit.is_spent else RequestOutcome.NOT_SENT
        with transaction() as session:
            account_pool.release_lease(session, lease, outcome=outcome, was_answered=lease.permit.is_spent)


def _span(window: Window) -> timedelta:
    return timedelta(microseconds=window.span_ns / 1000)
