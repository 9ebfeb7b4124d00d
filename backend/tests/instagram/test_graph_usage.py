"""The usage headers are read tolerantly, and say when a token should rest."""

import json
from datetime import timedelta

import pytest

from app.instagram.graph_usage import REST_AT_THE_LIMIT, REST_NEAR_THE_LIMIT, rest_advised, usage_of
from app.instagram.port import Usage

APP, BUSINESS = "x-app-usage", "x-business-use-case-usage"


def test_the_highest_share_counts() -> None:
    usage = usage_of({APP: '{"call_count":16,"total_cputime":35,"total_time":12}'})

    assert usage == Usage(percent=35, regain_after=None)


def test_a_business_use_case_says_when_it_answers_again() -> None:
    report = [{"type": "instagram", "call_count": 100, "total_cputime": 1, "estimated_time_to_regain_access": 7}]

    usage = usage_of({APP: '{"call_count": 3}', BUSINESS: json.dumps({"178": report, "179": [{"call_count": 2}]})})

    assert usage == Usage(percent=100, regain_after=timedelta(minutes=7))


@pytest.mark.parametrize(
    "header", ["", "no json", "[]", "7", "{}", '{"call_count": "many"}', '{"178": "x"}', '{"a": [1]}']
)
def test_an_unreadable_header_reports_nothing(header: str) -> None:
    assert usage_of({APP: header, BUSINESS: header}) is None


@pytest.mark.parametrize(
    ("usage", "rest"),
    [
        (None, None),
        (Usage(89, None), None),
        (Usage(90, None), REST_NEAR_THE_LIMIT),
        (Usage(100, None), REST_AT_THE_LIMIT),
        (Usage(5, timedelta(minutes=7)), timedelta(minutes=7)),
    ],
)
def test_a_token_rests_before_it_is_refused(usage: Usage | None, rest: timedelta | None) -> None:
    assert rest_advised(usage) == rest
