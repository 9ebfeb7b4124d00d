"""Judging: hold posts against campaigns, keep the verdicts, register what matches, put near misses into review."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Date, cast, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.campaigns.matching import MatchResult, PostReading, match_post, read_post
from app.campaigns.near_misses import NearMiss, find_near_misses
from app.campaigns.participations import WatchedCampaign
from app.core.clock import local_date
from app.models import CampaignContent, Influencer, InfluencerPost, PostMatch, new_id
from app.models.states import ContentStatus, NearMissKind, ReviewStatus
from app.monitoring.registering import register_and_announce

ONE_DAY = timedelta(days=1)
"""A post of the day before the period is a near miss."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One post held against one campaign; `content_id` where this registered it."""

    media_pk: str
    campaign_title: str
    match: MatchResult
    content_id: UUID | None


@dataclass(frozen=True, slots=True)
class _Known:
    """What is stored about a campaign's posts before they are judged."""

    verdicts: Mapping[UUID, PostMatch]
    registered: Mapping[str, ContentStatus]
    """The status of registered posts, by their pk."""


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
    campaign or a participation that was added or changed late is matched with what was seen before. The author's other
    posts of the same days are judged again, because a tag may stand in one of them and be missing in the other.
    """
    return [
        verdict
        for campaign in campaigns
        for verdict in _judge_for(session, influencer, campaign, on_page=on_page, edited=edited, now=now)
    ]


def reading_of(post: InfluencerPost, *, caption: str | None = None) -> PostReading:
    """Return a stored post, read for matching; with another `caption` than the present one where that is given."""
    return read_post(
        caption=post.caption if caption is None else caption,
        media_type=post.media_type,
        product_type=post.product_type,
        taken_at=post.taken_at,
        usertags=[user["username"] for user in post.usertags],
        coauthors=[user["username"] for user in post.coauthors] + _owner(post),
        are_mentions_known=post.are_mentions_known,
    )


def _owner(post: InfluencerPost) -> list[str]:
    """Return who published the post: of a collab post that is the brand, whose co-author the influencer is."""
    owner = post.raw.get("user")
    name = owner.get("username") if isinstance(owner, Mapping) else None
    return [name] if isinstance(name, str) else []


def _judge_for(
    session: Session,
    influencer: Influencer,
    campaign: WatchedCampaign,
    *,
    on_page: Collection[UUID],
    edited: Collection[UUID],
    now: datetime,
) -> Sequence[Verdict]:
    unjudged = _unjudged_posts(session, influencer.id, campaign, on_page=on_page, edited=edited)
    if not unjudged:
        return []
    posts = _with_posts_of_the_same_days(session, influencer.id, campaign, unjudged)
    readings = {post.id: reading_of(post) for post in posts}
    matches = {post.id: match_post(campaign.requirements, readings[post.id]) for post in posts}
    known = _what_is_known(session, campaign, posts)
    unmatched: dict[date, list[UUID]] = {}
    for post in posts:
        if not matches[post.id].is_match:
            unmatched.setdefault(_day(post, campaign), []).append(post.id)
    verdicts, rows = [], []
    for post in posts:
        match = matches[post.id]
        same_day = [readings[other] for other in unmatched.get(_day(post, campaign), ()) if other != post.id]
        misses = find_near_misses(campaign.requirements, readings[post.id], match, same_day=same_day)
        rows.append(_verdict_row(post, campaign, match, misses, known, now=now))
        content_id = None
        if match.is_match and post.media_pk not in known.registered:
            content_id = register_and_announce(session, influencer, campaign, post, match.as_document(), now=now)
        verdicts.append(Verdict(post.media_pk, campaign.title, match, content_id))
    _keep_verdicts(session, rows)
    return verdicts


def _unjudged_posts(
    session: Session,
    influencer_id: UUID,
    campaign: WatchedCampaign,
    *,
    on_page: Collection[UUID],
    edited: Collection[UUID],
) -> Sequence[InfluencerPost]:
    verdict = select(PostMatch.id).where(PostMatch.post_id == InfluencerPost.id, PostMatch.campaign_id == campaign.id)
    is_judged = verdict.exists()
    is_outdated = verdict.where(PostMatch.requirements_hash != campaign.requirements.fingerprint).exists()
    may_matter = InfluencerPost.id.in_(on_page) | (InfluencerPost.taken_at >= campaign.starts_at - ONE_DAY)
    return session.scalars(
        select(InfluencerPost)
        .where(
            InfluencerPost.influencer_id == influencer_id,
            InfluencerPost.id.in_(edited) | (may_matter & ~is_judged) | is_outdated,
        )
        .order_by(InfluencerPost.media_pk)
    ).all()


def _with_posts_of_the_same_days(
    session: Session, influencer_id: UUID, campaign: WatchedCampaign, posts: Sequence[InfluencerPost]
) -> Sequence[InfluencerPost]:
    zone = campaign.requirements.time_zone
    return session.scalars(
        select(InfluencerPost)
        .where(
            InfluencerPost.influencer_id == influencer_id,
            cast(func.timezone(zone, InfluencerPost.taken_at), Date).in_({_day(post, campaign) for post in posts}),
        )
        .order_by(InfluencerPost.media_pk)
    ).all()


def _day(post: InfluencerPost, campaign: WatchedCampaign) -> date:
    return local_date(post.taken_at, campaign.requirements.time_zone)


def _what_is_known(session: Session, campaign: WatchedCampaign, posts: Sequence[InfluencerPost]) -> _Known:
    verdicts = session.scalars(
        select(PostMatch)
        .where(PostMatch.campaign_id == campaign.id, PostMatch.post_id.in_([post.id for post in posts]))
        .execution_options(populate_existing=True)
    ).all()
    registered = session.execute(
        select(CampaignContent.instagram_media_pk, CampaignContent.status).where(
            CampaignContent.campaign_id == campaign.id,
            CampaignContent.instagram_media_pk.in_([post.media_pk for post in posts]),
        )
    ).all()
    return _Known({verdict.post_id: verdict for verdict in verdicts}, {row[0]: row[1] for row in registered})


def _verdict_row(
    post: InfluencerPost,
    campaign: WatchedCampaign,
    match: MatchResult,
    misses: Sequence[NearMiss],
    known: _Known,
    *,
    now: datetime,
) -> dict[str, Any]:
    before = known.verdicts.get(post.id)
    near_misses, status = _review(campaign, match, misses, before, content_status=known.registered.get(post.media_pk))
    return {
        "id": new_id(),
        "post_id": post.id,
        "campaign_id": campaign.id,
        "is_match": match.is_match,
        "score": match.score,
        "details": match.details_with_rules(),
        "requirements_hash": campaign.requirements.fingerprint,
        "matched_at": now,
        "near_misses": near_misses,
        "review_status": status,
    }


def _keep_verdicts(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    statement = insert(PostMatch).values(rows)
    new = {column: statement.excluded[column] for column in rows[0] if column not in {"id", "post_id", "campaign_id"}}
    session.execute(statement.on_conflict_do_update(index_elements=["post_id", "campaign_id"], set_=new))


def _review(
    campaign: WatchedCampaign,
    match: MatchResult,
    misses: Sequence[NearMiss],
    before: PostMatch | None,
    *,
    content_status: ContentStatus | None,
) -> tuple[list[dict[str, Any]], ReviewStatus | None]:
    """Return what a person should look at, and what was decided about it; a decision lasts as long as its reasons."""
    if content_status is ContentStatus.REJECTED and before is not None:
        if match.is_match == before.is_match:
            return before.near_misses, before.review_status
        misses = [NearMiss(NearMissKind.REJECTED_BEFORE, None, "", "")] if match.is_match else []
    elif match.is_match:
        return [], None
    elif content_status is not None and before is not None:
        is_changed = before.requirements_hash != campaign.requirements.fingerprint
        is_undecided = before.is_match or before.review_status is None
        if not (is_undecided and is_changed):
            return before.near_misses, before.review_status
        misses = [NearMiss(NearMissKind.NO_LONGER, None, "", "")]
    near_misses = [asdict(miss) for miss in misses]
    if not near_misses:
        return [], None
    is_decided = before is not None and before.review_status is not None and before.near_misses == near_misses
    return near_misses, before.review_status if before is not None and is_decided else ReviewStatus.OPEN
