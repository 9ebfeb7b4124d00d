import unicodedata

import pytest

from app.compliance.normal_text import normalise

TEXTS = [
    "#광고 오늘",
    unicodedata.normalize("NFD", "오늘의 선크림 #광고 café"),
    "＃ＡＤ ① ﬁ",
    "a\u200bb\ufe0fc\u3164d\u2800e",
    "하나\r\n둘\r셋\u2028넷",
    "ㄱㅗㅏㅇㄱㅗ ㅋㅋㅋ",
    "\u0301\u0301 \ud800 \U0001f469\u200d\U0001f680",
    "",
]


@pytest.mark.parametrize("caption", TEXTS)
def test_every_character_knows_where_it_came_from(caption: str) -> None:
    normal = normalise(caption)

    spans = [normal.original_span(position, position + 1) for position in range(len(normal.text))]

    assert all(0 <= start < end <= len(caption) for start, end in spans)
    assert spans == sorted(spans)


@pytest.mark.parametrize("caption", TEXTS)
def test_doing_it_twice_changes_nothing_more(caption: str) -> None:
    once = normalise(caption).text

    assert normalise(once).text == once


def test_what_looks_alike_becomes_one_spelling() -> None:
    assert normalise("＃ＡＤ").text == "#AD"
    assert normalise(unicodedata.normalize("NFD", "광고")).text == "광고"
    assert normalise("광\u200b고").text == "광고"
    assert normalise("하나\r\n둘\r셋\u2028넷").text == "하나\n둘\n셋\n넷"
    assert normalise("가\u3164나\u2800다").text == "가 나 다"


def test_single_letters_are_not_glued_into_syllables() -> None:
    assert normalise("ㄱㅗㅏㅇ").text == "ㄱㅗㅏㅇ"
