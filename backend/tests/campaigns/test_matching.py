import unicodedata
from datetime import UTC, date, datetime
from typing import Any

import pytest

from app.campaigns.matching import MatchResult, match_post, read_post
from app.campaigns.requirements import Requirements
from app.models.states import ContentType, MentionPlace, Rule

IN_PERIOD = datetime(2026, 11, 10, 3, tzinfo=UTC)


def requirements(**changes: Any) -> Requirements:
    defaults: dict[str, Any] = {
        "hashtags": ("여름휴가",),
        "mentions": (),
        "content_type": ContentType.ANY,
        "start_date": date(2026, 11, 1),
        "end_date": date(2026, 11, 30),
    }
    return Requirements(**defaults | changes)


def match(caption: str, required: Requirements | None = None, **changes: Any) -> MatchResult:
    post: dict[str, Any] = {"media_type": 1, "product_type": "feed", "taken_at": IN_PERIOD} | changes
    return match_post(required or requirements(), read_post(caption=caption, **post))


def test_the_result_is_the_documents_dictionary() -> None:
    result = match("#여름휴가 @lumi_cos", requirements(mentions=("lumi_cos", "other"), content_type=ContentType.PHOTO))

    assert result.as_document() == {
        "is_match": False,
        "score": 83.3,
        "details": {
            "hashtags": {"required": ["여름휴가"], "found": ["여름휴가"], "missing": []},
            "mentions": {"required": ["lumi_cos", "other"], "found": ["lumi_cos"], "missing": ["other"]},
            "content_type": {"required": "photo", "actual": "photo", "match": True},
            "posted_within_period": True,
        },
    }


@pytest.mark.parametrize("caption", ["#여름휴가", "좋아요#여름휴가, 끝", "＃여름휴가", "#다른것#여름휴가"])
def test_a_whole_hashtag_matches(caption: str) -> None:
    assert match(caption).is_match


@pytest.mark.parametrize("caption", ["#여름", "#여름휴가중", "여름휴가", "#여름_휴가", ""])
def test_part_of_a_hashtag_does_not_match(caption: str) -> None:
    assert not match(caption).is_match


def test_hashtags_are_compared_without_case_and_by_composed_letters() -> None:
    decomposed = unicodedata.normalize("NFD", "#여름휴가")

    assert match(decomposed).is_match
    assert match("#OOTD", requirements(hashtags=("ootd",))).is_match


def test_a_longer_username_is_not_the_mentioned_one() -> None:
    required = requirements(hashtags=(), mentions=("lumi",))

    assert not match("@lumi_cos 고마워요", required).is_match
    assert match("고마워요 @Lumi!", required).is_match


@pytest.mark.parametrize(
    ("required", "media_type", "product_type", "is_right"),
    [
        (ContentType.REEL, 2, "clips", True),
        (ContentType.REEL, 2, "feed", False),
        (ContentType.VIDEO, 2, "clips", True),
        (ContentType.VIDEO, 1, "feed", False),
        (ContentType.ALBUM, 8, "carousel_container", True),
        (ContentType.PHOTO, 8, "carousel_container", False),
        (ContentType.STORY, 1, "feed", False),
    ],
)
def test_the_content_type_must_be_the_required_one(
    required: ContentType, media_type: int, product_type: str, is_right: bool
) -> None:
    result = match("#여름휴가", requirements(content_type=required), media_type=media_type, product_type=product_type)

    assert result.is_match is is_right


@pytest.mark.parametrize(
    ("taken_at", "is_within"),
    [
        (datetime(2026, 10, 31, 14, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 10, 31, 15, 0, 0, tzinfo=UTC), True),
        (datetime(2026, 11, 30, 14, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 30, 15, 0, 0, tzinfo=UTC), False),
    ],
)
def test_the_period_includes_both_days_in_korea(taken_at: datetime, is_within: bool) -> None:
    assert match("#여름휴가", taken_at=taken_at).is_match is is_within


