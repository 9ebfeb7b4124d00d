"""Scanning one feed, with the fake provider and a real database."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from app.core.clock import kst_date
from app.core.config import Settings
from app.core.db import TransactionFactory, server_now
from app.core.errors import ConfigurationError, NotFound
from app.instagram.errors import (
    AccountCooling,
    AccountNeedsHuman,
    SoftwareOutdated,
    TargetUnavailable,
    TransientFailure,
)
from app.instagram.fake import FakeInstagram, make_post, make_profile
from app.instagram.instagrapi_provider import InstagrapiProvider
from app.instagram.port import FeedPage, Post, Reject
from app.models import (
    Base,
    Campaign,
    CampaignContent,
    CaptionRevision,
    ContentMetrics,
    Influencer,
    InfluencerPost,
    InfluencerScanLog,
    InstagramAccount,
    InstagramRequest,
    MonitoringLog,
    Notification,
    PostMatch,
    new_id,
)
from app.models.states import AccountStatus, CampaignStatus, MonitoringEvent, RequestOutcome, UserRole
from app.monitoring import feed_walk, plan, scan
from app.monitoring.scan_report import ScanReport
from app.scheduling import account_secrets
from tests.builders import NOW, make_influencer, make_user, saved, saved_account, saved_participation

SETTINGS = Settings(
    request_spacing=timedelta(microseconds=1), request_jitter=timedelta(microseconds=1), requests_per_minute=1000
)


@pytest.fixture
def today(transaction: TransactionFactory) -> date:
    with transaction() as session:
        return kst_date(server_now(session))


@pytest.fixture
def influencer(transaction: TransactionFactory, today: date) -> Influencer:
    """Takes part in a campaign that asks for #여름휴가 and began ten days ago."""
    saved_account(transaction)
    influencer = make_influencer("ana")
    saved_participation(
        transaction, influencer, start_date=today - timedelta(days=10), end_date=today + timedelta(days=10)
    )
    return influencer


def posts_of(transaction: TransactionFactory, number: int, **changes: object) -> list[Post]:
    """So many posts without the campaign's hashtag, one an hour, the first one hour ago."""
    with transaction() as session:
        now = server_now(session)
    return [
        make_post(str(3_000_000_000_000_000_000 - hour), taken_at=now - timedelta(hours=hour), **changes)  # type: ignore[arg-type]
        for hour in range(1, number + 1)
    ]


def scanned(
    transaction: TransactionFactory, instagram: FakeInstagram, influencer: Influencer, settings: Settings = SETTINGS
) -> ScanReport:
    report = scan.scan_feed(transaction, instagram, influencer.id, now=NOW, settings=settings)
    assert report is not None
    return report


def instagram_of(influencer: Influencer, posts: list[Post]) -> FakeInstagram:
    return FakeInstagram({influencer.platform_uid or "": posts})


def loaded(transaction: TransactionFactory, influencer: Influencer) -> Influencer:
    with transaction() as session:
        return session.get_one(Influencer, influencer.id)


def number_of(transaction: TransactionFactory, table: type[Base]) -> int:
    with transaction() as session:
        return session.scalars(select(func.count()).select_from(table)).one()


def test_a_matching_post_is_registered_announced_sampled_and_logged(
    transaction: TransactionFactory, influencer: Influencer
) -> None:
    [post] = posts_of(transaction, 1, caption="#광고 바다! #여름휴가", like_count=7, play_count=None)

    report = scanned(transaction, instagram_of(influencer, [post]), influencer)

    with transaction() as session:
        content = session.scalars(select(CampaignContent)).one()
        sample = session.scalars(select(ContentMetrics)).one()
        notification = session.scalars(select(Notification)).one()
        line = session.scalars(select(MonitoringLog)).one()
        scan_log = session.scalars(select(InfluencerScanLog)).one()
    assert report.registered_content_ids == [content.id]
    assert (content.instagram_media_pk, content.post_type) == (post.media_pk, "photo")
    assert content.retention_until == post.taken_at + timedelta(days=180)
    assert (sample.content_id, sample.like_count, sample.play_count) == (content.id, 7, None)
    assert notification.payload["content_id"] == str(content.id)
    assert (line.event, line.content_id) == (MonitoringEvent.REGISTERED, content.id)
    assert (scan_log.posts_checked, scan_log.new_posts_found, scan_log.matched_campaigns) == (1, 1, 1)


