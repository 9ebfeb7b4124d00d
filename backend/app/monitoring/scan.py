"""Scanning a feed: fetch its pages, keep what they show, match, register, announce, and set the next due time."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.campaigns.participations import watched_campaigns
from app.core.config import Settings
from app.core.db import TransactionFactory, server_now
from app.core.errors import ClockRefused, NotFound
from app.instagram.errors import FailureKind, InstagramError, PermitRefused, TargetUnavailable, TransientFailure
from app.instagram.port import FeedPage, Provider, Target
from app.models import Influencer, InfluencerScanLog
from app.models.states import MetricsSource, RequestKind
from app.monitoring import feed_walk, intake, next_scan
from app.monitoring.identity import settle_identity
from app.monitoring.requests import Answer, NoAccountFree, send_request
from app.monitoring.scan_report import ScanReport
from app.scheduling import due_feeds, sources
from app.scheduling.account_pool import Errand

log = structlog.get_logger(__name__)

_SOURCES = {sources.PRIVATE: MetricsSource.FEED, sources.OFFICIAL: MetricsSource.GRAPH_FEED}


@dataclass(frozen=True, slots=True)
class _Scan:
    """What does not change during one scan."""

    transaction: TransactionFactory
    settings: Settings
    campaign_ids: Sequence[UUID]
    started_at: datetime
    report: ScanReport
    last_reader_id: UUID | None
    """The account that read this feed last; it is preferred."""
    known_until: datetime | None
    """Up to when the posting rhythm knew the feed when the scan began."""
    place: feed_walk.Place | None
    """Where the walk goes on that was cut short moments ago."""


def scan_feed(
    transaction: TransactionFactory,
    provider: Provider,
    influencer_id: UUID,
    *,
    now: datetime,
    settings: Settings,
    campaign_ids: Sequence[UUID] = (),
    claim: datetime | None = None,
    official: Provider | None = None,
) -> ScanReport | None:
    """Scan one feed, and return what was seen; None where `claim` is stale, or the look not yet worth today's price.

    `provider` reads every feed, `official` those that suit it (`app.scheduling.sources`). A failed request is no
    exception: it is in the report, and the row says when to try again.

    Raises:
        NotFound: there is no such influencer.
    """
    report = ScanReport(influencer_id)
    with transaction() as session:
        influencer = due_feeds.take_up_claim(session, influencer_id, claim=claim, now=now, lease=settings.scan_lease)
        if influencer is None:
            if session.get(Influencer, influencer_id) is None:
                raise NotFound(f"there is no influencer {influencer_id}")
            return None
        if claim is not None and next_scan.put_off_stale(session, influencer, now=now, settings=settings):
            return None
        report.username = influencer.username
        target = Target(influencer.platform_uid, influencer.username)
        suitable = sources.readers_of(session, influencer_id, now=now, grace=settings.scan_grace)
        last_reader_id = _last_reader_id(session, influencer_id)
        known_until = next_scan.known_until(influencer)
        # Who asks for a scan at once wants to see the top.
        place = feed_walk.place_to_go_on(influencer, now=now) if claim is not None else None
    scan = _Scan(transaction, settings, campaign_ids, now, report, last_reader_id, known_until, place)
    readers = [official] if official is not None and sources.OFFICIAL in suitable else []
    if sources.PRIVATE in suitable or not readers:
        readers.append(provider)
    try:
        _read(scan, readers, target)
    except (NoAccountFree, PermitRefused, ClockRefused, InstagramError) as failure:
        report.failure = str(failure)
        _end(scan, failure)
    except Exception as error:
        # Without a line in the row and the log, the feed would fail for ever and nobody would know.
        report.failure = f"unexpected {type(error).__name__}"
        with contextlib.suppress(SQLAlchemyError):
            _end(scan, TransientFailure(report.failure))
        raise
    return report


def _read(scan: _Scan, readers: Sequence[Provider], target: Target) -> None:
    """Walk down the feed with the first of the readers that knows it and has an account free."""
    waits: list[NoAccountFree] = []
    for reader in readers:
        try:
            return _walk(scan, reader, _resolved(scan, reader, target))
        except NoAccountFree as wait:
            waits.append(wait)
        except TargetUnavailable:
            if reader is readers[-1]:
                raise
            with scan.transaction() as session:
                sources.note_refusal(session, scan.report.influencer_id, now=scan.started_at)
    raise min(waits, key=lambda wait: (wait.until is None, wait.until))


def _resolved(scan: _Scan, provider: Provider, target: Target) -> Target:
    """Return the target with the pk behind its name; from here on the scan is of the influencer who has that pk."""
    if target.pk is not None or not provider.needs_user_pk:
        return target
    name = target.username
    answer = send_request(
        scan.transaction,
        lambda account, permit: provider.fetch_profile(account, permit, name),
        Errand(RequestKind.PROFILE, name, prefer=scan.last_reader_id),
        settings=scan.settings,
        provider=provider.name,
    )
    with scan.transaction() as session:
        scan.report.influencer_id = settle_identity(
            session,
            scan.report.influencer_id,
            answer.value,
            lease_until=answer.answered_at + scan.settings.scan_lease,
        )
    scan.report.account_id = answer.account_id
    return Target(answer.value.pk, answer.value.username)


def _walk(scan: _Scan, provider: Provider, target: Target) -> None:
    cursor = scan.place.cursor if scan.place is not None and scan.place.provider == provider.name else None
    while True:
        answer = _fetch(scan, provider, target, cursor)
        scan.report.pages += 1
        scan.report.account_id = answer.account_id
        with scan.transaction() as session:
            influencer = session.get_one(Influencer, scan.report.influencer_id, with_for_update=True)
            if cursor is None:
                sources.note_reader(influencer, provider.name)
            is_passed = _take_in(session, scan, influencer, answer, source=_SOURCES[provider.name], cursor=cursor)
            cursor = influencer.walk_cursor
            is_last = not is_passed or cursor is None or scan.report.pages >= scan.settings.scan_max_pages
            if is_last:
                now = answer.answered_at
                next_at = now + scan.settings.scan_backoff
                if is_passed:
                    next_at = next_scan.plan_next_scan(session, influencer, now=now, settings=scan.settings)
                due_feeds.note_scanned(influencer, now=now, next_at=next_at)
                _write_log(session, scan, now=now)
        if is_last:
            return


def _take_in(
    session: Session,
    scan: _Scan,
    influencer: Influencer,
    answer: Answer[FeedPage],
    *,
    source: MetricsSource,
    cursor: str | None,
) -> bool:
    """Keep and learn what a page tells, go on in the walk, and tell whether the page is passed."""
    page, settings = answer.value, scan.settings
    feed_walk.doubt_empty_page(influencer, page, cursor=cursor)
    campaigns = watched_campaigns(
        session, influencer.id, now=answer.answered_at, grace=settings.scan_grace, also=scan.campaign_ids
    )
    next_scan.learn_page(
        influencer,
        page.posts,
        known_until=scan.known_until,
        is_first_page=cursor is None,
        now=answer.granted_at,
        settings=settings,
    )
    first_seen = intake.store_page(
        session, scan.report, influencer, campaigns, answer, source=source, cursor=cursor, settings=settings
    )
    if page.rejects and not feed_walk.is_used_to_rejects(session, influencer.id):
        return False
    feed_walk.advance_walk(
        influencer,
        page,
        cursor=cursor,
        first_seen=first_seen,
        asked_at=answer.granted_at,
        earliest_start=min((campaign.starts_at for campaign in campaigns), default=None),
        full_walk_interval=settings.full_walk_interval,
    )
    return True


def _fetch(scan: _Scan, provider: Provider, target: Target, cursor: str | None) -> Answer[FeedPage]:
    return send_request(
        scan.transaction,
        lambda account, permit: provider.fetch_feed_page(account, permit, target, cursor),
        Errand(RequestKind.FEED, target.pk or target.username, prefer=scan.report.account_id or scan.last_reader_id),
        settings=scan.settings,
        provider=provider.name,
    )


def _note_failure(influencer: Influencer, failure: InstagramError, now: datetime, settings: Settings) -> None:
    """Say in the row when to try again. A failure of the account rests the feed as well: it may be the feed's doing."""
    is_doubtful = failure.kind is FailureKind.TARGET or failure.error == "empty_page"
    is_repeated = influencer.last_error == str(failure)
    wait = due_feeds.retry_wait(
        influencer.scan_failures + 1, shortest=settings.scan_backoff, longest=settings.scan_backoff_max
    )
    if failure.kind is FailureKind.TARGET and influencer.doubts >= due_feeds.DOUBTS:
        wait = settings.hidden_target_interval
    elif failure.kind is FailureKind.NEEDS_HUMAN and is_repeated:
        wait = settings.scan_backoff_max  # two accounts were set aside over this feed; it gets no third one soon
    influencer.is_private = influencer.is_private or failure.error == "private_account"
    due_feeds.note_failed(influencer, str(failure), now=now, wait=wait, is_doubtful=is_doubtful)


