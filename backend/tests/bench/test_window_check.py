import pytest

from app.bench.window_check import Window, count_violations, most_permitted, scaled_windows, worst_undercut_ns

SECOND = 1_000_000_000
REAL = scaled_windows(1)
NONE = {"spacing": 0, "minute": 0, "hour": 0, "day": 0}


def as_early_as_permitted(count: int) -> list[int]:
    """The moments of a schedule that uses every permit at once."""
    moments: list[int] = []
    while len(moments) < count:
        full = [window for window in REAL if len(moments) >= window.most]
        moments.append(max((moments[-window.most] + window.span_ns for window in full), default=0))
    return moments


def test_a_schedule_that_uses_every_permit_violates_nothing() -> None:
    assert count_violations(as_early_as_permitted(2500), REAL) == NONE


@pytest.mark.parametrize(
    ("planted_before", "expected"),
    [
        (1, {"spacing": 1}),
        (20, {"minute": 1}),
        (200, {"hour": 1}),
        (1000, {"day": 1}),
    ],
)
def test_an_arrival_one_nanosecond_too_early_is_found(planted_before: int, expected: dict[str, int]) -> None:
    arrivals = as_early_as_permitted(planted_before + 1)
    arrivals[-1] -= 1

    assert count_violations(arrivals, REAL) == NONE | expected
    assert worst_undercut_ns(arrivals, REAL) == 1


def test_every_arrival_in_a_full_window_counts() -> None:
    arrivals = [number * SECOND for number in range(4)]

    assert count_violations(arrivals, [Window("two", 2, 10 * SECOND)]) == {"two": 2}
    assert worst_undercut_ns(arrivals, [Window("two", 2, 10 * SECOND)]) == 8 * SECOND


def test_the_order_in_which_arrivals_were_written_down_does_not_matter() -> None:
    assert count_violations([5 * SECOND, 0, SECOND], REAL) == NONE | {"spacing": 1}


def test_one_arrival_and_none_violate_nothing() -> None:
    assert count_violations([], REAL) == NONE
    assert count_violations([7], REAL) == NONE
    assert worst_undercut_ns([7], REAL) == 0


@pytest.mark.parametrize(
    ("seconds", "permitted"), [(1, 1), (2, 1), (2.1, 2), (60, 20), (61, 21), (4000, 340), (86_400, 1000)]
)
def test_the_permitted_maximum_is_that_of_the_fullest_schedule(seconds: float, permitted: int) -> None:
    assert most_permitted(REAL, round(seconds * SECOND)) == permitted


def test_the_scale_shortens_every_time() -> None:
    assert [(window.most, window.span_ns) for window in scaled_windows(0.01)] == [
        (1, 20_000_000),
        (20, 600_000_000),
        (200, 36 * SECOND),
        (1000, 864 * SECOND),
    ]