def test_scanning_twice_registers_and_announces_once(transaction: TransactionFactory, influencer: Influencer) -> None:
    instagram = instagram_of(influencer, posts_of(transaction, 3, caption="#광고 #여름휴가"))

    scanned(transaction, instagram, influencer)
    again = scanned(transaction, instagram, influencer)

    assert again.new_posts == 0
    assert number_of(transaction, CampaignContent) == 3
    assert number_of(transaction, Notification) == 3
    assert number_of(transaction, ContentMetrics) == 6


def test_posts_that_do_not_match_are_kept_with_the_reason(
    transaction: TransactionFactory, influencer: Influencer
) -> None:
    scanned(transaction, instagram_of(influencer, posts_of(transaction, 1, caption="#여름")), influencer)

    with transaction() as session:
        verdict = session.scalars(select(PostMatch)).one()
    assert not verdict.is_match
    assert verdict.details["hashtags"]["missing"] == ["여름휴가"]
    assert number_of(transaction, CampaignContent) == 0


def test_a_hashtag_added_later_registers_the_post(transaction: TransactionFactory, influencer: Influencer) -> None:
    [before] = posts_of(transaction, 1, caption="바다!")
    after = make_post(before.media_pk, taken_at=before.taken_at, caption="바다! #여름휴가")
    scanned(transaction, instagram_of(influencer, [before]), influencer)

    report = scanned(transaction, instagram_of(influencer, [after]), influencer)

    with transaction() as session:
        revision = session.scalars(select(CaptionRevision)).one()
    assert (revision.caption_before, revision.caption_after) == ("바다!", "바다! #여름휴가")
    assert len(report.registered_content_ids) == 1


def test_an_edit_of_a_registered_post_is_in_its_history(
    transaction: TransactionFactory, influencer: Influencer
) -> None:
    [before] = posts_of(transaction, 1, caption="#여름휴가")
    scanned(transaction, instagram_of(influencer, [before]), influencer)

    scanned(
        transaction,
        instagram_of(influencer, [make_post(before.media_pk, taken_at=before.taken_at, caption="고쳤어요 #여름휴가")]),
        influencer,
    )

    with transaction() as session:
        events = session.scalars(select(MonitoringLog.event).order_by(MonitoringLog.checked_at)).all()
    assert events == [MonitoringEvent.REGISTERED, MonitoringEvent.CAPTION_EDITED]


def test_a_participation_added_later_matches_what_was_seen_before(
    transaction: TransactionFactory, influencer: Influencer, today: date
) -> None:
    posts = posts_of(transaction, 20, caption="#겨울바다")
    scanned(transaction, instagram_of(influencer, posts), influencer)
    with transaction() as session:
        other = session.merge(influencer)
    saved_participation(
        transaction,
        other,
        required_hashtags=["겨울바다"],
        start_date=today - timedelta(days=5),
        end_date=today + timedelta(days=5),
    )

    report = scanned(transaction, instagram_of(influencer, posts), influencer)

    assert len(report.registered_content_ids) == 20


def test_the_first_scan_walks_back_to_the_start_of_the_campaign(
    transaction: TransactionFactory, influencer: Influencer
) -> None:
    instagram = instagram_of(influencer, posts_of(transaction, 300))

    report = scanned(transaction, instagram, influencer, Settings(**_fast(scan_max_pages=30)))

    posts_since_start = 10 * 24
    assert number_of(transaction, InfluencerPost) >= posts_since_start
    assert report.pages < 25
    assert loaded(transaction, influencer).walk_cursor is None


