"""The disclosure rules: captions, circumstances and dates."""

import json
import re
from datetime import date
from typing import Any

import pytest

from app.compliance import cases
from app.compliance.context import Inside, PostContext
from app.compliance.disclosure import judge_disclosure
from app.compliance.finding import Finding
from app.compliance.placement import Fold, fold_of
from app.compliance.rules import RULES, message_for
from app.core.config import Settings
from app.models.states import DisclosureVerdict
from tests.architecture.source import BACKEND
from tests.compliance import captions

FOLD = fold_of(Settings())
LABELLED = BACKEND.parent.parent / "shared" / "data" / "disclosure.jsonl"

DISCLOSED, SILENT, VAGUE = "#광고 여름 세럼이에요 #루미세럼", "여름 세럼이에요 #루미세럼", "#체험단 여름 세럼이에요"
VIRTUAL = {"is_virtual_person": True}
LABEL = {"has_paid_partnership_label": True}


def judged(caption: str, *, published_on: date | None = None, fold: Fold = FOLD, **context: Any) -> Finding:
    return judge_disclosure(caption, PostContext(**context), published_on=published_on, fold=fold)


def outcome(caption: str, *, published_on: date | None = None, **context: Any) -> tuple[str, str]:
    finding = judged(caption, published_on=published_on, **context)
    return finding.verdict.value, finding.rule


@pytest.mark.parametrize(("caption", "verdict", "rule"), captions.ALL)
def test_a_caption_alone_gets_its_verdict_and_rule(caption: str, verdict: str, rule: str) -> None:
    assert outcome(caption) == (verdict, rule)


@pytest.mark.parametrize("caption", [caption for caption, _, _ in captions.ALL])
def test_the_evidence_is_what_stands_at_its_span(caption: str) -> None:
    evidence = judged(caption).evidence

    assert evidence is None or (evidence.text and caption[evidence.start : evidence.end] == evidence.text)


@pytest.mark.parametrize("invisible", ["\u200b", "\u200d", "\ufeff", "\u2060", "\u00ad", "\ufe0f"])
def test_invisible_characters_do_not_hide_a_disclosure(invisible: str) -> None:
    assert outcome(f"#광{invisible}고 여름 세럼") == ("compliant", "N-ZEROWIDTH")


@pytest.mark.parametrize(
    ("caption", "context", "expected"),
    [
        ("#제품협찬 촉촉해요", {"compensation": "cash"}, ("non-compliant", "W-MISMATCH")),
        ("#제품제공 촉촉해요", {"compensation": "commission"}, ("non-compliant", "W-MISMATCH")),
        ("제품을 무상으로 제공받았어요. 촉촉해요", {"compensation": "cash"}, ("non-compliant", "W-MISMATCH")),
        ("제품을 지원받아 작성했어요. 촉촉해요", {"compensation": "cash"}, ("non-compliant", "W-MISMATCH")),
        ("#제품협찬 촉촉해요", {"compensation": "product"}, ("compliant", "P-START")),
        ("#제품협찬 원고료도 받고 썼어요", {"compensation": "cash"}, ("compliant", "P-START")),
        ("#광고 촉촉해요", {"compensation": "commission"}, ("compliant", "P-START")),
        (SILENT, {"first_comment": "#협찬"}, ("non-compliant", "P-COMMENT")),
        (SILENT, {"first_comment": "예뻐요"}, ("non-compliant", "W-MISSING")),
        (SILENT, {"profile_text": "광고 게시물이 포함됩니다"}, ("non-compliant", "P-PROFILE")),
        (SILENT, {"profile_text": "광고 문의는 DM"}, ("non-compliant", "W-MISSING")),
        (SILENT, LABEL, ("unclear", "B-LABELONLY")),
        (VAGUE, LABEL, ("unclear", "B-LABELONLY")),
        (DISCLOSED, LABEL, ("compliant", "B-BOTH")),
        ("내돈내산 세럼", LABEL, ("non-compliant", "W-DENY")),
        (SILENT, {"has_paid_partnership_label": False}, ("non-compliant", "W-MISSING")),
        ("My calm skin #ad", {"language": "fr"}, ("unclear", "L-OTHER")),
    ],
)
def test_the_circumstances_count(caption: str, context: dict[str, Any], expected: tuple[str, str]) -> None:
    assert outcome(caption, **context) == expected


