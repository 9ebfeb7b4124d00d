"""Scanning a feed: fetch its pages, keep what they show, match, register, announce, and set the next due time.

The walk. Page 1 shows the newest posts. Where all of it is newer than the last check, older new posts may follow, so
the walk goes on, page by page, down to its floor: the last check, or the start of the earliest campaign where the feed
has not been read that far back yet. Each page is stored in one transaction together with the cursor of the next one,
so a walk that is cut short, by its bound, a failure or a crash, goes on in the next scan: nothing between is missed.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.orm import Session

from app.campaigns.participations import WatchedCampaign, watched_campaigns
from app.content import registration, seen_posts
from app.core.config import Settings
from app.core.db import TransactionFactory, server_now
from app.core.errors import NotFound
from app.instagram.errors import FailureKind, InstagramError, PermitRefused, TransientFailure
from app.instagram.port import FeedPage, Post, Provider
from app.metrics import sampling
from app.models import Influencer, InfluencerPost, InfluencerScanLog
from app.models.states import RequestKind
from app.monitoring.judging import Verdict, judge_posts
from app.monitoring.requests import Answer, NoAccountFree, send_request
from app.scheduling import due_feeds

log = structlog.get_logger(__name__)

_EMPTY_PAGES_BELIEVED_AFTER = 3
_LONGEST_REJECT = 100_000


@dataclass(slots=True)
class ScanReport:
    """What one scan saw and did."""

    influencer_id: UUID
    username: str = ""
    media_pks: list[str] = field(default_factory=list)
    new_posts: int = 0
    edited_posts: int = 0
    pages: int = 0
    verdicts: list[Verdict] = field(default_factory=list)
    rejects: list[dict[str, str]] = field(default_factory=list)
    account_id: UUID | None = None
    failure: str | None = None
    waits_until: datetime | None = None

    @property
    def posts_checked(self) -> int:
        """Return how many posts the fetched pages showed."""
        return len(self.media_pks)

    @property
    def registered_content_ids(self) -> Sequence[UUID]:
        """Return the contents that this scan registered."""
        return [verdict.content_id for verdict in self.verdicts if verdict.content_id is not None]


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
            user_pk = _resolve(scan)
        _walk(scan, user_pk)
    except (NoAccountFree, PermitRefused, InstagramError) as failure:
        report.failure = str(failure)
        _end(scan, failure)
    return report


def _resolve(scan: _Scan) -> str:
    """Return the pk behind a name that was imported without one, and keep it."""
    name = scan.report.username
    answer = send_request(
        scan.transaction,
        lambda account, permit: scan.provider.fetch_profile(account, permit, name),
        kind=RequestKind.PROFILE,
        target=name,
        settings=scan.settings,
    )
    profile = answer.value
    scan.report.account_id = answer.account_id
    with scan.transaction() as session:
        influencer = session.get_one(Influencer, scan.influencer_id)
        influencer.platform_uid = profile.pk
        influencer.username = profile.username
        influencer.full_name = profile.full_name
        influencer.follower_count = profile.follower_count
    return profile.pk


def _walk(scan: _Scan, user_pk: str) -> None:
    cursor: str | None = None
    while True:
        answer = _fetch(scan, user_pk, cursor)
        scan.report.pages += 1
        scan.report.account_id = answer.account_id
        with scan.transaction() as session:
            influencer = session.get_one(Influencer, scan.influencer_id, with_for_update=True)
            _believe(influencer, answer.value, cursor)
            campaigns = watched_campaigns(
                session,
                influencer.id,
                now=answer.answered_at,
                grace=scan.settings.scan_grace,
                also=scan.campaign_ids,
            )
            _store_page(session, scan.report, influencer, campaigns, answer)
            advance_walk(
                influencer,
                answer.value,
                cursor=cursor,
                asked_at=answer.granted_at,
                earliest_start=min((campaign.starts_at for campaign in campaigns), default=None),
            )
            cursor = influencer.walk_cursor
            is_last = cursor is None or scan.report.pages >= scan.settings.scan_max_pages
            if is_last:
                due_feeds.note_scanned(influencer, now=answer.answered_at, interval=scan.settings.scan_interval)
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


def _believe(influencer: Influencer, page: FeedPage, cursor: str | None) -> None:
    """Doubt a page without posts where there were posts before; after some tries in a row it is believed.

    Raises:
        TransientFailure: the page is empty.
    """
    is_odd = not page.posts and not page.rejects and (cursor is not None or influencer.last_known_post_pk is not None)
    if is_odd and influencer.scan_failures < _EMPTY_PAGES_BELIEVED_AFTER:
        raise TransientFailure("empty_page")


def _store_page(
    session: Session,
    report: ScanReport,
    influencer: Influencer,
    campaigns: Sequence[WatchedCampaign],
    answer: Answer[FeedPage],
) -> None:
    """Keep everything that a page told: posts, captions, verdicts, contents, samples."""
    now, page = answer.answered_at, answer.value
    stored = seen_posts.store_posts(session, influencer.id, page.posts, now=now)
    for post_id in sorted(stored.edited_post_ids):
        registration.log_caption_edit(session, session.get_one(InfluencerPost, post_id), now=now)
    report.verdicts += judge_posts(
        session, influencer, campaigns, on_page=stored.post_ids, edited=stored.edited_post_ids, now=now
    )
    sampling.record_samples(session, influencer.id, page.posts, now=now)
    report.media_pks += [post.media_pk for post in page.posts]
    report.new_posts += len(stored.new_post_ids)
    report.edited_posts += len(stored.edited_post_ids)
    report.rejects += [{"reason": reject.reason, "item": _replayable(reject.raw)} for reject in page.rejects]


def advance_walk(
    influencer: Influencer,
    page: FeedPage,
    *,
    cursor: str | None,
    asked_at: datetime,
    earliest_start: datetime | None,
) -> None:
    """Write down how far the feed has been read after `page`, and where to go on (`walk_cursor`; None: nowhere).

    `asked_at` is the moment before the page was asked for: what is published after it may not be on it.
    """
    is_first_page = cursor is None
    if is_first_page:
        floor = _floor(influencer, asked_at=asked_at, earliest_start=earliest_start)
        influencer.last_post_checked_at = asked_at
        newest = max(_unpinned(page), key=lambda post: post.taken_at, default=None)
        influencer.last_known_post_pk = newest.media_pk if newest else influencer.last_known_post_pk
    else:
        floor = influencer.walk_floor or asked_at
    if page.next_cursor is not None and not any(post.taken_at <= floor for post in _unpinned(page)):
        influencer.walk_cursor = page.next_cursor
        influencer.walk_floor = min(floor, influencer.walk_floor or floor)
        return
    if is_first_page and influencer.walk_cursor is not None:
        return  # an earlier walk waits, and reaches further back
    if page.posts or not is_first_page:
        influencer.feed_known_since = min(floor, influencer.feed_known_since or floor)
    influencer.walk_cursor = influencer.walk_floor = None


def _floor(influencer: Influencer, *, asked_at: datetime, earliest_start: datetime | None) -> datetime:
    """Return how far back a scan must see: to the last check if all before it is known, else to the first campaign."""
    covered = [since for since in (influencer.feed_known_since, influencer.walk_floor) if since is not None]
    is_covered = bool(covered) and (earliest_start is None or min(covered) <= earliest_start)
    if is_covered and influencer.last_post_checked_at is not None:
        return influencer.last_post_checked_at
    return earliest_start or asked_at


def _unpinned(page: FeedPage) -> Sequence[Post]:
    return [post for post in page.posts if not post.is_pinned]


def _note_failure(influencer: Influencer, failure: InstagramError, now: datetime, settings: Settings) -> None:
    if failure.kind in (FailureKind.COOLING, FailureKind.NEEDS_HUMAN, FailureKind.OUTDATED):
        due_feeds.put_off(influencer, until=now)  # the account's trouble: another one may read this feed at once
        return
    if failure.error == "private_account":
        influencer.is_private = True
    due_feeds.note_failed(
        influencer,
        str(failure),
        now=now,
        is_about_target=failure.kind is FailureKind.TARGET,
        shortest=settings.scan_backoff,
        longest=settings.scan_backoff_max,
        hidden_interval=settings.hidden_target_interval,
    )


def _end(scan: _Scan, failure: NoAccountFree | PermitRefused | InstagramError) -> None:
    """End a scan that did not go well: say in the row when to try again, and write the log."""
    with scan.transaction() as session:
        now = server_now(session)
        influencer = session.get_one(Influencer, scan.influencer_id, with_for_update=True)
        if isinstance(failure, InstagramError):
            _note_failure(influencer, failure, now, scan.settings)
        elif isinstance(failure, NoAccountFree):
            scan.report.waits_until = failure.until or now + scan.settings.scan_tick
            due_feeds.put_off(influencer, until=scan.report.waits_until)
        else:
            due_feeds.put_off(influencer, until=now)
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
