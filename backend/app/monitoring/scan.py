"""Scanning a feed: fetch its pages, keep what they show, match, register, announce, and set the next due time."""

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.campaigns.participations import WatchedCampaign, watched_campaigns
from app.content import registration, seen_posts
from app.core.config import Settings
from app.core.db import TransactionFactory, server_now
from app.core.errors import NotFound
from app.instagram.errors import FailureKind, InstagramError, PermitRefused, TransientFailure
from app.instagram.port import FeedPage, Provider
from app.models import Influencer, InfluencerPost, InfluencerScanLog
from app.models.states import MetricsSource, RequestKind
from app.monitoring import feed_walk, sightings
from app.monitoring.identity import settle_identity
from app.monitoring.judging import judge_posts
from app.monitoring.requests import Answer, NoAccountFree, send_request
from app.monitoring.scan_report import ScanReport
from app.scheduling import due_feeds

log = structlog.get_logger(__name__)

_LONGEST_REJECT = 100_000


@dataclass(frozen=True, slots=True)
class _Scan:
    """What does not change during one scan."""

    transaction: TransactionFactory
    provider: Provider
    settings: Settings
    influencer_id: UUID
    campaign_ids: Sequence[UUID]
    started_at: datetime
    report: ScanReport


def scan_feed(
    transaction: TransactionFactory,
    provider: Provider,
    influencer_id: UUID,
    *,
    now: datetime,
    settings: Settings,
    campaign_ids: Sequence[UUID] = (),
    claim: datetime | None = None,
) -> ScanReport | None:
    """Scan one feed, and return what was seen, or None where `claim` is stale and somebody else scans it.

    A failed request is no exception: it is in the report, and the row says when to try again.

    Raises:
        NotFound: there is no such influencer.
    """
    report = ScanReport(influencer_id)
    scan = _Scan(transaction, provider, settings, influencer_id, campaign_ids, now, report)
    with transaction() as session:
        influencer = due_feeds.take_up_claim(session, influencer_id, claim=claim, now=now, lease=settings.scan_lease)
        if influencer is None:
            if session.get(Influencer, influencer_id) is None:
                raise NotFound(f"there is no influencer {influencer_id}")
            return None
        report.username = influencer.username
        user_pk = influencer.platform_uid
    try:
        if user_pk is None:
            scan, user_pk = _resolve(scan)
        _walk(scan, user_pk)
    except (NoAccountFree, PermitRefused, InstagramError) as failure:
        report.failure = str(failure)
        _end(scan, failure)
    except Exception as error:
        # Without a line in the row and the log, the feed would fail for ever and nobody would know.
        report.failure = f"unexpected {type(error).__name__}"
        with contextlib.suppress(SQLAlchemyError):
            _end(scan, TransientFailure(report.failure))
        raise
    return report


def _resolve(scan: _Scan) -> tuple[_Scan, str]:
    """Return the pk behind a name that was imported without one, and the scan of the influencer who has it."""
    name = scan.report.username
    answer = send_request(
        scan.transaction,
        lambda account, permit: scan.provider.fetch_profile(account, permit, name),
        kind=RequestKind.PROFILE,
        target=name,
        settings=scan.settings,
    )
    with scan.transaction() as session:
        influencer_id = settle_identity(
            session, scan.influencer_id, answer.value, lease_until=answer.answered_at + scan.settings.scan_lease
        )
    scan.report.account_id = answer.account_id
    scan.report.influencer_id = influencer_id
    return replace(scan, influencer_id=influencer_id), answer.value.pk


def _walk(scan: _Scan, user_pk: str) -> None:
    cursor: str | None = None
    while True:
        answer = _fetch(scan, user_pk, cursor)
        scan.report.pages += 1
        scan.report.account_id = answer.account_id
        with scan.transaction() as session:
            influencer = session.get_one(Influencer, scan.influencer_id, with_for_update=True)
            feed_walk.doubt_empty_page(influencer, answer.value, cursor=cursor)
            campaigns = watched_campaigns(
                session,
                influencer.id,
                now=answer.answered_at,
                grace=scan.settings.scan_grace,
                also=scan.campaign_ids,
            )
            first_seen = store_page(
                session, scan.report, influencer, campaigns, answer, cursor=cursor, settings=scan.settings
            )
            is_passed = not answer.value.rejects or feed_walk.is_used_to_rejects(session, influencer.id)
            if is_passed:
                feed_walk.advance_walk(
                    influencer,
                    answer.value,
                    cursor=cursor,
                    first_seen=first_seen,
                    asked_at=answer.granted_at,
                    earliest_start=min((campaign.starts_at for campaign in campaigns), default=None),
                    full_walk_interval=scan.settings.full_walk_interval,
                )
            cursor = influencer.walk_cursor
            is_last = not is_passed or cursor is None or scan.report.pages >= scan.settings.scan_max_pages
            if is_last:
                interval = scan.settings.scan_interval if is_passed else scan.settings.scan_backoff
                due_feeds.note_scanned(influencer, now=answer.answered_at, interval=interval)
                _write_log(session, scan, now=answer.answered_at)
        if is_last:
            return


def _fetch(scan: _Scan, user_pk: str, cursor: str | None) -> Answer[FeedPage]:
    return send_request(
        scan.transaction,
        lambda account, permit: scan.provider.fetch_feed_page(account, permit, user_pk, cursor),
        kind=RequestKind.FEED,
        target=user_pk,
        settings=scan.settings,
    )


def store_page(
    session: Session,
    report: ScanReport,
    influencer: Influencer,
    campaigns: Sequence[WatchedCampaign],
    answer: Answer[FeedPage],
    *,
    settings: Settings,
    source: MetricsSource = MetricsSource.FEED,
    cursor: str | None = None,
) -> Mapping[str, datetime]:
    """Keep everything that an answer told (posts, captions, verdicts, contents, samples, what exists).

    Return when each post was seen first. An answer about a single post is a page of one, with another `source`.
    """
    now, page = answer.answered_at, answer.value
    stored = seen_posts.store_posts(session, influencer.id, page.posts, now=now)
    for post_id in sorted(stored.edited_post_ids):
        registration.log_caption_edit(session, session.get_one(InfluencerPost, post_id), now=now)
    report.verdicts += judge_posts(
        session, influencer, campaigns, on_page=stored.post_ids, edited=stored.edited_post_ids, now=now
    )
    sightings.note_posts(session, influencer, answer, source=source, cursor=cursor, settings=settings)
    report.media_pks += [post.media_pk for post in page.posts]
    report.new_posts += len(stored.new_post_ids)
    report.edited_posts += len(stored.edited_post_ids)
    report.rejects += [{"reason": reject.reason, "item": _replayable(reject.raw)} for reject in page.rejects]
    return stored.first_seen


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


def _end(scan: _Scan, failure: NoAccountFree | PermitRefused | InstagramError) -> None:
    """End a scan that did not go well: say in the row when to try again, and write the log."""
    with scan.transaction() as session:
        now = server_now(session)
        influencer = session.get_one(Influencer, scan.influencer_id, with_for_update=True)
        if isinstance(failure, InstagramError):
            _note_failure(influencer, failure, now, scan.settings)
        elif isinstance(failure, NoAccountFree):
            scan.report.waits_until = failure.until
            due_feeds.put_off(influencer, until=failure.until or now + scan.settings.scan_tick)
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


def _replayable(item: object) -> str:
    return json.dumps(item, ensure_ascii=True, default=str)[:_LONGEST_REJECT]