def test_later_scans_read_one_page(transaction: TransactionFactory, influencer: Influencer) -> None:
    instagram = instagram_of(influencer, posts_of(transaction, 30))
    scanned(transaction, instagram, influencer)
    instagram.calls.clear()

    scanned(transaction, instagram, influencer)

    assert [call.cursor for call in instagram.calls] == [None]


def test_an_edit_of_a_post_far_down_the_feed_is_found_by_the_full_walk(
    transaction: TransactionFactory, influencer: Influencer
) -> None:
    posts = posts_of(transaction, 60)
    instagram = instagram_of(influencer, posts)
    scanned(transaction, instagram, influencer)
    edited = make_post(posts[-1].media_pk, taken_at=posts[-1].taken_at, caption="#여름휴가")
    instagram.feeds[influencer.platform_uid or ""] = [*posts[:-1], edited]
    with transaction() as session:
        session.execute(update(Influencer).values(fully_walked_at=server_now(session) - timedelta(days=1)))

    report = scanned(transaction, instagram, influencer)
    instagram.calls.clear()
    scanned(transaction, instagram, influencer)

    assert len(report.registered_content_ids) == 1
    assert len(instagram.calls) == 1


def test_a_walk_that_is_cut_short_goes_on_in_the_next_scans(
    transaction: TransactionFactory, influencer: Influencer
) -> None:
    instagram = instagram_of(influencer, posts_of(transaction, 100))
    two_pages = Settings(**_fast(scan_max_pages=2))

    reports = [scanned(transaction, instagram, influencer, two_pages)]
    while loaded(transaction, influencer).walk_cursor is not None:
        reports.append(scanned(transaction, instagram, influencer, two_pages))

    assert number_of(transaction, InfluencerPost) == 100
    assert len(reports) <= 100 / 12 + 1


def test_a_burst_between_two_scans_is_found_even_when_the_walk_fails_midway(
    transaction: TransactionFactory, influencer: Influencer
) -> None:
    instagram = instagram_of(influencer, posts_of(transaction, 5))
    scanned(transaction, instagram, influencer)
    with transaction() as session:
        now = server_now(session)
    burst = [make_post(str(4_000_000_000_000_000_000 + n), taken_at=now + timedelta(seconds=n)) for n in range(40)]
    instagram.feeds[influencer.platform_uid or ""] = [*instagram.feeds[influencer.platform_uid or ""], *burst]

    saved_account(transaction)  # the first one rests after the failure
    failing = _FailsOnSecondPage(instagram)
    failed = scan.scan_feed(transaction, failing, influencer.id, now=NOW, settings=SETTINGS)
    scanned(transaction, instagram, influencer)

    assert failed is not None
    assert failed.failure is not None
    assert number_of(transaction, InfluencerPost) == 45


def test_a_burst_in_the_second_of_the_last_check_is_found(
    transaction: TransactionFactory, influencer: Influencer
) -> None:
    instagram = instagram_of(influencer, posts_of(transaction, 5))
    scanned(transaction, instagram, influencer)
    checked_at = loaded(transaction, influencer).last_post_checked_at
    assert checked_at is not None
    told_at = checked_at.replace(microsecond=0)
    burst = [make_post(str(4_000_000_000_000_000_000 + n), taken_at=told_at) for n in range(30)]
    instagram.feeds[influencer.platform_uid or ""] = [*instagram.feeds[influencer.platform_uid or ""], *burst]

    scanned(transaction, instagram, influencer)

    assert number_of(transaction, InfluencerPost) == 35


