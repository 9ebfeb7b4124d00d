"""What the sources beyond the feeds bring, for people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import DiscoverySource, Influencer, InstagramAccount
from app.models.states import DiscoveryKind
from app.scheduling.discovery import yield_of


@dataclass(frozen=True, slots=True)
class SourceReport:
    """One source: its yield of late, and when it is looked at next."""

    kind: DiscoveryKind
    name: str
    """Of the brand, hashtag, account or influencer."""
    finds_per_request: float | None
    """Posts that a request showed before their feed was due; None before the first look."""
    looked_at: datetime | None
    next_look_at: datetime
    last_error: str | None


def report_sources(session: Session, *, most: int = 20) -> Sequence[SourceReport]:
    """Return the sources that are looked at next."""
    name = func.coalesce(Influencer.username, InstagramAccount.username, DiscoverySource.key)
    rows = session.execute(
        select(DiscoverySource, name)
        .outerjoin(Influencer, Influencer.id == DiscoverySource.influencer_id)
        .outerjoin(InstagramAccount, InstagramAccount.id == DiscoverySource.account_id)
        .order_by(DiscoverySource.next_look_at)
        .limit(most)
    ).all()
    return [
        SourceReport(
            kind=source.kind,
            name=shown,
            finds_per_request=(
                yield_of(source.yielded, now=source.created_at).finds_per_request if source.yielded else None
            ),
            looked_at=source.looked_at,
            next_look_at=source.next_look_at,
            last_error=source.last_error,
        )
        for source, shown in rows
    ]
