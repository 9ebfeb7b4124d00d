"""Registering: a post becomes a campaign's content, and its advertiser is told."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.campaigns import matching
from app.campaigns.participations import WatchedCampaign
from app.content import registration
from app.models import Influencer, InfluencerPost
from app.models.states import NotificationEvent
from app.notifications import outbox


def register_and_announce(
    session: Session,
    influencer: Influencer,
    campaign: WatchedCampaign,
    post: InfluencerPost,
    match: Mapping[str, Any],
    *,
    now: datetime,
) -> UUID | None:
    """Register a post by its verdict (the design document's dictionary) and queue the announcement.

    Returns the content's id, or None where it is registered already.
    """
    post_type = matching.post_type(post.media_type, post.product_type)
    content_id = registration.register_content(
        session,
        post,
        campaign_id=campaign.id,
        post_type=post_type,
        match=dict(match),
        retention=campaign.retention,
        now=now,
    )
    if content_id is None:
        return None
    outbox.queue_notification(
        session,
        event=NotificationEvent.CONTENT_REGISTERED,
        user_id=campaign.advertiser_id,
        channel="email",
        payload={
            "campaign_id": str(campaign.id),
            "campaign_title": campaign.title,
            "content_id": str(content_id),
            "influencer_username": influencer.username,
            "post_url": registration.post_url(post.code, post.product_type),
            "post_type": post_type,
            "posted_at": post.taken_at.isoformat(),
            "hashtags": match["details"]["hashtags"]["found"],
            "mentions": match["details"]["mentions"]["found"],
        },
        dedupe_key=f"{NotificationEvent.CONTENT_REGISTERED}:{campaign.id}:{post.media_pk}:email",
        now=now,
    )
    return content_id
