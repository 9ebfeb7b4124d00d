r"""Hashtags, mentions and usernames, read by Instagram's own rules.

Sources: the server's rule `(?<!&)#(\w+)` (Instagram Engineering, "Emojineering part 2", 2015) and the regexes of
Instagram's web bundle (`wan2land/instagram-pattern`, ko_KR, 2023-02). What surprises: no boundary is needed before
`#`, digits alone are a tag, `#a#b` is two tags, a Korean particle is swallowed (`#브랜드를`), `＃` and `＠` count.

This is the text reading: an emoji ends a tag. Tokens carry offsets, so that another reading can go on from their end.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

USERNAME_LENGTH = 30

_HASH_SIGNS = "#＃"
_AT_SIGNS = "@＠"
_MARK = re.compile(f"[{_HASH_SIGNS}]")
_MENTION = re.compile(r"(?<![A-Za-z0-9_!#$%&*@/＠])[@＠]([A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*)")
_USERNAME = re.compile(r"[a-z0-9_]+(?:\.[a-z0-9_]+)*")
_PROFILE_URL = re.compile(r"(?:https?://)?(?:(?:www|m)\.)?instagram\.com/([^/?#]+)/?(?:[?#].*)?", re.IGNORECASE)
# Variation selectors and the keycap belong to emoji, though Unicode files them under marks.
_EMOJI_MARKS = re.compile("[\ufe00-\ufe0f\u20e3]")


@dataclass(frozen=True, slots=True)
class Token:
    """A hashtag or a mention: its text without the sign, and the span in the caption with the sign."""

    text: str
    start: int
    end: int


def scan_hashtags(caption: str) -> Sequence[Token]:
    """Return every hashtag of `caption` in order, repetitions included, in linear time."""
    tokens: list[Token] = []
    for sign in _MARK.finditer(caption):
        start = sign.start()
        if start and caption[start - 1] == "&":
            continue
        end = _tag_end(caption, start + 1)
        if end > start + 1:
            tokens.append(Token(caption[start + 1 : end], start, end))
    return tokens


def scan_mentions(caption: str) -> Sequence[Token]:
    """Return every mention of `caption` in order, repetitions included, spelled as written; linear time."""
    return [Token(match[1], match.start(), match.end()) for match in _MENTION.finditer(caption)]


def folded(text: str) -> str:
    """Return `text` as it is compared: NFC and without case. Full-width letters stay what they are."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def whole_hashtag(text: str) -> str | None:
    """Return the bare tag for `#Tag`, `Tag` or ` ＃Tag `, in NFC; None unless the text is exactly one tag."""
    bare = unicodedata.normalize("NFC", text.strip())
    if bare[:1] and bare[0] in _HASH_SIGNS:
        bare = bare[1:]
    return bare if bare and _tag_end(bare, 0) == len(bare) else None


def whole_username(text: str) -> str | None:
    """Return the lower-case username for `name`, `@name` or a profile's address; None unless it is exactly one."""
    bare = text.strip()
    if address := _PROFILE_URL.fullmatch(bare):
        bare = address[1]
    if bare[:1] and bare[0] in _AT_SIGNS:
        bare = bare[1:]
    # İ and K (the Kelvin sign) are no ASCII letters, but lower() makes them some.
    if not bare.isascii() or len(bare) > USERNAME_LENGTH:
        return None
    username = bare.lower()
    return username if _USERNAME.fullmatch(username) else None


def _tag_end(text: str, start: int) -> int:
    end = start
    while end < len(text) and _is_tag_character(text[end]):
        end += 1
    return end


def _is_tag_character(character: str) -> bool:
    if character == "_":
        return True
    category = unicodedata.category(character)
    return category[0] == "L" or category == "Nd" or (category[0] == "M" and not _EMOJI_MARKS.match(character))
