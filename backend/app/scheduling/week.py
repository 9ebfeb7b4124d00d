"""Hours of the week as people live them: local time, and a public holiday is a Sunday."""

from collections.abc import Container
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

HOURS_A_DAY = 24
HOURS_A_WEEK = 168
_SUNDAY = 6
_ONE_DAY = timedelta(days=1)


class Week:
    """A time zone and its public holidays."""

    def __init__(self, zone: ZoneInfo, holidays: Container[date] = frozenset()) -> None:
        self._zone = zone
        self._holidays = holidays
        self._day_type = lru_cache(maxsize=1024)(self._look_up_day_type)

    def day_and_hour(self, instant: datetime) -> tuple[int, int]:
        """Return the weekday (0 is Monday, a holiday is 6) and the hour at `instant`."""
        local = instant.astimezone(self._zone)
        return self._day_type(local.date()), local.hour

    def hour_of_week(self, instant: datetime) -> int:
        """Return the number of the hour at `instant`, from Monday's first (0) to Sunday's last (167)."""
        day, hour = self.day_and_hour(instant)
        return day * HOURS_A_DAY + hour

    def days_from(self, instant: datetime, number: int) -> tuple[float, list[int]]:
        """Return the local hours since midnight at `instant`, and the weekdays of this day and those after it."""
        local = instant.astimezone(self._zone)
        hours = local.hour + local.minute / 60 + (local.second + local.microsecond / 1e6) / 3600
        today = local.date()
        return hours, [self._day_type(today + _ONE_DAY * ahead) for ahead in range(number)]

    def _look_up_day_type(self, day: date) -> int:
        return _SUNDAY if day in self._holidays else day.weekday()
