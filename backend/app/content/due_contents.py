"""Which contents are due to be looked at: claimed in rows, so that a lost or doubled message changes only timing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.content.existence import UNRESOLVED
from app.models import CampaignContent, Influencer
from app.models.states import ContentStatus
from app.scheduling.due_feeds import takes_part
from app.scheduling.due_looks import SEEN, is_on_page


@dataclass(frozen=True, slots=True)
class DueContent:
    """A content that is due and is now claimed."""

    content_id: UUID
    influencer_id: UUID
    is_on_page: bool
    """The first page of the feed showed it the last time that it was read, so the next one will probably too."""


def claim_due_checks(
    session: Session, *, now: datetime, limit: int, lease: timedelta, page_within: timedelta, grace: timedelta
) -> Sequence[DueContent]:
    """Claim contents whose proof of existence is stale; suspicions first, then the longest overdue.

    Those that a page due within `page_within` will show anyway are left to it. One suspicion is claimed in any case:
    its proof may use the reserve.
    """
    is_due = CampaignContent.next_check_at <= now
    is_urgent = CampaignContent.missing_since.is_not(None) & CampaignContent.existence.in_(UNRESOLVED)
    urgent = _claim(
        session, CampaignContent.next_check_at, is_due=is_due & is_urgent, until=now + lease, limit=max(limit, 1)
    )
    others = _claim(
        session,
        CampaignContent.next_check_at,
        is_due=is_due & ~_will_be_covered(now=now, page_within=page_within, grace=grace),
        until=now + lease,
        limit=max(limit - len(urgent), 0),
    )
    return [*urgent, *others]


def claim_due_samples(
    session: Session, *, now: datetime, limit: int, lease: timedelta, page_within: timedelta, grace: timedelta
) -> Sequence[DueContent]:
    """Claim contents whose sample is due, except those that a page due within `page_within` will show anyway."""
    return _claim(
        session,
        CampaignContent.next_metrics_at,
        is_due=(CampaignContent.next_metrics_at <= now)
        & CampaignContent.existence.in_(SEEN)
        & ~_will_be_covered(now=now, page_within=page_within, grace=grace),
        until=now + lease,
        limit=limit,
    )


def _will_be_covered(*, now: datetime, page_within: timedelta, grace: timedelta) -> ColumnElement[bool]:
    is_feed_watched = takes_part(now=now, grace=grace)
    return func.coalesce(is_on_page() & (Influencer.next_scan_at <= now + page_within) & is_feed_watched, False)


def _claim(
    session: Session,
    due_at: InstrumentedAttribute[datetime | None],
    *,
    is_due: ColumnElement[bool],
    until: datetime,
    limit: int,
) -> Sequence[DueContent]:
    rows = session.execute(
        select(
            CampaignContent.id, CampaignContent.influencer_id, func.coalesce(is_on_page(), False).label("is_on_page")
        )
        .join(Influencer, Influencer.id == CampaignContent.influencer_id)
        .where(is_due, CampaignContent.status != ContentStatus.REJECTED)
        .order_by(due_at)
        .limit(limit)
        .with_for_update(of=CampaignContent, skip_locked=True)
    ).all()
    if rows:
        session.execute(
            update(CampaignContent)
            .where(CampaignContent.id.in_([row.id for row in rows]))
            .values({due_at: until})
            .execution_options(synchronize_session=False)
        )
    return [DueContent(row.id, row.influencer_id, bool(row.is_on_page)) for row in rows]
