"""What holds of every text, checked against a reading that is written character by character."""

import time
import unicodedata
from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.instagram.tokens import folded, nfc, scan, whole_hashtag

# Any Unicode text, half surrogate pairs too, with the signs and their troublesome neighbours more often.
PIECES = (
    "#", "＃", "&#", "@", "＠", "@.", "_", ".", "..", " ", "\n", "a", "Z9", "K", "가", "를", "ㅋ", "é", "e\u0301",
    "\u0301", "\u0323", "\ufe0f", "\u20e3", "\u200d", "\u200b", "½", "①", "🌊", "❤️", "🥰", "👍🏻", "🇰🇷", "İ", "ß",
    "\u0345", "ﬁ", "%", "/",
)  # fmt: skip
CAPTIONS = st.lists(st.sampled_from(PIECES) | st.text(max_size=3) | st.characters(), max_size=40).map("".join)
TAGS = st.text(
    st.sampled_from("여름휴가ㅋㅏabBZ09_éßİΣ") | st.characters(categories=["L", "M", "Nd"]), min_size=1, max_size=8
)


def linked_hashtags(caption: str) -> list[str]:
    """Instagram's rule for hashtags, a character at a time."""
    tags = []
    for position, sign in enumerate(caption):
        if sign not in "#＃" or caption[position - 1 : position] == "&":
            continue
        end = position + 1
        while end < len(caption) and is_of_a_tag(caption[end]):
            end += 1
        if end > position + 1:
            tags.append(caption[position + 1 : end])
    return tags


def linked_names(caption: str) -> list[str]:
    """Instagram's rule for mentions, a character at a time."""
    names = []
    for position, sign in enumerate(caption):
        before = caption[position - 1 : position]
        if sign not in "@＠" or (before and (is_of_a_name(before) or before in "!#$%&*@/＠")):
            continue
        end = position + 1
        while end < len(caption) and (
            is_of_a_name(caption[end])
            or (caption[end] == "." and end > position + 1 and is_of_a_name(caption[end + 1 : end + 2]))
        ):
            end += 1
        if end > position + 1:
            names.append(caption[position + 1 : end])
    return names


def is_of_a_tag(character: str) -> bool:
    category = unicodedata.category(character)
    is_of_emoji = "\ufe00" <= character <= "\ufe0f" or character == "\u20e3"
    return character == "_" or category[0] == "L" or category == "Nd" or (category[0] == "M" and not is_of_emoji)


def is_of_a_name(character: str) -> bool:
    return character != "" and character in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"


@given(CAPTIONS)
@settings(max_examples=200)
def test_every_text_is_scanned_and_tokens_are_spans_of_its_composed_form(caption: str) -> None:
    found = scan(caption)

    assert found.caption == unicodedata.normalize("NFC", caption)
    for signs, tokens in (("#＃", found.hashtags), ("#＃", found.hashtags_strict), ("@＠", found.mentions)):
        for token in tokens:
            assert found.caption[token.start] in signs
            assert found.caption[token.start + 1 : token.end] == token.text != ""
        assert [token.start for token in tokens] == sorted({token.start for token in tokens})


@given(CAPTIONS)
@settings(max_examples=200)
@example("#a\u0301" + "\u0323" * 40)
def test_the_scanner_finds_what_a_plain_reading_finds(caption: str) -> None:
    found = scan(caption)

    assert [token.text for token in found.hashtags] == linked_hashtags(found.caption)
    assert [token.text for token in found.mentions] == linked_names(found.caption)


@given(CAPTIONS)
def test_the_strict_reading_of_a_tag_begins_with_its_text_reading(caption: str) -> None:
    found = scan(caption)
    strict = {token.start: token for token in found.hashtags_strict}

    assert all(strict[token.start].text.startswith(token.text) for token in found.hashtags)


@given(CAPTIONS)
@settings(max_examples=200)
def test_normalising_twice_is_normalising_once(text: str) -> None:
    assert nfc(nfc(text)) == nfc(text)
    assert folded(folded(text)) == folded(text)


@given(TAGS, CAPTIONS, CAPTIONS, st.sampled_from(["#", "＃"]))
@settings(max_examples=200)
def test_a_required_tag_is_found_exactly_when_instagram_would_link_it(
    entered: str, before: str, after: str, sign: str
) -> None:
    required = whole_hashtag(entered)
    caption = f"{before}{sign}{entered}{after}"

    is_found = required is not None and folded(required) in {folded(token.text) for token in scan(caption).hashtags}

    linked = {plainly_folded(tag) for tag in linked_hashtags(unicodedata.normalize("NFC", caption))}
    assert is_found == (plainly_folded(entered) in linked and required is not None)


def plainly_folded(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


@given(st.lists(st.sampled_from(["a", "가", "\u0301", "\u0323", "\u0f73", "\u0344", "é"]), max_size=60))
def test_a_long_text_is_composed_as_python_composes_it(pieces: Sequence[str]) -> None:
    text = "".join(pieces) + "é" * 1000 + "\u0301" * 40 + "\u0323" * 40 + "".join(pieces)

    assert nfc(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    "piece",
    [
        "#", "@", "#a", "@a.", "@a..", "＃가", "#a@b", "&#", "a", "가", "#👍🏻", "👨‍", "#\u200d", "🇰", "#e\u0301",
        "#_", "@_.",
        "\u0301\u0323", "#a\ufe0f", "a" * 500 + "#", "#" + "\u0f73\u0301" * 200,
    ],
)  # fmt: skip
def test_the_scanner_takes_time_in_proportion_to_the_text(piece: str) -> None:
    """Eight times the text takes about eight times as long; a scanner that goes back takes 64 times as long."""
    short, long = (piece * (length // len(piece)) for length in (12_500, 100_000))

    growth = least_seconds(long) / least_seconds(short)

    assert growth < 32


def test_marks_out_of_order_take_time_in_proportion_to_their_number() -> None:
    short, long = ("#a" + "\u0301" * half + "\u0323" * half for half in (6_250, 50_000))

    assert least_seconds(long) / least_seconds(short) < 32


def least_seconds(text: str) -> float:
    """Of five scans, the processor time of the quickest: the others were disturbed."""
    seconds = []
    for _ in range(5):
        begun = time.process_time()
        scan(text)
        seconds.append(time.process_time() - begun)
    return max(min(seconds), 1e-6)