def test_a_burst_does_not_keep_a_long_walk_at_its_beginning(
    transaction: TransactionFactory, influencer: Influencer
) -> None:
    older = posts_of(transaction, 90)
    with transaction() as session:
        now = server_now(session)
    burst = [make_post(str(4_000_000_000_000_000_000 + n), taken_at=now - timedelta(seconds=n)) for n in range(20)]
    instagram = instagram_of(influencer, [*older, *burst])
    three_pages = Settings(**_fast(scan_max_pages=3))

    scans = 0
    while scans < 12 and (scans == 0 or loaded(transaction, influencer).walk_cursor is not None):
        scanned(transaction, instagram, influencer, three_pages)
        scans += 1

    assert number_of(transaction, InfluencerPost) == 110
    assert scans <= 8


class _FailsOnSecondPage(FakeInstagram):
    def __init__(self, inner: FakeInstagram) -> None:
        super().__init__(inner.feeds)

    def fetch_feed_page(self, account, permit, target, cursor):  # type: ignore[no-untyped-def]
        if cursor is not None:
            permit.spend()
            raise TransientFailure("server_error", http_status=500)
        return super().fetch_feed_page(account, permit, target, cursor)


def test_pinned_posts_do_not_end_the_walk(transaction: TransactionFactory, influencer: Influencer) -> None:
    old = [make_post(str(n), taken_at=NOW - timedelta(days=900 + n), is_pinned=True) for n in (1_000, 1_001, 1_002)]
    instagram = instagram_of(influencer, [*posts_of(transaction, 40), *old])

    scanned(transaction, instagram, influencer)

    assert number_of(transaction, InfluencerPost) == 43


def test_an_empty_page_is_doubted_and_nothing_is_lost(transaction: TransactionFactory, influencer: Influencer) -> None:
    posts = posts_of(transaction, 3)
    scanned(transaction, instagram_of(influencer, posts), influencer)
    checked_at = loaded(transaction, influencer).last_post_checked_at

    report = scanned(transaction, instagram_of(influencer, []), influencer)

    assert report.failure == "empty_page"
    assert loaded(transaction, influencer).last_post_checked_at == checked_at


def test_items_that_cannot_be_read_are_kept_and_the_page_survives(
    transaction: TransactionFactory, influencer: Influencer
) -> None:
    instagram = instagram_of(influencer, posts_of(transaction, 2))
    instagram.rejects[influencer.platform_uid or ""] = [Reject("taken_at is missing", {"pk": 5})]

    scanned(transaction, instagram, influencer)

    with transaction() as session:
        log = session.scalars(select(InfluencerScanLog)).one()
    assert (log.posts_checked, log.items_rejected) == (2, 1)
    assert log.rejects == [{"reason": "taken_at is missing", "item": '{"pk": 5}'}]


def test_a_page_with_an_unreadable_item_is_read_again_until_it_is_readable(
    transaction: TransactionFactory, influencer: Influencer
) -> None:
    posts = posts_of(transaction, 20)
    instagram = instagram_of(influencer, posts)
    scanned(transaction, instagram, influencer)
    hidden, *readable = posts_of(transaction, 60)
    instagram.feeds[influencer.platform_uid or ""] = readable
    instagram.rejects[influencer.platform_uid or ""] = [Reject("taken_at is missing", {"pk": hidden.media_pk})]
    scanned(transaction, instagram, influencer)
    checked_at = loaded(transaction, influencer).last_post_checked_at

    scanned(transaction, instagram, influencer)

    assert loaded(transaction, influencer).last_post_checked_at == checked_at


def test_a_feed_whose_items_stay_unreadable_is_read_on_all_the_same(
    transaction: TransactionFactory, influencer: Influencer
) -> None:
    instagram = instagram_of(influencer, posts_of(transaction, 2))
    instagram.rejects[influencer.platform_uid or ""] = [Reject("taken_at is missing", {"pk": 5})]

    checks = []
    for _ in range(5):
        scanned(transaction, instagram, influencer)
        checks.append(loaded(transaction, influencer).last_post_checked_at)

    assert [check is not None for check in checks] == [False, False, False, True, True]


