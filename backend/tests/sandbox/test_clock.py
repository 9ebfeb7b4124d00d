import pytest

from app.sandbox.clock import WorldClock

START = 1_000_000.0


def test_before_the_start_both_times_are_the_same() -> None:
    clock = WorldClock(START, speed=600)

    assert clock.world_at(START - 5000) == START - 5000
    assert clock.wall_at(START - 5000) == START - 5000


def test_after_the_start_world_time_runs_at_the_speed() -> None:
    clock = WorldClock(START, speed=60)

    assert clock.world_at(START + 10) == START + 600
    assert clock.wall_at(START + 600) == START + 10


def test_a_change_of_speed_moves_nothing_that_has_happened() -> None:
    clock = WorldClock(START, speed=60)

    clock.set_speed(1, at=START + 10)

    assert clock.wall_at(START + 300) == START + 5
    assert clock.wall_at(START + 603) == START + 13


def test_a_clock_that_stands_still_reaches_nothing_new_until_it_runs_again() -> None:
    clock = WorldClock(START, speed=2)

    clock.set_speed(0, at=START + 10)
    still = clock.wall_at(START + 30)
    clock.set_speed(2, at=START + 100)

    assert still is None
    assert clock.world_at(START + 99) == START + 20
    assert clock.wall_at(START + 30) == pytest.approx(START + 105)
