"""Planning: which feeds are read before the next tick, within what the pool may send."""

from collections.abc import Sequence
from datetime import datetime

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
    private_permits, official_permits = (
        pool_forecast.count_free_permits(
            session, provider=provider, limits=Limits.from_settings(settings, provider), within=settings.scan_tick
        )
        for provider in (sources.PRIVATE, sources.OFFICIAL)
    )
    private_feeds, official_feeds = (
        due_feeds.longest_due(session, now=now, limit=limit, grace=settings.scan_grace, only=only)
        for only, limit in ((~official, private_permits), (official, private_permits + official_permits))
    )
    room = private_permits + official_permits - _claimed(private_feeds) - _claimed(official_feeds)
    chosen = _first_free(private_feeds, min(private_permits - _claimed(private_feeds), room))
    chosen += _first_free(official_feeds, room - len(chosen))
    return due_feeds.claim(session, chosen, until=now + settings.scan_lease)


def tune_price(session: Session, *, now: datetime, settings: Settings) -> None:
    """Tune the price of a request if it is time to; once an hour, look anew at what the influencers ask for."""
    if settings.scheduling_policy == "adaptive" and settings.scan_interval is None:
        market.tune_market(session, now=now, settings=settings)


def _claimed(feeds: Sequence[DueFeed]) -> int:
    return sum(feed.is_claimed for feed in feeds)


def _first_free(feeds: Sequence[DueFeed], number: int) -> list[DueFeed]:
    return [feed for feed in feeds if not feed.is_claimed][: max(number, 0)]
