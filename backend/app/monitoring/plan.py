"""Planning: which feeds are read before the next tick, within what the pool may send."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.core.config import Settings
from app.scheduling import due_feeds, market, pool_forecast, sources
from app.scheduling.allowance import Limits
from app.scheduling.due_feeds import ClaimedFeed, DueFeed


def claim_feeds(session: Session, *, now: datetime, settings: Settings) -> Sequence[ClaimedFeed]:
    """Claim the due feeds, at most as many as the pool can serve until the next tick.

    The feeds that only the private API reads come first for its accounts; what they have left reads the others too.
    """
    official = sources.suits_official(session, now=now, grace=settings.scan_grace)
    if official is None:
        chosen = _free(_due(session, None, _permits(session, sources.PRIVATE, settings), now=now, settings=settings))
    else:
        chosen = _shared_out(session, official, now=now, settings=settings)
    return due_feeds.claim(session, chosen, until=now + settings.scan_lease)


def tune_price(session: Session, *, now: datetime, settings: Settings) -> None:
    """Tune the price of a request if it is time to; once an hour, look anew at what the influencers ask for."""
    if settings.scheduling_policy == "adaptive" and settings.scan_interval is None:
        market.tune_market(session, now=now, settings=settings)


def _shared_out(
    session: Session, official: ColumnElement[bool], *, now: datetime, settings: Settings
) -> Sequence[DueFeed]:
    private_permits = _permits(session, sources.PRIVATE, settings)
    permits = private_permits + _permits(session, sources.OFFICIAL, settings)
    private_feeds = _due(session, ~official, private_permits, now=now, settings=settings)
    official_feeds = _due(session, official, permits, now=now, settings=settings)
    free, official_free = _free(private_feeds), _free(official_feeds)
    claimed = len(private_feeds) - len(free) + len(official_feeds) - len(official_free)
    chosen = free[: max(permits - claimed, 0)]
    return [*chosen, *official_free[: max(permits - claimed - len(chosen), 0)]]


def _permits(session: Session, provider: str, settings: Settings) -> int:
    return pool_forecast.count_free_permits(
        session, provider=provider, limits=Limits.from_settings(settings, provider), within=settings.scan_tick
    )


def _due(
    session: Session, only: ColumnElement[bool] | None, limit: int, *, now: datetime, settings: Settings
) -> Sequence[DueFeed]:
    return due_feeds.longest_due(session, now=now, limit=limit, grace=settings.scan_grace, only=only)


def _free(feeds: Sequence[DueFeed]) -> Sequence[DueFeed]:
    return [feed for feed in feeds if not feed.is_claimed]
