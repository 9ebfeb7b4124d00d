import random

import pytest

from app.sandbox.police import Limits, Police, hourly_limits

NOW = 1_800_000_000.0


def _arrive(police: Police, at: float, account: str = "ana") -> tuple[str, ...]:
    """A request that is answered at once."""
    found = police.arrive(account, at)
    police.leave(account)
    return found


def test_two_requests_two_seconds_apart_break_nothing() -> None:
    police = Police(Limits())

    found = [_arrive(police, NOW), _arrive(police, NOW + 2.0)]

    assert found == [(), ()]
    assert police.report()["total"] == 0


def test_a_request_that_comes_too_soon_is_counted_with_its_gap() -> None:
    police = Police(Limits())

    _arrive(police, NOW)
    found = _arrive(police, NOW + 1.999)

    assert found == ("spacing",)
    assert police.report()["worst"]["smallest_gap_seconds"] == pytest.approx(1.999)


def test_a_second_request_in_flight_is_counted() -> None:
    police = Police(Limits(spacing_seconds=0))

    police.arrive("ana", NOW)
    found = police.arrive("ana", NOW + 30)

    assert found == ("concurrent",)


def test_accounts_do_not_share_their_limits() -> None:
    police = Police(Limits())

    found = [police.arrive("ana", NOW), police.arrive("ben", NOW)]

    assert found == [(), ()]


@pytest.mark.parametrize(
    ("kind", "seconds", "limits"),
    [
        ("minute", 60.0, Limits(0, per_minute=3)),
        ("hour", 3600.0, Limits(0, 99, per_hour=3)),
        ("day", 86400.0, Limits(0, 99, 99, per_day=3)),
    ],
)
def test_a_window_slides_exactly(kind: str, seconds: float, limits: Limits) -> None:
    at_the_edge, inside = Police(limits), Police(limits)
    for police in (at_the_edge, inside):
        for offset in (0.0, 1.0, 2.0):
            _arrive(police, NOW + offset)

    free_again = _arrive(at_the_edge, NOW + seconds)
    too_many = _arrive(inside, NOW + seconds - 0.001)

    assert free_again == ()
    assert too_many == (kind,)


def test_the_windows_agree_with_counting_by_hand() -> None:
    rng = random.Random(3)
    arrivals = sorted(NOW + rng.uniform(0, 7200) for _ in range(900))
    limits = Limits(spacing_seconds=2, per_minute=9, per_hour=420, per_day=800)
    police = Police(limits)

    found = [set(_arrive(police, at)) for at in arrivals]

    for position, at in enumerate(arrivals):
        past = arrivals[: position + 1]
        expected = {
            kind
            for kind, seconds, most in limits.windows()
            if sum(at - seconds < earlier <= at for earlier in past) > most
        }
        if position and at - arrivals[position - 1] < 2:
            expected.add("spacing")
        assert found[position] == expected


def test_what_an_earlier_process_saw_fills_the_windows() -> None:
    police = Police(Limits(0, per_minute=2))
    police.recall("ana", NOW, [])
    police.recall("ana", NOW + 1, ["spacing"])

    found = _arrive(police, NOW + 2)

    assert found == ("minute",)
    assert police.report()["by_kind"] == {"spacing": 1, "minute": 1}


def test_a_token_has_an_hourly_limit_of_its_own_and_none_else() -> None:
    police = Police(Limits(), {"graph01": hourly_limits(3)})

    found = [_arrive(police, NOW + offset, "graph01") for offset in (0, 0, 1, 2)]

    assert found == [(), (), (), ("hour",)]
    assert police.share_of_hour("graph01", NOW + 2) == pytest.approx(4 / 3)
    assert police.share_of_hour("graph01", NOW + 3601) == pytest.approx(1 / 3)
    assert police.report()["worst"].get("smallest_gap_seconds") is None
