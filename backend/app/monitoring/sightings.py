"""Sightings: one answer that shows posts samples and proves every registered content on it, and misses the others.

A content is missing from a page only where the page must show it: the page was read without a reject, it reaches
beyond the content's date on both sides, and the page before it showed the content. The official API need not show a
post that another account published together with the influencer, so nothing is missing from its pages.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.content.existence import MAY_BE_MISSED, UNRESOLVED, Evidence, Finding
from app.core.clock import day_start
from app.core.config import Settings
from app.instagram.port import FeedPage, Post
from app.metrics import sampling
from app.models import Campaign, CampaignContent, Influencer
from app.models.states import ContentStatus, MetricsSource
from app.monitoring import existence_steps
from app.monitoring.existence_steps import WatchedContent
from app.monitoring.requests import Answer
from app.scheduling import looks, market

_EVER = datetime.min.replace(tzinfo=UTC)
# Instagram tells times by its own clock: a page need not show a post that is as young as this.
_CLOCK_MARGIN = timedelta(minutes=5)


def note_posts(
    session: Session,
    influencer: Influencer,
    answer: Answer[FeedPage],
    *,
    source: MetricsSource,
    cursor: str | None,
    settings: Settings,
) -> None:
    """Write down what an answer says about the influencer's contents: a sample of each that it shows, and signs."""
    page, now = answer.value, answer.answered_at
    by_pk = {post.media_pk: post for post in page.posts}
    shows_all = source is MetricsSource.FEED
    span = covered_span(page, cursor=cursor, asked_at=answer.granted_at) if shows_all else None
    for watched in _contents(session, influencer, list(by_pk), with_others=span is not None, now=now):
        content = watched.content
        post = by_pk.get(content.instagram_media_pk)
        if post is not None:
            note_sighting(session, watched, post, source=source, answer=answer, settings=settings)
        elif span is not None and span[0] < content.posted_at < span[1] and _is_expected(content, influencer):
            existence_steps.take_step(
                session,
                watched,
                Evidence(Finding.ABSENT, answer.granted_at, answer.account_id),
                details={
                    "exists": None,
                    "absent_from_page": {
                        "from": span[0].isoformat() if span[0] > _EVER else None,
                        "to": span[1].isoformat(),
                        "posts": len(page.posts),
                        "account_id": str(answer.account_id),
                    },
                },
                now=now,
                settings=settings,
            )


def covered_span(page: FeedPage, *, cursor: str | None, asked_at: datetime) -> tuple[datetime, datetime] | None:
    """Return between which two instants everything unpinned must be on the page; None where it says nothing.

    Feeds are not strictly in order (an accepted collab post stands where it was accepted), so two posts must agree on
    each end.
    """
    unpinned = [post.taken_at for post in page.posts if not post.is_pinned]
    if page.rejects or len(unpinned) < 2:
        return None
    oldest = max(unpinned[-2:]) if page.next_cursor is not None else _EVER
    newest = min(unpinned[:2]) if cursor is not None else asked_at - _CLOCK_MARGIN
    return (oldest, newest) if oldest < newest else None


def note_sighting(
    session: Session,
    watched: WatchedContent,
    post: Post,
    *,
    source: MetricsSource,
    answer: Answer[FeedPage],
    settings: Settings,
) -> None:
    """Write down that a content was seen: a sample, when the next one is due, and that it exists."""
    content, now = watched.content, answer.answered_at
    sampling.record_sample(session, content, post, source=source, now=now)
    period_end = day_start(watched.campaign.end_date + timedelta(days=1), watched.campaign.time_zone)
    # The last samples of the period and of the contract are taken before these end, not after.
    marks = (period_end - settings.metrics_tick, content.retention_until - settings.metrics_tick)
    stretch = looks.sample_stretch(market.dearness(session, settings=settings))
    next_at = sampling.next_sample_at(content.posted_at, marks=marks, now=now, stretch=stretch)
    is_wanted = next_at < content.retention_until and content.status is not ContentStatus.REJECTED
    content.next_metrics_at = next_at if is_wanted else None
    content.last_seen_at = max(now, content.last_seen_at or now)  # answers may be stored in another order
    if source in (MetricsSource.FEED, MetricsSource.GRAPH_FEED):
        content.last_on_page_at = max(now, content.last_on_page_at or now)
    existence_steps.take_step(
        session,
        watched,
        Evidence(Finding.SEEN, answer.granted_at, answer.account_id),
        details={"exists": True, "seen": {"source": source.value, "account_id": str(answer.account_id)}},
        now=now,
        settings=settings,
    )


def _is_expected(content: CampaignContent, influencer: Influencer) -> bool:
    """Tell whether the page before this one showed it: one that was missed once is looked at, and not missed again."""
    shown_at, page_at = content.last_on_page_at, influencer.last_post_checked_at
    is_listed = shown_at is not None and page_at is not None and shown_at >= page_at
    return is_listed and content.existence in MAY_BE_MISSED


def _contents(
    session: Session, influencer: Influencer, media_pks: Sequence[str], *, with_others: bool, now: datetime
) -> Sequence[WatchedContent]:
    """Return the contents among these posts, and with the others every one that is still watched, locked."""
    is_shown = CampaignContent.instagram_media_pk.in_(media_pks)
    is_watched = (CampaignContent.retention_until > now) | CampaignContent.existence.in_(UNRESOLVED)
    is_wanted = or_(is_shown, is_watched) if with_others else is_shown
    rows = session.execute(
        select(CampaignContent, Campaign)
        .join(Campaign, Campaign.id == CampaignContent.campaign_id)
        .where(CampaignContent.influencer_id == influencer.id, is_wanted)
        .order_by(CampaignContent.id)
        .with_for_update(of=CampaignContent)
    ).all()
    return [WatchedContent(content, campaign, influencer.username) for content, campaign in rows]
