"""Which API reads a feed, and what happens when it changes: with two fakes and a real database."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app.core.clock import kst_date
from app.core.config import Settings
from app.core.db import TransactionFactory, server_now
from app.instagram.errors import TargetUnavailable, TransientFailure
from app.instagram.fake import FakeInstagram, make_post, make_profile
from app.instagram.port import Post, Profile, Usage
from app.models import (
    CampaignContent,
    CampaignInfluencer,
    Influencer,
    InfluencerPost,
    InstagramAccount,
    PostMatch,
)
from app.models.states import AccountStatus
from app.monitoring import plan, scan
from app.monitoring.identity import settle_identity
from app.monitoring.scan_report import ScanReport
from app.scheduling import accounts
from app.scheduling.sources import ASK_AGAIN_AFTER
from tests.builders import NOW, make_influencer, saved, saved_account, saved_participation

INSTANT = timedelta(microseconds=1)
SETTINGS = Settings(request_spacing=INSTANT, request_jitter=INSTANT, requests_per_minute=1000)


@pytest.fixture
def now(transaction: TransactionFactory) -> datetime:
    with transaction() as session:
        return server_now(session)


@pytest.fixture
def today(now: datetime) -> date:
    return kst_date(now)


def save_token(transaction: TransactionFactory, name: str = "brand", **changes: Any) -> None:
    settings = {"access_token": f"EAA{name}", "ig_user_id": "1784", "expires_at": None}
    with transaction() as session:
        account = accounts.save_account(session, username=name, settings=settings, proxy=None, provider="graph")
        for field, value in changes.items():
            setattr(account, field, value)


def ana_of(transaction: TransactionFactory, today: date, **campaign: Any) -> Influencer:
    """An influencer in a campaign that asks for #여름휴가 only and began ten days ago."""
    influencer = make_influencer("ana")
    saved_participation(
        transaction,
        influencer,
        **{"start_date": today - timedelta(days=10), "end_date": today + timedelta(days=10)} | campaign,
    )
    return influencer


def posts_before(now: datetime, number: int, **changes: Any) -> list[Post]:
    """So many posts, one an hour, the first one hour ago, as the official API tells them."""
    told: dict[str, Any] = {"caption": "#여름휴가", "are_mentions_known": False} | changes
    return [
        make_post(str(3_000_000_000_000_000_000 - hour), taken_at=now - timedelta(hours=hour), **told)
        for hour in range(1, number + 1)
    ]


class Apis:
    """The two APIs with the same feed of `ana`; both are asked by every scan."""

    def __init__(
        self, transaction: TransactionFactory, influencer: Influencer, posts: Sequence[Post], now: datetime
    ) -> None:
        self.now = now
        self.transaction = transaction
        self.influencer_id = influencer.id
        self.private = FakeInstagram({influencer.platform_uid or "": posts})
        self.official = FakeInstagram({influencer.username: posts}, name="graph")

    def scan(self, *, later: timedelta = timedelta(0), settings: Settings = SETTINGS) -> ScanReport:
        report = scan.scan_feed(
            self.transaction,
            self.private,
            self.influencer_id,
            now=self.now + later,
            settings=settings,
            official=self.official,
        )
        assert report is not None
        return report

    @property
    def calls(self) -> tuple[int, int]:
        """How many requests the official and the private API have got."""
        return len(self.official.calls), len(self.private.calls)

    def influencer(self) -> Influencer:
        with self.transaction() as session:
            return session.get_one(Influencer, self.influencer_id)


def count_of(transaction: TransactionFactory, table: Any) -> int:
    with transaction() as session:
        return session.scalars(select(func.count()).select_from(table)).one()


def test_a_professional_account_is_read_with_a_token_and_costs_no_reader(
    transaction: TransactionFactory, now: datetime, today: date
) -> None:
    saved_account(transaction)
    save_token(transaction)
    apis = Apis(transaction, ana_of(transaction, today), posts_before(now, 1), now)

    report = apis.scan()

    assert (report.failure, len(report.registered_content_ids)) == (None, 1)
    assert apis.calls == (1, 0)
    assert apis.influencer().read_by == "graph"


def test_an_account_that_the_official_api_does_not_know_is_read_by_the_private_one_at_once_and_for_a_week(
    transaction: TransactionFactory, now: datetime, today: date
) -> None:
    saved_account(transaction)
    save_token(transaction)
    apis = Apis(transaction, ana_of(transaction, today), posts_before(now, 1), now)
    apis.official.feeds.clear()

    first = apis.scan()
    within_a_week = apis.scan(later=ASK_AGAIN_AFTER - timedelta(minutes=1))
    calls = apis.calls
    apis.scan(later=ASK_AGAIN_AFTER)

    assert (first.failure, len(first.registered_content_ids)) == (None, 1)
    assert within_a_week.failure is None
    assert calls == (1, 2)
    assert apis.calls == (2, 3)
    assert apis.influencer().read_by == "instagrapi"


