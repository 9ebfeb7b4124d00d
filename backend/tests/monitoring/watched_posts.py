"""Posts of an influencer in a campaign, stored as a scan stores them and judged."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from app.campaigns.participations import watched_campaigns
from app.content import seen_posts
from app.core.db import TransactionFactory
from app.instagram.fake import make_post
from app.instagram.port import Post
from app.models import CampaignContent, Influencer, InfluencerPost, PostMatch
from app.monitoring.judging import Verdict, judge_posts
from tests.builders import NOW, make_influencer, saved_participation

PERIOD = {"start_date": date(2026, 11, 1), "end_date": date(2026, 11, 30)}


def participant(transaction: TransactionFactory, **campaign: object) -> tuple[UUID, UUID]:
    """Return an influencer and the campaign for which they post #여름휴가 in November 2026."""
    influencer = make_influencer()
    return influencer.id, saved_participation(transaction, influencer, **PERIOD | campaign)


def post(number: int, caption: str, *, days: float = 0, **changes: object) -> Post:
    """A post so many days after `NOW` (November 10, noon in Korea)."""
    pk = str(3_000_000_000_000_000_000 + number)
    return make_post(pk, caption=caption, taken_at=NOW + timedelta(days=days), **changes)  # type: ignore[arg-type]


def seen(transaction: TransactionFactory, influencer_id: UUID, *posts: Post) -> Sequence[Verdict]:
    """Let a page with these posts be seen and judged."""
    with transaction() as session:
        influencer = session.get_one(Influencer, influencer_id)
        stored = seen_posts.store_posts(session, influencer_id, posts, now=NOW)
        campaigns = watched_campaigns(session, influencer_id, now=NOW, grace=timedelta(days=1))
        return judge_posts(
            session, influencer, campaigns, on_page=stored.post_ids, edited=stored.edited_post_ids, now=NOW
        )


def verdict_of(transaction: TransactionFactory, media_pk: str) -> PostMatch:
    with transaction() as session:
        return session.scalars(
            select(PostMatch)
            .join(InfluencerPost, InfluencerPost.id == PostMatch.post_id)
            .where(InfluencerPost.media_pk == media_pk)
        ).one()


def registered(transaction: TransactionFactory) -> set[str]:
    with transaction() as session:
        return set(session.scalars(select(CampaignContent.instagram_media_pk)))
