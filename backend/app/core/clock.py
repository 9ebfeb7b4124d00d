"""The one place that reads this machine's clocks, and the time zone that people see."""

import time as _time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.core.errors import ClockRefused

KST = ZoneInfo("Asia/Seoul")


def utc_now() -> datetime:
    """Return the present instant, aware and in UTC."""
    return datetime.now(UTC)


def steady_seconds() -> float:
    """Return seconds that never step and, on Linux, go on while the machine sleeps; only differences mean something."""
    return _time.clock_gettime(getattr(_time, "CLOCK_BOOTTIME", _time.CLOCK_MONOTONIC))


@dataclass(frozen=True, slots=True)
class HostClock:
    """The clocks of one machine: the wall clock, and one that never steps."""

    wall: Callable[[], datetime] = utc_now
    steady: Callable[[], float] = steady_seconds


HOST = HostClock()


@dataclass(frozen=True, slots=True)
class Moment:
    """The present as two clocks have it: PostgreSQL's and this machine's.

    Who decides by `earliest` and stamps with `latest` never takes time for passed that has not: one clock may step.
    """

    earliest: datetime
    latest: datetime


def agreed_moment(server: datetime, *, before: datetime, after: datetime, tolerance: timedelta) -> Moment:
    """Return the moment at which the server's clock was read between two readings of this machine's.

    Raises:
        ClockRefused: they differ by more than the tolerance.
    """
    difference = max(before - server, server - after)
    if difference > tolerance:
        raise ClockRefused(
            f"this machine's clock and PostgreSQL's differ by {difference.total_seconds():.1f} s, and the request "
            f"limits need less than {tolerance.total_seconds():.1f} s: synchronise them (NTP)"
        )
    return Moment(earliest=min(server, before), latest=max(server, after))


def day_start(day: date, time_zone: str) -> datetime:
    """Return the first instant of `day` in a time zone (an IANA name), in UTC."""
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(time_zone)).astimezone(UTC)


def local_date(instant: datetime, time_zone: str) -> date:
    """Return the calendar day in a time zone (an IANA name) at `instant`."""
    return instant.astimezone(ZoneInfo(time_zone)).date()


def kst_day_start(day: date) -> datetime:
    """Return the first instant of `day` in Korea, in UTC."""
    return day_start(day, KST.key)


def kst_date(instant: datetime) -> date:
    """Return the calendar day in Korea at `instant`."""
    return local_date(instant, KST.key)
