"""Reviewing: near misses, and what a person decides about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaigns.explanations import near_miss_sentence, request_message
from app.campaigns.near_misses import near_misses_of
from app.campaigns.participations import as_watched, find_campaign
from app.content.registration import post_url
from app.core.errors import InvalidInput, NotFound
from app.models import Campaign, CampaignContent, Influencer, InfluencerPost, MonitoringLog, PostMatch
from app.models.states import ContentStatus, Locale, MonitoringEvent, ReviewStatus
from app.monitoring.registering import register_and_announce


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """A near miss that waits for a decision."""

    code: str
    campaign_title: str
    campaign_id: UUID
    username: str
    taken_at: datetime
    caption: str
    post_url: str
    score: float
    reasons: Sequence[str]
    reasons_ko: Sequence[str]
    message: str | None
    """To the influencer, in Korean; None where they can do nothing about it."""


def list_reviews(session: Session, *, campaign: str | None = None) -> Sequence[ReviewItem]:
    """Return what waits for a decision, newest post first; `campaign` (a title or id) asks for one campaign's.

    Raises:
        NotFound: there is no such campaign.
    """
    query = (
        select(PostMatch, InfluencerPost, Campaign, Influencer.username)
        .join(InfluencerPost, InfluencerPost.id == PostMatch.post_id)
        .join(Campaign, Campaign.id == PostMatch.campaign_id)
        .join(Influencer, Influencer.id == InfluencerPost.influencer_id)
        .where(PostMatch.review_status == ReviewStatus.OPEN)
        .order_by(InfluencerPost.taken_at.desc(), Campaign.title)
    )
    if campaign is not None:
        query = query.where(PostMatch.campaign_id == find_campaign(session, campaign).id)
    return [_item(*row) for row in session.execute(query)]


def accept_review(session: Session, code: str, *, campaign: str | None = None, now: datetime) -> str:
    """Register the post although it only nearly matches, or keep it; return the campaign's title.

    Raises:
        NotFound: no review of such a post is open.
        InvalidInput: several campaigns review it and `campaign` is not given.
    """
    verdict = _open_review(session, code, campaign)
    post = session.get_one(InfluencerPost, verdict.post_id)
    watched = as_watched(session.get_one(Campaign, verdict.campaign_id))
    influencer = session.get_one(Influencer, post.influencer_id)
    match = {"is_match": verdict.is_match, "score": verdict.score, "details": verdict.details}
    content_id = register_and_announce(session, influencer, watched, post, match, now=now)
    content = _content(session, verdict) if content_id is None else session.get_one(CampaignContent, content_id)
    if content is not None:
        if content.status is ContentStatus.REJECTED:
            content.status = ContentStatus.PENDING
            content.next_check_at = content.next_metrics_at = now  # nobody has looked for it meanwhile
        _log(session, content, MonitoringEvent.ACCEPTED, verdict, now=now)
    _decide(verdict, ReviewStatus.ACCEPTED, now=now)
    return watched.title


def dismiss_review(session: Session, code: str, *, campaign: str | None = None, now: datetime) -> str:
    """Leave the post unregistered, or reject it where it is registered; return the campaign's title.

    Raises:
        NotFound: no review of such a post is open.
        InvalidInput: several campaigns review it and `campaign` is not given, or the content is settled already.
    """
    verdict = _open_review(session, code, campaign)
    content = _content(session, verdict)
    if content is not None:
        if content.settled_at is not None:
            raise InvalidInput(f"{code} was settled on {content.settled_at:%Y-%m-%d}; it can only be accepted.")
        content.status = ContentStatus.REJECTED
        _log(session, content, MonitoringEvent.REJECTED, verdict, now=now)
    _decide(verdict, ReviewStatus.DISMISSED, now=now)
    return session.get_one(Campaign, verdict.campaign_id).title


def _item(verdict: PostMatch, post: InfluencerPost, campaign: Campaign, username: str) -> ReviewItem:
    misses = near_misses_of(verdict.near_misses)
    url = post_url(post.code, post.product_type)
    return ReviewItem(
        code=post.code,
        campaign_title=campaign.title,
        campaign_id=campaign.id,
        username=username,
        taken_at=post.taken_at,
        caption=post.caption,
        post_url=url,
        score=verdict.score,
        reasons=[near_miss_sentence(miss, Locale.EN) for miss in misses],
        reasons_ko=[near_miss_sentence(miss, Locale.KO) for miss in misses],
        message=request_message(misses, campaign=campaign.title, username=username, url=url),
    )


def _open_review(session: Session, code: str, campaign: str | None) -> PostMatch:
    query = (
        select(PostMatch)
        .join(InfluencerPost, InfluencerPost.id == PostMatch.post_id)
        .where(InfluencerPost.code == code, PostMatch.review_status == ReviewStatus.OPEN)
        .with_for_update(of=PostMatch)
    )
    if campaign is not None:
        query = query.where(PostMatch.campaign_id == find_campaign(session, campaign).id)
    verdicts = session.scalars(query).all()
    if not verdicts:
        raise NotFound(f"No review of the post '{code}' is open; `tagbuy review list` shows those that are.")
    if len(verdicts) > 1:
        titles = [session.get_one(Campaign, verdict.campaign_id).title for verdict in verdicts]
        raise InvalidInput(f"'{code}' is in review for several campaigns: give --campaign, one of {', '.join(titles)}.")
    return verdicts[0]


def _content(session: Session, verdict: PostMatch) -> CampaignContent | None:
    return session.scalars(
        select(CampaignContent)
        .where(CampaignContent.post_id == verdict.post_id, CampaignContent.campaign_id == verdict.campaign_id)
        .with_for_update()
    ).one_or_none()


def _decide(verdict: PostMatch, status: ReviewStatus, *, now: datetime) -> None:
    verdict.review_status = status
    verdict.reviewed_at = now


def _log(
    session: Session, content: CampaignContent, event: MonitoringEvent, verdict: PostMatch, *, now: datetime
) -> None:
    near: list[dict[str, Any]] = verdict.near_misses
    session.add(
        MonitoringLog(
            content_id=content.id,
            event=event,
            status=content.status,
            check_result={"exists": True, "near_misses": near},
            checked_at=now,
        )
    )
