"""The price of a request: what an hour of the budget is worth in post-hours of waiting.

A target asks for sqrt(w λ / 2 price) requests an hour, so the price at which all of them together ask for what an hour
of the budget holds is one formula. The day's budget is laid over the hours in the shape that the week's demand has on
average, the same every day: then any 24 hours hold one day's budget, and none of it is left over on a quiet Sunday.
A slow trim takes up what the formula does not know: bounds, failures, posts that come in bursts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp, sqrt

from app.scheduling.week import HOURS_A_DAY

USED_SHARE = 0.998
"""What of the budget is planned for; the rest is for feeds that post more than they used to."""
_DAYS = 7
_GAIN = 6.0
"""How strongly a day's surplus moves the trim: a lasting error fades in a few hours."""
_TRIM_RANGE = 16.0
_LARGEST_SURPLUS = 0.02
"""In days of budget: an outage whose whole backlog becomes due at once says nothing about the price."""


@dataclass(frozen=True, slots=True)
class Market:
    """Demand, supply, and how far the formula was wrong of late."""

    demand: Sequence[float]
    """For each hour of the week: the sum over all targets of sqrt(weight · posts per hour / 2)."""
    budget_per_day: float
    trim: float = 1.0


def demand_of(rates: Sequence[float], weight: float, *, proofs: float = 0.0) -> Sequence[float]:
    """Return what one target adds to the demand of each hour of the week."""
    return [sqrt((weight * rate + proofs) / 2) for rate in rates]


def price(market: Market, hour_of_week: int) -> float:
    """Return the price now, in weighted post-hours a request."""
    return (market.trim * market.demand[hour_of_week] / planned_requests(market, hour_of_week)) ** 2


def level(market: Market) -> float:
    """Return the price of the week as a whole: what stays the same from hour to hour while the budget does."""
    return (market.trim * sum(market.demand) / _DAYS / market.budget_per_day) ** 2


def planned_requests(market: Market, hour_of_week: int) -> float:
    """Return how many requests belong to this hour."""
    same_hour = sum(market.demand[hour_of_week % HOURS_A_DAY :: HOURS_A_DAY])
    return market.budget_per_day * same_hour / sum(market.demand)


def trimmed(market: Market, *, called: float, planned: float) -> Market:
    """Return the market after a while in which `called` requests became due where `planned` were meant."""
    surplus = (called - planned) / market.budget_per_day
    trim = market.trim * exp(_GAIN * min(max(surplus, -_LARGEST_SURPLUS), _LARGEST_SURPLUS))
    return replace(market, trim=min(max(trim, 1 / _TRIM_RANGE), _TRIM_RANGE))
