"""Choosing and claiming the due feeds on a real database: who is claimed once, who sleeps, and what wakes them."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import ColumnElement, String, func, insert, select, text, update
from sqlalchemy.orm import Session

from app.campaigns.import_campaigns import import_campaigns
from app.campaigns.import_influencers import import_influencers
from app.core.clock import KST, kst_date
from app.core.config import Settings
from app.core.db import TransactionFactory, server_now
from app.models import Campaign, CampaignInfluencer, Influencer, new_id
from app.models.states import CampaignStatus
from app.monitoring import forecast
from app.scheduling import due_feeds
from app.scheduling.due_feeds import ClaimedFeed, DueFeed
from app.scheduling.policy import Reason
from tests.builders import make_campaign, make_influencer, make_user, saved, saved_participation

GRACE = timedelta(days=1)
LEASE = timedelta(minutes=15)
DOZE, WEEK = timedelta(minutes=15), timedelta(days=7)


@pytest.fixture
def now(transaction: TransactionFactory) -> datetime:
    with transaction() as session:
        return server_now(session)


@pytest.fixture
def today(now: datetime) -> date:
    return kst_date(now)


def claim(session: Session, now: datetime, limit: int = 10) -> Sequence[ClaimedFeed]:
    due = due_feeds.longest_due(session, now=now, limit=limit, grace=GRACE)
    return due_feeds.claim(session, [feed for feed in due if not feed.is_claimed], until=now + LEASE)


def claimed(transaction: TransactionFactory, now: datetime, limit: int = 10) -> list[UUID]:
    with transaction() as session:
        return [feed.influencer_id for feed in claim(session, now, limit)]


def due_at(transaction: TransactionFactory, influencer: Influencer) -> datetime:
    with transaction() as session:
        return session.get_one(Influencer, influencer.id).next_scan_at


def due_since(now: datetime, minutes: float, name: str = "") -> Influencer:
    return make_influencer(name, next_scan_at=now - timedelta(minutes=minutes))


def asleep(transaction: TransactionFactory, now: datetime, name: str = "ana") -> Influencer:
    """Return somebody whom the planner has put to sleep."""
    influencer = due_since(now, 1, name)
    saved(transaction, influencer)
    for later in (timedelta(0), DOZE):
        assert claimed(transaction, now + later) == []
    assert now + WEEK / 2 < due_at(transaction, influencer) <= now + DOZE + WEEK
    return influencer


def test_the_longest_overdue_are_claimed_with_their_running_campaigns(
    transaction: TransactionFactory, now: datetime, today: date
) -> None:
    late, later = due_since(now, 5), due_since(now, 9)
    saved_participation(transaction, late, start_date=today, end_date=today)
    campaign_id = saved_participation(transaction, later, start_date=today, end_date=today)
    with transaction() as session:
        feeds = claim(session, now, limit=1)

    assert feeds == [ClaimedFeed(later.id, [campaign_id], now + LEASE)]
    assert claimed(transaction, now + LEASE, limit=2) == [later.id, late.id]


def test_a_claimed_feed_takes_a_place_until_its_claim_ends(
    transaction: TransactionFactory, now: datetime, today: date
) -> None:
    for minutes in (3, 2, 1):
        saved_participation(transaction, due_since(now, minutes), start_date=today, end_date=today)

    first, second = claimed(transaction, now, limit=2), claimed(transaction, now, limit=2)
    third, after = claimed(transaction, now, limit=3), claimed(transaction, now + LEASE, limit=3)

    assert (len(first), second, len(third)) == (2, [], 1)
    assert sorted(after) == sorted(first + third)


def test_two_planners_at_once_claim_no_feed_twice(own_database: TransactionFactory) -> None:
    with own_database() as session:
        now = server_now(session)
    for minutes in (3, 2, 1):
        day = kst_date(now)
        saved_participation(own_database, due_since(now, minutes), start_date=day, end_date=day)

    with own_database() as one:
        first = [feed.influencer_id for feed in claim(one, now, limit=2)]
        with own_database() as other:
            second = [feed.influencer_id for feed in claim(other, now, limit=2)]

    assert len(first) == 2
    assert len(second) == 1
    assert not set(first) & set(second)
    assert claimed(own_database, now, limit=3) == []


def test_a_feed_that_another_planner_claims_between_the_look_and_the_lock_is_not_claimed_again(
    own_database: TransactionFactory,
) -> None:
    with own_database() as session:
        now = server_now(session)
    influencer, day = due_since(now, 1), kst_date(now)
    saved_participation(own_database, influencer, start_date=day, end_date=day)
    # The look at a row waits for whoever holds this lock, and sees the row as it was before.
    waits: ColumnElement[bool] = func.pg_advisory_xact_lock_shared(1).cast(String).is_not(None)

    def look() -> Sequence[DueFeed]:
        with own_database() as session:
            return due_feeds.longest_due(session, now=now, limit=9, grace=GRACE, only=waits)

    with ThreadPoolExecutor() as threads:
        with own_database() as holder:
            holder.execute(select(func.pg_advisory_xact_lock(1)))
            looking = threads.submit(look)
            while not holder.scalar(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")):
                assert not looking.done()
            first = claimed(own_database, now)
        [seen] = looking.result()

    assert first == [influencer.id]
    assert seen.is_claimed
    with own_database() as session:
        place = session.scalars(text("SELECT ctid::text FROM influencers")).one()
    assert seen.place == place


def test_nobody_waits_behind_those_whom_nobody_watches(
    transaction: TransactionFactory, now: datetime, today: date
) -> None:
    saved(transaction, *(due_since(now, 60 + number) for number in range(5)))
    watched = due_since(now, 1)
    saved_participation(transaction, watched, start_date=today, end_date=today)

    assert claimed(transaction, now, limit=1) == [watched.id]
    assert claimed(transaction, now + LEASE, limit=9) == [watched.id]


def test_a_feed_without_a_campaign_is_looked_up_once_a_week(transaction: TransactionFactory, now: datetime) -> None:
    influencer = asleep(transaction, now)

    with transaction() as session:
        row = session.get_one(Influencer, influencer.id)
        sentence = forecast.why_next(session, "ana", now=now, settings=Settings())

    assert row.scan_reason == Reason.UNWATCHED
    assert "takes part in no running campaign" in sentence


def test_a_claim_of_a_campaign_that_has_ended_meanwhile_is_left_alone(
    transaction: TransactionFactory, now: datetime, today: date
) -> None:
    influencer = due_since(now, 1)
    saved_participation(transaction, influencer, start_date=today, end_date=today)
    claimed(transaction, now)
    with transaction() as session:
        session.execute(update(Campaign).values(status=CampaignStatus.COMPLETED))

    assert claimed(transaction, now) == []
    assert due_at(transaction, influencer) == now - timedelta(minutes=1)


def test_who_sleeps_is_due_at_the_first_instant_of_the_next_campaign(
    transaction: TransactionFactory, now: datetime, today: date
) -> None:
    influencer = due_since(now, 1)
    day = today + timedelta(days=2)
    campaign_id = saved_participation(transaction, influencer, start_date=day, end_date=day)
    later = make_campaign(
        saved(transaction, make_user()), start_date=day + timedelta(days=1), end_date=date(2099, 1, 1)
    )
    part = CampaignInfluencer(campaign_id=later.id, influencer_id=influencer.id, is_selected=True)
    begins = datetime(day.year, day.month, day.day, tzinfo=KST)

    before = claimed(transaction, now) + claimed(transaction, now + DOZE)
    sleeps_until = due_at(transaction, influencer)
    saved(transaction, later, part)
    with transaction() as session:
        an_instant_before = claim(session, begins - timedelta(microseconds=1))
        at_its_beginning = claim(session, begins)

    assert (before, sleeps_until) == ([], begins)
    assert an_instant_before == []
    assert at_its_beginning == [ClaimedFeed(influencer.id, [campaign_id], begins + LEASE)]


Change = Callable[[Session, UUID, UUID], object]


def _participate(session: Session, campaign_id: UUID, influencer_id: UUID) -> None:
    session.execute(
        insert(CampaignInfluencer).values(
            id=new_id(), campaign_id=campaign_id, influencer_id=influencer_id, is_selected=True
        )
    )


def _participate_as_a_restored_dump_does(session: Session, campaign_id: UUID, influencer_id: UUID) -> None:
    session.execute(text("SET LOCAL search_path = ''"))
    session.execute(
        text(
            "INSERT INTO public.campaign_influencers (id, campaign_id, influencer_id) "
            "VALUES (gen_random_uuid(), :campaign_id, :influencer_id)"
        ),
        {"campaign_id": campaign_id, "influencer_id": influencer_id},
    )
    session.execute(text("SET LOCAL search_path = public"))


@pytest.mark.parametrize("participate", [_participate, _participate_as_a_restored_dump_does])
def test_a_new_participation_wakes(
    transaction: TransactionFactory, now: datetime, today: date, participate: Change
) -> None:
    influencer = asleep(transaction, now)
    campaign = make_campaign(saved(transaction, make_user()), start_date=today, end_date=today)
    saved(transaction, campaign)

    with transaction() as session:
        participate(session, campaign.id, influencer.id)
        then = server_now(session)

    assert claimed(transaction, then) == [influencer.id]


@pytest.mark.parametrize(
    ("sleeping", "waking"),
    [
        ({"status": CampaignStatus.DRAFT}, {"status": CampaignStatus.ACTIVE}),
        ({"status": CampaignStatus.CANCELLED}, {"status": CampaignStatus.IN_PROGRESS}),
        ({"start_date": date(2020, 1, 1), "end_date": date(2020, 1, 2)}, {"end_date": date(2099, 1, 1)}),
        ({"start_date": date(2098, 1, 1), "end_date": date(2099, 1, 2)}, {"start_date": date(2020, 1, 1)}),
    ],
)
def test_a_campaign_that_begins_to_run_wakes_its_participants(
    transaction: TransactionFactory,
    now: datetime,
    sleeping: dict[str, object],
    waking: dict[str, object],
) -> None:
    period = {"start_date": date(2020, 1, 1), "end_date": date(2099, 1, 1)}
    influencer = due_since(now, 1)
    campaign_id = saved_participation(transaction, influencer, **(period | sleeping))
    before = claimed(transaction, now)

    with transaction() as session:
        session.execute(update(Campaign).where(Campaign.id == campaign_id).values(waking))
        then = server_now(session)

    assert before == []
    assert claimed(transaction, then) == [influencer.id]


def test_a_campaign_that_is_being_written_while_the_planner_looks_is_noticed_soon(
    own_database: TransactionFactory,
) -> None:
    with own_database() as session:
        now = server_now(session)
    influencer, today = due_since(now, 1), kst_date(now)
    saved_participation(own_database, influencer, status=CampaignStatus.DRAFT, start_date=today, end_date=today)

    with own_database() as writer:
        writer.execute(update(Campaign).values(status=CampaignStatus.ACTIVE))
        at_once = claimed(own_database, now)

    assert at_once == []
    assert claimed(own_database, now + DOZE) == [influencer.id]


def test_a_sleeper_who_wakes_while_a_campaign_is_being_written_does_not_sleep_on(
    own_database: TransactionFactory,
) -> None:
    with own_database() as session:
        now = server_now(session)
    today = kst_date(now)
    influencer = due_since(now, 1)
    saved_participation(own_database, influencer, status=CampaignStatus.DRAFT, start_date=today, end_date=today)
    with own_database() as session:
        session.execute(update(Influencer).values(scan_reason=Reason.UNWATCHED))

    with own_database() as writer:
        writer.execute(update(Campaign).values(status=CampaignStatus.ACTIVE))
        meanwhile = claimed(own_database, now)

    assert meanwhile == []
    assert claimed(own_database, now) == [influencer.id]


def test_selecting_somebody_again_wakes(transaction: TransactionFactory, now: datetime, today: date) -> None:
    influencer = due_since(now, 1)
    saved_participation(transaction, influencer, start_date=today, end_date=today)
    with transaction() as session:
        session.execute(update(CampaignInfluencer).values(is_selected=False))
    before = claimed(transaction, now)

    with transaction() as session:
        session.execute(update(CampaignInfluencer).values(is_selected=True))
        then = server_now(session)

    assert before == []
    assert claimed(transaction, then) == [influencer.id]


def test_an_import_of_people_and_then_of_their_campaign_makes_them_due(
    transaction: TransactionFactory, now: datetime, today: date
) -> None:
    import_influencers(transaction, b"username\nana\nben\n", skip_invalid=False, now=now)
    before = claimed(transaction, now)
    order = f"""[{{"title": "A", "advertiser_email": "a@example.com", "start_date": "{today}", "end_date": "{today}",
        "required_hashtags": ["a"], "influencers": ["ana"]}}]"""

    report = import_campaigns(transaction, order.encode(), skip_invalid=False, now=now)

    assert report.is_saved, report.problems
    assert before == []
    [ana] = claimed(transaction, now)
    with transaction() as session:
        assert session.get_one(Influencer, ana).username == "ana"


def test_who_is_awake_keeps_the_planned_moment_when_a_campaign_changes(
    transaction: TransactionFactory, now: datetime, today: date
) -> None:
    planned = now + timedelta(hours=5)
    influencer = make_influencer(next_scan_at=planned, scan_reason=Reason.PRICE)
    saved_participation(transaction, influencer, start_date=today, end_date=today)

    with transaction() as session:
        session.execute(update(Campaign).values(retention_days=90))

    assert due_at(transaction, influencer) == planned
