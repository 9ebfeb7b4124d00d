"""Hashtags, mentions and usernames, as Instagram reads them."""

import unicodedata

import pytest

from app.instagram.tokens import Token, folded, scan, whole_hashtag, whole_username
from tests.instagram.recorded import recorded_lines


@pytest.mark.parametrize(
    ("caption", "tags"),
    [
        ("#여름휴가 다녀왔어요", ["여름휴가"]),
        ("오늘의#OOTD hello#world", ["OOTD", "world"]),
        ("#1일1팩 #365일 #100", ["1일1팩", "365일", "100"]),
        ("#new-arrival #co.kr #a/b #50%할인", ["new", "co", "a", "50"]),
        ("#a#b##c", ["a", "b", "c"]),
        ("#서울·부산 #서울ㆍ부산 #서울・부산", ["서울", "서울ㆍ부산", "서울"]),
        ("#브랜드❤️를 #👍🏻굿 #여름🌊", ["브랜드", "여름"]),
        ("＃전각 #ＡＢＣ #_a_", ["전각", "ＡＢＣ", "_a_"]),
        ("&#39; &#xa9; # #! #① #½", []),
        ("#हिन्दी #ไทย #ㅋㅋㅋ", ["हिन्दी", "ไทย", "ㅋㅋㅋ"]),
        ("#zero\u200bwidth #no\u00a0break\n#line", ["zero", "no", "line"]),
        ("#1\ufe0f\u20e3 #️⃣", ["1"]),
        ("", []),
    ],
)
def test_hashtags_are_read_by_instagrams_rules(caption: str, tags: list[str]) -> None:
    found = scan(caption)

    assert [token.text for token in found.hashtags] == tags


@pytest.mark.parametrize(
    ("caption", "names"),
    [
        ("감사@brand_kr 님", ["brand_kr"]),
        ("@brand..kr @.brand @brand_. @a.b.c.", ["brand", "brand_", "a.b.c"]),
        ("cs@brand.co.kr https://instagram.com/@brand #@brand @@brand", []),
        ('(@brand) "@brand" ,@Brand @brand\'s', ["brand", "brand", "Brand", "brand"]),
        ("＠brand_kr 📸@studio_x @브랜드", ["brand_kr", "studio_x"]),
        ("", []),
    ],
)
def test_mentions_are_read_by_instagrams_rules(caption: str, names: list[str]) -> None:
    found = scan(caption)

    assert [token.text for token in found.mentions] == names


def test_tokens_carry_their_span_with_the_sign() -> None:
    caption = "🌊 #여름 by @lumi.cos"

    found = scan(caption)

    assert found.hashtags == [Token("여름", 2, 5)]
    assert found.mentions == [Token("lumi.cos", 9, 18)]
    assert caption[2:5] == "#여름"
    assert caption[9:18] == "@lumi.cos"


@pytest.mark.parametrize(
    ("caption", "tags"),
    [
        ("#여름🌊 바다", ["여름🌊"]),
        ("#브랜드❤️를 #👍🏻굿", ["브랜드❤️를", "👍🏻굿"]),
        ("#👨‍👩‍👧‍👦가족", ["👨‍👩‍👧‍👦가족"]),
        ("#여름🥰 바다", ["여름"]),
        ("#🥰 #🖤", []),
        ("#서울🇰🇷 #🇰", ["서울🇰🇷"]),
        ("#a\u200db #❤\u200db", ["a", "❤\u200db"]),
        ("#브랜드™ #가#나🌊", ["브랜드™", "가", "나🌊"]),
        ("&#여름🌊", []),
    ],
)
def test_the_strict_reading_goes_on_with_the_emoji_that_instagram_knows(caption: str, tags: list[str]) -> None:
    found = scan(caption)

    assert [token.text for token in found.hashtags_strict] == tags
    assert all(caption[token.start + 1 : token.end] == token.text for token in found.hashtags_strict)


def test_a_decomposed_caption_is_read_composed() -> None:
    found = scan(unicodedata.normalize("NFD", "가 #여름"))

    assert found.caption == "가 #여름"
    assert found.hashtags == [Token("여름", 2, 5)]


def test_comparison_ignores_case_and_unicode_form_but_not_width() -> None:
    assert folded("Brand_KR") == folded("bRAND_kr")
    assert folded(unicodedata.normalize("NFD", "여름É")) == folded("여름é")
    assert folded("ＡＢＣ") != folded("ABC")


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("#Tag", "Tag"),
        ("Tag", "Tag"),
        (" ＃Tag ", "Tag"),
        (unicodedata.normalize("NFD", "#여름"), "여름"),
        ("##Tag", None),
        ("#a#b", None),
        ("two words", None),
        ("여름🌊", None),
        ("#", None),
        ("", None),
    ],
)
def test_a_required_hashtag_is_one_whole_tag(text: str, tag: str | None) -> None:
    assert whole_hashtag(text) == tag


@pytest.mark.parametrize(
    ("text", "username"),
    [
        ("Lumi.Cos", "lumi.cos"),
        (" @lumi_cos ", "lumi_cos"),
        ("＠lumi", "lumi"),
        ("https://www.instagram.com/Lumi_cos/?igsh=abc", "lumi_cos"),
        ("instagram.com/lumi", "lumi"),
        ("a" * 30, "a" * 30),
        ("a" * 31, None),
        (".lumi", None),
        ("lumi.", None),
        ("lu..mi", None),
        ("lumi cos", None),
        ("루미", None),
        ("\u212aate", None),
        ("https://www.instagram.com/p/DWllQsJCPX_/", None),
        ("https://example.com/lumi", None),
        ("lumi\n", "lumi"),
        ("@", None),
        ("", None),
    ],
)
def test_a_username_is_accepted_in_every_form_that_people_paste(text: str, username: str | None) -> None:
    assert whole_username(text) == username


def test_labelled_captions_are_read_as_labelled() -> None:
    cases = [case for case in recorded_lines("captions.jsonl") if case["confidence"] in {"S", "W"}]

    wrong = [
        case["caption"]
        for case in cases
        if [token.text for token in scan(case["caption"]).hashtags] != case["hashtags_text"]
        or [token.text for token in scan(case["caption"]).hashtags_strict] != case["hashtags_ig_web"]
        or [token.text for token in scan(case["caption"]).mentions] != case["mentions"]
    ]

    assert len(cases) > 20
    assert wrong == []
