"""Judging: hold posts against campaigns, keep the verdicts, register and announce what matches."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.campaigns import matching
from app.campaigns.matching import MatchResult
from app.campaigns.participations import WatchedCampaign
from app.content import registration
from app.models import Influencer, InfluencerPost, PostMatch, new_id
from app.models.states import NotificationEvent
from app.notifications import outbox


@dataclass(frozen=True, slots=True)
class Verdict:
    """One post held against one campaign; `content_id` where this registered it."""

    media_pk: str
    campaign_title: str
    match: MatchResult
    content_id: UUID | None


def judge_posts(
    session: Session,
    influencer: Influencer,
    campaigns: Sequence[WatchedCampaign],
    *,
    on_page: Collection[UUID],
    edited: Collection[UUID],
    now: datetime,
) -> Sequence[Verdict]:
    """Match what has no verdict by the present requirements, and what was edited; register and announce matches, once.

    Posts of a page are held against every campaign. Older posts are where a campaign's period may cover them: so a
    campaign or a participation that was added or changed late is matched with what was seen before.
    """
    verdicts = []
    for campaign in campaigns:
        for post in _unjudged_posts(session, influencer.id, campaign, on_page=on_page, edited=edited):
            match = matching.match_post(
                campaign.requirements,
                caption=post.caption,
                media_type=post.media_type,
                product_type=post.product_type,
                taken_at=post.taken_at,
                are_mentions_known=post.are_mentions_known,
            )
            _keep_verdict(session, post.id, campaign, match, now=now)
            content_id = None
            if match.is_match:
                content_id = _register(session, influencer, campaign, post, match, now=now)
            verdicts.append(Verdict(post.media_pk, campaign.title, match, content_id))
    return verdicts


def _unjudged_posts(
    session: Session,
    influencer_id: UUID,
    campaign: WatchedCampaign,
    *,
    on_page: Collection[UUID],
    edited: Collection[UUID],
) -> Sequence[InfluencerPost]:
    has_verdict = (
        select(PostMatch.id)
        .where(
            PostMatch.post_id == InfluencerPost.id,
            PostMatch.campaign_id == campaign.id,
            PostMatch.requirements_hash == campaign.requirements.fingerprint,
        )
        .exists()
    )
    may_matter = (InfluencerPost.id.in_(on_page)) | (InfluencerPost.taken_at >= campaign.starts_at)
    return session.scalars(
        select(InfluencerPost)
        .where(
            InfluencerPost.influencer_id == influencer_id,
            (InfluencerPost.id.in_(edited)) | (may_matter & ~has_verdict),
        )
        .order_by(InfluencerPost.media_pk)
    ).all()


def _keep_verdict(
    session: Session, post_id: UUID, campaign: WatchedCampaign, match: MatchResult, *, now: datetime
) -> None:
    verdict = {
        "is_match": match.is_match,
        "score": match.score,
        "details": match.details,
        "requirements_hash": campaign.requirements.fingerprint,
        "matched_at": now,
    }
    session.execute(
        insert(PostMatch)
        .values(id=new_id(), post_id=post_id, campaign_id=campaign.id, **verdict)
        .on_conflict_do_update(index_elements=["post_id", "campaign_id"], set_=verdict)
    )


def _register(
    session: Session,
    influencer: Influencer,
    campaign: WatchedCampaign,
    post: InfluencerPost,
    match: MatchResult,
    *,
    now: datetime,
) -> UUID | None:
    post_type = matching.post_type(post.media_type, post.product_type)
    content_id = registration.register_content(
        session,
        post,
        campaign_id=campaign.id,
        post_type=post_type,
        match=match.as_document(),
        retention=campaign.retention,
        now=now,
    )
    if content_id is not None:
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
                "hashtags": match.details["hashtags"]["found"],
                "mentions": match.details["mentions"]["found"],
            },
            dedupe_key=f"{NotificationEvent.CONTENT_REGISTERED}:{campaign.id}:{post.media_pk}:email",
            now=now,
        )
    return content_id
