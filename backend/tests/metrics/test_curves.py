import math

import pytest

from app.metrics.curves import curve_through


def test_the_curve_begins_at_zero_goes_through_the_samples_and_stays_at_the_last() -> None:
    curve = curve_through([(24, 65), (1, 21), (168, 100)])

    assert [curve.at(age) for age in (0, 1, 24, 168, 999)] == pytest.approx([0, 21, 65, 100, 100])


def test_it_never_turns_between_two_samples() -> None:
    curve = curve_through([(1, 10), (2, 10), (5, 80), (24, 80), (48, 60)])

    steps = [curve.at(hour / 10) for hour in range(481)]
    rising, flat, falling = steps[20:51], steps[50:241], steps[240:]
    assert rising == sorted(rising)
    assert flat == pytest.approx([80] * len(flat))
    assert falling == sorted(falling, reverse=True)


def test_few_samples_rebuild_a_saturating_curve() -> None:
    def truth(age: float) -> float:
        return 1000 * -math.expm1(-((age / 18) ** 0.75))

    curve = curve_through([(age, truth(age)) for age in (1, 2, 5, 12, 24, 48, 96, 168)])

    worst = max(abs(curve.at(hour) - truth(hour)) for hour in range(1, 169))
    assert worst < 10


def test_without_a_sample_nothing_is_known_but_the_beginning() -> None:
    assert curve_through([]).at(5) == 0
