"""Registered contents with everything they hang on, beside a fake Instagram that shows them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from app.content.seen_posts import caption_hash
from app.core.clock import kst_date
from app.core.config import Settings
from app.core.db import TransactionFactory, server_now
from app.instagram.fake import FakeInstagram, make_post, make_profile
from app.instagram.port import Post
from app.models import CampaignContent, Influencer, InfluencerPost, MonitoringLog, Notification, new_id
from app.models.states import MonitoringEvent, NotificationEvent
from tests.builders import make_influencer, saved, saved_participation

FAST = Settings(
    request_spacing=timedelta(microseconds=1), request_jitter=timedelta(microseconds=1), requests_per_minute=1000
)


@dataclass(frozen=True, slots=True)
class Author:
    """An influencer in a running campaign."""

    influencer: Influencer
    campaign_id: UUID

    @property
    def id(self) -> UUID:
        return self.influencer.id

    @property
    def pk(self) -> str:
        return self.influencer.platform_uid or ""


def clock_of(transaction: TransactionFactory) -> datetime:
    with transaction() as session:
        return server_now(session)


def saved_author(transaction: TransactionFactory, username: str, **campaign: Any) -> Author:
    today = kst_date(clock_of(transaction))
    influencer = make_influencer(username)
    period = {"start_date": today - timedelta(days=30), "end_date": today + timedelta(days=30)}
    return Author(influencer, saved_participation(transaction, influencer, **(period | campaign)))


def saved_content(transaction: TransactionFactory, author: Author, post: Post, **changes: Any) -> UUID:
    """Store a post of the author as a registered content that a page showed ten minutes ago."""
    now = clock_of(transaction)
    stored = InfluencerPost(
        id=new_id(),
        influencer_id=author.id,
        media_pk=post.media_pk,
        code=post.code,
        media_type=post.media_type,
        product_type=post.product_type,
        caption=post.caption,
        caption_hash=caption_hash(post.caption),
        usertags=[],
        coauthors=[],
        sponsor_tags=[],
        is_paid_partnership=None,
        is_pinned=False,
        taken_at=post.taken_at,
        first_seen_at=post.taken_at,
        last_seen_at=now,
        raw={},
    )
    columns = {
        "campaign_id": author.campaign_id,
        "influencer_id": author.id,
        "post_id": stored.id,
        "instagram_media_pk": post.media_pk,
        "post_url": f"https://www.instagram.com/p/{post.code}/",
        "post_type": "photo",
        "posted_at": post.taken_at,
        "submitted_at": post.taken_at,
        "existence_since": post.taken_at,
        "retention_until": now + timedelta(days=100),
        "last_seen_at": now - timedelta(minutes=10),
        "last_on_page_at": now - timedelta(minutes=10),
        "next_check_at": now - timedelta(minutes=1),
        "next_metrics_at": now - timedelta(minutes=1),
    }
    with transaction() as session:
        session.execute(
            update(Influencer)
            .where(Influencer.id == author.id)
            .values(last_post_checked_at=now - timedelta(minutes=10, seconds=1), last_known_post_pk=post.media_pk)
        )
    return saved(transaction, stored, CampaignContent(id=new_id(), **(columns | changes)))


def instagram_of(posts: Iterable[tuple[Author, list[Post]]]) -> FakeInstagram:
    """An Instagram where these authors have public profiles and these posts."""
    known = list(posts)
    return FakeInstagram(
        {author.pk: feed for author, feed in known},
        {author.influencer.username: make_profile(author.influencer.username, pk=author.pk) for author, _ in known},
    )


def post_of(author: Author, number: int, *, now: datetime, **changes: Any) -> Post:
    """The author's post of so many hours ago."""
    return make_post(
        str(3_000_000_000_000_000_000 + int(author.pk) * 1000 - number),
        taken_at=now - timedelta(hours=number),
        owner_pk=author.pk,
        **changes,
    )


def content_of(transaction: TransactionFactory, content_id: UUID) -> CampaignContent:
    with transaction() as session:
        return session.get_one(CampaignContent, content_id)


def events_of(transaction: TransactionFactory, content_id: UUID) -> list[MonitoringEvent]:
    with transaction() as session:
        return list(
            session.scalars(
                select(MonitoringLog.event)
                .where(MonitoringLog.content_id == content_id)
                .order_by(MonitoringLog.checked_at, MonitoringLog.id)
            )
        )


def messages_of(transaction: TransactionFactory, event: NotificationEvent) -> list[Notification]:
    with transaction() as session:
        return list(session.scalars(select(Notification).where(Notification.event == event)))