@pytest.mark.parametrize(
    ("media", "inside", "caption", "expected"),
    [
        ("album", None, SILENT, ("non-compliant", "W-MISSING")),
        ("album", Inside.PART, SILENT, ("non-compliant", "P-CAROUSEL")),
        ("album", Inside.ALL, SILENT, ("unclear", "M-INIMAGE")),
        ("album", Inside.VERIFIED, SILENT, ("compliant", "M-INIMAGE")),
        ("album", Inside.VERIFIED, "내돈내산 세럼", ("non-compliant", "W-DENY")),
        ("album", Inside.PART, DISCLOSED, ("compliant", "P-START")),
        ("photo", Inside.ALL, "세럼 #루미 #광고", ("unclear", "M-INIMAGE")),
        ("reel", None, DISCLOSED, ("unclear", "M-REELS")),
        ("reel", Inside.NONE, DISCLOSED, ("unclear", "M-REELS")),
        ("reel", Inside.PART, DISCLOSED, ("unclear", "M-REELS")),
        ("reel", Inside.VERIFIED, DISCLOSED, ("compliant", "M-REELS")),
        ("video", Inside.VERIFIED, DISCLOSED, ("compliant", "M-REELS")),
        ("reel", Inside.VERIFIED, SILENT, ("unclear", "M-REELS")),
        ("reel", None, SILENT, ("non-compliant", "M-REELS")),
        ("reel", None, VAGUE, ("non-compliant", "W-VAGUE")),
        ("reel", Inside.VERIFIED, "내돈내산 세럼", ("non-compliant", "W-DENY")),
        ("story", None, "", ("non-compliant", "M-STORY")),
        ("story", Inside.ALL, "", ("unclear", "M-STORY")),
        ("story", Inside.VERIFIED, "", ("compliant", "M-STORY")),
    ],
)
def test_pictures_and_videos_count(media: str, inside: Inside | None, caption: str, expected: tuple[str, str]) -> None:
    where = "in_video" if media in {"reel", "video"} else "in_pictures"
    context: dict[str, Any] = {"media": media, where: inside}

    assert outcome(caption, **context) == expected


@pytest.mark.parametrize(
    ("caption", "published_on", "context", "expected"),
    [
        ("#광고 룩북이에요", date(2026, 5, 31), VIRTUAL, ("compliant", "AI-DATE")),
        ("#광고 룩북이에요", date(2026, 6, 1), VIRTUAL, ("non-compliant", "AI-MISSING")),
        ("#광고 룩북이에요", None, VIRTUAL, ("non-compliant", "AI-MISSING")),
        ("#광고 가상인물이 소개해요", date(2026, 6, 1), VIRTUAL, ("compliant", "AI-LABEL")),
        ("#광고 가상 인물이 소개해요", date(2026, 6, 1), VIRTUAL, ("compliant", "AI-LABEL")),
        ("#광고 AI로 만든 모델이 소개해요", date(2026, 6, 1), VIRTUAL, ("unclear", "AI-MISSING")),
        ("#광고 " + captions.LONG * 2 + "가상인물", date(2026, 6, 1), VIRTUAL, ("non-compliant", "AI-MISSING")),
        ("#광고 가상인물이 아닙니다", date(2026, 6, 1), VIRTUAL, ("non-compliant", "AI-MISSING")),
        ("#광고 가상인물. 사용 후 촉촉해졌어요", date(2026, 6, 1), VIRTUAL, ("non-compliant", "AI-FAKEEXP")),
        ("#광고 가상인물. 먹어 봤는데 맛있어요", date(2026, 6, 1), VIRTUAL, ("non-compliant", "AI-FAKEEXP")),
        ("#광고 가상인물. 먹어 봤는데 맛있어요", date(2026, 5, 1), VIRTUAL, ("compliant", "AI-DATE")),
        ("가상인물이 소개해요", date(2026, 6, 1), VIRTUAL, ("non-compliant", "W-MISSING")),
        ("#광고 룩북이에요", date(2026, 6, 1), {"is_ai_generated": True}, ("unclear", "AI-MISSING")),
        (
            "#광고 룩북이에요",
            date(2026, 6, 1),
            {"is_ai_generated": True, "is_virtual_person": False},
            ("compliant", "P-START"),
        ),
        ("수수료를 받을 수 있어요", date(2024, 11, 30), {}, ("unclear", "W-COND")),
        ("수수료를 받을 수 있어요", date(2024, 12, 1), {}, ("non-compliant", "W-COND")),
        ("#광고 수수료를 받을 수 있어요", date(2024, 11, 30), {}, ("compliant", "P-START")),
        ("#광고 수수료를 받을 수 있어요", date(2024, 12, 1), {}, ("compliant", "W-COND-WARN")),
        ("#광고 여름 세럼", date(2019, 1, 1), {}, ("compliant", "P-START")),
    ],
)
def test_the_day_of_publication_decides_which_rules_hold(
    caption: str, published_on: date | None, context: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert outcome(caption, published_on=published_on, **context) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ((DISCLOSED,), SILENT, ("non-compliant", "E-REMOVED")),
        ((DISCLOSED, VAGUE), SILENT, ("non-compliant", "E-REMOVED")),
        ((SILENT,), SILENT, ("non-compliant", "W-MISSING")),
        ((SILENT,), DISCLOSED, ("compliant", "P-START")),
        ((DISCLOSED,), "세럼 #루미 #광고", ("non-compliant", "E-REMOVED")),
        ((DISCLOSED,), "#제품제공 세럼", ("unclear", "W-AMBIG")),
    ],
)
def test_a_disclosure_that_was_there_must_stay(before: tuple[str, ...], after: str, expected: tuple[str, str]) -> None:
    assert outcome(after, previous_captions=before) == expected


