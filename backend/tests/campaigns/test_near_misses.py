from datetime import UTC, date, datetime
from typing import Any

import pytest

from app.campaigns.matching import PostReading, match_post, read_post
from app.campaigns.near_misses import find_near_misses, is_one_edit
from app.campaigns.requirements import Requirements
from app.models.states import ContentType, NearMissKind

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


def post(caption: str, **changes: Any) -> PostReading:
    defaults: dict[str, Any] = {"media_type": 1, "product_type": "feed", "taken_at": IN_PERIOD}
    return read_post(caption=caption, **defaults | changes)


def near(caption: str, required: Requirements | None = None, *others: str, **changes: Any) -> list[tuple[str, str]]:
    asked, reading = required or requirements(), post(caption, **changes)
    same_day = [post(other) for other in others]
    found = find_near_misses(asked, reading, match_post(asked, reading), same_day=same_day)
    return [(miss.kind, miss.found) for miss in found]


@pytest.mark.parametrize(
    ("caption", "kind", "found"),
    [
        ("#여름휴기", NearMissKind.TYPO, "#여름휴기"),
        ("#여름휴", NearMissKind.TYPO, "#여름휴"),
        ("#여름 #여휴름가", NearMissKind.TYPO, "#여휴름가"),
        ("#여름휴가를 다녀왔어요", NearMissKind.PARTICLE, "#여름휴가를"),
        ("#여름휴가에서", NearMissKind.PARTICLE, "#여름휴가에서"),
        ("#여름_휴가", NearMissKind.SCRIPT, "#여름_휴가"),
        ("#여름 휴가", NearMissKind.SPLIT, "#여름 휴가"),
        ("#여름-휴가", NearMissKind.SPLIT, "#여름-휴가"),
        ("# 여름휴가", NearMissKind.SPLIT, "# 여름휴가"),
        ("#여름\u200b휴가", NearMissKind.SPLIT, "#여름\u200b휴가"),
        ("#여름\u00ad휴가", NearMissKind.SPLIT, "#여름\u00ad휴가"),
        ("드디어 여름휴가!", NearMissKind.NO_SIGN, "여름휴가"),
        ("&#여름휴가", NearMissKind.NO_SIGN, "여름휴가"),
    ],
)
def test_a_tag_that_is_almost_there_is_near(caption: str, kind: NearMissKind, found: str) -> None:
    assert near(caption) == [(kind, found)]


@pytest.mark.parametrize("caption", ["", "#바다", "#여름휴가추천", "#여름", "여름 휴가", "#여름 #휴가", "#a" * 40])
def test_another_tag_is_not_near(caption: str) -> None:
    assert near(caption) == []


def test_other_scripts_of_a_latin_tag_are_near() -> None:
    lumi = requirements(hashtags=("lumi",))

    assert near("#ＬＵＭＩ", lumi) == [(NearMissKind.SCRIPT, "#ＬＵＭＩ")]
    assert near("#L_u_m_i", lumi) == [(NearMissKind.SCRIPT, "#L_u_m_i")]


def test_a_short_tag_is_near_by_a_letter_within_its_syllables_only() -> None:
    jeju = requirements(hashtags=("제주",))

    assert near("#재주", jeju) == [(NearMissKind.TYPO, "#재주")]
    assert near("#광주", jeju) == []
    assert near("#제", jeju) == []


