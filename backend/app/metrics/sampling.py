"""Sampling: every page that shows a content gives one sample of its counts, at no extra request."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.instagram.port import Post
from app.models import CampaignContent, ContentMetrics
from app.models.states import MetricsSource


def record_samples(session: Session, influencer_id: UUID, posts: Sequence[Post], *, now: datetime) -> int:
    """Record what a page says about each registered content on it; return the number of samples."""
    by_pk = {post.media_pk: post for post in posts}
    contents = session.execute(
        select(CampaignContent.id, CampaignContent.instagram_media_pk).where(
            CampaignContent.influencer_id == influencer_id, CampaignContent.instagram_media_pk.in_(by_pk)
        )
    ).all()
    for content in contents:
        post = by_pk[content.instagram_media_pk]
        session.add(
            ContentMetrics(
                content_id=content.id,
                like_count=post.like_count,
                comment_count=post.comment_count,
                play_count=post.play_count,
                view_count=post.view_count,
                share_count=post.share_count,
                is_like_hidden=post.is_like_hidden,
                source=MetricsSource.FEED,
                recorded_at=now,
            )
        )
    return len(contents)