def test_a_name_without_pk_is_resolved_first(transaction: TransactionFactory, today: date) -> None:
    saved_account(transaction)
    influencer = make_influencer("ana", platform_uid=None)
    saved_participation(transaction, influencer, start_date=today, end_date=today)
    instagram = FakeInstagram({"77": [make_post()]}, {"ana": make_profile("ana", pk="77")})

    scanned(transaction, instagram, influencer)

    assert loaded(transaction, influencer).platform_uid == "77"
    assert [call.kind for call in instagram.calls] == ["profile", "feed"]


def test_a_rate_limit_rests_the_account_and_the_feed_is_tried_again_soon(
    transaction: TransactionFactory, influencer: Influencer
) -> None:
    report = scanned(transaction, FakeInstagram(failure=AccountCooling("rate_limited", http_status=429)), influencer)

    with transaction() as session:
        account = session.scalars(select(InstagramAccount)).one()
        now = server_now(session)
    assert report.failure == "rate_limited (HTTP 429)"
    assert account.status is AccountStatus.COOLING
    assert account.cooldown_until is not None
    assert timedelta(minutes=14) < account.cooldown_until - now <= timedelta(minutes=15)
    assert loaded(transaction, influencer).next_scan_at <= now + SETTINGS.scan_backoff


def test_a_challenge_sets_the_account_aside_and_tells_the_operators(
    transaction: TransactionFactory, influencer: Influencer
) -> None:
    operator = make_user(role=UserRole.OPERATOR)
    saved(transaction, operator)

    scanned(transaction, FakeInstagram(failure=AccountNeedsHuman("challenge_required", http_status=400)), influencer)

    with transaction() as session:
        account = session.scalars(select(InstagramAccount)).one()
        alert = session.scalars(select(Notification)).one()
    assert account.status is AccountStatus.NEEDS_HUMAN
    assert (alert.user_id, alert.event) == (operator.id, "account.needs_human")


def test_outdated_software_stops_every_account(transaction: TransactionFactory, influencer: Influencer) -> None:
    saved_account(transaction)
    saved(transaction, make_user(role=UserRole.ADMIN))

    scanned(transaction, FakeInstagram(failure=SoftwareOutdated("needs_upgrade", http_status=400)), influencer)

    with transaction() as session:
        statuses = session.scalars(select(InstagramAccount.status)).all()
        events = session.scalars(select(Notification.event)).all()
    assert set(statuses) == {AccountStatus.NEEDS_HUMAN}
    assert events == ["provider.outdated"]


def test_a_private_profile_is_doubted_then_left_for_long(
    transaction: TransactionFactory, influencer: Influencer
) -> None:
    instagram = FakeInstagram(failure=TargetUnavailable("private_account", http_status=400))

    waits = []
    for _ in range(4):
        scanned(transaction, instagram, influencer)
        with transaction() as session:
            waits.append(loaded(transaction, influencer).next_scan_at - server_now(session))

    assert loaded(transaction, influencer).is_private
    assert waits[0] < timedelta(minutes=1)
    assert waits[3] > timedelta(hours=5)


def test_one_feed_does_not_take_the_whole_pool_down(transaction: TransactionFactory, influencer: Influencer) -> None:
    saved_account(transaction)
    saved_account(transaction)
    instagram = FakeInstagram(failure=AccountNeedsHuman("masked_challenge", http_status=404))

    for _ in range(2):
        scanned(transaction, instagram, influencer)

    with transaction() as session:
        wait = loaded(transaction, influencer).next_scan_at - server_now(session)
    assert wait > timedelta(minutes=59)


def test_a_private_profile_is_not_believed_for_the_failures_of_others(
    transaction: TransactionFactory, influencer: Influencer
) -> None:
    for _ in range(3):
        saved_account(transaction)
        scanned(transaction, FakeInstagram(failure=TransientFailure("server_error", http_status=503)), influencer)

    scanned(transaction, FakeInstagram(failure=TargetUnavailable("private_account", http_status=400)), influencer)

    with transaction() as session:
        assert loaded(transaction, influencer).next_scan_at - server_now(session) < timedelta(minutes=10)


