"""When a source beyond the feeds is worth a look."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from app.scheduling.discovery import ALONE, SHARED, Find, Kind, Yield, feeds_gap, gap, learned, stored_yield, yield_of

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)
SHORTEST, LONGEST = timedelta(minutes=10), timedelta(days=1)
PRICE = 0.05
WEIGHT = 2.0


def wait(
    known: Yield, price: float = PRICE, *, kind: Kind = SHARED, feeds: float = 2.0, longest: timedelta = LONGEST
) -> timedelta:
    return gap(known, kind, price, usual_hours=feeds, shortest=SHORTEST, longest=longest)


def well_known(rate: float, feeds: float) -> Yield:
    """A source that has shown so many weighted posts an hour for so long that what is assumed hardly counts."""
    return Yield(NOW, requests=1e6, finds=rate * 1e6, weight=rate * 1e6, gaps=rate * 1e6 * feeds, hours=1e6)


def best_gap(rate: float, feeds: float, price: float) -> float:
    """The gap whose saving, less the price, is greatest an hour: by trying them all."""
    gaps = [feeds * step / 20_000 for step in range(1, 20_001)]

    def gain(hours: float) -> float:
        return (rate * feeds**2 / 6 * (1 - (1 - hours / feeds) ** 3) - price) / hours

    return max(gaps, key=gain)


@pytest.mark.parametrize(
    ("rate", "feeds", "price"), [(4.0, 2.0, 0.2), (1.0, 3.0, 0.3), (0.5, 6.0, 1.0), (0.9, 2.0, 0.59), (0.5, 12.0, 0.1)]
)
def test_the_wait_is_the_one_that_saves_most(rate: float, feeds: float, price: float) -> None:
    found = wait(well_known(rate, feeds), price, feeds=feeds)

    assert found / HOUR == pytest.approx(best_gap(rate, feeds, price), rel=0.01)


def test_a_source_that_saves_less_than_a_look_costs_waits_longest() -> None:
    rate, feeds, price = 0.1, 4.0, 0.3

    assert rate * feeds**2 / 6 < price
    assert wait(well_known(rate, feeds), price, feeds=feeds) == LONGEST


def test_what_no_feed_shows_follows_the_law_of_the_feeds() -> None:
    found = wait(well_known(0.02, 0.0), 0.3, kind=ALONE, longest=timedelta(days=9))

    assert found / HOUR == pytest.approx((2 * 0.3 / 0.02) ** 0.5, rel=1e-3)


def test_no_source_is_asked_more_often_than_allowed() -> None:
    assert wait(well_known(1000.0, 2.0), 1e-6) == SHORTEST


def played(*phases: tuple[float, float], feeds: float, kind: Kind = SHARED, seed: int = 1) -> list[float]:
    """Play a source that shows so many posts an hour for so many days; return its looks a day in each phase."""
    chance = random.Random(seed)
    known, last, next_at, until, looks_a_day = Yield(NOW), 0.0, 0.0, 0.0, []
    for days, rate in phases:
        until += days * 24
        looks = 0
        while next_at < until:
            moment, finds = last, []
            while rate and (moment := moment + chance.expovariate(rate)) <= next_at:
                due = moment + chance.random() * feeds
                if due > next_at:
                    finds.append(Find(WEIGHT, due - next_at))
            at = NOW + next_at * HOUR
            known = learned(known, kind, finds, usual_hours=feeds, now=at)
            looks, last = looks + 1, next_at
            next_at += wait(known, kind=kind, feeds=feeds) / HOUR
        looks_a_day.append(looks / days)
    return looks_a_day


@pytest.mark.parametrize(("rate", "feeds"), [(0.3, 4.0), (1.0, 2.0), (3.0, 1.0)])
def test_a_source_that_was_silent_for_weeks_is_found_out_again_within_days(rate: float, feeds: float) -> None:
    silent, at_first, later = played((14, 0.0), (7, rate), (7, rate), feeds=feeds)
    [always] = played((14, rate), feeds=feeds)

    assert silent < 8
    assert at_first > 3 * silent
    assert later == pytest.approx(always, rel=0.25)


def test_a_source_that_falls_silent_is_given_up_within_days() -> None:
    rich, falling, silent = played((14, 1.0), (20, 0.0), (10, 0.0), feeds=2.0)

    assert rich > 2 * falling
    assert silent < 8


def test_tabs_of_reels_that_bring_nothing_cost_little() -> None:
    assert played((7, 0.0), (14, 0.0), feeds=2.0, kind=ALONE)[1] < 4


@pytest.mark.parametrize("every", [0.2, 1.0, 2.0, 24.0])
def test_the_feeds_gap_is_learned_from_what_finds_save_however_rarely_one_looks(every: float) -> None:
    chance, feeds, known = random.Random(3), 4.0, Yield(NOW)
    for number in range(1, round(2000 / every)):
        posts = [chance.random() * every for _ in range(round(10 * every))]
        finds = [Find(WEIGHT, age_left) for age in posts if (age_left := chance.random() * feeds - age) > 0]
        known = learned(known, SHARED, finds, usual_hours=2.0, now=NOW + number * every * HOUR)

    assert feeds_gap(Yield(NOW), SHARED, usual_hours=2.0) == 2.0
    assert feeds_gap(known, SHARED, usual_hours=2.0) == pytest.approx(feeds, rel=0.06)


def test_a_look_counts_for_no_more_hours_than_the_feeds_leave() -> None:
    begun = Yield(NOW, requests=1.0)

    hourly, daily, first = (
        learned(known, SHARED, [], usual_hours=2.0, now=NOW + passed)
        for known, passed in ((begun, HOUR), (begun, timedelta(days=1)), (Yield(NOW), timedelta(0)))
    )

    assert hourly.hours == pytest.approx(1 - 1 / 4)
    assert daily.hours == first.hours == pytest.approx(2 / 2)
    assert learned(Yield(NOW), ALONE, [], usual_hours=2.0, now=NOW).hours == 0


def test_what_is_stored_is_what_was_known() -> None:
    known = learned(Yield(NOW), SHARED, [Find(2.0, 1.5)], usual_hours=2.0, now=NOW)

    assert yield_of(stored_yield(known), now=NOW) == known
    assert yield_of(None, now=NOW) == Yield(NOW)
