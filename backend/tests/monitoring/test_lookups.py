"""What is handed out to be looked at, and what one look tells."""

import math
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from app.core.config import Settings
from app.core.db import TransactionFactory
from app.instagram.errors import TargetUnavailable, TransientFailure
from app.models import (
    Campaign,
    CampaignContent,
    ContentMetrics,
    Influencer,
    InstagramAccount,
    RetentionCheck,
    ScanMarket,
)
from app.models.states import AccountStatus, ContentStatus, Existence, MetricsSource
from app.monitoring import lookups, verify_existence
from app.monitoring.lookups import Lookups
from app.monitoring.requests import NoAccountFree
from app.scheduling import due_looks, market, pool_forecast, sources
from app.scheduling.allowance import Limits
from tests.builders import saved_account
from tests.contents import FAST, Author, clock_of, content_of, instagram_of, post_of, saved_author, saved_content


@pytest.fixture
def now(transaction: TransactionFactory) -> datetime:
    for _ in range(4):
        saved_account(transaction)
    return clock_of(transaction)


@pytest.fixture
def ana(transaction: TransactionFactory) -> Author:
    return saved_author(transaction, "ana")


def checks(transaction: TransactionFactory, settings: Settings = FAST) -> Lookups:
    with transaction() as session:
        return lookups.claim_checks(session, now=clock_of(transaction), settings=settings)


def samples(transaction: TransactionFactory) -> Lookups:
    with transaction() as session:
        return lookups.claim_samples(session, now=clock_of(transaction), settings=FAST)


def set_next_scan(transaction: TransactionFactory, moment: datetime) -> None:
    with transaction() as session:
        session.execute(update(Influencer).values(next_scan_at=moment))


def leave_room(transaction: TransactionFactory, now: datetime, *, for_one: bool) -> None:
    """Let the pool send one request before the next sweep, or none."""
    paced_until = now if for_one else now + timedelta(hours=1)
    with transaction() as session:
        one = session.scalars(select(InstagramAccount).limit(1)).one()
        session.execute(
            update(InstagramAccount).where(InstagramAccount.id != one.id).values(status=AccountStatus.PAUSED)
        )
        one.requests_per_day, one.paced_until = 24, paced_until


def off_page(transaction: TransactionFactory, ana: Author, number: int, now: datetime) -> UUID:
    return saved_content(transaction, ana, post_of(ana, number, now=now), last_on_page_at=now - timedelta(days=2))