def test_one_of_several_hashtags_is_enough() -> None:
    required = requirements(any_hashtags=("바다", "산"))

    assert match("#여름휴가 #산", required).is_match
    assert not match("#여름휴가", required).is_match
    assert not match("#산", required).is_match


@pytest.mark.parametrize(
    ("places", "post", "is_match"),
    [
        ((MentionPlace.CAPTION,), {"usertags": ["lumi"]}, False),
        ((MentionPlace.CAPTION, MentionPlace.USERTAG), {"usertags": ["Lumi"]}, True),
        ((MentionPlace.COAUTHOR,), {"coauthors": ["lumi"]}, True),
        ((MentionPlace.COAUTHOR,), {"usertags": ["lumi"]}, False),
    ],
)
def test_a_mention_counts_where_the_campaign_says(
    places: tuple[MentionPlace, ...], post: dict[str, Any], is_match: bool
) -> None:
    required = requirements(mentions=("lumi",), mention_places=places)

    assert match("#여름휴가", required, **post).is_match is is_match


def test_phrases_are_found_across_lines_and_forbidden_words_refuse() -> None:
    required = requirements(required_phrases=("제품을 제공받아",), forbidden_words=("내돈내산", "ad"))

    assert match("제품을\n 제공받아 made #여름휴가", required).is_match
    assert not match("#여름휴가", required).is_match
    assert not match("제품을 제공받아 #여름휴가 #내돈내산", required).is_match
    assert not match("제품을 제공받아 #여름휴가 (AD)", required).is_match


def test_the_period_is_that_of_the_campaigns_time_zone() -> None:
    new_york = requirements(time_zone="America/New_York")

    assert match("#여름휴가", new_york, taken_at=datetime(2026, 12, 1, 4, 59, tzinfo=UTC)).is_match
    assert not match("#여름휴가", new_york, taken_at=datetime(2026, 12, 1, 5, 0, tzinfo=UTC)).is_match


def test_every_rule_names_the_text_that_decided_it() -> None:
    required = requirements(
        hashtags=("여름휴가", "바다"), mentions=("lumi",), forbidden_words=("내돈내산",), content_type=ContentType.REEL
    )

    result = match("#여름휴가❤️ #산 @lumi_cos 내돈내산", required)

    assert [(rule.rule, rule.required, rule.is_met, rule.evidence) for rule in result.rules] == [
        (Rule.HASHTAG, "여름휴가", True, "#여름휴가❤️"),
        (Rule.HASHTAG, "바다", False, "#여름휴가 #산"),
        (Rule.MENTION, "lumi", False, "@lumi_cos"),
        (Rule.FORBIDDEN_WORD, "내돈내산", False, "내돈내산"),
        (Rule.CONTENT_TYPE, "reel", False, "photo"),
        (Rule.PERIOD, "2026-11-01/2026-11-30", True, "2026-11-10"),
    ]


def test_a_story_is_a_story() -> None:
    assert match("#여름휴가", requirements(content_type=ContentType.STORY), product_type="story").is_match


def test_requirements_without_a_tag_or_mention_match_nothing() -> None:
    assert not match("anything", requirements(hashtags=())).is_match


def test_a_mention_that_the_source_cannot_show_is_neither_found_nor_missing() -> None:
    required = requirements(mentions=("lumi_cos",))

    result = match("#여름휴가 lumi_cos", required, are_mentions_known=False)

    assert (result.is_match, result.score) == (False, 100.0)
    assert result.details["mentions"] == {"required": ["lumi_cos"], "found": [], "missing": [], "unknown": True}


def test_a_mention_that_is_there_all_the_same_counts() -> None:
    result = match("#여름휴가 @lumi_cos", requirements(mentions=("lumi_cos",)), are_mentions_known=False)

    assert result.is_match
    assert "unknown" not in result.details["mentions"]


def test_a_campaign_without_mentions_matches_where_mentions_are_unknown() -> None:
    assert match("#여름휴가", are_mentions_known=False).is_match
    assert not match("#여름", are_mentions_known=False).is_match
