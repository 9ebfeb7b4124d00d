"""Planning: which feeds are read before the next tick, within what the pool may send."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.core.config import Settings
from app.monitoring import next_scan
from app.scheduling import accounts, due_feeds, market, pool_forecast
from app.scheduling.allowance import Limits
from app.scheduling.due_feeds import ClaimedFeed


def claim_feeds(session: Session, *, now: datetime, settings: Settings) -> Sequence[ClaimedFeed]:
    """Claim the due feeds, at most as many as the pool can serve until the next tick."""
    row = None
    if settings.scheduling_policy == "adaptive" and settings.scan_interval is None:
        row = market.tune_market(session, provider=accounts.PROVIDER, now=now, settings=settings)
    permits = pool_forecast.count_free_permits(
        session, provider=accounts.PROVIDER, limits=Limits.from_settings(settings), within=settings.scan_tick
    )
    limit = permits - due_feeds.count_claimed(session, now=now)
    if limit <= 0:
        return []
    feeds = due_feeds.claim_due_influencers(
        session, now=now, limit=limit, lease=settings.scan_lease, grace=settings.scan_grace
    )
    return feeds if row is None else next_scan.put_off_stale(session, feeds, row, now=now, settings=settings)
