"""Planning: which feeds are read before the next tick, within what the pool may send."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.core.config import Settings
from app.scheduling import accounts, due_feeds, pool_forecast
from app.scheduling.allowance import Limits
from app.scheduling.due_feeds import ClaimedFeed


def claim_feeds(session: Session, *, now: datetime, settings: Settings) -> Sequence[ClaimedFeed]:
    """Claim the due feeds, at most as many as the pool can serve until the next tick."""
    permits = pool_forecast.count_free_permits(
        session, provider=accounts.PROVIDER, limits=Limits.from_settings(settings), within=settings.scan_tick
    )
    limit = permits - due_feeds.count_claimed(session, now=now)
    if limit <= 0:
        return []
    return due_feeds.claim_due_influencers(
        session, now=now, limit=limit, lease=settings.scan_lease, grace=settings.scan_grace
    )
