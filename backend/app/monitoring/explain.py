"""Explaining: what the monitor knows about an influencer's posts, and why each matched or not."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.campaigns import matching
from app.campaigns.explanations import broken_rules, near_miss_sentence
from app.campaigns.near_misses import near_misses_of
from app.core.errors import NotFound
from app.models import Campaign, CampaignContent, Influencer, InfluencerPost, PostMatch
from app.models.states import Locale


@dataclass(frozen=True, slots=True)
class PostExplanation:
    """A post and one verdict about it; a post without a running campaign has none."""

    media_pk: str
    code: str
    taken_at: datetime
    post_type: str
    caption: str
    is_pinned: bool
    campaign_title: str | None
    is_match: bool | None
    score: float | None
    reasons: Sequence[str]
    is_registered: bool


def find_influencer(session: Session, username: str) -> UUID:
    """Return the id of the influencer with this name.

    Raises:
        NotFound: nobody has it; the message says what to do.
    """
    name = username.strip().removeprefix("@")
    influencer_id = session.scalars(
        select(Influencer.id).where(func.lower(Influencer.username) == name.lower()).limit(1)
    ).one_or_none()
    if influencer_id is None:
        raise NotFound(f"There is no influencer '{name}'. Add them with `tagbuy import influencers FILE.csv`.")
    return influencer_id


def explain_posts(session: Session, influencer_id: UUID, media_pks: Collection[str]) -> Sequence[PostExplanation]:
    """Return every verdict about these posts, newest post first."""
    rows = session.execute(
        select(InfluencerPost, PostMatch, Campaign.title, CampaignContent.id)
        .outerjoin(PostMatch, PostMatch.post_id == InfluencerPost.id)
        .outerjoin(Campaign, Campaign.id == PostMatch.campaign_id)
        .outerjoin(
            CampaignContent,
            (CampaignContent.post_id == InfluencerPost.id) & (CampaignContent.campaign_id == PostMatch.campaign_id),
        )
        .where(InfluencerPost.influencer_id == influencer_id, InfluencerPost.media_pk.in_(media_pks))
        .order_by(InfluencerPost.taken_at.desc(), Campaign.title)
    ).all()
    return [_explanation(*row) for row in rows]


def _explanation(
    post: InfluencerPost, verdict: PostMatch | None, title: str | None, content_id: UUID | None
) -> PostExplanation:
    return PostExplanation(
        media_pk=post.media_pk,
        code=post.code,
        taken_at=post.taken_at,
        post_type=matching.post_type(post.media_type, post.product_type),
        caption=post.caption,
        is_pinned=post.is_pinned,
        campaign_title=title,
        is_match=verdict.is_match if verdict is not None else None,
        score=verdict.score if verdict is not None else None,
        reasons=_reasons(verdict) if verdict is not None else (),
        is_registered=content_id is not None,
    )


def _reasons(verdict: PostMatch) -> Sequence[str]:
    """Return in words what is wrong, and why it is near; empty for a match."""
    if verdict.is_match:
        return []
    near = [near_miss_sentence(miss, Locale.EN) for miss in near_misses_of(verdict.near_misses)]
    return [*broken_rules(verdict.details, Locale.EN), *near]