def test_a_campaign_that_asks_for_mentions_is_read_where_they_are_seen(
    transaction: TransactionFactory, now: datetime, today: date
) -> None:
    saved_account(transaction)
    save_token(transaction)
    influencer = ana_of(transaction, today, required_mentions=["lumi_cos"])
    apis = Apis(transaction, influencer, posts_before(now, 1), now)

    apis.scan()

    assert apis.calls == (0, 1)


def test_without_reader_accounts_the_official_api_reads_what_it_can(
    transaction: TransactionFactory, now: datetime, today: date
) -> None:
    save_token(transaction)
    influencer = ana_of(transaction, today, required_mentions=["lumi_cos"])
    apis = Apis(transaction, influencer, posts_before(now, 1, caption="#여름휴가 lumi_cos"), now)

    read = apis.scan()
    apis.official.feeds.clear()
    refused = apis.scan()

    assert (read.failure, read.posts_checked, read.registered_content_ids) == (None, 1, [])
    assert refused.failure == "user_not_found (HTTP 404)"
    assert apis.calls == (2, 0)
    with transaction() as session:
        assert session.scalars(select(PostMatch)).one().details["mentions"]["unknown"] is True


def test_where_every_token_is_used_up_the_reader_accounts_help_out(
    transaction: TransactionFactory, now: datetime, today: date
) -> None:
    settings = SETTINGS.model_copy(update={"graph_requests_per_hour": 1})
    saved_account(transaction)
    save_token(transaction)
    apis = Apis(transaction, ana_of(transaction, today), posts_before(now, 1), now)

    reports = [apis.scan(settings=settings) for _ in range(2)]

    assert [report.failure for report in reports] == [None, None]
    assert apis.calls == (1, 1)


def test_where_nobody_is_free_the_feed_waits_for_the_first_who_is(
    transaction: TransactionFactory, now: datetime, today: date
) -> None:
    save_token(transaction, cooldown_until=now + timedelta(minutes=20), status=AccountStatus.COOLING)
    saved_account(transaction, cooldown_until=now + timedelta(hours=20), status=AccountStatus.COOLING)
    apis = Apis(transaction, ana_of(transaction, today), posts_before(now, 1), now)

    report = apis.scan()

    assert report.waits_until == now + timedelta(minutes=20)
    assert apis.calls == (0, 0)


def test_a_walk_that_another_api_began_goes_on_from_the_top_down_to_the_same_floor(
    transaction: TransactionFactory, now: datetime, today: date
) -> None:
    settings = SETTINGS.model_copy(update={"scan_max_pages": 2})
    saved_account(transaction)
    apis = Apis(transaction, ana_of(transaction, today), posts_before(now, 40), now)
    apis.scan(settings=settings)
    begun = apis.influencer()
    save_token(transaction)

    apis.scan(settings=settings)
    turned = apis.influencer()
    for _ in range(3):
        apis.scan(settings=settings)

    assert begun.walk_cursor is not None
    assert turned.walk_floor == begun.walk_floor
    assert {call.cursor for call in apis.official.calls}.isdisjoint({begun.walk_cursor})
    assert apis.influencer().walk_cursor is None
    assert count_of(transaction, InfluencerPost) == 40


def test_a_token_rests_when_its_answer_says_that_the_hour_is_nearly_used_up(
    transaction: TransactionFactory, now: datetime, today: date
) -> None:
    save_token(transaction)
    apis = Apis(transaction, ana_of(transaction, today), posts_before(now, 1), now)
    apis.official.usage = Usage(percent=93, regain_after=timedelta(minutes=7))

    read, waits = apis.scan(), apis.scan()

    assert read.failure is None
    assert waits.waits_until is not None
    assert timedelta(minutes=6) < waits.waits_until - now < timedelta(minutes=8)
    with transaction() as session:
        token = session.scalars(select(InstagramAccount)).one()
    assert (token.status, token.last_error, token.error_count) == (AccountStatus.COOLING, None, 0)


def test_a_name_without_a_pk_is_read_by_the_official_api_only_where_nobody_can_look_the_pk_up(
    transaction: TransactionFactory, now: datetime, today: date
) -> None:
    save_token(transaction)
    influencer = make_influencer("ana", platform_uid=None)
    saved_participation(
        transaction, influencer, start_date=today - timedelta(days=10), end_date=today + timedelta(days=10)
    )
    apis = Apis(transaction, influencer, posts_before(now, 1), now)
    apis.private = FakeInstagram({"77": posts_before(now, 1)}, {"ana": make_profile("ana", pk="77")})

    without_readers = apis.scan()
    nameless = apis.influencer().platform_uid
    saved_account(transaction)
    with_readers = apis.scan()

    assert without_readers.failure is with_readers.failure is None
    assert nameless is None
    assert apis.influencer().platform_uid == "77"
    assert apis.calls == (1, 2)


