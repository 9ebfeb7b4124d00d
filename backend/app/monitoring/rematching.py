"""Rematching: what other requirements would change among the posts already seen, and making it so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaigns.matching import match_post
from app.campaigns.near_misses import find_near_misses
from app.campaigns.participations import as_watched, participant_ids
from app.campaigns.requirements import Requirements, columns_of, requirements_of
from app.core.db import TransactionFactory
from app.core.errors import NotFound
from app.models import Campaign, CampaignContent, Influencer, InfluencerPost, PostMatch
from app.models.states import ContentStatus, ReviewStatus
from app.monitoring.judging import judge_posts, reading_of


@dataclass(frozen=True, slots=True)
class PostLine:
    """A post, as a preview names it."""

    code: str
    username: str
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class RematchPreview:
    """What would change: posts that would be registered, registered ones that no longer match, and near misses."""

    added: Sequence[PostLine]
    removed: Sequence[PostLine]
    near: Sequence[PostLine]


def campaign_requirements(session: Session, campaign_id: UUID) -> Requirements:
    """Return what a campaign asks for now.

    Raises:
        NotFound: there is no such campaign.
    """
    campaign = session.get(Campaign, campaign_id)
    if campaign is None:
        raise NotFound(f"there is no campaign {campaign_id}")
    return requirements_of(campaign)


def preview_rematch(session: Session, campaign_id: UUID, requirements: Requirements) -> RematchPreview:
    """Return what would change if the campaign asked for this. Changes nothing.

    Compared with what is registered; contents that a person rejected, or accepted as a near miss, stay as decided.
    """
    rows = session.execute(
        select(InfluencerPost, Influencer.username, CampaignContent.status, PostMatch.review_status)
        .join(Influencer, Influencer.id == InfluencerPost.influencer_id)
        .outerjoin(
            CampaignContent,
            (CampaignContent.post_id == InfluencerPost.id) & (CampaignContent.campaign_id == campaign_id),
        )
        .outerjoin(PostMatch, (PostMatch.post_id == InfluencerPost.id) & (PostMatch.campaign_id == campaign_id))
        .where(InfluencerPost.influencer_id.in_(participant_ids(session, campaign_id)))
        .order_by(InfluencerPost.taken_at.desc())
    ).all()
    added: list[PostLine] = []
    removed: list[PostLine] = []
    near: list[PostLine] = []
    for post, username, status, review in rows:
        reading = reading_of(post)
        match = match_post(requirements, reading)
        line = PostLine(post.code, username, post.taken_at)
        if status is None and match.is_match:
            added.append(line)
        elif status is None and find_near_misses(requirements, reading, match):
            near.append(line)
        elif status not in {None, ContentStatus.REJECTED} and not match.is_match and review != ReviewStatus.ACCEPTED:
            removed.append(line)
    return RematchPreview(added, removed, near)


def apply_rematch(
    transaction: TransactionFactory, campaign_id: UUID, requirements: Requirements, *, now: datetime
) -> int:
    """Make the campaign ask for this and match every post seen of its participants; return how many were registered.

    Registered contents that no longer match stay, and are put into review. Doing it again changes nothing; where it is
    cut short, the next scans do the rest.

    Raises:
        NotFound: there is no such campaign.
    """
    with transaction() as session:
        campaign = session.get(Campaign, campaign_id, with_for_update=True)
        if campaign is None:
            raise NotFound(f"there is no campaign {campaign_id}")
        for column, value in columns_of(requirements).items():
            setattr(campaign, column, value)
        watched = as_watched(campaign)
        influencer_ids = participant_ids(session, campaign_id)
    registered = 0
    for influencer_id in influencer_ids:
        with transaction() as session:
            influencer = session.get_one(Influencer, influencer_id, with_for_update=True)
            verdicts = judge_posts(session, influencer, [watched], on_page=(), edited=(), now=now)
            registered += sum(verdict.content_id is not None for verdict in verdicts)
    return registered
