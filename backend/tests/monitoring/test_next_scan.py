"""Planning the next scan on a real database: rhythm, worth, price, promise, and how they are told."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from app.core.clock import KST, kst_date
from app.core.config import Settings
from app.core.db import TransactionFactory, server_now
from app.core.errors import ConfigurationError
from app.instagram.fake import FakeInstagram, make_post
from app.models import CampaignInfluencer, Influencer, InfluencerPost, ScanMarket
from app.models.states import RequestKind, ScanPriority
from app.monitoring import forecast, plan, scan
from app.monitoring.freshness import measure_freshness
from app.scheduling import account_pool, looks, market, sources, worth
from app.scheduling.account_pool import Errand, Lease
from app.scheduling.adaptive import Adaptive
from app.scheduling.allowance import Limits
from app.scheduling.policy import Promise, Reason
from app.scheduling.rhythm_store import stored_rhythm
from app.scheduling.tiers import Tiers
from app.scheduling.worth import priority_of
from tests.builders import make_influencer, saved, saved_account, saved_participation
from tests.contents import post_of, saved_author, saved_content

SETTINGS = Settings(
    request_spacing=timedelta(microseconds=1), request_jitter=timedelta(microseconds=1), requests_per_minute=1000
)


@pytest.fixture
def now(transaction: TransactionFactory) -> datetime:
    with transaction() as session:
        return server_now(session)


def watched(
    transaction: TransactionFactory, now: datetime, name: str = "ana", *, began: int = 10, **campaign: Any
) -> Influencer:
    influencer = make_influencer(name, next_scan_at=now - timedelta(minutes=1), created_at=now - timedelta(days=20))
    today = kst_date(now)
    saved_participation(
        transaction,
        influencer,
        **({"start_date": today - timedelta(days=began), "end_date": today + timedelta(days=20)} | campaign),
    )
    return influencer


def scanned(transaction: TransactionFactory, instagram: FakeInstagram, influencer: Influencer) -> Influencer:
    """Scan, and return the row afterwards."""
    with transaction() as session:
        now = server_now(session)
    report = scan.scan_feed(transaction, instagram, influencer.id, now=now, settings=SETTINGS)
    assert report is not None
    assert report.failure is None
    return loaded(transaction, influencer.id)


def loaded(transaction: TransactionFactory, influencer_id: UUID) -> Influencer:
    with transaction() as session:
        return session.get_one(Influencer, influencer_id)


def feed(now: datetime, gap: timedelta, number: int = 12) -> list[Any]:
    return [
        make_post(str(3_000_000_000_000_000_000 - place), taken_at=now - gap * (place + 1)) for place in range(number)
    ]


def test_a_page_teaches_the_rhythm_and_sets_the_next_scan(transaction: TransactionFactory, now: datetime) -> None:
    saved_account(transaction)
    busy, quiet = watched(transaction, now, "busy"), watched(transaction, now, "quiet")
    instagram = FakeInstagram(
        {str(busy.platform_uid): feed(now, timedelta(hours=3)), str(quiet.platform_uid): feed(now, timedelta(days=4))}
    )

    busy_row, quiet_row = scanned(transaction, instagram, busy), scanned(transaction, instagram, quiet)

    assert {busy_row.scan_reason, quiet_row.scan_reason} <= {Reason.PRICE, Reason.BOUND}
    assert now < busy_row.next_scan_at < quiet_row.next_scan_at <= now + timedelta(days=2, minutes=1)
    assert busy_row.scan_price is not None
    assert len(str(busy_row.posting_rhythm)) < 2000


def test_the_same_page_again_teaches_nothing_twice(transaction: TransactionFactory, now: datetime) -> None:
    saved_account(transaction)
    influencer = watched(transaction, now)
    instagram = FakeInstagram({str(influencer.platform_uid): feed(now, timedelta(hours=9, minutes=37))})

    first = stored_rhythm(scanned(transaction, instagram, influencer).posting_rhythm)
    second = stored_rhythm(scanned(transaction, instagram, influencer).posting_rhythm)

    assert first is not None
    assert second is not None
    assert second.posts == pytest.approx(first.posts, rel=1e-3)
    assert second.learned_until > first.learned_until


def test_a_fixed_interval_and_the_tiers_can_be_chosen(transaction: TransactionFactory, now: datetime) -> None:
    fixed = SETTINGS.model_copy(update={"scan_interval": timedelta(seconds=90)})
    tiers = SETTINGS.model_copy(update={"scheduling_policy": "tiers"})

    with transaction() as session:
        fixed_policy, tiers_policy = (
            market.policy_now(session, now=now, settings=settings) for settings in (fixed, tiers)
        )

    assert tiers_policy == Tiers()
    assert isinstance(fixed_policy, Tiers)
    assert set(fixed_policy.intervals.values()) == {timedelta(seconds=90)}


@pytest.mark.parametrize(
    ("day", "is_submitted", "priority"),
    [
        (1, False, ScanPriority.HIGH),
        (7, False, ScanPriority.HIGH),
        (8, False, ScanPriority.MEDIUM),
        (27, False, ScanPriority.MEDIUM),
        (28, False, ScanPriority.LOW),
        (3, True, ScanPriority.LOW),
    ],
)
def test_the_documents_priority_follows_the_period(day: int, is_submitted: bool, priority: ScanPriority) -> None:
    start, end = datetime(2026, 11, 1, tzinfo=UTC).date(), datetime(2026, 11, 30, tzinfo=UTC).date()

    assert priority_of(start, end, today=start + timedelta(days=day - 1), is_submitted=is_submitted) is priority


def test_an_open_upload_window_weighs_four_times_and_a_coming_one_is_waited_for(
    transaction: TransactionFactory, now: datetime
) -> None:
    def window(begin: timedelta, end: timedelta) -> dict[str, Any]:
        return {"upload_windows": [{"from": (now + begin).isoformat(), "until": (now + end).isoformat()}]}

    opened = watched(transaction, now, "open", settings=window(timedelta(hours=-1), timedelta(hours=1)))
    coming = watched(transaction, now, "coming", settings=window(timedelta(hours=2), timedelta(hours=4)))

    with transaction() as session:
        of_open = worth.worth_of(session, opened.id, now=now, settings=SETTINGS)
        of_coming = worth.worth_of(session, coming.id, now=now, settings=SETTINGS)

    assert of_open.weight == 4 * of_coming.weight
    assert of_coming.wanted_at == now + timedelta(hours=2)


def test_the_strictest_promise_of_the_campaigns_counts(transaction: TransactionFactory, now: datetime) -> None:
    influencer = watched(transaction, now, settings={"promise": {"share": 0.9, "minutes": 240}})
    other = make_influencer("other")
    campaign_id = saved_participation(
        transaction, other, start_date=kst_date(now), settings={"promise": {"minutes": 60}}
    )
    saved(transaction, CampaignInfluencer(campaign_id=campaign_id, influencer_id=influencer.id, is_selected=True))

    with transaction() as session:
        found = worth.worth_of(session, influencer.id, now=now, settings=SETTINGS)

    assert found.promise == Promise(0.95, timedelta(minutes=60))
    assert found.priority is ScanPriority.HIGH


def test_the_budget_is_what_the_pool_may_send_in_a_day(transaction: TransactionFactory, now: datetime) -> None:
    with transaction() as session:
        assert market.requests_per_day(session, now=now, settings=SETTINGS) == 0
    saved_account(transaction)
    saved_account(transaction, requests_per_day=500)

    with transaction() as session:
        budget = market.requests_per_day(session, now=now, settings=SETTINGS)

    assert budget == 980 + 490


@pytest.mark.parametrize(("kind", "left"), [(RequestKind.PROFILE, 979), (RequestKind.MEDIA, 980)])
def test_what_is_due_at_no_price_is_taken_off_the_budget(
    transaction: TransactionFactory, now: datetime, kind: RequestKind, left: float
) -> None:
    saved_account(transaction)
    with transaction() as session:
        limits = Limits.from_settings(SETTINGS, sources.PRIVATE)
        lease = account_pool.lease_account(session, Errand(kind, "1"), provider=sources.PRIVATE, limits=limits)

        assert isinstance(lease, Lease)
        assert market.requests_per_day(session, now=now, settings=SETTINGS) == left


def test_the_forecast_says_that_nothing_is_read_without_an_account(
    transaction: TransactionFactory, now: datetime
) -> None:
    watched(transaction, now)
    with transaction() as session:
        warning = forecast.forecast(session, now=now, settings=SETTINGS).warning

    assert warning is not None
    assert "no account" in warning


def market_row(transaction: TransactionFactory, now: datetime) -> ScanMarket:
    with transaction() as session:
        market.policy_now(session, now=now, settings=SETTINGS)
        return session.scalars(select(ScanMarket)).one()


def test_four_times_the_weight_is_twice_the_demand(transaction: TransactionFactory, now: datetime) -> None:
    saved_account(transaction)
    influencer = watched(transaction, now)
    with transaction() as session:
        session.get_one(Influencer, influencer.id).scan_priority = ScanPriority.HIGH
    high = sum(market_row(transaction, now).demand)
    with transaction() as session:
        session.get_one(Influencer, influencer.id).scan_priority = ScanPriority.LOW
        row = market.tune_market(session, now=now + timedelta(hours=2), settings=SETTINGS)

    assert row is not None
    assert sum(row.demand) == pytest.approx(high / 2)
    assert row.targets == 1


def test_a_sample_that_is_late_does_not_hide_a_proof_that_lies_ahead(
    transaction: TransactionFactory, now: datetime
) -> None:
    ana = saved_author(transaction, "ana")
    due_at = now + timedelta(hours=1)
    saved_content(
        transaction, ana, post_of(ana, 5, now=now), next_metrics_at=now - timedelta(hours=1), next_check_at=due_at
    )

    with transaction() as session:
        found = worth.worth_of(session, ana.id, now=now, settings=SETTINGS)

    assert found.wanted_at == due_at
    assert found.proofs == looks.proof_rate(SETTINGS.existence_interval)


def test_a_content_off_the_page_does_not_bring_the_page_forward(transaction: TransactionFactory, now: datetime) -> None:
    ana = saved_author(transaction, "ana")
    ahead = now + timedelta(minutes=5)
    saved_content(
        transaction,
        ana,
        post_of(ana, 90, now=now),
        last_on_page_at=now - timedelta(days=2),
        next_metrics_at=ahead,
        next_check_at=ahead,
    )

    with transaction() as session:
        found = worth.worth_of(session, ana.id, now=now, settings=SETTINGS)

    assert (found.wanted_at, found.proofs) == (None, 0.0)


def test_the_demand_counts_what_pages_prove_and_single_looks(transaction: TransactionFactory, now: datetime) -> None:
    saved_account(transaction)
    ana = saved_author(transaction, "ana")
    rate, old_rate = map(looks.proof_rate, (SETTINGS.existence_interval, SETTINGS.retention_check_interval))
    ahead = now + timedelta(hours=1)
    before = market_row(transaction, now)
    old = saved_author(transaction, "old", end_date=kst_date(now) - timedelta(days=10))
    saved_content(transaction, ana, post_of(ana, 5, now=now), next_check_at=ahead, next_metrics_at=ahead)
    for number in (90, 91):
        saved_content(
            transaction, ana, post_of(ana, number, now=now), last_on_page_at=None, next_check_at=ahead,
            next_metrics_at=ahead,
        )  # fmt: skip
    saved_content(transaction, old, post_of(old, 500, now=now), next_check_at=ahead, next_metrics_at=ahead)

    with transaction() as session:
        row = market.tune_market(session, now=now + timedelta(hours=2), settings=SETTINGS)

    assert row is not None
    assert row.targets == 1
    assert row.demand == pytest.approx(
        [
            math.sqrt(demand**2 + rate / 2) + 2 * math.sqrt(rate / 2) + math.sqrt(old_rate / 2)
            for demand in before.demand
        ],
        rel=1e-6,
    )


def test_looks_are_as_dear_as_feeds_and_cost_the_usual_without_a_price(
    transaction: TransactionFactory, now: datetime
) -> None:
    row = market_row(transaction, now)
    with transaction() as session:
        dear = market.dearness(session, settings=SETTINGS)
        session.get_one(ScanMarket, row.id).budget_per_day /= 3
        session.flush()
        dearer = market.dearness(session, settings=SETTINGS)
        fixed = market.dearness(session, settings=SETTINGS.model_copy(update={"scan_interval": timedelta(minutes=1)}))

    assert dearer == pytest.approx(9 * dear)
    assert fixed == 1.0


def test_a_backlog_makes_a_request_dearer(transaction: TransactionFactory, now: datetime) -> None:
    saved_account(transaction)
    for number in range(30):
        watched(transaction, now, f"due{number}")
    before = market_row(transaction, now).trim

    with transaction() as session:
        row = market.tune_market(session, now=now + timedelta(minutes=10), settings=SETTINGS)

    assert row is not None
    assert row.backlog == 30
    assert row.trim > before


def test_a_backlog_that_stands_goes_on_making_requests_dearer(transaction: TransactionFactory, now: datetime) -> None:
    saved_account(transaction, requests_per_day=20)
    for number in range(30):
        watched(transaction, now, f"due{number}")
    market_row(transaction, now)

    trims = []
    for minutes in (10, 20, 30):
        with transaction() as session:
            row = market.tune_market(session, now=now + timedelta(minutes=minutes), settings=SETTINGS)
            assert row is not None
            trims.append(row.trim)

    assert trims[0] < trims[1] < trims[2]


def test_a_budget_that_halves_puts_the_due_feeds_off(transaction: TransactionFactory, now: datetime) -> None:
    saved_account(transaction, username="one", requests_per_day=30)
    saved_account(transaction, username="two", requests_per_day=30)
    influencer = watched(transaction, now)
    scanned(
        transaction,
        FakeInstagram({str(influencer.platform_uid): feed(now, timedelta(hours=9, minutes=37))}),
        influencer,
    )
    gap = loaded(transaction, influencer.id).next_scan_at - now
    later = now + gap + timedelta(minutes=1)
    with transaction() as session:
        session.scalars(select(ScanMarket)).one().budget_per_day /= 2
        [claimed] = plan.claim_feeds(session, now=later, settings=SETTINGS)
    instagram = FakeInstagram()

    report = scan.scan_feed(transaction, instagram, influencer.id, now=later, settings=SETTINGS, claim=claimed.claim)

    row = loaded(transaction, influencer.id)
    assert (report, instagram.calls) == (None, [])
    assert row.scan_lease_until is None
    assert 1.3 * gap < row.next_scan_at - now < 5 * gap


def test_a_due_feed_whose_price_still_holds_is_claimed(transaction: TransactionFactory, now: datetime) -> None:
    saved_account(transaction)
    influencer = watched(transaction, now)
    scanned(
        transaction,
        FakeInstagram({str(influencer.platform_uid): feed(now, timedelta(hours=9, minutes=37))}),
        influencer,
    )
    due_at = loaded(transaction, influencer.id).next_scan_at

    with transaction() as session:
        before = plan.claim_feeds(session, now=due_at - timedelta(minutes=2), settings=SETTINGS)
        claimed = plan.claim_feeds(session, now=due_at + timedelta(seconds=1), settings=SETTINGS)

    assert before == []
    assert [feed.influencer_id for feed in claimed] == [influencer.id]


def test_the_price_is_tuned_apart_from_the_claiming(transaction: TransactionFactory, now: datetime) -> None:
    saved_account(transaction)
    watched(transaction, now)
    tuned_at = market_row(transaction, now).tuned_at
    later = now + timedelta(minutes=11)

    with transaction() as session:
        plan.claim_feeds(session, now=later, settings=SETTINGS)
        after_claiming = session.scalars(select(ScanMarket.tuned_at)).one()
        plan.tune_price(session, now=later, settings=SETTINGS)
        after_tuning = session.scalars(select(ScanMarket.tuned_at)).one()

    assert (after_claiming, after_tuning) == (tuned_at, later)


def test_tiers_have_no_price_to_tune(transaction: TransactionFactory, now: datetime) -> None:
    with transaction() as session:
        plan.tune_price(session, now=now, settings=Settings(scheduling_policy="tiers"))
        rows = session.scalars(select(ScanMarket)).all()

    assert rows == []


def test_the_promise_shortens_the_gap_and_is_told(transaction: TransactionFactory, now: datetime) -> None:
    saved_account(transaction, requests_per_day=60)
    influencer = watched(transaction, now, settings={"promise": {"share": 0.95, "minutes": 120}})
    instagram = FakeInstagram({str(influencer.platform_uid): feed(now, timedelta(hours=31))})

    row = scanned(transaction, instagram, influencer)
    with transaction() as session:
        sentence = forecast.why_next(session, "ana", now=now, settings=SETTINGS)

    assert row.next_scan_at - now <= timedelta(hours=12)
    assert "95% within 120 minutes are promised" in sentence
    assert f"{row.next_scan_at.astimezone(KST):%H:%M} (KST)" in sentence
    assert "a request must save" in sentence


def test_promises_beyond_the_budget_are_told_before_they_are_broken(
    transaction: TransactionFactory, now: datetime
) -> None:
    saved_account(transaction, requests_per_day=60)
    for number in range(10):
        watched(transaction, now, f"promised{number}", settings={"promise": {"minutes": 15}})

    with transaction() as session:
        policy = market.policy_now(session, now=now, settings=SETTINGS)
        coming = forecast.forecast(session, now=now, settings=SETTINGS)

    assert coming.promised_per_day == pytest.approx(10 * 24 * 60 / 15.75, rel=0.05)
    assert isinstance(policy, Adaptive)
    assert policy.promise_stretch > 10
    assert coming.warning is not None
    assert "Add accounts" in coming.warning


def test_the_coming_hour_is_listed_in_order(transaction: TransactionFactory, now: datetime) -> None:
    for minutes in (50, 20, 80):
        influencer = watched(transaction, now, f"in{minutes}")
        with transaction() as session:
            session.execute(
                update(Influencer)
                .where(Influencer.id == influencer.id)
                .values(next_scan_at=now + timedelta(minutes=minutes), scan_reason=Reason.PRICE)
            )

    with transaction() as session:
        coming = forecast.forecast(session, now=now, settings=SETTINGS)

    assert [scan.username for scan in coming.scans] == ["in20", "in50"]


def test_somebody_never_read_and_somebody_who_failed_are_told_so(
    transaction: TransactionFactory, now: datetime
) -> None:
    watched(transaction, now, "fresh")
    watched(transaction, now, "broken")
    with transaction() as session:
        session.execute(update(Influencer).where(Influencer.username == "broken").values(last_error="transient: hang"))
        sentences = [forecast.why_next(session, name, now=now, settings=SETTINGS) for name in ("fresh", "broken")]

    assert "never read" in sentences[0]
    assert "transient: hang" in sentences[1]


def test_freshness_counts_what_was_published_under_watch(transaction: TransactionFactory, now: datetime) -> None:
    influencer = watched(transaction, now, settings={"promise": {"share": 0.5, "minutes": 60}})
    with transaction() as session:
        session.execute(update(CampaignInfluencer).values(created_at=now - timedelta(days=5)))
    for number, (age, delay) in enumerate([(8.0, 3000), (4.0, 10), (3.0, 45), (2.0, 200), (1.0, 1000)]):
        saved(transaction, stored_post(influencer, number, now - timedelta(days=age), timedelta(minutes=delay)))

    with transaction() as session:
        [campaign] = measure_freshness(session, now=now)

    assert campaign.posts == 4
    assert list(campaign.histogram) == [0, 1, 0, 1, 0, 1, 1]
    assert campaign.kept_share == 0.5
    assert campaign.is_kept
    assert campaign.median == timedelta(minutes=122.5)


def stored_post(influencer: Influencer, number: int, taken_at: datetime, delay: timedelta) -> InfluencerPost:
    return InfluencerPost(
        influencer_id=influencer.id, media_pk=str(number), code="", media_type=1, product_type="feed", caption="",
        caption_hash="", usertags=[], coauthors=[], sponsor_tags=[], is_paid_partnership=None, is_pinned=False,
        taken_at=taken_at, first_seen_at=taken_at + delay, last_seen_at=taken_at + delay, raw={},
    )  # fmt: skip


def test_holidays_of_an_unknown_country_are_refused_in_words() -> None:
    with pytest.raises(ConfigurationError, match="TAGBUY_HOLIDAY_COUNTRY"):
        market.week_of("Asia/Seoul", "XX")


def test_koreas_lunar_holidays_are_known() -> None:
    new_year = datetime(2026, 2, 17, 12, tzinfo=KST)

    assert market.week_of("Asia/Seoul", "KR").day_and_hour(new_year) == (6, 12)
    assert market.week_of("Asia/Seoul", "-").day_and_hour(new_year) == (1, 12)
