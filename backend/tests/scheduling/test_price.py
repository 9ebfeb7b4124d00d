"""The price that balances demand and budget."""

from dataclasses import replace

import pytest

from app.scheduling import price
from app.scheduling.price import Market
from app.scheduling.week import HOURS_A_WEEK

BUSY_DAYS = [(2.0 if day < 5 else 1.0) * (3.0 if 8 <= hour < 23 else 1.0) for day in range(7) for hour in range(24)]
MARKET = Market(BUSY_DAYS, budget_per_day=1000)


def test_at_the_price_the_hour_calls_for_what_is_planned() -> None:
    for hour in range(HOURS_A_WEEK):
        called = BUSY_DAYS[hour] / price.price(MARKET, hour) ** 0.5

        assert called == pytest.approx(price.planned_requests(MARKET, hour))


def test_every_day_holds_the_same_budget() -> None:
    hours = [price.planned_requests(MARKET, hour) for hour in range(HOURS_A_WEEK)]

    assert [sum(hours[start : start + 24]) for start in range(0, HOURS_A_WEEK - 24, 7)] == pytest.approx([1000] * 21)
    assert hours[12] == pytest.approx(3 * hours[2])


def test_half_the_budget_is_four_times_the_price() -> None:
    halved = replace(MARKET, budget_per_day=500)

    assert price.price(halved, 30) == pytest.approx(4 * price.price(MARKET, 30))


def test_more_calls_than_planned_make_a_request_dearer() -> None:
    assert price.trimmed(MARKET, called=60, planned=50).trim > 1 > price.trimmed(MARKET, called=40, planned=50).trim
    assert price.trimmed(MARKET, called=50, planned=50) == MARKET


def test_a_queue_that_is_served_as_fast_as_it_grows_makes_a_request_dearer() -> None:
    assert price.trimmed(MARKET, called=40, planned=50, waiting=0.4).trim > 1
    assert price.trimmed(MARKET, called=0, planned=50, waiting=1.0) == MARKET  # nobody is served: nothing is learned


def test_the_trim_stays_in_its_range() -> None:
    market = MARKET
    for _ in range(1000):
        market = price.trimmed(market, called=1e6, planned=0)

    assert price.trimmed(market, called=1e6, planned=0) == market
    assert market.trim < 100


def test_a_sudden_backlog_does_not_shake_the_price() -> None:
    assert price.trimmed(MARKET, called=900, planned=10).trim < 1.2
