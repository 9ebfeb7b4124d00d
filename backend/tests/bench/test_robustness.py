"""What must not hurt: habits that change, silence, bursts, wrong clocks, busy accounts, a pool that loses accounts."""

import random
from collections.abc import Sequence
from itertools import pairwise

import pytest

from app.bench import histories as posting
from app.bench.histories import DAY, HOUR, WEEK, History
from app.bench.players import AdaptivePlayer, UniformPlayer
from app.bench.replay import Outcome, Player, replay

BEGINS = 2800 * WEEK
TEST = BEGINS + 28 * DAY
ENDS = TEST + 14 * DAY
PER_DAY = 240
ACCOUNTS = 20
BOUND = 12 * HOUR


def crowd(seed: int = 1) -> list[History]:
    """Accounts of the usual kind over the six weeks."""
    made, _ = posting.make_population(accounts=ACCOUNTS, days=42, chance=random.Random(seed))
    return [history for history in made if history.posts]


def adaptive(histories: Sequence[History], per_day: float = PER_DAY) -> AdaptivePlayer:
    return AdaptivePlayer(histories, per_day=per_day, known_from=BEGINS, begins=TEST, seed=1)


def played(histories: Sequence[History], player: Player, **changes: float) -> Outcome:
    return replay(histories, player, per_day=PER_DAY, begins=TEST, counts_from=TEST, ends=ENDS, **changes)


def longest_gap(outcome: Outcome, accounts: int, *, ends: float = ENDS) -> float:
    looks: list[list[float]] = [[TEST] for _ in range(accounts)]
    for account, moment in outcome.polls:
        looks[account].append(moment)
    return max(later - earlier for own in looks for earlier, later in pairwise([*own, ends]))


def mean_delay(outcome: Outcome, account: int | None = None) -> float:
    delays = [delay for who, delay in [*outcome.found, *outcome.unfound] if account in (None, who)]
    return sum(delays) / len(delays)


def daily_means(levels: Sequence[float]) -> list[float]:
    return [sum(levels[start : start + 144]) / 144 for start in range(0, len(levels), 144)]


def daily(hour: float, first_day: int, last_day: int) -> list[float]:
    return [BEGINS + day * DAY + hour * HOUR for day in range(first_day, last_day)]


def test_no_feed_waits_longer_than_its_bound() -> None:
    people = [*crowd(), History("silent", [BEGINS + HOUR, BEGINS + DAY])]

    assert longest_gap(played(people, adaptive(people)), len(people)) <= BOUND + HOUR


def test_a_habit_that_moves_by_half_a_day_is_followed() -> None:
    people = [*crowd(), History("moved", daily(8.3, 0, 28) + daily(20.3, 28, 42))]
    moved = len(people) - 1

    outcome = played(people, adaptive(people))
    in_order = [delay for account, delay in outcome.found if account == moved]

    assert longest_gap(outcome, len(people)) <= BOUND + HOUR
    assert sum(in_order[7:]) < sum(in_order[:7])


def test_a_burst_after_weeks_of_silence_is_followed_closely() -> None:
    burst = [TEST + 7 * DAY + 12 * HOUR + number * 2 * HOUR for number in range(36)]
    people = [*crowd(), History("back", [*daily(12.3, 0, 3), *burst])]
    back = len(people) - 1

    outcome = played(people, adaptive(people))
    delays = [delay for account, delay in outcome.found if account == back]

    assert delays[0] <= BOUND + HOUR
    assert sum(delays[18:]) / 18 < 2 * HOUR


def test_a_clock_that_is_nine_hours_off_costs_little() -> None:
    people = crowd()
    shifted = [
        History(history.account, [post + 9 * HOUR for post in history.posts], history.tier) for history in people
    ]

    right, wrong = mean_delay(played(people, adaptive(people))), mean_delay(played(shifted, adaptive(shifted)))

    assert wrong == pytest.approx(right, rel=0.1)


def test_hours_that_mean_nothing_are_no_worse_than_taking_turns() -> None:
    chance = random.Random(4)
    people = [
        History(f"any{number}", sorted(BEGINS + chance.random() * 42 * DAY for _ in range(30)))
        for number in range(ACCOUNTS)
    ]

    learned = mean_delay(played(people, adaptive(people)))
    in_turn = mean_delay(played(people, UniformPlayer(people, per_day=PER_DAY, seed=1)))

    assert learned < 1.2 * in_turn


def test_forty_posts_a_day_starve_nobody() -> None:
    people = crowd()
    busy = History("busy", [BEGINS + number * DAY / 40 for number in range(42 * 40)])

    outcome = played([*people, busy], adaptive([*people, busy]))

    assert mean_delay(outcome, len(people)) < 45 * 60
    assert longest_gap(outcome, len(people) + 1) <= BOUND + HOUR
    assert sum(account == len(people) for account, _ in outcome.polls) < 0.5 * len(outcome.polls)


def test_a_budget_that_halves_at_noon_lengthens_every_gap_and_the_price_settles() -> None:
    people = crowd()
    player = adaptive(people)
    noon = TEST + 7 * DAY + 12 * HOUR

    outcome = played(people, player, halve_at=noon)

    before, after = daily_means(player.levels[3 * 144 : 7 * 144]), daily_means(player.levels[-4 * 144 :])
    days = [sum(noon + day * DAY <= moment < noon + (day + 1) * DAY for _, moment in outcome.polls) for day in range(6)]
    assert max(days) <= PER_DAY / 2
    assert min(days) >= 0.9 * PER_DAY / 2
    assert longest_gap(outcome, len(people)) <= BOUND + 2 * HOUR
    assert max(before) < 1.4 * min(before)
    assert max(after) < 1.4 * min(after)
    assert sum(after) == pytest.approx(4 * sum(before), rel=0.35)
