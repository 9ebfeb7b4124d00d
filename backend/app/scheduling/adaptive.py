"""Adaptive scanning: a feed is due when the delay it is expected to have gathered is worth the price of a request.

At `t` after the last look, the posts that may be up wait together for  V(t) = ∫ λ(u)(t - u) du  post-hours, with the
posting intensity λ. The feed is due when w · V reaches the price, with the weight w; so one more request saves the same
everywhere. With a constant λ that is the square-root law: interval ~ 1 / sqrt(w λ) (Azar et al., PNAS 2018; for delays
Sia, Cho, Cho, TKDE 2007).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import inf, sqrt

from app.scheduling import lookahead
from app.scheduling.policy import Due, Reason, Target
from app.scheduling.rhythm import Intensity, Prior, intensity_of
from app.scheduling.week import HOURS_A_DAY, Week

_PUNCTUAL = 0.15
"""From this share of punctual posts on, looks are timed to the minute; below, that costs more than it gains."""

_SHORTEST_BOUND, _LONGEST_BOUND = timedelta(hours=12), timedelta(days=30)
_DEARER = 1.25


def starvation_bound(*, targets: int, requests_per_day: float) -> timedelta:
    """Return the longest gap that any feed may have: half a day, or twice its turn if all took turns; at most 30 days.

    A feed is read once more after a campaign only in the 30 days that follow it (`due_feeds.is_watched`).
    """
    return min(max(_SHORTEST_BOUND, timedelta(days=2 * targets / requests_per_day)), _LONGEST_BOUND)


@dataclass(frozen=True, slots=True)
class Adaptive:
    """The policy of one price for every request."""

    prior: Prior
    price: float
    """In weighted post-hours a request."""
    week: Week
    bound: timedelta
    level: float = 0.0
    """The price without the swing of the day: a due time that was planned at a lower one is out of date."""
    promise_stretch: float = 1.0
    """How much longer than promised a find may take, because the budget does not hold what was promised."""

    def is_out_of_date(self, planned_level: float) -> bool:
        """Tell whether requests have become so much dearer that a due time of that level is to be planned again."""
        return planned_level < self.level / _DEARER

    def next_due(self, target: Target, *, now: datetime) -> Due:
        """Return when a look is worth its price, or earlier where the promise or something else asks for it."""
        return self.due_with(intensity_of(target.rhythm, self.prior), target, now=now)

    def due_with(self, intensity: Intensity, target: Target, *, now: datetime) -> Due:
        """Return the same for an intensity that is known already."""
        bound = self.bound / timedelta(hours=1)
        start_hour, days = self.week.days_from(now, int(bound // HOURS_A_DAY) + 2)
        gathering = with_proofs(intensity, target.proofs / target.weight)
        wait = hours_until_worth(gathering, self.price / target.weight, start_hour, days, bound=bound)
        due = Due(now + timedelta(hours=wait), Reason.PRICE if wait < bound else Reason.BOUND)
        if target.promise is not None:
            within = target.promise.within / timedelta(hours=1) * self.promise_stretch
            late = hours_until_late(intensity, start_hour, days, within=within, share=target.promise.share)
            if late < wait:
                due = Due(now + timedelta(hours=late), Reason.PROMISE)
        if target.wanted_at is not None and target.wanted_at < due.at:
            due = Due(max(target.wanted_at, now), Reason.WANTED)
        return due


def with_proofs(intensity: Intensity, rate: float) -> Intensity:
    """Return all that gathers on a feed: beside its posts, the removals that may stand undiscovered on its page."""
    if not rate:
        return intensity
    posts = sum(intensity.rates)
    rates = [hour + rate for hour in intensity.rates]
    return replace(intensity, rates=rates, punctual_share=intensity.punctual_share * posts / sum(rates))


def hours_until_worth(
    intensity: Intensity, price: float, start_hour: float, days: Sequence[int], *, bound: float
) -> float:
    """Return after how many hours a look is worth `price` (post-hours of weight 1), at most `bound`.

    `start_hour` and `days` come from `Week.days_from`, and reach further than `bound` hours.
    """
    wait = _hours_until_gathered(intensity.rates, price, start_hour, days, bound=bound)
    if intensity.punctual_share >= _PUNCTUAL:
        wait = min(lookahead.best_wait(intensity, price, start_hour, days, usual=wait), bound)
    return wait


def hours_until_late(
    intensity: Intensity, start_hour: float, days: Sequence[int], *, within: float, share: float
) -> float:
    """Return after how many hours to look at the latest, so that `share` of the posts are found `within` so many hours.

    Between two looks, the posts older than `within` at the second are late. With at most (1 - share) · λ̄ · within of
    them in each gap longer than `within`, no more than 1 - share of all are late, because a day has at most
    24 / within such gaps. In quiet hours that allows long gaps.
    """
    rates = intensity.rates
    allowed = (1 - share) * within * sum(rates) / len(rates)
    late = elapsed = 0.0
    hour = int(start_hour)
    step = 1.0 - (start_hour - hour)
    for day in days:
        for rate in rates[day * HOURS_A_DAY + hour : (day + 1) * HOURS_A_DAY]:
            if late + rate * step >= allowed:
                return within + elapsed + (allowed - late) / rate
            late += rate * step
            elapsed += step
            step = 1.0
        hour = 0
    return inf


def _hours_until_gathered(
    rates: Sequence[float], price: float, start_hour: float, days: Sequence[int], *, bound: float
) -> float:
    delay = posts = elapsed = 0.0
    hour = int(start_hour)
    step = 1.0 - (start_hour - hour)
    for day in days:
        for rate in rates[day * HOURS_A_DAY + hour : (day + 1) * HOURS_A_DAY]:
            more = posts * step + rate * step * step / 2
            if delay + more >= price:
                wait = elapsed + (sqrt(posts * posts + 2 * rate * (price - delay)) - posts) / rate
                return min(wait, bound)
            delay += more
            posts += rate * step
            elapsed += step
            if elapsed >= bound:
                return bound
            step = 1.0
        hour = 0
    return bound
