"""Registration: a post that meets a campaign's requirements becomes one of its contents, once."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.models import CampaignContent, InfluencerPost, MonitoringLog, new_id
from app.models.states import ContentStatus, Existence, MonitoringEvent


def post_url(code: str, product_type: str) -> str:
    """Return the public address of a post."""
    return f"https://www.instagram.com/{'reel' if product_type == 'clips' else 'p'}/{code}/"


def register_content(
    session: Session,
    post: InfluencerPost,
    *,
    campaign_id: UUID,
    post_type: str,
    match: dict[str, Any],
    retention: timedelta,
    now: datetime,
) -> UUID | None:
    """Register a post for a campaign and return the content's id, or None where it is registered already."""
    content_id = session.scalars(
        insert(CampaignContent)
        .values(
            id=new_id(),
            campaign_id=campaign_id,
            influencer_id=post.influencer_id,
            post_id=post.id,
            instagram_media_pk=post.media_pk,
            post_url=post_url(post.code, post.product_type),
            post_type=post_type,
            status=ContentStatus.PENDING,
            existence=Existence.PRESENT,
            posted_at=post.taken_at,
            submitted_at=now,
            retention_until=post.taken_at + retention,
            existence_since=now,
            next_metrics_at=now,
            next_check_at=now,
        )
        .on_conflict_do_nothing(index_elements=["campaign_id", "instagram_media_pk"])
        .returning(CampaignContent.id)
    ).one_or_none()
    if content_id is not None:
        session.add(
            MonitoringLog(
                content_id=content_id,
                event=MonitoringEvent.REGISTERED,
                status=ContentStatus.PENDING,
                check_result={"exists": True, "match": match},
                checked_at=now,
            )
        )
    return content_id


def log_caption_edit(session: Session, post: InfluencerPost, *, now: datetime) -> None:
    """Note in the history of every content made of this post that its caption was edited."""
    contents = session.scalars(select(CampaignContent).where(CampaignContent.post_id == post.id)).all()
    for content in contents:
        session.add(
            MonitoringLog(
                content_id=content.id,
                event=MonitoringEvent.CAPTION_EDITED,
                status=content.status,
                check_result={"exists": True, "caption_hash": post.caption_hash},
                checked_at=now,
            )
        )
