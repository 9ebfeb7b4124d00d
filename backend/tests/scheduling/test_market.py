"""The market on a real database: what it says where the pool or the influencers are not as usual."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select, text

from app.core.config import Settings
from app.core.db import TransactionFactory, server_now
from app.models import Influencer, InstagramAccount, ScanMarket
from app.models.states import AccountStatus
from app.scheduling import market
from app.scheduling.adaptive import Adaptive
from app.scheduling.policy import Reason
from tests.builders import make_influencer, saved, saved_account, saved_participation

SETTINGS = Settings()
PERIOD = {"start_date": date(2020, 1, 1), "end_date": date(2099, 1, 1)}


@pytest.fixture
def now(transaction: TransactionFactory) -> datetime:
    with transaction() as session:
        return server_now(session)


def watch_many(transaction: TransactionFactory, number: int) -> None:
    """Let so many influencers take part in a running campaign."""
    campaign_id = saved_participation(transaction, make_influencer(), **PERIOD)
    with transaction() as session:
        session.execute(
            text(
                """
                WITH people AS (
                    INSERT INTO influencers (id, username, platform, scan_priority)
                    SELECT gen_random_uuid(), 'many' || number, 'instagram', 'medium'
                    FROM generate_series(2, :number) AS number RETURNING id
                )
                INSERT INTO campaign_influencers (id, campaign_id, influencer_id)
                SELECT gen_random_uuid(), :campaign_id, id FROM people
                """
            ),
            {"campaign_id": campaign_id, "number": number},
        )


def policy_at(transaction: TransactionFactory, now: datetime) -> Adaptive:
    with transaction() as session:
        policy = market.policy_now(session, now=now, settings=SETTINGS)
    assert isinstance(policy, Adaptive)
    return policy


def tuned(transaction: TransactionFactory, now: datetime) -> ScanMarket:
    with transaction() as session:
        row = market.tune_market(session, now=now, settings=SETTINGS)
    assert row is not None
    return row


def test_the_price_holds_while_the_only_account_is_set_aside(transaction: TransactionFactory, now: datetime) -> None:
    account_id = saved_account(transaction)
    watch_many(transaction, 100)
    before = policy_at(transaction, now)
    with transaction() as session:
        session.get_one(InstagramAccount, account_id).status = AccountStatus.NEEDS_HUMAN

    tuned(transaction, now + timedelta(minutes=10))

    after = policy_at(transaction, now + timedelta(minutes=10))
    assert after.bound == before.bound == timedelta(hours=12)
    assert after.level < 2 * before.level


def test_before_there_is_an_account_the_market_reckons_with_one(transaction: TransactionFactory, now: datetime) -> None:
    watch_many(transaction, 100)
    without = policy_at(transaction, now)
    saved_account(transaction)

    tuned(transaction, now + timedelta(minutes=10))

    assert without.bound == timedelta(hours=12)
    assert policy_at(transaction, now + timedelta(minutes=10)).level == pytest.approx(without.level, rel=0.5)


def test_who_was_planned_while_requests_were_scarce_does_not_wait_longer_than_the_bound(
    transaction: TransactionFactory, now: datetime
) -> None:
    saved_account(transaction, requests_per_day=10)
    watch_many(transaction, 100)
    far = now + timedelta(days=15)
    planned = make_influencer("planned", next_scan_at=far, scan_price=1.0, scan_reason=Reason.BOUND)
    failing = make_influencer("failing", next_scan_at=far, scan_price=1.0, scan_reason=Reason.PRICE, scan_failures=3)
    asleep = make_influencer("asleep", next_scan_at=far, scan_price=1.0, scan_reason=Reason.UNWATCHED)
    saved(transaction, planned, failing, asleep)
    scarce = policy_at(transaction, now)
    saved_account(transaction)

    later = now + timedelta(minutes=10)
    tuned(transaction, later)

    bound = policy_at(transaction, later).bound
    with transaction() as session:
        due = {one.username: one.next_scan_at for one in session.scalars(select(Influencer))}
    assert (scarce.bound > timedelta(days=15), bound) == (True, timedelta(hours=12))
    assert later <= due["planned"] <= later + bound
    assert (due["failing"], due["asleep"]) == (far, far)


@pytest.mark.parametrize(("watched", "others"), [(20, 20_000), (5_000, 0)])
def test_the_survey_knows_how_many_are_watched_among_how_many(
    transaction: TransactionFactory, now: datetime, watched: int, others: int
) -> None:
    saved_account(transaction)
    watch_many(transaction, watched)
    with transaction() as session:
        session.execute(
            text(
                "INSERT INTO influencers (id, username, platform, scan_priority) "
                "SELECT gen_random_uuid(), 'other' || number, 'instagram', 'medium' "
                "FROM generate_series(1, :others) AS number"
            ),
            {"others": others},
        )
        session.execute(text("ANALYZE influencers"))

    policy_at(transaction, now)

    with transaction() as session:
        assert session.scalars(select(ScanMarket.targets)).one() == pytest.approx(watched, rel=0.1)
