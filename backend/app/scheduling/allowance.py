"""What one account may do: the limits of the settings, its own where it has some, less while it is new."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from app.core.clock import kst_date
from app.core.config import Settings
from app.models import InstagramAccount

Windows = Sequence[tuple[int, timedelta]]
"""Most requests in any span of this length, shortest span first: minute, hour, day."""
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_FIRST_SHARE = 0.1
_DAILY_GROWTH = 1.2


def common_windows(settings: Settings, provider: str) -> Windows:
    """Return the limits of a provider's account that has none of its own; a token of the official API has an hour."""
    if provider == "graph":
        return ((settings.graph_requests_per_hour, _HOUR),)
    return (
        (settings.requests_per_minute, _MINUTE),
        (settings.requests_per_hour, _HOUR),
        (settings.requests_per_day, _DAY),
    )


def own_windows(account: InstagramAccount, windows: Windows, *, now: datetime) -> Windows:
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
