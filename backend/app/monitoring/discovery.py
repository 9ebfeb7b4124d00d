"""One look beyond the feeds. What it shows is a hint: the influencer's feed is due at once, and finds the post as ever.

Only the tab of reels is kept itself, because reels that are not shared to the grid are in no feed.
"""

import contextlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.campaigns.participations import watched_campaigns
from app.core.config import Settings
from app.core.db import TransactionFactory, server_now
from app.core.errors import ClockRefused
from app.instagram.errors import InstagramError, PermitRefused, TargetUnavailable, TransientFailure
from app.instagram.port import BrandProvider, DiscoveryProvider, FeedPage, Permit, Post, ReaderAccount
from app.models import DiscoverySource, Influencer, InfluencerPost
from app.models.states import DiscoveryKind, MetricsSource, Platform, RequestKind
from app.monitoring import intake
from app.monitoring.requests import Answer, NoAccountFree, send_request
from app.monitoring.scan_report import ScanReport
from app.scheduling import discovery, discovery_sources, due_feeds, market, pool_forecast, sources
from app.scheduling.account_pool import Errand
from app.scheduling.allowance import Limits
from app.scheduling.discovery import Find
from app.scheduling.looks import USUAL_PRICE
from app.scheduling.policy import WEIGHTS, Reason

_HOUR = timedelta(hours=1)
# Instagram tells times by its own clock: a feed that was read since then may not have shown the post yet.
_CLOCK_MARGIN = timedelta(minutes=5)
_MENTION_TRIES = 5
_OFFICIAL = {DiscoveryKind.TAGS, DiscoveryKind.MENTION}

log = structlog.get_logger(__name__)


def claim_sources(session: Session, *, now: datetime, settings: Settings) -> Sequence[UUID]:
    """Claim the sources that are due, as many as the API that each asks can look at until the next tick."""
    wanted = {DiscoveryKind(name) for name in settings.discovery_sources} | {DiscoveryKind.MENTION}
    claimed: list[UUID] = []
    for provider, kinds in ((sources.PRIVATE, wanted - _OFFICIAL), (sources.OFFICIAL, wanted & _OFFICIAL)):
        room = pool_forecast.count_free_permits(
            session, provider=provider, limits=Limits.from_settings(settings, provider), within=settings.scan_tick
        )
        claimed += discovery_sources.claim_due_sources(session, kinds, now=now, limit=room, lease=settings.lookup_lease)
    return claimed


def look_at_source(
    transaction: TransactionFactory,
    provider: DiscoveryProvider,
    official: BrandProvider,
    source_id: UUID,
    *,
    settings: Settings,
) -> int:
    """Look at one source once, and return how many contents were registered by it; only a tab of reels does that.

    A failed request is no exception: it is written in the row, which says when to look again.
    """
    with transaction() as session:
        source = session.get(DiscoverySource, source_id)
        if source is None:
            return 0
        user_pk = source.user_pk
        if source.kind is DiscoveryKind.REELS:
            user_pk = session.get_one(Influencer, source.influencer_id).platform_uid
    try:
        if source.kind is DiscoveryKind.USERTAGS and user_pk is None:
            _learn_pk(transaction, provider, source, settings=settings)
            return 0
        asked, call = _question(source, user_pk or "", provider, official)
        answer = send_request(
            transaction,
            call,
            Errand(RequestKind.DISCOVERY, source.key, only=source.account_id),
            settings=settings,
            provider=asked.name,
        )
        with transaction() as session:
            return _take_in(session, source_id, answer, settings=settings)
    except (NoAccountFree, PermitRefused, ClockRefused, InstagramError) as failure:
        _note_failure(transaction, source, failure, settings=settings)
        return 0
    except Exception as error:
        # Without a line in the row, the source would be asked for ever and nobody would know.
        with contextlib.suppress(SQLAlchemyError):
            unexpected = TransientFailure(f"unexpected {type(error).__name__}")
            _note_failure(transaction, source, unexpected, settings=settings)
        raise


def _question(
    source: DiscoverySource, user_pk: str, provider: DiscoveryProvider, official: BrandProvider
) -> tuple[DiscoveryProvider | BrandProvider, Callable[[ReaderAccount, Permit], FeedPage]]:
    key = source.key
    match source.kind:
        case DiscoveryKind.USERTAGS:
            return provider, lambda account, permit: provider.fetch_tagged_page(account, permit, user_pk)
        case DiscoveryKind.HASHTAG:
            return provider, lambda account, permit: provider.fetch_hashtag_page(account, permit, key)
        case DiscoveryKind.TIMELINE:
            return provider, provider.fetch_timeline_page
        case DiscoveryKind.REELS:
            return provider, lambda account, permit: provider.fetch_reels_page(account, permit, user_pk)
        case DiscoveryKind.TAGS:
            return official, official.fetch_tags_page
        case DiscoveryKind.MENTION:
            return official, lambda account, permit: _page_of(official.fetch_mentioned_post(account, permit, key))


def _page_of(post: Post) -> FeedPage:
    return FeedPage(posts=(post,), rejects=(), next_cursor=None)


