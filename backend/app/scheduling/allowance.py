"""What one account may do: the limits of the settings, its own where it has some, less while it is new."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from math import ceil

from app.core.clock import kst_date
from app.core.config import Settings
from app.models import InstagramAccount

Windows = Sequence[tuple[int, timedelta]]
"""Most requests in any span of this length, shortest span first: minute, hour, day."""
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_PROOF = 4
"""Requests of one proof of a removal."""
_FIRST_SHARE = 0.1
_DAILY_GROWTH = 1.2


class Urgency(StrEnum):
    """Whether a request may use the reserve."""

    NORMAL = "normal"
    """Leaves the reserve of each window, and is spread over the day."""
    URGENT = "urgent"
    """May use all that the limits let through: a proof of removal, a person who waits."""


@dataclass(frozen=True, slots=True)
class OwnLimits:
    """What an account has of its own, without the rest of its row: lower limits, and since when it is new."""

    requests_per_minute: int | None
    requests_per_hour: int | None
    requests_per_day: int | None
    warming_since: date | None


@dataclass(frozen=True, slots=True)
class Limits:
    """What one account may do, and how long a lease lasts."""

    spacing: timedelta
    jitter: timedelta
    windows: Windows
    lease: timedelta
    timeout: timedelta
    urgent_share: float
    catch_up: timedelta
    clock_tolerance: timedelta

    @classmethod
    def from_settings(cls, settings: Settings, provider: str) -> "Limits":
        """Return the limits that the settings name for the accounts of a provider."""
        return cls(
            spacing=settings.request_spacing,
            jitter=settings.request_jitter,
            windows=common_windows(settings, provider),
            lease=settings.request_lease,
            timeout=settings.request_timeout,
            urgent_share=settings.request_urgent_share,
            catch_up=settings.request_catch_up,
            clock_tolerance=settings.clock_tolerance,
        )

    def windows_of(self, account: InstagramAccount | OwnLimits, urgency: Urgency, *, now: datetime) -> Windows:
        """Return what the account may send by these limits, its own and its age; less where it is not urgent."""
        windows = own_windows(account, self.windows, now=now)
        if urgency is Urgency.URGENT:
            return windows
        return [(max(1, most - self._reserve(most, span)), span) for most, span in windows]

    def _reserve(self, most: int, span: timedelta) -> int:
        # A proof that is cut short begins anew, so a small account's hour and day hold one as a whole. A minute passes.
        whole_proof = min(_PROOF, most // 4) if span > _MINUTE else 0
        return max(1, ceil(most * self.urgent_share), whole_proof)

    def pace_of(self, account: InstagramAccount | OwnLimits, *, now: datetime) -> timedelta:
        """Return the mean time between two requests that are not urgent, so that the longest window lasts."""
        most, span = self.windows_of(account, Urgency.NORMAL, now=now)[-1]
        return span / most

    def paced_from(self, paced_until: datetime, *, now: datetime) -> datetime:
        """Return from when an account's pace lets something through; it makes up for a part of what it missed."""
        return max(paced_until, now - self.catch_up)


def common_windows(settings: Settings, provider: str) -> Windows:
    """Return the limits of a provider's account that has none of its own; a token of the official API has an hour."""
    if provider == "graph":
        return ((settings.graph_requests_per_hour, _HOUR),)
    return (
        (settings.requests_per_minute, _MINUTE),
        (settings.requests_per_hour, _HOUR),
        (settings.requests_per_day, _DAY),
    )


def own_windows(account: InstagramAccount | OwnLimits, windows: Windows, *, now: datetime) -> Windows:
    """Return `windows` as they hold for this account now: its own limits where they are lower, and its warming.

    A new account may use 10 % of its hour and its day at first, and 20 % more from day to day, all of it after 13
    days; the minute stays, because it is about bursts. Each window lets at least one request through.
    """
    own = {
        _MINUTE: account.requests_per_minute,
        _HOUR: account.requests_per_hour,
        _DAY: account.requests_per_day,
    }
    share = warming_share(account.warming_since, today=kst_date(now))
    whole = [(min(own.get(span) or most, most), span) for most, span in windows]
    return [(most if span <= _MINUTE else max(1, int(most * share)), span) for most, span in whole]


def warming_share(warming_since: date | None, *, today: date) -> float:
    """Return the part of its limits that an account may use after so many days; 1.0 for one that is not new."""
    if warming_since is None:
        return 1.0
    days = max(0, (today - warming_since).days)
    return min(1.0, _FIRST_SHARE * _DAILY_GROWTH ** min(days, 100))
