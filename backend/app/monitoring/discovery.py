"""One look beyond the feeds. What it shows is a hint: the influencer's feed is due at once, and finds the post as ever.

Only the tab of reels is kept itself, because reels that are not shared to the grid are in no feed.
"""

import contextlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.campaigns.participations import watched_campaigns
from app.core.config import Settings
from app.core.db import TransactionFactory, server_now
from app.core.errors import ClockRefused
from app.instagram.errors import FailureKind, InstagramError, PermitRefused, TargetUnavailable, TransientFailure
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
_OFFICIAL = frozenset({DiscoveryKind.TAGS, DiscoveryKind.MENTION})
_COSTLY = (FailureKind.NEEDS_HUMAN, FailureKind.OUTDATED)
"""Failures that cost an account: hashtags are known to log sessions out (instagrapi #1576, #618)."""
_SHARE = 4
"""Looks beyond the feeds may take a quarter of what the pool can send: the feeds are the guarantee."""

log = structlog.get_logger(__name__)


def claim_sources(session: Session, *, now: datetime, settings: Settings) -> Sequence[UUID]:
    """Claim the sources that are due, at most a quarter of what the pool can send until the next tick."""
    kinds = {*map(DiscoveryKind, settings.discovery_sources), DiscoveryKind.MENTION}
    claimed: list[UUID] = []
    for provider, of_provider in (
        (sources.PRIVATE, kinds - _OFFICIAL),
        (sources.OFFICIAL, kinds & _OFFICIAL),
    ):
        free = pool_forecast.count_free_permits(
            session, provider=provider, limits=Limits.from_settings(settings, provider), within=settings.scan_tick
        )
        claimed += discovery_sources.claim_due_sources(
            session, of_provider, now=now, limit=-(-free // _SHARE), lease=settings.lookup_lease
        )
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
        if source is None or source.next_look_at > server_now(session):
            return 0  # the message came twice, or late
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
    kind = discovery.ALONE if source.kind is DiscoveryKind.REELS else discovery.SHARED
    usual_hours = market.usual_gap_hours(session)
    known = discovery.yield_of(source.yielded, now=source.created_at)
    known = discovery.learned(known, kind, finds, usual_hours=usual_hours, now=now)
    source.yielded = discovery.stored_yield(known)
    source.next_look_at = now + discovery.gap(
        known,
        kind,
        market.dearness(session, settings=settings) * USUAL_PRICE,
        usual_hours=usual_hours,
        shortest=settings.discovery_interval_min,
        longest=settings.discovery_interval_max,
    )
    source.looked_at, source.lease_until, source.failures, source.last_error = now, None, 0, None
    return len(report.registered_content_ids)


def _hurry_feeds(session: Session, answer: Answer[FeedPage], *, settings: Settings) -> Sequence[Find]:
    """Let the feeds be due of watched influencers whose post is shown and was not seen yet; return those finds."""
    now = answer.answered_at
    finds: list[Find] = []
    for influencer in _watched_people(session, answer, settings=settings):
        unseen = _unseen_of(session, influencer, answer.value.posts)
        if influencer.scan_failures or influencer.next_scan_at <= now or not unseen:
            continue
        saved_hours = (influencer.next_scan_at - now) / _HOUR
        finds += [Find(WEIGHTS[influencer.scan_priority], saved_hours)] * len(unseen)
        due_feeds.hurry(influencer, now=now, reason=Reason.HINT)
    return finds


def _watched_people(session: Session, answer: Answer[FeedPage], *, settings: Settings) -> Sequence[Influencer]:
    """Return the watched authors and co-authors, locked; somebody whose feed is read at this moment is left out."""
    posts = answer.value.posts
    pks = {pk for post in posts for pk in _pks_of(post)}
    names = {post.owner_username.lower() for post in posts if post.owner_username and not post.owner_pk}
    return session.scalars(
        select(Influencer)
        .where(
            Influencer.platform == Platform.INSTAGRAM,
            or_(Influencer.platform_uid.in_(pks), Influencer.username.in_(names)),
            due_feeds.takes_part(now=answer.answered_at, grace=settings.scan_grace),
        )
        .order_by(Influencer.id)
        .with_for_update(skip_locked=True)
    ).all()


def _unseen_of(session: Session, influencer: Influencer, posts: Sequence[Post]) -> Sequence[Post]:
    """Return the posts that are this influencer's, unknown, and younger than the last look at the feed.

    A feed that was read since need not show what others tag, and will not by being read again.
    """
    read_at = influencer.last_post_checked_at
    theirs = [
        post
        for post in posts
        if (influencer.platform_uid in _pks_of(post) or (post.owner_username or "").lower() == influencer.username)
        and (read_at is None or post.taken_at > read_at - _CLOCK_MARGIN)
    ]
    seen = session.scalars(
        select(InfluencerPost.media_pk).where(
            InfluencerPost.influencer_id == influencer.id,
            InfluencerPost.media_pk.in_([post.media_pk for post in theirs]),
        )
    ).all()
    return [post for post in theirs if post.media_pk not in seen]


def _pks_of(post: Post) -> Sequence[str]:
    return [pk for pk in (post.owner_pk, *(person.pk for person in post.coauthors)) if pk]


def _keep_reels(
    session: Session, source: DiscoverySource, answer: Answer[FeedPage], report: ScanReport, *, settings: Settings
) -> Sequence[Find]:
    """Keep, match and register the reels of an influencer; return those that no feed shows.

    These are what came since the last look and is older than the last look at the feed, which did not show it. The
    others the feed's next look may show as well, at no request more.
    """
    influencer = session.get_one(Influencer, source.influencer_id, with_for_update=True)
    campaigns = watched_campaigns(session, influencer.id, now=answer.answered_at, grace=settings.scan_grace)
    first_seen = intake.store_page(
        session, report, influencer, campaigns, answer, source=MetricsSource.REELS, settings=settings
    )
    looked_at, read_at = source.looked_at, influencer.last_post_checked_at
    if looked_at is None or read_at is None:
        return []
    missed = [
        post
        for post in answer.value.posts
        if first_seen[post.media_pk] == answer.answered_at and looked_at < post.taken_at < read_at - _CLOCK_MARGIN
    ]
    return [Find(WEIGHTS[influencer.scan_priority], 0.0)] * len(missed)


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
        if failure.kind in _COSTLY:
            log.warning(
                "source.rests", kind=row.kind, error=failure.error, hours=settings.discovery_interval_max / _HOUR
            )
            discovery_sources.rest_kind(session, row.kind, until=now + settings.discovery_interval_max)
