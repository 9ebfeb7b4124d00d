"""Looking at single posts: which are handed out, and what one look at one post tells."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaigns.participations import watched_campaigns
from app.content import due_contents
from app.content.due_contents import DueContent
from app.content.existence import Evidence, Finding
from app.core.config import Settings
from app.core.db import TransactionFactory, server_now
from app.core.errors import NotFound
from app.instagram.errors import TargetUnavailable
from app.instagram.port import FeedPage, LookupProvider, Post
from app.models import Campaign, CampaignContent, Influencer
from app.models.states import MetricsSource, RequestKind
from app.monitoring import existence_steps, intake
from app.monitoring.existence_steps import WatchedContent
from app.monitoring.removal_proof import ABSENCE_SIGNS
from app.monitoring.requests import Answer, send_request
from app.monitoring.scan_report import ScanReport
from app.scheduling import due_feeds, due_looks, pool_forecast, sources, usable_accounts
from app.scheduling.account_pool import Errand
from app.scheduling.allowance import Limits


@dataclass(frozen=True, slots=True)
class Lookups:
    """What to ask for: feeds whose first page shows due contents, and what else may be on it; posts for the others."""

    influencer_ids: Sequence[UUID]
    content_ids: Sequence[UUID]


def claim_checks(session: Session, *, now: datetime, settings: Settings) -> Lookups:
    """Claim contents whose proof of existence is stale and that no page due before the next sweep shows."""
    return plan_lookups(
        due_contents.claim_due_checks(
            session,
            now=now,
            limit=_room(session, settings, now=now, within=settings.existence_tick),
            lease=settings.lookup_lease,
            page_within=settings.existence_tick,
            grace=settings.scan_grace,
        )
    )


def claim_samples(session: Session, *, now: datetime, settings: Settings) -> Lookups:
    """Claim contents whose sample is due and that no page due before the next sweep shows."""
    return plan_lookups(
        due_contents.claim_due_samples(
            session,
            now=now,
            limit=_room(session, settings, now=now, within=settings.metrics_tick),
            lease=settings.lookup_lease,
            page_within=settings.metrics_tick,
            grace=settings.scan_grace,
        )
    )


def plan_lookups(due: Sequence[DueContent]) -> Lookups:
    """Return how to look at these contents with the fewest requests; a page may show new posts as well."""
    feeds = list(dict.fromkeys(content.influencer_id for content in due if content.is_on_page))
    return Lookups(feeds, [content.content_id for content in due if not content.is_on_page])


def look_at_content(
    transaction: TransactionFactory, provider: LookupProvider, content_id: UUID, *, settings: Settings
) -> Answer[Post] | None:
    """Look at a content's post once and write down everything that the answer tells; None where it is not found.

    "Not found" and "private" are signs, and no more: the content is suspected, and a check of its existence is due at
    once.

    Raises:
        NotFound: there is no such content.
        NoAccountFree, PermitRefused, InstagramError: nothing was learned about the post.
    """
    with transaction() as session:
        watched = load_content(session, content_id)
        media_pk, influencer_id = watched.content.instagram_media_pk, watched.content.influencer_id
        asked_at = server_now(session)
    try:
        answer = send_request(
            transaction,
            lambda account, permit: provider.fetch_post(account, permit, media_pk),
            Errand(RequestKind.MEDIA, media_pk),
            settings=settings,
        )
    except TargetUnavailable as failure:
        if failure.error not in ABSENCE_SIGNS:
            raise
        with transaction() as session:
            existence_steps.take_step(
                session,
                load_content(session, content_id, is_locked=True),
                Evidence(Finding.ABSENT, asked_at),
                details={"exists": None, "answer": str(failure)},
                now=server_now(session),
                settings=settings,
            )
        return None
    with transaction() as session:
        store_post(session, influencer_id, answer, settings=settings)
    return answer


def store_post(
    session: Session, influencer_id: UUID, answer: Answer[Post], *, settings: Settings, also: Sequence[UUID] = ()
) -> None:
    """Keep everything that an answer about one post told, as of a page with this post alone.

    It is matched with the influencer's running campaigns, and with `also`.
    """
    influencer = session.get_one(Influencer, influencer_id, with_for_update=True)
    report = ScanReport(influencer_id, influencer.username, account_id=answer.account_id)
    campaigns = watched_campaigns(session, influencer_id, now=answer.answered_at, grace=settings.scan_grace, also=also)
    page = FeedPage(posts=(answer.value,), rejects=(), next_cursor=None)
    whole = Answer(page, answer.account_id, answer.granted_at, answer.answered_at)
    intake.store_page(session, report, influencer, campaigns, whole, source=MetricsSource.MEDIA, settings=settings)


def load_content(session: Session, content_id: UUID, *, is_locked: bool = False) -> WatchedContent:
    """Return a content with its campaign and its influencer's name.

    Raises:
        NotFound: there is no such content.
    """
    query = (
        select(CampaignContent, Campaign, Influencer.username)
        .join(Campaign, Campaign.id == CampaignContent.campaign_id)
        .join(Influencer, Influencer.id == CampaignContent.influencer_id)
        .where(CampaignContent.id == content_id)
    )
    row = session.execute(query.with_for_update(of=CampaignContent) if is_locked else query).one_or_none()
    if row is None:
        raise NotFound(f"there is no content {content_id}")
    return WatchedContent(row[0], row[1], row[2])


def _room(session: Session, settings: Settings, *, now: datetime, within: timedelta) -> int:
    """Return how many looks may be handed out until the next sweep: all that the pool can send, where no feed waits.

    What is due is worth the same price, feed or post. So where not everything can be sent, both get their part of it.

    The official API is asked where there is no other: it shows no single post, but pages with contents on them.
    """
    provider = sources.PRIVATE if usable_accounts.exist_of(session, sources.PRIVATE) else sources.OFFICIAL
    free = pool_forecast.count_free_permits(
        session, provider=provider, limits=Limits.from_settings(settings, provider), within=within
    )
    looks = due_looks.count_due_looks(session, now=now)
    feeds = due_feeds.count_due(session, now=now, grace=settings.scan_grace)
    feeds += due_feeds.count_claimed(session, now=now)
    return math.ceil(free * looks / max(looks + feeds, 1))
