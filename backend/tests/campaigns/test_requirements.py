from datetime import date
from typing import Any

import pytest

from app.campaigns.requirements import Fault, Requirements, checked_requirements
from app.models.states import ContentType


def check(**changes: Any) -> tuple[Requirements | None, list[Fault]]:
    entered = {
        "required_hashtags": ["여름휴가"],
        "required_mentions": [],
        "content_type": None,
        "start_date": "2026-11-01",
        "end_date": "2026-11-30",
    }
    return checked_requirements(**(entered | changes))


def faults(**changes: Any) -> list[tuple[Any, ...]]:
    requirements, found = check(**changes)
    assert requirements is None
    return [(fault.path, fault.message) for fault in found]


@pytest.mark.parametrize("entered", ["#여름휴가", "여름휴가", " ＃여름휴가 "])
def test_a_tag_may_be_entered_with_or_without_its_sign(entered: str) -> None:
    requirements, _ = check(required_hashtags=[entered], required_mentions=["@Lumi_Cos "])

    assert requirements == Requirements(
        ("여름휴가",), ("lumi_cos",), ContentType.ANY, date(2026, 11, 1), date(2026, 11, 30)
    )


def test_more_than_five_hashtags_are_refused() -> None:
    ((path, message),) = faults(required_hashtags=["a", "b", "c", "d", "e", "f"])

    assert path == ("required_hashtags",)
    assert message.startswith("6 hashtags; expected at most 5")


def test_five_hashtags_are_accepted() -> None:
    requirements, _ = check(required_hashtags=["a", "b", "c", "d", "e"])

    assert requirements is not None


def test_the_same_tag_twice_is_refused() -> None:
    ((path, message),) = faults(required_hashtags=["OOTD", "dior", "#ootd"])

    assert path == ("required_hashtags", 2)
    assert "'#ootd' and 'OOTD' are the same" in message


def test_a_campaign_that_requires_nothing_is_refused() -> None:
    ((_, message),) = faults(required_hashtags=[], required_mentions=None)

    assert "every post would match" in message


@pytest.mark.parametrize("entered", ["#a #b", "여름 휴가", "#", "", "여름-휴가", 5, None, {"tag": "a"}])
def test_what_is_not_one_hashtag_is_refused(entered: object) -> None:
    ((path, message),) = faults(required_hashtags=[entered])

    assert path == ("required_hashtags", 0)
    assert "is not one hashtag; expected letters" in message


def test_a_text_in_place_of_a_list_is_refused() -> None:
    assert faults(required_hashtags="#a") == [(("required_hashtags",), "must be a list of texts; found a text")]


def test_an_end_before_the_start_is_refused() -> None:
    ((path, message),) = faults(start_date="2026-11-30", end_date="2026-11-01")

    assert path == ("end_date",)
    assert "2026-11-01 is before start_date 2026-11-30" in message


def test_a_campaign_may_last_one_day() -> None:
    requirements, _ = check(start_date="2026-11-30", end_date="2026-11-30")

    assert requirements is not None


@pytest.mark.parametrize(
    ("entered", "message"),
    [
        ("30.11.2026", "is not a date; expected YYYY-MM-DD"),
        ("20261130", "is not a date"),
        ("2026-W48-1", "is not a date"),
        (20261130, "is not a date"),
        ("2026-11-31", "is not in the calendar"),
        ("0001-01-01", "is out of range"),
        (None, "is missing; expected a day"),
    ],
)
def test_a_wrong_date_is_refused(entered: object, message: str) -> None:
    ((path, found),) = faults(end_date=entered)

    assert path == ("end_date",)
    assert message in found


@pytest.mark.parametrize(("entered", "message"), [("foto", "'foto' is not known; expected one of any"), ("story", "s")])
def test_a_content_type_that_is_not_watched_is_refused(entered: str, message: str) -> None:
    ((path, found),) = faults(content_type=entered)

    assert path == ("content_type",)
    assert message in found


def test_everything_that_is_wrong_is_told_at_once() -> None:
    wrong = faults(required_hashtags=["a b"], content_type="x", start_date="y", end_date=None)

    assert [path[0] for path, _ in wrong] == ["required_hashtags", "content_type", "start_date", "end_date"]
