"""Reading samples: the curve of one content, and the latest counts of a campaign's contents."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import lateral, select, true
from sqlalchemy.orm import Session

from app.metrics.engagement import Counts
from app.models import CampaignContent, ContentMetrics
from app.models.states import ContentStatus

# As columns, not rows of the ORM: a campaign has a thousand of them.
_COLUMNS = (
    ContentMetrics.recorded_at,
    ContentMetrics.like_count,
    ContentMetrics.comment_count,
    ContentMetrics.play_count,
    ContentMetrics.view_count,
    ContentMetrics.is_like_hidden,
    ContentMetrics.source,
)


@dataclass(frozen=True, slots=True)
class LatestCounts:
    """A content and its last sample; None where there is none yet."""

    content_id: UUID
    influencer_id: UUID
    posted_at: datetime
    counts: Counts | None


def samples_of(session: Session, content_id: UUID) -> Sequence[Counts]:
    """Return every sample of a content, oldest first."""
    rows = session.execute(
        select(*_COLUMNS).where(ContentMetrics.content_id == content_id).order_by(ContentMetrics.recorded_at)
    )
    return [Counts(*row) for row in rows]


def latest_of_campaign(session: Session, campaign_id: UUID) -> Sequence[LatestCounts]:
    """Return the last sample of each content that counts for a campaign, newest post first."""
    newest = lateral(
        select(*_COLUMNS)
        .where(ContentMetrics.content_id == CampaignContent.id)
        .order_by(ContentMetrics.recorded_at.desc())
        .limit(1)
    )
    rows = session.execute(
        select(CampaignContent.id, CampaignContent.influencer_id, CampaignContent.posted_at, *newest.c)
        .join(newest, true(), isouter=True)
        .where(CampaignContent.campaign_id == campaign_id, CampaignContent.status != ContentStatus.REJECTED)
        .order_by(CampaignContent.posted_at.desc())
    )
    return [LatestCounts(row[0], row[1], row[2], Counts(*row[3:]) if row[3] is not None else None) for row in rows]
