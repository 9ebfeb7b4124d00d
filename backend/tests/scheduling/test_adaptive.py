"""When a look is worth its price."""

import math
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.models.states import ScanPriority
from app.scheduling.adaptive import Adaptive, hours_until_late, hours_until_worth, starvation_bound, with_proofs
from app.scheduling.policy import Promise, Reason, Target
from app.scheduling.rhythm import Intensity, Prior, new_rhythm
from app.scheduling.tiers import SCAN_PRIORITY, Tiers, should_scan_influencer
from app.scheduling.week import HOURS_A_WEEK, Week

NOON = datetime(2026, 11, 2, 12, tzinfo=ZoneInfo("Asia/Seoul"))
RATE = 0.1
STEADY = Intensity([RATE] * HOURS_A_WEEK, 0.0)
NO_NIGHTS = Intensity([RATE if 8 <= hour % 24 < 23 else 1e-6 for hour in range(HOURS_A_WEEK)], 0.0)
POLICY = Adaptive(
    prior=Prior(RATE, [1.0] * HOURS_A_WEEK),
    price=0.2,
    week=Week(ZoneInfo("Asia/Seoul")),
    bound=timedelta(hours=12),
)
TARGET = Target(ScanPriority.MEDIUM, new_rhythm(NOON), weight=1.0)


@pytest.mark.parametrize("price", [0.0001, 0.01, 0.2, 1.0])
@pytest.mark.parametrize("start_hour", [0.0, 11.37, 23.99])
def test_a_steady_poster_follows_the_square_root_law(price: float, start_hour: float) -> None:
    wait = hours_until_worth(STEADY, price, start_hour, [0, 1, 2], bound=48)

    assert wait == pytest.approx(math.sqrt(2 * price / RATE))


def test_four_times_the_weight_halves_the_gap() -> None:
    once = POLICY.next_due(TARGET, now=NOON).at - NOON
    often = POLICY.next_due(replace(TARGET, weight=4.0), now=NOON).at - NOON

    assert often / once == pytest.approx(0.5)


def test_nights_without_posts_are_slept_through() -> None:
    at_noon = hours_until_worth(NO_NIGHTS, 0.02, 12.0, [0, 1], bound=12)
    at_eleven = hours_until_worth(NO_NIGHTS, 0.02, 23.0, [0, 1], bound=12)

    assert at_noon < 1
    assert at_eleven > 9


def test_no_gap_is_longer_than_the_bound() -> None:
    silent = Intensity([1e-6] * HOURS_A_WEEK, 0.0)

    assert hours_until_worth(silent, 1.0, 5.5, [0, 1], bound=12) == 12
    assert POLICY.next_due(replace(TARGET, weight=1e-9), now=NOON).reason is Reason.BOUND


def test_looks_come_after_the_full_hour_not_before_it() -> None:
    scheduled = Intensity([0.5] * HOURS_A_WEEK, 0.8)

    minutes = [
        (start + hours_until_worth(scheduled, 0.15, start, [0, 1], bound=12)) * 60 % 60
        for start in (9.1, 9.3, 9.5, 9.7, 9.9)
    ]

    assert all(2 <= minute <= 20 for minute in minutes)


@pytest.mark.parametrize("share", [0.5, 0.95])
def test_a_promise_to_a_steady_poster_is_a_gap(share: float) -> None:
    wait = hours_until_late(STEADY, 3.2, [0, 1], within=1.0, share=share)

    assert wait == pytest.approx(1.0 + (1 - share))


def test_a_promise_keeps_its_share_through_the_day() -> None:
    now, late, total = 0.0, 0.0, 24 * sum(NO_NIGHTS.rates) / HOURS_A_WEEK
    while now < 24:
        gap = hours_until_late(NO_NIGHTS, now % 24, [0, 1, 2], within=1.0, share=0.95)
        late += sum(NO_NIGHTS.rates[int(now + step / 60) % 24] for step in range(int((gap - 1) * 60))) / 60
        now += gap

    assert late / total <= 0.05


def test_a_promise_brings_the_look_forward() -> None:
    promised = replace(TARGET, promise=Promise(0.95, timedelta(minutes=60)))

    due = POLICY.next_due(promised, now=NOON)

    assert due.reason is Reason.PROMISE
    assert due.at - NOON == timedelta(minutes=63)
    assert POLICY.next_due(TARGET, now=NOON).at > due.at


def test_something_else_that_is_wanted_brings_the_look_forward_but_never_into_the_past() -> None:
    soon = replace(TARGET, wanted_at=NOON + timedelta(minutes=5))
    overdue = replace(TARGET, wanted_at=NOON - timedelta(minutes=5))

    assert POLICY.next_due(soon, now=NOON).at == NOON + timedelta(minutes=5)
    assert POLICY.next_due(soon, now=NOON).reason is Reason.WANTED
    assert POLICY.next_due(overdue, now=NOON).at == NOON


def test_a_page_that_proves_contents_is_due_earlier() -> None:
    plain, proving = (POLICY.next_due(replace(TARGET, proofs=proofs), now=NOON).at - NOON for proofs in (0.0, 3 * RATE))

    assert proving / plain == pytest.approx(0.5, rel=1e-4)


def test_the_weight_of_the_posts_is_not_that_of_the_proofs() -> None:
    both = replace(TARGET, weight=4.0, proofs=5 * RATE)

    wait = (POLICY.next_due(both, now=NOON).at - NOON) / timedelta(hours=1)

    assert wait == pytest.approx(math.sqrt(2 * POLICY.price / (9 * RATE)), rel=1e-4)


def test_proofs_are_not_punctual() -> None:
    posts = Intensity([0.5] * HOURS_A_WEEK, 0.8)

    both = with_proofs(posts, 1.5)

    assert both.rates == [2.0] * HOURS_A_WEEK
    assert both.punctual_share == pytest.approx(0.2)


def test_the_bound_never_eats_the_budget() -> None:
    assert starvation_bound(targets=100, requests_per_day=1000) == timedelta(hours=12)
    assert starvation_bound(targets=1000, requests_per_day=1000) == timedelta(days=2)
    assert starvation_bound(targets=2_000_000, requests_per_day=1) == timedelta(days=30)


@pytest.mark.parametrize(("priority", "minutes"), [("high", 30), ("medium", 60), ("low", 180)])
def test_the_tiers_are_the_documents(priority: str, minutes: int) -> None:
    tier = ScanPriority(priority)
    interval = timedelta(minutes=minutes)

    assert SCAN_PRIORITY[tier] == interval
    assert not should_scan_influencer(tier, NOON, now=NOON + interval - timedelta(seconds=1))
    assert should_scan_influencer(tier, NOON, now=NOON + interval)
    assert should_scan_influencer(tier, None, now=NOON)
    assert Tiers().next_due(replace(TARGET, priority=tier), now=NOON).at == NOON + interval
