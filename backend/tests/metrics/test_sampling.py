from datetime import timedelta

import pytest

from app.metrics.sampling import next_sample_at
from tests.builders import NOW

HOUR = timedelta(hours=1)


def hours_until_next(age_hours: float, *marks: float) -> float:
    now = NOW + age_hours * HOUR
    return (next_sample_at(NOW, marks=[NOW + mark * HOUR for mark in marks], now=now) - now) / HOUR


@pytest.mark.parametrize(("age", "wait"), [(0.25, 0.444), (2, 1.778), (30, 10.8), (200, 38.3), (4000, 282.2)])
def test_samples_are_dense_while_the_curve_grows(age: float, wait: float) -> None:
    assert hours_until_next(age) == pytest.approx(wait, rel=0.01)


@pytest.mark.parametrize(("age", "mark"), [(0.6, 1), (20, 24), (150, 168)])
def test_one_hour_a_day_and_a_week_are_always_sampled(age: float, mark: float) -> None:
    assert hours_until_next(age) == pytest.approx(mark - age)


def test_a_mark_of_the_contract_is_sampled_once() -> None:
    assert hours_until_next(700, 703) == pytest.approx(3)
    assert hours_until_next(703, 703) > 80


def test_a_post_that_was_just_published_waits_for_ten_minutes() -> None:
    assert hours_until_next(0) == pytest.approx(1 / 6)


def test_dear_requests_stretch_the_gaps_and_move_no_mark() -> None:
    ages = [(30.0, 21.6), (160.0, 8.0)]
    waits = [(next_sample_at(NOW, marks=(), now=NOW + age * HOUR, stretch=2.0) - NOW) / HOUR - age for age, _ in ages]

    assert waits == pytest.approx([wait for _, wait in ages], rel=0.01)


def test_thirty_days_take_about_as_many_samples_as_the_cubic_rule() -> None:
    age, samples = 0.25, 0
    while age < 720:
        age += hours_until_next(age)
        samples += 1

    assert 24 <= samples <= 30
