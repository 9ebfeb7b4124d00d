"""When to look beyond the feeds: a source is treated like a feed whose posts are its first finds.

A find is a post that a source shows before its author's feed would have been read. With finds at a weighted rate ρ, a
look after g hours gathers ρ g²/2 weighted post-hours, and the square-root law of `adaptive` gives the gap
sqrt(2 price / ρ). But a find saves no more than the time until the feed's next look, s on average. Over a gap g a
source earns ρ (s - g/2) an hour and costs price / g; the best of it is positive exactly where g < s. A source whose gap
would be longer is not worth its requests, and is tried only now and then, in case that changes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from math import log, sqrt
from typing import Any

_HALF_LIFE = timedelta(days=7)
_HOUR = timedelta(hours=1)
_FIRST_HOURS = 12.0
"""A new source is taken for one with a find of weight 1 in so many hours, which saves `_FIRST_SAVED`."""
_FIRST_SAVED = 3.0


@dataclass(frozen=True, slots=True)
class Find:
    """A post that a source showed first."""

    weight: float
    """What an hour of its delay is worth."""
    saved_hours: float
    """Until the feed would have been read."""


@dataclass(frozen=True, slots=True)
class Yield:
    """What a source has brought, forgetting with a half-life of seven days."""

    learned_until: datetime
    requests: float = 0.0
    finds: float = 0.0
    weight: float = 0.0
    """Of all finds together."""
    saved: float = 0.0
    """Weighted hours of all finds together."""
    hours: float = 0.0
    """For which the source was looked at."""

    @property
    def finds_per_request(self) -> float:
        """Return how many posts a request found first; 0 where nothing is known."""
        return self.finds / self.requests if self.requests else 0.0


def learned(known: Yield, finds: Sequence[Find], *, now: datetime) -> Yield:
    """Return what is known after a look at `now`, one request, that showed these posts first."""
    passed = max(now - known.learned_until, timedelta(0))
    kept = 0.5 ** (passed / _HALF_LIFE)
    return Yield(
        learned_until=max(now, known.learned_until),
        requests=known.requests * kept + 1,
        finds=known.finds * kept + len(finds),
        weight=known.weight * kept + sum(find.weight for find in finds),
        saved=known.saved * kept + sum(find.weight * find.saved_hours for find in finds),
        hours=known.hours * kept + (1 - kept) * (_HALF_LIFE / _HOUR) / log(2),
    )


def gap(known: Yield, price: float, *, shortest: timedelta, longest: timedelta) -> timedelta:
    """Return how long to wait until the next look, at a price in weighted post-hours a request."""
    rate = (1.0 + known.weight) / (_FIRST_HOURS + known.hours)
    saved = (_FIRST_SAVED + known.saved) / (1.0 + known.weight)
    hours = sqrt(2 * price / rate)
    return max(shortest, min(hours * _HOUR, longest)) if hours < saved else longest


def stored_yield(known: Yield) -> dict[str, Any]:
    """Return what is written to `discovery_sources.yielded`."""
    return asdict(known) | {"learned_until": known.learned_until.isoformat()}


def yield_of(stored: Mapping[str, Any] | None, *, now: datetime) -> Yield:
    """Return what was written; nothing is known where nothing was."""
    if stored is None:
        return Yield(now)
    return Yield(**{**stored, "learned_until": datetime.fromisoformat(stored["learned_until"])})
