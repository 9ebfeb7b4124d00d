"""Reading profiles at night."""

import math
from datetime import datetime, time, timedelta

import pytest
from sqlalchemy import select, update

from app.core.clock import KST
from app.core.db import TransactionFactory
from app.core.errors import NotFound
from app.instagram.errors import AccountCooling, TargetUnavailable
from app.instagram.fake import FakeInstagram, make_profile
from app.models import Influencer, InfluencerProfile, InstagramAccount, ScanMarket, new_id
from app.monitoring import sync_profile
from app.scheduling import market
from tests.builders import make_influencer, saved, saved_account
from tests.contents import FAST, Author, clock_of, post_of, saved_author, saved_content

NIGHT = datetime.combine(datetime(2026, 11, 24, tzinfo=KST).date(), time(3), KST)


@pytest.fixture
def ana(transaction: TransactionFactory) -> Author:
    saved_account(transaction)
    return saved_author(transaction, "ana")


def loaded(transaction: TransactionFactory, ana: Author) -> tuple[Influencer, list[InfluencerProfile]]:
    with transaction() as session:
        history = session.scalars(select(InfluencerProfile).order_by(InfluencerProfile.recorded_at)).all()
        return session.get_one(Influencer, ana.id), list(history)


def synced(transaction: TransactionFactory, instagram: FakeInstagram, ana: Author) -> str | None:
    return sync_profile.sync_profile(transaction, instagram, ana.id, settings=FAST)


def test_a_renamed_influencer_is_known_by_the_pk(transaction: TransactionFactory, ana: Author) -> None:
    instagram = FakeInstagram(profiles={"ana.new": make_profile("ana.new", pk=ana.pk, is_private=True)})

    problem = synced(transaction, instagram, ana)

    influencer, [look] = loaded(transaction, ana)
    assert problem is None
    assert (influencer.username, influencer.is_private, influencer.follower_count) == ("ana.new", True, 12_000)
    assert influencer.last_synced_at == look.recorded_at
    assert (look.username, look.follower_count, look.is_private, look.is_gone) == ("ana.new", 12_000, True, False)


def test_an_account_that_is_gone_keeps_what_was_known(transaction: TransactionFactory, ana: Author) -> None:
    synced(transaction, FakeInstagram(profiles={"ana": make_profile("ana", pk=ana.pk)}), ana)

    problem = synced(transaction, FakeInstagram(), ana)

    influencer, history = loaded(transaction, ana)
    assert problem == "user_not_found (HTTP 404)"
    assert (influencer.follower_count, influencer.sync_error) == (12_000, "user_not_found")
    assert [(look.follower_count, look.is_gone) for look in history] == [(12_000, False), (None, True)]


def test_a_failed_request_says_nothing_about_the_profile(transaction: TransactionFactory, ana: Author) -> None:
    problem = synced(transaction, FakeInstagram(failure=AccountCooling("please_wait")), ana)

    influencer, history = loaded(transaction, ana)
    assert problem == "please_wait"
    assert (influencer.last_synced_at, influencer.sync_error, history) == (None, None, [])


def test_a_profile_that_cannot_be_read_waits_for_the_next_night(transaction: TransactionFactory, ana: Author) -> None:
    synced(transaction, FakeInstagram(failure=TargetUnavailable("not_found", http_status=404)), ana)

    influencer, history = loaded(transaction, ana)
    assert (influencer.sync_error, history) == ("not_found", [])
    assert handed_out(transaction, clock_of(transaction)) == 0


def test_an_unknown_influencer_is_an_error(transaction: TransactionFactory) -> None:
    with pytest.raises(NotFound):
        sync_profile.sync_profile(transaction, FakeInstagram(), new_id(), settings=FAST)


def handed_out(transaction: TransactionFactory, now: datetime) -> int:
    with transaction() as session:
        return len(sync_profile.claim_profiles(session, now=now, settings=FAST))


def mark_synced(transaction: TransactionFactory, number: int, now: datetime) -> None:
    with transaction() as session:
        ids = sync_profile.claim_profiles(session, now=now, settings=FAST)[:number]
        session.execute(update(Influencer).where(Influencer.id.in_(ids)).values(last_synced_at=now))


@pytest.fixture
def fifty(transaction: TransactionFactory) -> None:
    """Fifty influencers with a content to keep, and accounts that have not sent anything for long."""
    ana = saved_author(transaction, "ana")
    now = clock_of(transaction)
    for number in range(50):
        influencer = make_influencer(f"watched{number}")
        saved(transaction, influencer)
        author = Author(influencer, ana.campaign_id)
        saved_content(transaction, author, post_of(author, 900, now=now), retention_until=NIGHT + timedelta(days=99))
    with transaction() as session:
        session.execute(update(Influencer).where(Influencer.id == ana.id).values(platform_uid=None))
    for _ in range(3):
        saved_account(transaction)


@pytest.mark.usefixtures("ana")
def test_while_requests_are_dear_a_profile_is_asked_for_every_few_nights(transaction: TransactionFactory) -> None:
    with transaction() as session:
        market.policy_now(session, now=NIGHT, settings=FAST)
        row = session.scalars(select(ScanMarket)).one()
        row.trim *= 2.1 / math.sqrt(market.dearness(session, settings=FAST))
    mark_synced(transaction, 1, NIGHT)

    handed = [handed_out(transaction, NIGHT + timedelta(days=nights, hours=1)) for nights in (1, 2)]

    assert handed == [0, 1]


@pytest.mark.usefixtures("fifty")
def test_a_night_spreads_the_profiles_evenly(transaction: TransactionFactory) -> None:
    shares = []
    for tick in range(24):
        now = NIGHT + tick * timedelta(minutes=10)
        shares.append(handed_out(transaction, now))
        mark_synced(transaction, shares[-1], now)

    assert sum(shares) == 50
    assert max(shares) - min(shares) <= 1
    assert handed_out(transaction, NIGHT + timedelta(hours=12)) == 0
    assert handed_out(transaction, NIGHT + timedelta(days=1)) == 3


@pytest.mark.usefixtures("fifty")
def test_what_a_tick_hands_out_in_vain_is_handed_out_again(transaction: TransactionFactory) -> None:
    first = handed_out(transaction, NIGHT)

    assert first == handed_out(transaction, NIGHT + timedelta(seconds=5)) == 3
    assert handed_out(transaction, NIGHT + timedelta(hours=3, minutes=55)) == 50


@pytest.mark.usefixtures("fifty")
def test_never_more_than_the_accounts_can_send_without_their_reserve(transaction: TransactionFactory) -> None:
    with transaction() as session:
        session.execute(update(InstagramAccount).values(requests_per_hour=5))

    assert handed_out(transaction, NIGHT + timedelta(hours=5)) == 3 * 4
