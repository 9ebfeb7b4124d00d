from datetime import timedelta

import pytest

from app.metrics.engagement import Counts, Rate, at_age, combined_rate, per_hour, ratio
from tests.builders import NOW


def counts(hours: float, likes: int | None, comments: int | None = 0) -> Counts:
    return Counts(
        recorded_at=NOW + timedelta(hours=hours),
        likes=likes,
        comments=comments,
        plays=None,
        views=None,
        are_likes_hidden=likes is None,
    )


@pytest.mark.parametrize(("likes", "comments", "sum_"), [(7, 2, 9), (0, 0, 0), (None, 2, None), (7, None, None)])
def test_engagement_is_unknown_where_a_part_is(likes: int | None, comments: int | None, sum_: int | None) -> None:
    assert counts(0, likes, comments).engagement == sum_


@pytest.mark.parametrize(
    ("part", "whole", "result"), [(5, 100, 0.05), (0, 100, 0.0), (None, 100, None), (5, None, None), (5, 0, None)]
)
def test_a_ratio_of_something_unknown_is_unknown(part: int | None, whole: int | None, result: float | None) -> None:
    assert ratio(part, whole) == result


def test_velocity_is_taken_over_an_hour_or_more_and_may_be_negative() -> None:
    assert per_hour([counts(0, 100), counts(4, 300), counts(4.9, 310), counts(5, 320)]) == pytest.approx(20)
    assert per_hour([counts(0, 100), counts(2, 80)]) == pytest.approx(-10)


@pytest.mark.parametrize("samples", [[], [counts(0, 5)], [counts(0, 5), counts(0.5, 9)], [counts(0, None)]])
def test_velocity_is_unknown_without_an_hour_between(samples: list[Counts]) -> None:
    assert per_hour(samples) is None


def test_hidden_samples_are_passed_over() -> None:
    assert per_hour([counts(0, 100), counts(1, None), counts(2, 200)]) == pytest.approx(50)


def test_velocity_is_unknown_when_likes_are_hidden_now() -> None:
    assert per_hour([counts(0, 100), counts(2, 200), counts(3, None)]) is None


def test_a_mark_is_the_nearest_sample_or_a_gap() -> None:
    samples = [counts(20, 1), counts(25, 2), counts(40, 3)]
    day = timedelta(days=1)

    assert at_age(samples, NOW, day) is samples[1]
    assert at_age([samples[2]], NOW, day) is None
    assert at_age([], NOW, day) is None


def test_a_campaign_rate_is_two_numbers_and_says_of_how_many() -> None:
    rate = combined_rate([(100, 1000), (10, 1000), (None, 500), (5, None), (7, 0)])

    assert (rate.used, rate.left_out) == (2, 3)
    assert rate.mean_of_posts == pytest.approx(0.055)
    assert rate.sum_over_sum == pytest.approx(0.055)
    uneven = combined_rate([(100, 1000), (10, 10_000)])
    assert uneven.mean_of_posts == pytest.approx(0.0505)
    assert uneven.sum_over_sum == pytest.approx(0.01)


def test_a_campaign_without_a_usable_post_has_no_rate() -> None:
    assert combined_rate([(None, 5)]) == Rate(None, None, 0, 1)