@pytest.mark.parametrize(
    ("changes", "kind", "found"),
    [
        ({"caption": "@lumi_cos_kr"}, NearMissKind.SIMILAR_ACCOUNT, "@lumi_cos_kr"),
        ({"caption": "@Lumi.Cos"}, NearMissKind.SIMILAR_ACCOUNT, "@Lumi.Cos"),
        ({"caption": "@lumi_co"}, NearMissKind.SIMILAR_ACCOUNT, "@lumi_co"),
        ({"caption": "@lumi"}, NearMissKind.SIMILAR_ACCOUNT, "@lumi"),
        ({"caption": "@lumi_cos2"}, NearMissKind.SIMILAR_ACCOUNT, "@lumi_cos2"),
        ({"caption": "hello@lumi_cos"}, NearMissKind.NO_SIGN, "lumi_cos"),
        ({"caption": "고마워요 lumi_cos"}, NearMissKind.NO_SIGN, "lumi_cos"),
        ({"caption": "", "usertags": ["lumi_cos"]}, NearMissKind.OTHER_PLACE, "usertag"),
    ],
)
def test_a_mention_that_is_almost_there_is_near(changes: dict[str, Any], kind: NearMissKind, found: str) -> None:
    assert near(required=requirements(hashtags=(), mentions=("lumi_cos",)), **changes) == [(kind, found)]


@pytest.mark.parametrize("caption", ["@ana", "@lumierecos", "@cos", "좋아요"])
def test_another_account_is_not_near(caption: str) -> None:
    assert near(caption, requirements(hashtags=(), mentions=("lumi_cos",))) == []


@pytest.mark.parametrize(
    ("taken_at", "is_near"),
    [
        (datetime(2026, 10, 30, 14, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 10, 30, 15, 0, 0, tzinfo=UTC), True),
        (datetime(2026, 12, 1, 14, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 12, 1, 15, 0, 0, tzinfo=UTC), False),
    ],
)
def test_one_day_outside_the_period_is_near(taken_at: datetime, is_near: bool) -> None:
    assert bool(near("#여름휴가", taken_at=taken_at)) is is_near


def test_a_tag_in_another_post_of_the_same_day_is_near() -> None:
    required = requirements(mentions=("lumi",))

    assert near("@lumi 바다", required, "아침", "#여름휴가") == [(NearMissKind.OTHER_POST, "#여름휴가")]
    assert near("#여름휴가", required, "@lumi 바다") == [(NearMissKind.OTHER_POST, "@lumi")]


def test_every_broken_rule_must_be_explained() -> None:
    required = requirements(hashtags=("여름휴가", "바다"), mentions=("lumi",))

    assert near("#여름휴가를 #바다 @lumi_cos", required) == [
        (NearMissKind.PARTICLE, "#여름휴가를"),
        (NearMissKind.SIMILAR_ACCOUNT, "@lumi_cos"),
    ]
    assert near("#여름휴가를 @lumi", required) == []
    assert near("#여름휴가를", requirements(content_type=ContentType.REEL)) == []
    assert near("#여름휴가를 내돈내산", requirements(forbidden_words=("내돈내산",))) == []


def test_any_of_several_hashtags_is_near_by_one_of_them() -> None:
    required = requirements(hashtags=(), any_hashtags=("겨울바다", "여름휴가"))

    assert near("#여름휴가를", required) == [(NearMissKind.PARTICLE, "#여름휴가를")]


def test_a_campaign_that_requires_nothing_asks_for_review() -> None:
    nothing = requirements(hashtags=(), content_type=ContentType.PHOTO)

    assert near("아무 말", nothing) == [(NearMissKind.NOTHING_REQUIRED, "")]
    assert near("아무 말", nothing, media_type=8) == []


def test_a_match_is_not_near() -> None:
    assert near("#여름휴가 #여름휴기") == []


@pytest.mark.parametrize(
    ("one", "other", "is_edit"),
    [
        ("abcd", "abce", True),
        ("abcd", "abd", True),
        ("abcd", "abcde", True),
        ("abcd", "bacd", True),
        ("abcd", "abdc", True),
        ("abcd", "abcd", False),
        ("abcd", "badc", False),
        ("abcd", "abef", False),
        ("abcd", "ab", False),
        ("", "a", True),
    ],
)
def test_one_edit_is_a_letter_more_less_other_or_two_swapped(one: str, other: str, is_edit: bool) -> None:
    assert is_one_edit(one, other) is is_edit
    assert is_one_edit(other, one) is is_edit
