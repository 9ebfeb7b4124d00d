"""One post on demand: what Instagram says about it, whose it is, and why it was or was not registered."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.clock import KST
from app.core.config import Settings
from app.core.db import TransactionFactory
from app.instagram.errors import TargetUnavailable
from app.instagram.port import LookupProvider, Post
from app.models import Campaign, CampaignInfluencer, Influencer, InfluencerPost
from app.models.states import CampaignStatus, RequestKind
from app.monitoring import explain, lookups
from app.monitoring.explain import PostExplanation
from app.monitoring.requests import Answer, send_request
from app.scheduling.account_pool import Errand
from app.scheduling.allowance import Urgency

_OFF = (CampaignStatus.DRAFT, CampaignStatus.CANCELLED)


@dataclass(frozen=True, slots=True)
class PostDetails:
    """What is known about a post now."""

    media_pk: str
    post: Post | None
    """None where Instagram says that it is not there."""
    username: str | None
    """The influencer whose post it is; None where none of ours is its author or co-author."""
    verdicts: Sequence[PostExplanation]
    reasons: Sequence[str]
    """Sentences that say why it was not found or is held against no campaign; empty where verdicts tell all."""

    def as_document(self) -> dict[str, Any]:
        """Return it as JSON values."""
        post = self.post
        document: dict[str, Any] = {
            "media_pk": self.media_pk,
            "is_found": post is not None,
            "influencer": self.username,
            "reasons": list(self.reasons),
            "verdicts": [
                dataclasses.asdict(verdict) | {"taken_at": verdict.taken_at.isoformat()} for verdict in self.verdicts
            ],
        }
        if post is not None:
            document |= {
                "code": post.code,
                "author": post.owner_username,
                "taken_at": post.taken_at.isoformat(),
                "caption": post.caption,
                "likes": post.like_count,
                "are_likes_hidden": post.is_like_hidden,
                "comments": post.comment_count,
                "plays": post.play_count,
                "views": post.view_count,
            }
        return document


def get_post_details(
    transaction: TransactionFactory, provider: LookupProvider, media_pk: str, *, settings: Settings
) -> PostDetails:
    """Ask for one post, keep it, match it with every campaign its influencer takes part in, and explain the outcome.

    A person asks: campaigns that have ended count as well, so a post that was overlooked is registered after all.

    Raises:
        NoAccountFree, PermitRefused, InstagramError: nothing was learned about the post.
    """
    try:
        answer = send_request(
            transaction,
            lambda account, permit: provider.fetch_post(account, permit, media_pk),
            Errand(RequestKind.MEDIA, media_pk, Urgency.URGENT),
            settings=settings,
        )
    except TargetUnavailable as failure:
        with transaction() as session:
            return PostDetails(media_pk, None, None, (), _reasons_not_there(session, media_pk, failure))
    with transaction() as session:
        influencers = _publishers(session, answer.value)
        if not influencers:
            return PostDetails(media_pk, answer.value, None, (), [_unknown_author(answer.value)])
        # A post of several of our influencers may be a content of each.
        outcomes = [_matched(session, influencer, answer, settings) for influencer in influencers]
        verdicts = [verdict for found, _ in outcomes for verdict in found]
        reasons = [reason for _, told in outcomes for reason in told]
        return PostDetails(media_pk, answer.value, influencers[0].username, verdicts, reasons)


def _matched(
    session: Session, influencer: Influencer, answer: Answer[Post], settings: Settings
) -> tuple[Sequence[PostExplanation], Sequence[str]]:
    campaigns = session.execute(
        select(Campaign.id, Campaign.title, Campaign.status, CampaignInfluencer.is_selected)
        .join(CampaignInfluencer, CampaignInfluencer.campaign_id == Campaign.id)
        .where(CampaignInfluencer.influencer_id == influencer.id)
        .order_by(Campaign.start_date)
    ).all()
    taking_part: list[UUID] = [row.id for row in campaigns if row.is_selected and row.status not in _OFF]
    lookups.store_post(session, influencer.id, answer, settings=settings, also=taking_part)
    session.flush()
    reasons = [
        f"“{row.title}” is {row.status.value}: its posts are not matched." for row in campaigns if row.status in _OFF
    ]
    reasons += [
        f"@{influencer.username} is not selected for “{row.title}”: select them, and look again."
        for row in campaigns
        if not row.is_selected and row.status not in _OFF
    ]
    if not campaigns:
        reasons.append(f"@{influencer.username} takes part in no campaign. Add them to one and import it again.")
    return explain.explain_posts(session, influencer.id, [answer.value.media_pk]), reasons


def _publishers(session: Session, post: Post) -> Sequence[Influencer]:
    """Return the influencer who published the post, and those who take part in it as co-authors."""
    pks = [post.owner_pk, *(user.pk for user in post.coauthors)]
    known = session.scalars(select(Influencer).where(Influencer.platform_uid.in_(pks))).all()
    return sorted(known, key=lambda influencer: pks.index(influencer.platform_uid or ""))


def _unknown_author(post: Post) -> str:
    name = f"@{post.owner_username}" if post.owner_username else f"The account {post.owner_pk}"
    return (
        f"{name} is not one of the influencers. Add them with `tagbuy import influencers` and to the campaign, then "
        "look again. Where they were imported by another name, the pk decides: check the spelling."
    )


def _reasons_not_there(session: Session, media_pk: str, failure: TargetUnavailable) -> Sequence[str]:
    reasons = [
        f"Instagram says to our reader account: {failure}. The post was removed or archived, its author's profile is "
        "private, or the address is wrong. One such answer proves nothing; look again in a while."
    ]
    known = session.execute(
        select(InfluencerPost.last_seen_at, Influencer.username)
        .join(Influencer, Influencer.id == InfluencerPost.influencer_id)
        .where(InfluencerPost.media_pk == media_pk)
    ).first()
    if known is not None:
        last_seen = known.last_seen_at.astimezone(KST)
        reasons.append(f"We know it as a post of @{known.username}, last seen {last_seen:%Y-%m-%d %H:%M} (KST).")
    return reasons
