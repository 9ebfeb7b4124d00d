"""The strict checker of the benchmark: were there ever more arrivals in a window than may be?

It knows nothing of the pool: only when requests arrived, in nanoseconds of one clock, and what is permitted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Window:
    """At most `most` arrivals in any `span_ns` nanoseconds; one exactly a span later is outside."""

    name: str
    most: int
    span_ns: int


def scaled_windows(scale: float) -> Sequence[Window]:
    """Return the limits of one account, with every time multiplied by `scale`."""
    limits = {"spacing": (1, 2), "minute": (20, 60), "hour": (200, 3600), "day": (1000, 86_400)}
    return [Window(name, most, round(seconds * scale * _SECOND_NS)) for name, (most, seconds) in limits.items()]


def count_violations(arrivals: Sequence[int], windows: Sequence[Window]) -> Mapping[str, int]:
    """Return for each window how many arrivals of one account came while it was full; without any tolerance."""
    return {window.name: sum(gap < window.span_ns for gap in _gaps(arrivals, window)) for window in windows}


def worst_undercut_ns(arrivals: Sequence[int], windows: Sequence[Window]) -> int:
    """Return by how much the worst arrival of one account came too early; 0 where none did."""
    return max([0, *(window.span_ns - gap for window in windows for gap in _gaps(arrivals, window))])


def most_permitted(windows: Sequence[Window], duration_ns: int) -> int:
    """Return the most requests that one idle account may send within `duration_ns`: as early as it may, each time."""
    moments: list[int] = []
    moment = 0
    while moment < duration_ns:
        moments.append(moment)
        full = [window for window in windows if len(moments) >= window.most]
        moment = max((moments[-window.most] + window.span_ns for window in full), default=moment)
    return len(moments)


def _gaps(arrivals: Sequence[int], window: Window) -> Sequence[int]:
    """Return the time from each arrival to the one that must lie at least a span later."""
    ordered = sorted(arrivals)
    return [later - earlier for earlier, later in zip(ordered, ordered[window.most :], strict=False)]