def _end(scan: _Scan, failure: NoAccountFree | PermitRefused | ClockRefused | InstagramError) -> None:
    """End a scan that did not go well: say in the row when to try again, and write the log."""
    with scan.transaction() as session:
        now = server_now(session)
        influencer = session.get_one(Influencer, scan.report.influencer_id, with_for_update=True)
        if isinstance(failure, InstagramError):
            _note_failure(influencer, failure, now, scan.settings)
        elif isinstance(failure, NoAccountFree):
            scan.report.waits_until = failure.until
            until = failure.until or now + scan.settings.scan_tick
            # A feed of which nothing was read keeps its place: behind all that are overdue it would wait another round.
            due_feeds.put_off(influencer, until=until if scan.report.pages else min(until, influencer.next_scan_at))
        elif isinstance(failure, ClockRefused):
            log.error("clock.refused", reason=str(failure))
            due_feeds.put_off(influencer, until=now + scan.settings.scan_tick)
        else:
            due_feeds.put_off(influencer, until=now)
        if scan.report.pages or not isinstance(failure, NoAccountFree):
            _write_log(session, scan, now=now)


def _write_log(session: Session, scan: _Scan, *, now: datetime) -> None:
    report = scan.report
    session.add(
        InfluencerScanLog(
            influencer_id=report.influencer_id,
            account_id=report.account_id,
            posts_checked=report.posts_checked,
            new_posts_found=report.new_posts,
            matched_campaigns=len(report.registered_content_ids),
            items_rejected=len(report.rejects),
            rejects=report.rejects,
            pages_fetched=report.pages,
            duration_ms=max(0, round((now - scan.started_at).total_seconds() * 1000)),
            error_message=report.failure,
            scanned_at=now,
        )
    )


def _last_reader_id(session: Session, influencer_id: UUID) -> UUID | None:
    return session.scalars(
        select(InfluencerScanLog.account_id)
        .where(InfluencerScanLog.influencer_id == influencer_id)
        .order_by(InfluencerScanLog.scanned_at.desc())
        .limit(1)
    ).one_or_none()
