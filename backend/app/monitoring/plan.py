"""Planning: which feeds are read before the next tick, within what the pool may send."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.core.config import Settings
from app.monitoring import next_scan
from app.scheduling import due_feeds, market, pool_forecast, sources
from app.scheduling.allowance import Limits
from app.scheduling.due_feeds import ClaimedFeed


def claim_feeds(session: Session, *, now: datetime, settings: Settings) -> Sequence[ClaimedFeed]:
    """Claim the due feeds, at most as many as the pool can serve until the next tick.

    The feeds that only the private API reads come first for its accounts; what they have left reads the others too.
    """
    row = None
    if settings.scheduling_policy == "adaptive" and settings.scan_interval is None:
        row = market.tune_market(session, now=now, settings=settings)
    official = sources.suits_official(session, now=now, grace=settings.scan_grace)
    private_room = _permits(session, sources.PRIVATE, settings) - due_feeds.count_claimed(
        session, now=now, only=~official
    )
    official_room = _permits(session, sources.OFFICIAL, settings) - due_feeds.count_claimed(
        session, now=now, only=official
    )
    room = private_room + official_room
    feeds = [*_claim(session, ~official, min(private_room, room), now=now, settings=settings)]
    feeds += _claim(session, official, room - len(feeds), now=now, settings=settings)
    return feeds if row is None else next_scan.put_off_stale(session, feeds, row, now=now, settings=settings)


def _permits(session: Session, provider: str, settings: Settings) -> int:
    return pool_forecast.count_free_permits(
        session, provider=provider, limits=Limits.from_settings(settings, provider), within=settings.scan_tick
    )


def _claim(
    session: Session, only: ColumnElement[bool], limit: int, *, now: datetime, settings: Settings
) -> Sequence[ClaimedFeed]:
    if limit <= 0:
        return []
    return due_feeds.claim_due_influencers(
        session, now=now, limit=limit, lease=settings.scan_lease, grace=settings.scan_grace, only=only
    )
