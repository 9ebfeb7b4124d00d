"""The one place that reads the wall clock, and the time zone that people see."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

KST = ZoneInfo("Asia/Seoul")


def utc_now() -> datetime:
    """Return the present instant, aware and in UTC."""
    return datetime.now(UTC)


def kst_day_start(day: date) -> datetime:
    """Return the first instant of `day` in Korea, in UTC."""
    return datetime.combine(day, time.min, tzinfo=KST).astimezone(UTC)


def kst_date(instant: datetime) -> date:
    """Return the calendar day in Korea at `instant`."""
    return instant.astimezone(KST).date()