def test_one_account_with_real_spacing_reads_a_feed_to_its_end(
    transaction: TransactionFactory, influencer: Influencer
) -> None:
    instagram = instagram_of(influencer, posts_of(transaction, 30))
    spaced = Settings(**_fast(request_spacing=timedelta(milliseconds=40)))

    report = scanned(transaction, instagram, influencer, spaced)

    assert (report.pages, report.failure) == (3, None)
    assert number_of(transaction, InfluencerPost) == 30


def test_a_longer_wait_than_the_patience_is_written_into_the_row(
    transaction: TransactionFactory, influencer: Influencer
) -> None:
    instagram = instagram_of(influencer, posts_of(transaction, 30))
    impatient = Settings(**_fast(request_spacing=timedelta(seconds=9), request_patience=timedelta(seconds=1)))

    report = scanned(transaction, instagram, influencer, impatient)

    assert report.pages == 1
    assert report.waits_until == loaded(transaction, influencer).next_scan_at
    assert loaded(transaction, influencer).walk_cursor is not None


def test_with_one_request_in_a_while_the_walk_still_comes_to_its_second_page(
    transaction: TransactionFactory, influencer: Influencer
) -> None:
    instagram = instagram_of(influencer, posts_of(transaction, 20))
    impatient = Settings(**_fast(request_spacing=timedelta(seconds=9), request_patience=timedelta(seconds=1)))
    scanned(transaction, instagram, influencer, impatient)
    saved_account(transaction)  # one more request is free now
    with transaction() as session:
        now = server_now(session)
        claim = session.get_one(Influencer, influencer.id).scan_lease_until = now + timedelta(minutes=3)

    report = scan.scan_feed(transaction, instagram, influencer.id, now=now, settings=impatient, claim=claim)

    assert report is not None
    assert (report.pages, report.failure) == (1, None)
    assert number_of(transaction, InfluencerPost) == 20
    row = loaded(transaction, influencer)
    assert row.walk_cursor is None
    assert row.next_scan_at > now


def test_a_walk_begins_at_the_top_where_that_was_not_read_for_an_hour() -> None:
    row = make_influencer("ana", walk_cursor="3_1", read_by="instagrapi", last_post_checked_at=NOW)

    assert feed_walk.place_to_go_on(row, now=NOW + timedelta(minutes=59)) == feed_walk.Place("instagrapi", "3_1")
    assert feed_walk.place_to_go_on(row, now=NOW + timedelta(hours=1)) is None


def test_a_changed_order_is_judged_again(transaction: TransactionFactory, influencer: Influencer) -> None:
    instagram = instagram_of(influencer, posts_of(transaction, 3, caption="#겨울바다"))
    scanned(transaction, instagram, influencer)
    with transaction() as session:
        session.execute(update(Campaign).values(required_hashtags=["겨울바다"]))

    report = scanned(transaction, instagram, influencer)

    assert len(report.registered_content_ids) == 3


def test_a_campaign_that_was_called_off_registers_nothing(
    transaction: TransactionFactory, influencer: Influencer
) -> None:
    with transaction() as session:
        campaign_id = session.scalars(select(Campaign.id)).one()
        session.execute(update(Campaign).values(status=CampaignStatus.CANCELLED))
    instagram = instagram_of(influencer, posts_of(transaction, 1, caption="#여름휴가"))

    scan.scan_feed(transaction, instagram, influencer.id, now=NOW, settings=SETTINGS, campaign_ids=[campaign_id])

    assert number_of(transaction, CampaignContent) == 0


