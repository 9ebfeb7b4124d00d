import unicodedata
from datetime import UTC, date, datetime
from typing import Any

import pytest

from app.campaigns.entered_requirements import CheckedRequirements, checked_requirements
from app.campaigns.requirements import Requirements
from app.models.states import ContentType, MentionPlace


def check(**changes: Any) -> CheckedRequirements:
    entered = {
        "required_hashtags": ["여름휴가"],
        "required_mentions": [],
        "content_type": None,
        "start_date": "2026-11-01",
        "end_date": "2026-11-30",
    }
    return checked_requirements(entered | changes)


def faults(**changes: Any) -> list[tuple[Any, ...]]:
    checked = check(**changes)
    assert checked.requirements is None
    return [(fault.path, fault.message) for fault in checked.faults]


def warnings(**changes: Any) -> list[tuple[Any, ...]]:
    checked = check(**changes)
    assert checked.requirements is not None
    return [(fault.path, fault.message) for fault in checked.warnings]


@pytest.mark.parametrize("entered", ["#여름휴가", "여름휴가", " ＃여름휴가 "])
def test_a_tag_may_be_entered_with_or_without_its_sign(entered: str) -> None:
    requirements = check(required_hashtags=[entered], required_mentions=["@Lumi_Cos "]).requirements

    assert requirements == Requirements(
        ("여름휴가",), ("lumi_cos",), ContentType.ANY, date(2026, 11, 1), date(2026, 11, 30)
    )


def test_more_than_five_hashtags_are_refused() -> None:
    ((path, message),) = faults(required_hashtags=["a", "b", "c", "d", "e", "f"])

    assert path == ("required_hashtags",)
    assert message.startswith("6 hashtags; expected at most 5")


def test_five_hashtags_are_accepted() -> None:
    requirements = check(required_hashtags=["a", "b", "c", "d", "e"]).requirements

    assert requirements is not None


def test_the_same_tag_twice_is_refused() -> None:
    ((path, message),) = faults(required_hashtags=["OOTD", "dior", "#ootd"])

    assert path == ("required_hashtags", 2)
    assert "'#ootd' and 'OOTD' are the same" in message


def test_a_campaign_that_requires_nothing_is_doubted() -> None:
    ((_, message),) = warnings(required_hashtags=[], required_mentions=None)

    assert "every post in the period asks for review" in message


def test_five_hashtags_leave_no_room_for_a_disclosure_tag() -> None:
    ((path, message),) = warnings(required_hashtags=["a", "b", "c", "d"], any_hashtags=["e", "f"])

    assert path == ("required_hashtags",)
    assert message.startswith("5 hashtags leave no room for a disclosure tag such as #광고")
    assert warnings(required_hashtags=["a", "b", "c", "d", "광고"]) == []
    assert warnings(required_hashtags=["a", "b", "c", "d"]) == []


def test_one_of_several_hashtags_counts_as_one_of_five() -> None:
    ((path, message),) = faults(required_hashtags=["a", "b", "c", "d", "e"], any_hashtags=["f", "g"])

    assert path == ("required_hashtags",)
    assert message.startswith("6 hashtags; expected at most 5")


def test_a_choice_that_is_always_met_is_doubted() -> None:
    ((path, message),) = warnings(any_hashtags=["바다", "#여름휴가"])

    assert path == ("any_hashtags", 1)
    assert "'#여름휴가' is in required_hashtags too" in message


@pytest.mark.parametrize(
    ("changes", "required"),
    [
        ({"forbidden_words": ["여름"]}, "#여름휴가"),
        ({"forbidden_words": ["LUMI"], "required_mentions": ["lumi.cos"]}, "@lumi.cos"),
        ({"forbidden_words": ["무료"], "required_phrases": ["무료로 제공받아"]}, "무료로 제공받아"),
        ({"forbidden_words": ["바다"], "any_hashtags": ["바다", "산"]}, "#바다"),
    ],
)
def test_what_is_required_and_forbidden_is_refused(changes: dict[str, Any], required: str) -> None:
    ((path, message),) = faults(**changes)

    assert path == ("forbidden_words", 0)
    assert f"part of '{required}', which is required: no post can have both" in message


def test_a_latin_word_does_not_forbid_a_longer_one() -> None:
    assert check(forbidden_words=["ad"], required_phrases=["made with love"]).faults == []


def test_everything_is_normalised() -> None:
    requirements = check(
        any_hashtags=["#바다", " ＃산 "],
        mention_places=["coauthor", "caption"],
        required_phrases=[" 제품을   제공받아 "],
        forbidden_words=[unicodedata.normalize("NFD", "내돈내산")],
        time_zone="America/New_York",
    ).requirements

    assert requirements is not None
    assert requirements.any_hashtags == ("바다", "산")
    assert requirements.mention_places == (MentionPlace.CAPTION, MentionPlace.COAUTHOR)
    assert requirements.required_phrases == ("제품을 제공받아",)
    assert requirements.forbidden_words == ("내돈내산",)
    assert requirements.starts_at == datetime(2026, 11, 1, 4, tzinfo=UTC)
    assert requirements.ends_at == datetime(2026, 12, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "path", "message"),
    [
        ({"mention_places": ["story"]}, ("mention_places", 0), "expected one of caption, usertag, coauthor"),
        ({"mention_places": []}, ("mention_places",), "is empty; expected one or more of caption"),
        ({"mention_places": "caption"}, ("mention_places",), "must be a list of places"),
        ({"required_phrases": [" "]}, ("required_phrases", 0), "is not a text that a caption can have"),
        ({"forbidden_words": ["가" * 201]}, ("forbidden_words", 0), "at most 200 characters"),
        ({"time_zone": "Seoul"}, ("time_zone",), "expected an IANA name, such as Asia/Seoul"),
        ({"time_zone": 9}, ("time_zone",), "is not a time zone"),
    ],
)
def test_what_cannot_be_required_is_refused(changes: dict[str, Any], path: tuple[Any, ...], message: str) -> None:
    ((found, text),) = faults(**changes)

    assert found == path
    assert message in text


@pytest.mark.parametrize(
    ("entered", "kind"), [(1, ContentType.PHOTO), ("2", ContentType.VIDEO), (8, ContentType.ALBUM), ("reel", "reel")]
)
def test_a_content_type_may_be_entered_as_instagrams_number(entered: object, kind: str) -> None:
    requirements = check(content_type=entered).requirements

    assert requirements is not None
    assert requirements.content_type == kind


def test_stories_are_doubted() -> None:
    ((path, message),) = warnings(content_type="story")

    assert path == ("content_type",)
    assert "stories are not in the feed" in message


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
    requirements = check(start_date="2026-11-30", end_date="2026-11-30").requirements

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


@pytest.mark.parametrize(
    ("entered", "message"), [("foto", "'foto' is not known; expected one of any"), (3, "the number 3"), (True, "true")]
)
def test_an_unknown_content_type_is_refused(entered: object, message: str) -> None:
    ((path, found),) = faults(content_type=entered)

    assert path == ("content_type",)
    assert message in found


def test_everything_that_is_wrong_is_told_at_once() -> None:
    wrong = faults(required_hashtags=["a b"], content_type="x", start_date="y", end_date=None)

    assert [path[0] for path, _ in wrong] == ["required_hashtags", "content_type", "start_date", "end_date"]