def test_a_renamed_person_whose_new_name_was_read_officially_keeps_every_post_once(
    transaction: TransactionFactory, now: datetime, today: date
) -> None:
    saved_account(transaction)
    period = {"start_date": today - timedelta(days=10), "end_date": today + timedelta(days=10)}
    known = make_influencer("old.name", platform_uid="77")
    campaign_id = saved_participation(transaction, known, **period)
    posts = posts_before(now, 3)
    first = FakeInstagram({"77": posts[1:]}, {"new.name": make_profile("new.name", pk="77")})
    scan.scan_feed(transaction, first, known.id, now=NOW, settings=SETTINGS)
    with transaction() as session:
        for account in session.scalars(select(InstagramAccount)):
            account.status = AccountStatus.PAUSED
    save_token(transaction)
    stray = make_influencer("new.name", platform_uid=None)
    other_id = saved_participation(transaction, stray, **period)
    saved(transaction, CampaignInfluencer(campaign_id=campaign_id, influencer_id=stray.id, is_selected=True))
    apis = Apis(transaction, stray, posts, now)
    apis.private = first
    apis.scan()
    with transaction() as session:
        for account in session.scalars(select(InstagramAccount)):
            account.status = AccountStatus.ACTIVE

    report = apis.scan()

    assert report.influencer_id == known.id
    with transaction() as session:
        stored = session.scalars(select(InfluencerPost)).all()
        contents = session.scalars(select(CampaignContent)).all()
        names = session.scalars(select(Influencer.username)).all()
    assert sorted(post.media_pk for post in stored) == sorted(post.media_pk for post in posts)
    assert {post.influencer_id for post in stored} == {content.influencer_id for content in contents} == {known.id}
    assert sorted((content.campaign_id, content.instagram_media_pk) for content in contents) == sorted(
        (order, post.media_pk) for order in (campaign_id, other_id) for post in posts
    )
    assert names == ["new.name"]


def test_a_profile_without_a_pk_settles_nobody(transaction: TransactionFactory) -> None:
    influencer_id = saved(transaction, make_influencer("ana", platform_uid=None))
    profile = Profile(pk=None, username="ana", full_name="Ana", is_private=False, follower_count=1)

    with transaction() as session, pytest.raises(TransientFailure, match="profile_without_pk"):
        settle_identity(session, influencer_id, profile, lease_until=NOW)


def test_each_feed_is_claimed_only_where_its_api_has_room(
    transaction: TransactionFactory, now: datetime, today: date
) -> None:
    settings = Settings(requests_per_minute=3, graph_requests_per_hour=1)
    due = now - timedelta(minutes=1)
    for number in range(8):
        influencer = make_influencer(next_scan_at=due, graph_refused_at=now if number < 4 else None)
        saved_participation(transaction, influencer, start_date=today, end_date=today)
    saved_account(transaction)
    save_token(transaction)

    with transaction() as session:
        first = plan.claim_feeds(session, now=now, settings=settings)
        second = plan.claim_feeds(session, now=now, settings=settings)
    with transaction() as session:
        claimed = session.scalars(select(Influencer).where(Influencer.scan_lease_until.is_not(None))).all()

    assert (len(first), len(second)) == (3, 0)
    assert sum(influencer.graph_refused_at is not None for influencer in claimed) == 2


def test_what_the_reader_accounts_have_left_reads_the_others_too(
    transaction: TransactionFactory, now: datetime, today: date
) -> None:
    settings = Settings(requests_per_minute=6, graph_requests_per_hour=1)
    for _ in range(8):
        influencer = make_influencer(next_scan_at=now - timedelta(minutes=1))
        saved_participation(transaction, influencer, start_date=today, end_date=today)
    saved_account(transaction)
    save_token(transaction)

    with transaction() as session:
        claimed = plan.claim_feeds(session, now=now, settings=settings)

    assert len(claimed) == 6


def test_a_refusal_of_the_private_api_is_the_last_word(
    transaction: TransactionFactory, now: datetime, today: date
) -> None:
    saved_account(transaction)
    save_token(transaction)
    apis = Apis(transaction, ana_of(transaction, today), posts_before(now, 1), now)
    apis.official.feeds.clear()
    apis.private.failure = TargetUnavailable("private_account", http_status=400)

    report = apis.scan()

    assert report.failure == "private_account (HTTP 400)"
    assert apis.influencer().is_private