def _learn_pk(
    transaction: TransactionFactory, provider: DiscoveryProvider, source: DiscoverySource, *, settings: Settings
) -> None:
    """Ask for the pk behind a brand's name; the look itself follows at once."""
    answer = send_request(
        transaction,
        lambda account, permit: provider.fetch_profile(account, permit, source.key),
        Errand(RequestKind.PROFILE, source.key),
        settings=settings,
        provider=provider.name,
    )
    with transaction() as session:
        row = session.get(DiscoverySource, source.id, with_for_update=True)
        if row is not None:
            row.user_pk, row.next_look_at, row.lease_until = answer.value.pk, answer.answered_at, None


def _take_in(session: Session, source_id: UUID, answer: Answer[FeedPage], *, settings: Settings) -> int:
    source = session.get(DiscoverySource, source_id, with_for_update=True)
    if source is None:
        return 0
    now = answer.answered_at
    report = ScanReport(source.influencer_id or source.id, account_id=answer.account_id)
    if source.kind is DiscoveryKind.REELS:
        finds = _keep_reels(session, source, answer, report, settings=settings)
    else:
        finds = _hurry_feeds(session, answer, settings=settings)
    if source.kind is DiscoveryKind.MENTION:
        session.delete(source)
        return 0
    known = discovery.learned(discovery.yield_of(source.yielded, now=source.created_at), finds, now=now)
    source.yielded = discovery.stored_yield(known)
    source.next_look_at = now + discovery.gap(
        known,
        market.dearness(session, settings=settings) * USUAL_PRICE,
        shortest=settings.discovery_interval_min,
        longest=settings.discovery_interval_max,
    )
    source.looked_at, source.lease_until, source.failures, source.last_error = now, None, 0, None
    return len(report.registered_content_ids)


def _hurry_feeds(session: Session, answer: Answer[FeedPage], *, settings: Settings) -> Sequence[Find]:
    """Let the feeds be due of watched influencers whose post is shown and was not seen yet; return those finds."""
    now = answer.answered_at
    finds = []
    for post in answer.value.posts:
        for influencer in _watched_people(session, post, settings=settings, answer=answer):
            looked_at = influencer.last_post_checked_at
            if looked_at is not None and post.taken_at <= looked_at - _CLOCK_MARGIN:
                continue  # its feed was read since, and need not show what others tag
            if influencer.scan_failures or influencer.next_scan_at <= now or _is_seen(session, influencer, post):
                continue
            saved_hours = (influencer.next_scan_at - now) / _HOUR
            finds.append(Find(WEIGHTS[influencer.scan_priority], saved_hours))
            due_feeds.hurry(influencer, now=now, reason=Reason.HINT)
    return finds


def _watched_people(
    session: Session, post: Post, *, settings: Settings, answer: Answer[FeedPage]
) -> Sequence[Influencer]:
    pks = [post.owner_pk, *(person.pk for person in post.coauthors)]
    is_theirs: ColumnElement[bool] = Influencer.platform_uid.in_(pks)
    if not post.owner_pk:
        is_theirs |= func.lower(Influencer.username) == (post.owner_username or "").lower()
    return session.scalars(
        select(Influencer)
        .where(
            Influencer.platform == Platform.INSTAGRAM,
            is_theirs,
            due_feeds.takes_part(now=answer.answered_at, grace=settings.scan_grace),
        )
        .with_for_update()
    ).all()


def _is_seen(session: Session, influencer: Influencer, post: Post) -> bool:
    query = select(InfluencerPost.id).where(
        InfluencerPost.influencer_id == influencer.id, InfluencerPost.media_pk == post.media_pk
    )
    return session.scalars(query).first() is not None


def _keep_reels(
    session: Session, source: DiscoverySource, answer: Answer[FeedPage], report: ScanReport, *, settings: Settings
) -> Sequence[Find]:
    """Keep, match and register the reels of an influencer; return those since the last look that no feed had shown.

    Nobody knows yet whether the grid will show them: without this look they might never be seen.
    """
    since = source.looked_at or source.created_at
    influencer = session.get_one(Influencer, source.influencer_id, with_for_update=True)
    campaigns = watched_campaigns(session, influencer.id, now=answer.answered_at, grace=settings.scan_grace)
    first_seen = intake.store_page(
        session, report, influencer, campaigns, answer, source=MetricsSource.REELS, settings=settings
    )
    news = [
        post for post in answer.value.posts if post.taken_at > since and first_seen[post.media_pk] >= answer.answered_at
    ]
    return [Find(WEIGHTS[influencer.scan_priority], settings.discovery_interval_max / _HOUR) for _ in news]


def _note_failure(
    transaction: TransactionFactory,
    source: DiscoverySource,
    failure: NoAccountFree | PermitRefused | ClockRefused | InstagramError,
    *,
    settings: Settings,
) -> None:
    with transaction() as session:
        row = session.get(DiscoverySource, source.id, with_for_update=True)
        if row is None:
            return
        now = server_now(session)
        row.lease_until = None
        if not isinstance(failure, InstagramError):
            until = failure.until if isinstance(failure, NoAccountFree) else None
            row.next_look_at = until or now + settings.scan_tick
            return
        row.failures, row.last_error = row.failures + 1, str(failure)
        is_hopeless = isinstance(failure, TargetUnavailable) or row.failures >= _MENTION_TRIES
        if row.kind is DiscoveryKind.MENTION and is_hopeless:
            log.warning("mention.dropped", media_id=row.key, reason=row.last_error)
            session.delete(row)
            return
        row.next_look_at = now + due_feeds.retry_wait(
            row.failures, shortest=settings.discovery_interval_min, longest=settings.discovery_interval_max
        )
