from datetime import UTC, datetime, timedelta

import pytest

from app.scheduling.discovery import Find, Yield, gap, learned, stored_yield, yield_of

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
SHORTEST, LONGEST = timedelta(minutes=10), timedelta(days=1)
PRICE = 0.05


def after(days: float, *, finds_per_look: int, saved_hours: float = 2.0) -> Yield:
    """What is known after so many days of looks every two hours."""
    known = Yield(NOW - timedelta(days=days))
    for number in range(round(days * 12)):
        at = NOW - timedelta(days=days) + timedelta(hours=2 * (number + 1))
        known = learned(known, [Find(2.0, saved_hours)] * finds_per_look, now=at)
    return known


def wait(known: Yield, price: float = PRICE) -> timedelta:
    return gap(known, price, shortest=SHORTEST, longest=LONGEST)


def test_the_gap_follows_the_square_root_law() -> None:
    rich = after(60, finds_per_look=1)

    assert rich.finds_per_request == pytest.approx(1)
    assert wait(rich) / timedelta(hours=1) == pytest.approx((2 * PRICE / 1.0) ** 0.5, rel=0.05)
    assert wait(rich, PRICE * 4) / wait(rich) == pytest.approx(2)


def test_a_new_source_is_tried_soon_and_one_that_brings_nothing_only_now_and_then() -> None:
    assert SHORTEST < wait(Yield(NOW)) < timedelta(hours=3)
    assert wait(after(14, finds_per_look=0), price=1.0) == LONGEST


def test_a_source_whose_finds_save_less_than_its_gap_is_not_worth_its_requests() -> None:
    assert wait(after(60, finds_per_look=1, saved_hours=0.1)) == LONGEST


def test_no_source_is_asked_more_often_than_allowed() -> None:
    assert wait(after(30, finds_per_look=12), price=1e-6) == SHORTEST


def test_a_source_that_falls_silent_is_forgotten_and_one_that_speaks_again_is_learned() -> None:
    silent = after(30, finds_per_look=1)
    for day in range(1, 60):
        silent = learned(silent, [], now=NOW + timedelta(days=day))
    again = learned(silent, [Find(4.0, 5.0)] * 5, now=NOW + timedelta(days=60))

    assert wait(after(30, finds_per_look=1)) < wait(again) < wait(silent)


def test_what_is_stored_is_what_was_known() -> None:
    known = after(3, finds_per_look=1)

    assert yield_of(stored_yield(known), now=NOW) == known
    assert yield_of(None, now=NOW) == Yield(NOW)
