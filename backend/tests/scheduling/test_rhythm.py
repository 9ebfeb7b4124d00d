"""What is learned of an influencer's posting."""

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.scheduling.rhythm import Prior, Rhythm, first_rhythm, fit_prior, intensity_of, learned, new_rhythm
from app.scheduling.week import HOURS_A_WEEK, Week

SEOUL = Week(ZoneInfo("Asia/Seoul"))
FLAT = Prior(0.5 / 24, [1.0] * HOURS_A_WEEK)
MONDAY = datetime(2026, 11, 2, tzinfo=ZoneInfo("Asia/Seoul"))


def watched(days: int, posts_of_day: dict[int, list[float]], *, start: datetime = MONDAY) -> Rhythm:
    """The rhythm after so many days on which posts came at these hours of weekday 0 to 6."""
    rhythm = new_rhythm(start)
    for day in range(days):
        midnight = start + timedelta(days=day)
        for hour in posts_of_day.get(midnight.weekday(), []):
            instant = midnight + timedelta(hours=hour)
            rhythm = learned(rhythm, [instant], SEOUL, now=instant)
    return learned(rhythm, [], SEOUL, now=start + timedelta(days=days))


def test_the_rate_of_a_regular_poster_is_learned() -> None:
    rhythm = watched(84, {day: [9.5, 20.5] for day in range(7)})

    per_day = sum(intensity_of(rhythm, FLAT).rates) / 7

    assert per_day == pytest.approx(2.0, rel=0.05)


def test_nobody_known_is_taken_for_the_group() -> None:
    assert intensity_of(new_rhythm(MONDAY), FLAT).rates == pytest.approx([0.5 / 24] * HOURS_A_WEEK, rel=1e-3)


def test_own_hours_win_over_the_common_ones_with_time() -> None:
    rates = intensity_of(watched(84, {day: [20.5] for day in range(7)}), FLAT).rates

    assert max(range(HOURS_A_WEEK), key=lambda hour: rates[hour]) % 24 == 20
    assert rates[20] > 10 * rates[8]


def test_a_new_habit_outweighs_the_old_one_after_six_weeks() -> None:
    mornings = watched(84, {day: [8.5] for day in range(7)})
    moved = mornings
    for day in range(42):
        instant = MONDAY + timedelta(days=84 + day, hours=22.5)
        moved = learned(moved, [instant], SEOUL, now=instant)

    rates = intensity_of(moved, FLAT).rates

    assert rates[22] > 2 * rates[8]


def test_silence_lowers_the_rate_and_a_burst_raises_it_at_once() -> None:
    active = watched(56, {day: [12.5] for day in range(7)})
    silent = learned(active, [], SEOUL, now=active.learned_until + timedelta(days=42))
    burst = [silent.learned_until + timedelta(hours=hour) for hour in range(1, 6)]
    again = learned(silent, burst, SEOUL, now=burst[-1])

    def per_day(rhythm: Rhythm) -> float:
        return sum(intensity_of(rhythm, FLAT).rates) / 7

    assert per_day(silent) < 0.4 * per_day(active)
    assert per_day(again) > 1.4 * per_day(silent)


def test_a_holiday_counts_as_a_sunday() -> None:
    tuesday = date(2026, 11, 3)
    week = Week(ZoneInfo("Asia/Seoul"), holidays={tuesday})

    assert week.day_and_hour(MONDAY + timedelta(days=1, hours=3)) == (6, 3)
    assert week.days_from(MONDAY + timedelta(hours=1.5), 3) == (1.5, [0, 6, 2])


def test_posts_at_the_full_hour_are_recognised() -> None:
    on_the_hour = watched(28, {day: [18.005] for day in range(7)})
    any_minute = watched(28, {day: [18 + (day * 7 + 11) % 60 / 60] for day in range(7)})

    assert intensity_of(on_the_hour, FLAT).punctual_share > 0.7
    assert intensity_of(any_minute, FLAT).punctual_share < 0.15


def test_the_first_page_already_teaches() -> None:
    page = [MONDAY + timedelta(days=day, hours=20.5) for day in range(12)]

    rhythm = first_rhythm(page, SEOUL, now=MONDAY + timedelta(days=12))

    assert rhythm.posts == pytest.approx(11, rel=0.2)
    assert sum(intensity_of(rhythm, FLAT).rates) / 7 == pytest.approx(1.0, rel=0.2)


def test_an_empty_first_page_leaves_the_prior() -> None:
    assert first_rhythm([], SEOUL, now=MONDAY) == new_rhythm(MONDAY)


def test_a_page_that_came_late_does_not_turn_time_back() -> None:
    rhythm = watched(7, {0: [12.0]})

    assert learned(rhythm, [], SEOUL, now=MONDAY) == rhythm


def test_a_busy_account_does_not_decide_the_common_shape_alone() -> None:
    chance = random.Random(3)
    busy = [MONDAY + timedelta(days=chance.random() * 56) for _ in range(4000)]
    evening = [[MONDAY + timedelta(days=day, hours=20.5) for day in range(0, 56, 3)] for _ in range(20)]
    quiet_hour, busy_hour = 24 * 2 + 4, 24 * 2 + 20

    prior = fit_prior([busy, *evening], SEOUL, span=timedelta(days=56))

    assert prior.shape[busy_hour] > 5 * prior.shape[quiet_hour]
    assert sum(prior.shape) / HOURS_A_WEEK == pytest.approx(1.0)


def test_instants_in_another_zone_are_the_same_hours() -> None:
    in_utc = [instant.astimezone(UTC) for instant in (MONDAY + timedelta(hours=8), MONDAY + timedelta(hours=9))]

    assert first_rhythm(in_utc, SEOUL, now=MONDAY + timedelta(days=1)).by_hour[9] > 0
