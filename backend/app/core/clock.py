"""The one place that reads the wall clock, and the time zone that people see."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

KST = ZoneInfo("Asia/Seoul")


def utc_now() -> datetime:
    """Return the present instant, aware and in UTC."""
    return datetime.now(UTC)


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