def test_the_last_posts_of_a_campaign_are_found_after_an_outage(
    transaction: TransactionFactory, influencer: Influencer, today: date
) -> None:
    with transaction() as session:
        now = server_now(session)
        session.execute(update(Campaign).values(end_date=today - timedelta(days=3)))
        session.execute(update(Influencer).values(last_post_checked_at=now - timedelta(days=5), next_scan_at=now))

    with transaction() as session:
        settings = Settings(request_spacing=timedelta(microseconds=1))
        claimed = plan.claim_feeds(session, now=now, settings=settings)

    assert [feed.influencer_id for feed in claimed] == [influencer.id]


def test_one_old_post_out_of_order_does_not_end_the_walk(
    transaction: TransactionFactory, influencer: Influencer
) -> None:
    posts = posts_of(transaction, 30)
    odd = make_post("5", taken_at=NOW - timedelta(days=400))

    class OddOrder(FakeInstagram):
        def fetch_feed_page(self, *arguments: Any) -> FeedPage:
            page = super().fetch_feed_page(*arguments)
            return replace(page, posts=[*page.posts[:3], odd, *page.posts[3:]])

    scanned(transaction, OddOrder({influencer.platform_uid or "": posts}), influencer)

    assert number_of(transaction, InfluencerPost) == 31


def test_a_walk_whose_cursor_is_refused_begins_again(transaction: TransactionFactory, influencer: Influencer) -> None:
    instagram = instagram_of(influencer, posts_of(transaction, 40))
    for _ in range(5):
        saved_account(transaction)
    for _ in range(3):
        scan.scan_feed(transaction, _FailsOnSecondPage(instagram), influencer.id, now=NOW, settings=SETTINGS)

    for _ in range(2):
        scanned(transaction, instagram, influencer)

    assert number_of(transaction, InfluencerPost) == 40


def test_nobody_looked_between_two_orders_so_the_feed_is_read_back_again(
    transaction: TransactionFactory, influencer: Influencer, today: date
) -> None:
    instagram = instagram_of(influencer, posts_of(transaction, 24 * 12))
    deep = Settings(**_fast(scan_max_pages=50))
    with transaction() as session:
        now = server_now(session)
        session.execute(update(Campaign).values(start_date=today - timedelta(days=2)))
        session.execute(
            update(Influencer).values(
                feed_known_since=now - timedelta(days=90), last_post_checked_at=now - timedelta(days=60)
            )
        )
    scanned(transaction, instagram, influencer, deep)
    with transaction() as session:
        session.execute(update(Campaign).values(start_date=today - timedelta(days=11)))

    scanned(transaction, instagram, influencer, deep)

    assert number_of(transaction, InfluencerPost) >= 24 * 11


def test_a_renamed_influencer_is_one_person(transaction: TransactionFactory, today: date) -> None:
    saved_account(transaction)
    known = make_influencer("old_name", platform_uid="77")
    saved(transaction, known)
    stray = make_influencer("new_name", platform_uid=None)
    saved_participation(transaction, stray, start_date=today, end_date=today)
    with transaction() as session:
        now = server_now(session)
    post = make_post(taken_at=now, caption="#여름휴가")
    instagram = FakeInstagram({"77": [post]}, {"new_name": make_profile("new_name", pk="77")})

    report = scanned(transaction, instagram, stray)

    assert report.influencer_id == known.id
    assert loaded(transaction, known).username == "new_name"
    assert number_of(transaction, Influencer) == 1
    assert number_of(transaction, CampaignContent) == 1


def test_an_unexpected_error_is_written_down_before_it_is_raised(
    transaction: TransactionFactory, influencer: Influencer
) -> None:
    with pytest.raises(ZeroDivisionError):
        scanned(transaction, FakeInstagram(failure=ZeroDivisionError()), influencer)

    assert loaded(transaction, influencer).last_error == "unexpected ZeroDivisionError"
    assert loaded(transaction, influencer).scan_failures == 1