def test_a_due_sample_that_no_page_will_show_is_looked_at(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    content_id = off_page(transaction, ana, 90, now)
    set_next_scan(transaction, now)

    first, second = samples(transaction), samples(transaction)

    assert first.content_ids == [content_id]
    assert second.content_ids == []  # handed out once; due again when the lease ends
    next_at = content_of(transaction, content_id).next_metrics_at
    assert next_at is not None
    assert next_at > now + timedelta(minutes=5)


def test_a_due_sample_that_the_next_page_brings_costs_nothing(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    saved_content(transaction, ana, post_of(ana, 3, now=now))
    set_next_scan(transaction, now + timedelta(minutes=5))

    assert samples(transaction) == Lookups([], [])


@pytest.mark.parametrize("reason", ["the page comes too late", "nobody reads the feed any more"])
def test_a_page_that_would_not_come_in_time_is_read_now(
    transaction: TransactionFactory, ana: Author, now: datetime, reason: str
) -> None:
    saved_content(transaction, ana, post_of(ana, 3, now=now))
    set_next_scan(transaction, now + timedelta(minutes=15 if "late" in reason else 5))
    if "nobody" in reason:
        period = {"start_date": now.date() - timedelta(days=90), "end_date": now.date() - timedelta(days=60)}
        with transaction() as session:
            session.execute(update(Campaign).values(period))

    assert samples(transaction) == Lookups([ana.id], [])


def test_a_feed_that_cannot_be_read_is_not_waited_for(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    content_id = saved_content(transaction, ana, post_of(ana, 3, now=now))
    set_next_scan(transaction, now + timedelta(minutes=5))
    with transaction() as session:
        session.execute(update(Influencer).values(scan_failures=1))

    assert samples(transaction) == checks(transaction) == Lookups([], [content_id])


def test_what_was_deleted_wants_no_part(transaction: TransactionFactory, ana: Author, now: datetime) -> None:
    saved_content(
        transaction,
        ana,
        post_of(ana, 91, now=now),
        existence=Existence.DELETED,
        next_check_at=None,
        next_metrics_at=now - timedelta(days=1),
    )

    with transaction() as session:
        assert due_looks.count_due_looks(session, now=now) == 0


def test_a_due_proof_that_the_next_page_brings_costs_nothing(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    saved_content(transaction, ana, post_of(ana, 3, now=now))
    set_next_scan(transaction, now + timedelta(minutes=4))

    assert checks(transaction) == Lookups([], [])


def test_several_due_contents_of_one_page_are_one_request(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    elsewhere = off_page(transaction, ana, 90, now)
    for number in (3, 4, 5):
        saved_content(transaction, ana, post_of(ana, number, now=now))
    with transaction() as session:
        session.execute(update(Influencer).values(last_post_checked_at=now - timedelta(minutes=11)))
    set_next_scan(transaction, now + timedelta(hours=1))

    assert checks(transaction) == Lookups([ana.id], [elsewhere])


def test_suspicions_go_first_where_there_is_little_room(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    off_page(transaction, ana, 90, now)
    set_next_scan(transaction, now + timedelta(hours=1))
    suspected = saved_content(
        transaction,
        ana,
        post_of(ana, 91, now=now),
        existence=Existence.SUSPECTED,
        missing_since=now,
        last_on_page_at=None,
    )
    leave_room(transaction, now, for_one=True)

    assert checks(transaction).content_ids == [suspected]


def test_a_suspicion_is_handed_out_when_feeds_have_used_the_day_up(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    with transaction() as session:
        session.execute(update(InstagramAccount).values(requests_per_day=2))  # one of them is the reserve
    suspected = saved_content(
        transaction, ana, post_of(ana, 91, now=now), existence=Existence.SUSPECTED, missing_since=now
    )
    present = off_page(transaction, ana, 90, now)
    instagram = instagram_of([(ana, [post_of(ana, 90, now=now)])])
    for _ in range(4):
        lookups.look_at_content(transaction, instagram, present, settings=FAST)

    with pytest.raises(NoAccountFree):
        lookups.look_at_content(transaction, instagram, present, settings=FAST)
    assert checks(transaction).content_ids == [suspected]
    assert verify_existence.verify_content(transaction, instagram, suspected, settings=FAST) is Existence.SUSPECTED
    assert len(instagram.calls) > 4


def test_a_suspicion_is_handed_out_to_the_reserve_where_there_is_no_room(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    off_page(transaction, ana, 90, now)
    suspected = off_page(transaction, ana, 91, now)
    with transaction() as session:
        content = session.get_one(CampaignContent, suspected)
        content.existence, content.missing_since = Existence.SUSPECTED, now
    leave_room(transaction, now, for_one=False)

    assert checks(transaction).content_ids == [suspected]
    assert samples(transaction).content_ids == []


def test_where_feeds_wait_looks_get_their_part_of_what_can_be_sent(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    for number in range(90, 106):
        off_page(transaction, ana, number, now)
    set_next_scan(transaction, now + timedelta(hours=1))
    with transaction() as session:
        session.execute(update(InstagramAccount).values(requests_per_day=960, paced_until=now))
        room = pool_forecast.count_free_permits(
            session,
            provider=sources.PRIVATE,
            limits=Limits.from_settings(FAST, sources.PRIVATE),
            within=FAST.existence_tick,
        )
    with transaction() as session:
        alone = lookups.claim_checks(session, now=now, settings=FAST)
        session.rollback()
    for number in range(16):
        saved_author(transaction, f"waits{number}")

    among_feeds = checks(transaction)

    assert len(alone.content_ids) == room >= 12
    assert len(among_feeds.content_ids) == room // 2


def test_nothing_is_handed_out_without_an_account(transaction: TransactionFactory, ana: Author, now: datetime) -> None:
    off_page(transaction, ana, 90, now)
    with transaction() as session:
        session.execute(update(InstagramAccount).values(status=AccountStatus.PAUSED))

    assert checks(transaction) == samples(transaction) == Lookups([], [])


def test_with_tokens_alone_the_pages_are_read_that_prove_contents(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    with transaction() as session:
        session.execute(update(InstagramAccount).values(provider="graph"))
    saved_content(transaction, ana, post_of(ana, 5, now=now))
    set_next_scan(transaction, now + timedelta(hours=1))

    assert checks(transaction).influencer_ids == [ana.id]


@pytest.mark.parametrize(
    "changes",
    [
        {"status": ContentStatus.REJECTED},
        {"next_check_at": None, "next_metrics_at": None},
    ],
)
def test_what_nobody_waits_for_is_not_looked_at(
    transaction: TransactionFactory, ana: Author, now: datetime, changes: dict[str, object]
) -> None:
    saved_content(transaction, ana, post_of(ana, 90, now=now), **({"last_on_page_at": None} | changes))

    assert [*checks(transaction).content_ids, *samples(transaction).content_ids] == []


def test_a_suspected_content_is_checked_and_not_sampled(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    content_id = saved_content(
        transaction, ana, post_of(ana, 9, now=now), existence=Existence.SUSPECTED, last_on_page_at=None
    )

    assert samples(transaction).content_ids == []
    assert checks(transaction).content_ids == [content_id]


def test_one_look_samples_and_edits_as_a_page_does(transaction: TransactionFactory, ana: Author, now: datetime) -> None:
    content_id = off_page(transaction, ana, 90, now)
    post = post_of(ana, 90, now=now, caption="다른 문구", like_count=42)

    answer = lookups.look_at_content(transaction, instagram_of([(ana, [post])]), content_id, settings=FAST)

    with transaction() as session:
        sample = session.scalars(select(ContentMetrics)).one()
    content = content_of(transaction, content_id)
    assert answer is not None
    assert (sample.like_count, sample.source) == (42, MetricsSource.MEDIA)
    assert content.last_seen_at is not None
    assert content.last_seen_at > now
    assert content.last_on_page_at == now - timedelta(days=2)


def test_the_look_after_the_end_of_the_retention_proves_that_it_was_kept(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    post = post_of(ana, 90, now=now)
    content_id = saved_content(transaction, ana, post, retention_until=now - timedelta(hours=1), last_on_page_at=None)
    instagram = instagram_of([(ana, [post])])
    assert checks(transaction).content_ids == [content_id]

    lookups.look_at_content(transaction, instagram, content_id, settings=FAST)

    with transaction() as session:
        [check] = session.scalars(select(RetentionCheck)).all()
    content = content_of(transaction, content_id)
    assert (check.content_id, check.checked_at) == (content_id, content.last_seen_at)
    assert content.next_check_at is None


def test_four_times_the_price_is_twice_the_time_to_the_next_proof(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    post = post_of(ana, 90, now=now)
    content_id = saved_content(transaction, ana, post, last_on_page_at=None)
    with transaction() as session:
        market.policy_now(session, now=now, settings=FAST)
        row = session.scalars(select(ScanMarket)).one()
        row.trim *= 2 / math.sqrt(market.dearness(session, settings=FAST))

    lookups.look_at_content(transaction, instagram_of([(ana, [post])]), content_id, settings=FAST)

    content = content_of(transaction, content_id)
    assert content.next_check_at is not None
    assert content.last_seen_at is not None
    assert (content.next_check_at - content.last_seen_at) / timedelta(hours=1) == pytest.approx(12)


def test_the_end_of_the_retention_is_not_slept_through(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    post, ends_at = post_of(ana, 90, now=now), now + timedelta(hours=2)
    content_id = saved_content(transaction, ana, post, last_on_page_at=None, retention_until=ends_at)

    lookups.look_at_content(transaction, instagram_of([(ana, [post])]), content_id, settings=FAST)

    assert content_of(transaction, content_id).next_check_at == ends_at


def test_a_look_that_finds_nothing_only_suspects(transaction: TransactionFactory, ana: Author, now: datetime) -> None:
    content_id = off_page(transaction, ana, 90, now)

    answer = lookups.look_at_content(transaction, instagram_of([(ana, [])]), content_id, settings=FAST)

    assert answer is None
    assert content_of(transaction, content_id).existence is Existence.SUSPECTED
    assert content_id in checks(transaction).content_ids


@pytest.mark.parametrize("failure", [TransientFailure("timeout"), TargetUnavailable("not_found")])
def test_a_look_that_fails_otherwise_changes_nothing(
    transaction: TransactionFactory, ana: Author, now: datetime, failure: Exception
) -> None:
    content_id = off_page(transaction, ana, 90, now)
    instagram = instagram_of([(ana, [])])
    instagram.failure = failure

    with pytest.raises(type(failure)):
        lookups.look_at_content(transaction, instagram, content_id, settings=FAST)

    assert content_of(transaction, content_id).existence is Existence.PRESENT
