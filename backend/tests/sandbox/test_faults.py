from collections.abc import Mapping
from typing import Any

import pytest

from app.core.errors import InvalidInput
from app.sandbox.faults import FaultRule, Faults

NOW = 1_800_000_000.0


def _pick(faults: Faults, *, now: float = NOW, **question: str | None) -> FaultRule | None:
    asked: Mapping[str, str | None] = {"account": "reader01", "target": "55", **question}
    return faults.pick(
        account=asked["account"],
        target=asked["target"],
        endpoint=question.get("endpoint") or "feed",
        path="/api/v1/feed/user/55/",
        now=now,
    )


@pytest.fixture
def faults() -> Faults:
    return Faults(seed=1)


def test_a_bare_fault_meets_one_request(faults: Faults) -> None:
    faults.add({"kind": "429"}, now=NOW)

    met = [_pick(faults) is not None for _ in range(3)]

    assert met == [True, False, False]


def test_a_fault_can_last_for_some_seconds(faults: Faults) -> None:
    faults.add({"kind": "5xx", "seconds": 10}, now=NOW)

    met = [_pick(faults, now=NOW + offset) is not None for offset in (0, 9.9, 10)]

    assert met == [True, True, False]


@pytest.mark.parametrize("condition", [{"account": "reader02"}, {"target": "56"}, {"endpoint": "media"}])
def test_a_fault_meets_only_what_it_is_meant_for(faults: Faults, condition: dict[str, Any]) -> None:
    faults.add({"kind": "challenge", "count": 5, **condition}, now=NOW)

    other = _pick(faults)
    meant = _pick(faults, **condition)

    assert other is None
    assert meant is not None


def test_a_probability_meets_about_that_share(faults: Faults) -> None:
    faults.add({"kind": "html", "probability": 0.3}, now=NOW)

    met = sum(_pick(faults) is not None for _ in range(1000))

    assert 230 < met < 370


def test_a_fault_of_the_page_or_of_the_proxy_waits_for_one(faults: Faults) -> None:
    faults.add({"kind": "drifted"}, now=NOW)
    faults.add({"kind": "proxy_refuse"}, now=NOW)

    profile, proxy, feed = (_pick(faults, endpoint=name) for name in ("profile", "proxy", "feed"))

    assert profile is None
    assert proxy is not None
    assert proxy.kind == "proxy_refuse"
    assert feed is not None
    assert feed.kind == "drifted"


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"kind": "flood"}, "kind is 'flood'; expected one of 429"),
        ({}, "kind is None"),
        ({"kind": "429", "times": 2}, "no field times"),
        ({"kind": "429", "count": "many"}, "count is 'many'; expected a number"),
    ],
)
def test_a_wrong_order_is_refused_with_what_is_expected(faults: Faults, wanted: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        faults.add(wanted, now=NOW)
