"""Looks that are timed to the minute, for influencers whose posts are published at set times.

The threshold of `adaptive` looks when enough has gathered, and so often just before the full hour at which the next
post is planned. Here the next looks are planned together: the sum of expected delay and of the price of each look is
least (dynamic programming over a grid of moments; the gap that the threshold would leave is the scale of the grid).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt

from app.scheduling.rhythm import PUNCTUAL_PARTS, Intensity
from app.scheduling.week import HOURS_A_DAY

_GAPS_AHEAD = 3.0
_MOMENTS_A_GAP = 8
_LULLS = (3.0, 6.0, 33.0)
"""Minutes at which a wave of punctual posts has ended: good moments for a look."""


@dataclass(frozen=True, slots=True)
class _Grid:
    """Moments in hours from now; the posts expected until each, and the sum of their times."""

    moments: Sequence[float]
    posts: Sequence[float]
    times: Sequence[float]


def best_wait(intensity: Intensity, price: float, start_hour: float, days: Sequence[int], *, usual: float) -> float:
    """Return after how many hours to look next, where the threshold alone says `usual`."""
    grid = _lay_grid(intensity, start_hour, days, gap=usual)
    if len(grid.moments) == 1:
        return usual
    end = grid.moments[-1]
    cost = [0.0] * len(grid.moments)
    first = 0
    for here in range(len(grid.moments) - 1, -1, -1):
        left, unseen = end - grid.moments[here], grid.posts[-1] - grid.posts[here]
        # Beyond the grid nothing is planned: from here to its end, looks at the usual rate would cost this much.
        best, first = sqrt(2 * price * unseen * left), here
        for there in range(here + 1, len(grid.moments)):
            delay = grid.moments[there] * (grid.posts[there] - grid.posts[here]) - (
                grid.times[there] - grid.times[here]
            )
            if delay > 3 * price:
                break
            if delay + price + cost[there] < best:
                best, first = delay + price + cost[there], there
        cost[here] = best if best < inf else 0.0
    return grid.moments[first] if first else usual


def _lay_grid(intensity: Intensity, start_hour: float, days: Sequence[int], *, gap: float) -> _Grid:
    step, horizon = gap / _MOMENTS_A_GAP, max(_GAPS_AHEAD * gap, 1.0)
    moments, posts, times = [0.0], [0.0], [0.0]
    elapsed = count = weighted = 0.0
    hour, passed = int(start_hour), (start_hour - int(start_hour)) * 60
    for day in days:
        for rate in intensity.rates[day * HOURS_A_DAY + hour : (day + 1) * HOURS_A_DAY]:
            for begin, end, share in PUNCTUAL_PARTS:
                if end <= passed:
                    continue
                width = (end - max(begin, passed)) / 60
                density = 1 - intensity.punctual_share + intensity.punctual_share * share * 60 / (end - begin)
                pieces = max(1, round(width / step))
                for _ in range(pieces):
                    weighted += rate * density * width / pieces * (elapsed + width / pieces / 2)
                    count += rate * density * width / pieces
                    elapsed += width / pieces
                    if elapsed - moments[-1] >= step * (0.3 if end in _LULLS else 0.6):
                        moments.append(elapsed)
                        posts.append(count)
                        times.append(weighted)
            passed = 0.0
            if elapsed >= horizon:
                return _Grid(moments, posts, times)
        hour = 0
    return _Grid(moments, posts, times)
