"""When to look beyond the feeds: a source's yield is learned, and a look costs what any other request costs.

Let a source show y posts an hour (weighted), whose feeds are read every G hours. A look P hours after the last one
finds y (P - P²/2G) of them before their feeds do, and saves  V(P) = y G²/6 · (1 - (1 - P/G)³)  weighted post-hours. At
a price μ a request the gap that saves most an hour solves  V(P) - P V'(P) = μ, which with x = P/G is
3x² - 2x³ = 6μ / (y G²). For short gaps that is the feeds' own law, P = sqrt(2μ / y). Where 6μ ≥ y G² no look is worth
its price: a source that shows all posts of n like influencers pays from n = 3 on.

So y has to be learned from looks of any gap: a find counts against the hours in which it could have been one. Counted
against the time since the last look, a source that is hardly looked at would seem to bring nothing for ever.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from math import asin, inf, log, sin
from typing import Any

_HALF_LIFE = timedelta(days=3)
_HOUR = timedelta(hours=1)
_MOST_HOURS = (_HALF_LIFE / _HOUR) / log(2)


@dataclass(frozen=True, slots=True)
class Kind:
    """What is assumed of a source before it was looked at, and whether feeds show the same posts."""

    weight: float
    """So much weight of finds is assumed, in so many hours."""
    hours: float
    is_shown_by_feeds: bool


SHARED = Kind(weight=1.0, hours=6.0, is_shown_by_feeds=True)
"""A place where many authors' posts show up: a find of weight 4 a day, doubted from the first look on."""
ALONE = Kind(weight=0.25, hours=180.0, is_shown_by_feeds=False)
"""A tab of reels: posts that no feed will ever show, and that most authors never make."""


@dataclass(frozen=True, slots=True)
class Find:
    """A post that a source showed first."""

    weight: float
    """What an hour of its delay is worth."""
    saved_hours: float
    """Until the feed would have been read; 0 where it would never have shown the post."""


@dataclass(frozen=True, slots=True)
class Yield:
    """What a source has brought, forgetting with a half-life of three days."""

    learned_until: datetime
    requests: float = 0.0
    finds: float = 0.0
    weight: float = 0.0
    """Of all finds together."""
    gaps: float = 0.0
    """Weighted hours: for each find, how long a gap between two looks at its feed what it saved lets expect."""
    hours: float = 0.0
    """In which a post that came up could be a find: what the feeds left of the time between looks."""

    @property
    def finds_per_request(self) -> float:
        """Return how many posts a request found first; 0 where nothing is known."""
        return self.finds / self.requests if self.requests else 0.0


def feeds_gap(known: Yield, kind: Kind, *, usual_hours: float) -> float:
    """Return every how many hours the feeds are read whose posts the source shows; infinite where none shows them.

    `usual_hours` is the gap of all feeds, assumed until some were found.
    """
    return (usual_hours + known.gaps) / (1 + known.weight) if kind.is_shown_by_feeds else inf


def learned(known: Yield, kind: Kind, finds: Sequence[Find], *, usual_hours: float, now: datetime) -> Yield:
    """Return what is known after a look at `now`, one request, that showed these posts first."""
    passed = max(now - known.learned_until, timedelta(0))
    kept = 0.5 ** (passed / _HALF_LIFE)
    feeds = feeds_gap(known, kind, usual_hours=usual_hours)
    # The first look comes after nobody looked for ever.
    watched = min(passed / _HOUR if known.requests or feeds == inf else inf, feeds)
    saved = sum(find.weight * find.saved_hours for find in finds)
    return Yield(
        learned_until=max(now, known.learned_until),
        requests=known.requests * kept + 1,
        finds=known.finds * kept + len(finds),
        weight=known.weight * kept + sum(find.weight for find in finds),
        gaps=known.gaps * kept + saved / _saved_share(watched / feeds),
        hours=min(known.hours * kept + watched * (1 - watched / (2 * feeds)), _MOST_HOURS),
    )


def gap(
    known: Yield, kind: Kind, price: float, *, usual_hours: float, shortest: timedelta, longest: timedelta
) -> timedelta:
    """Return how long to wait until the next look, at a price in weighted post-hours a request."""
    rate = (kind.weight + known.weight) / (kind.hours + known.hours)
    feeds = feeds_gap(known, kind, usual_hours=usual_hours)
    asked = 6 * price / (rate * feeds**2)
    if asked >= 1:
        return longest
    # x solves 3x² - 2x³ = asked; for a small one the sine loses its last digits, and the feeds' law is exact.
    is_small = asked < 1e-6
    hours = (2 * price / rate) ** 0.5 if is_small else feeds * (0.5 - sin(asin(1 - 2 * asked) / 3))
    return max(shortest, min(hours * _HOUR, longest))


def _saved_share(x: float) -> float:
    """Return which share of the feeds' gap a find saves on average, after a look's gap of x times that: 1/2 to 1/3.

    The longer nobody looked, the more of the posts that are still unseen came up long ago and have little left to wait.
    """
    return (1 - (1 - x) ** 3) / (6 * (x - x * x / 2)) if x else 0.5


def stored_yield(known: Yield) -> dict[str, Any]:
    """Return what is written to `discovery_sources.yielded`."""
    return asdict(known) | {"learned_until": known.learned_until.isoformat()}


def yield_of(stored: Mapping[str, Any] | None, *, now: datetime) -> Yield:
    """Return what was written; nothing is known where nothing was."""
    if stored is None:
        return Yield(now)
    return Yield(**{**stored, "learned_until": datetime.fromisoformat(stored["learned_until"])})