def test_a_disclosure_that_left_a_reel_was_removed_though_nobody_saw_the_video() -> None:
    assert outcome(SILENT, media="reel", previous_captions=(DISCLOSED,)) == ("non-compliant", "E-REMOVED")


def test_the_fold_is_a_setting() -> None:
    caption = "가" * 20 + " #광고"
    narrow = fold_of(Settings(disclosure_visible_units=30, disclosure_border_units=40))

    assert (judged(caption).rule, judged(caption, fold=narrow).rule) == ("P-FIRSTTAG", "P-HIDDEN")


@pytest.mark.parametrize(
    "unit", ["광고 ", "#광고", "제품을 ", "ㄱㅗㅏ", "[광고", "\u0301", "@a.", "수수료를 받", "1일 "]
)
def test_a_caption_of_any_length_is_judged(unit: str) -> None:
    assert judged((unit * 20_000)[:20_000], is_virtual_person=True).rule in RULES


@pytest.mark.parametrize(
    "rule", [name for name, rule in RULES.items() if rule.usual is not DisclosureVerdict.COMPLIANT]
)
def test_every_objection_says_what_to_do(rule: str) -> None:
    message = message_for(Finding(RULES[rule].usual, rule), PostContext())

    assert re.search("(?:넣어|옮겨|바꿔|지워|시작해) 주세요", message)
    assert "{" not in message


def test_the_fix_fits_the_compensation() -> None:
    context = PostContext(compensation="commission")
    finding = judged("#제품협찬 세럼", compensation="commission")

    assert message_for(finding, context).endswith("#광고 판매 수수료를 받습니다.")
    assert message_for(judged(SILENT), PostContext(compensation="product", in_pictures=Inside.NONE)).endswith(
        "#제품협찬"
    )


def test_a_verdict_on_words_says_that_pictures_were_not_looked_at() -> None:
    assert "사진·영상 안의 표시는 확인하지 않았습니다" in message_for(judged(SILENT), PostContext())


@pytest.mark.skipif(not LABELLED.exists(), reason="the labelled cases are not beside this checkout")
def test_the_labelled_cases_get_their_label_and_rule() -> None:
    lines = LABELLED.read_text(encoding="utf-8").splitlines()
    wrong = {}
    for line in lines:
        labelled = json.loads(line)
        answer = cases.judge_case(cases.read_case(json.loads(line)), FOLD)
        if (answer["verdict"], answer["rule"]) != (labelled["label"], labelled["rule"]):
            wrong[labelled["id"]] = (answer["verdict"], answer["rule"])

    assert len(lines) > 50
    assert wrong == {}


def test_the_rules_are_documented() -> None:
    page = (BACKEND.parent / "docs" / "how-to" / "disclosure.md").read_text(encoding="utf-8")

    assert {rule for rule in RULES if f"`{rule}`" not in page} == set()
