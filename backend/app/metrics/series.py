"""Reading samples: the curve of one content, and the latest counts of a campaign's contents."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.metrics.engagement import Counts
from app.models import CampaignContent, ContentMetrics, InfluencerPost
from app.models.states import ContentStatus, MetricsSource


@dataclass(frozen=True, slots=True)
class LatestCounts:
    """A content and what was last seen of its post."""

    content_id: UUID
    influencer_id: UUID
    posted_at: datetime
    counts: Counts


def samples_of(session: Session, content_id: UUID) -> Sequence[Counts]:
    """Return every sample of a content, oldest first."""
    rows = session.execute(
        select(
            ContentMetrics.recorded_at,
            ContentMetrics.like_count,
            ContentMetrics.comment_count,
            ContentMetrics.play_count,
            ContentMetrics.view_count,
            ContentMetrics.is_like_hidden,
            ContentMetrics.source,
        )
        .where(ContentMetrics.content_id == content_id)
        .order_by(ContentMetrics.recorded_at)
    )
    return [Counts(*row) for row in rows]


def of_last_api(samples: Sequence[Counts]) -> Sequence[Counts]:
    """Return those of the API that gave the last one: the official one leaves out what advertisements brought."""
    return [
        sample
        for sample in samples
        if (sample.source is MetricsSource.GRAPH_FEED) == (samples[-1].source is MetricsSource.GRAPH_FEED)
    ]


def latest_of_campaign(session: Session, campaign_id: UUID) -> Sequence[LatestCounts]:
    """Return the last counts of each content that counts for a campaign, newest post first.

    They stand in the post's own row: finding the last sample of a thousand contents would be a thousand searches.
    """
    rows = session.execute(
        select(
            CampaignContent.id,
            CampaignContent.influencer_id,
            CampaignContent.posted_at,
            InfluencerPost.last_seen_at,
            InfluencerPost.like_count,
            InfluencerPost.comment_count,
            InfluencerPost.play_count,
            InfluencerPost.view_count,
            InfluencerPost.is_like_hidden,
        )
        .join(InfluencerPost, InfluencerPost.id == CampaignContent.post_id)
        .where(CampaignContent.campaign_id == campaign_id, CampaignContent.status != ContentStatus.REJECTED)
        .order_by(CampaignContent.posted_at.desc())
    )
    return [LatestCounts(row[0], row[1], row[2], Counts(*row[3:])) for row in rows]