def test_a_request_that_a_wrong_setting_kept_from_being_sent_is_taken_back(
    transaction: TransactionFactory, influencer: Influencer, tmp_path: Path
) -> None:
    settings = {"uuids": {"uuid": "a"}, "cookies": {"sessionid": "123%3Aabcdefghijklmnopqrstuvwxyz"}}
    with transaction() as session:
        [account] = session.scalars(select(InstagramAccount))
        account_secrets.seal_session(account, settings)
    without_authorities = InstagrapiProvider(timeout=timedelta(seconds=1), ca_file=tmp_path / "missing.pem")

    with pytest.raises(ConfigurationError, match=r"missing\.pem"):
        scan.scan_feed(transaction, without_authorities, influencer.id, now=NOW, settings=SETTINGS)

    assert number_of(transaction, InstagramRequest) == 0
    assert scanned(transaction, instagram_of(influencer, []), influencer).failure is None


def test_without_a_free_account_the_wait_is_written_and_nothing_is_sent(transaction: TransactionFactory) -> None:
    with transaction() as session:
        rests_until = server_now(session) + timedelta(minutes=9)
    saved_account(transaction, status=AccountStatus.COOLING, cooldown_until=rests_until)
    influencer = make_influencer("ana")
    saved(transaction, influencer)
    instagram = instagram_of(influencer, [])

    report = scanned(transaction, instagram, influencer)

    assert instagram.calls == []
    assert report.waits_until == rests_until


def test_a_feed_that_found_no_account_stays_before_those_that_became_due_later(transaction: TransactionFactory) -> None:
    with transaction() as session:
        now = server_now(session)
    saved_account(transaction, paced_until=now + timedelta(seconds=40))
    first, second = (make_influencer(next_scan_at=now - timedelta(minutes=minutes)) for minutes in (9, 8))
    for feed in (first, second):
        saved_participation(transaction, feed)

    for _ in range(2):
        with transaction() as session:
            [claimed] = plan.claim_feeds(session, now=now, settings=Settings())
        report = scan.scan_feed(
            transaction, FakeInstagram(), claimed.influencer_id, now=now, settings=Settings(), claim=claimed.claim
        )

        assert report is not None
        assert report.influencer_id == first.id
        assert report.waits_until is not None


def test_a_feed_that_a_person_wants_read_waits_for_the_account_not_for_its_turn(
    transaction: TransactionFactory,
) -> None:
    with transaction() as session:
        now = server_now(session)
    rests_until = now + timedelta(minutes=9)
    saved_account(transaction, status=AccountStatus.COOLING, cooldown_until=rests_until)
    influencer = make_influencer(next_scan_at=now + timedelta(hours=1))
    saved(transaction, influencer)

    scanned(transaction, instagram_of(influencer, []), influencer)

    assert loaded(transaction, influencer).next_scan_at == rests_until


def test_a_stale_claim_does_not_scan(transaction: TransactionFactory, influencer: Influencer) -> None:
    with transaction() as session:
        session.execute(update(Influencer).values(scan_lease_until=NOW + timedelta(minutes=3)))
    instagram = instagram_of(influencer, [])

    report = scan.scan_feed(
        transaction, instagram, influencer.id, now=NOW, settings=SETTINGS, claim=NOW + timedelta(minutes=2)
    )

    assert report is None
    assert instagram.calls == []


def test_an_unknown_influencer_is_an_error(transaction: TransactionFactory) -> None:
    unknown: UUID = new_id()

    with pytest.raises(NotFound, match=str(unknown)):
        scan.scan_feed(transaction, FakeInstagram(), unknown, now=NOW, settings=SETTINGS)


def test_every_request_is_in_the_log_with_its_outcome(transaction: TransactionFactory, influencer: Influencer) -> None:
    scanned(transaction, instagram_of(influencer, []), influencer)

    with transaction() as session:
        request = session.scalars(select(InstagramRequest)).one()
    assert (request.sequence, request.target, request.outcome) == (1, influencer.platform_uid, RequestOutcome.OK)


def _fast(**changes: object) -> dict[str, Any]:
    return SETTINGS.model_dump() | changes
