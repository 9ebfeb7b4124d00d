r"""Hashtags, mentions and usernames, read by Instagram's own rules.

Sources: the server's rule `(?<!&)#(\w+)` (Instagram Engineering, "Emojineering part 2", 2015) and the regexes of
Instagram's web bundle (`wan2land/instagram-pattern`, ko_KR, 2023-02). What surprises: no boundary is needed before
`#`, digits alone are a tag, `#a#b` is two tags, a Korean particle is swallowed (`#브랜드를`), `＃` and `＠` count.

Hashtags have two readings. The text reading ends at an emoji; campaigns are matched by it. The strict reading goes on
with the emoji that Instagram knows: it links `#브랜드❤️` as `브랜드❤️`, not as `브랜드`.
"""

import re
import unicodedata
from functools import partial
from itertools import groupby
from typing import NamedTuple

from app.instagram.emoji import EMOJI, EMOJI_MARKS, FLAG_LETTERS, JOINERS

USERNAME_LENGTH = 30

_AT_SIGNS = "@＠"
_KINDS = {"Lu": "t", "Ll": "t", "Lt": "t", "Lm": "t", "Lo": "t", "Nd": "t", "Mn": "m", "Mc": "m", "Me": "m"}


def _characters(kinds: str) -> str:
    """Return letters and digits (`t`), marks (`m`) and the marks of emoji (`e`) as the inside of a regex's brackets."""
    # Unicode has no letters beyond plane 3, and marks only in plane 14.
    points = [*range(0x40000), *range(0xE0100, 0xE01F0)]
    found = [_KINDS.get(category, "-") for category in map(unicodedata.category, map(chr, points))]
    for mark in EMOJI_MARKS:
        found[ord(mark)] = "e"
    spans = [match.span() for match in re.finditer(f"[{kinds}]+", "".join(found))]
    return "".join(f"{chr(points[start])}-{chr(points[end - 1])}" for start, end in spans)


TAG_CHARACTERS = _characters("tm") + "_"
"""What a hashtag is made of, as the inside of a regex's brackets."""
_EMOJI_OR_MARK = EMOJI + FLAG_LETTERS + EMOJI_MARKS
_NAME = r"([A-Za-z0-9_]++(?:\.[A-Za-z0-9_]++)*+)"
_NO_MENTION_AFTER = "A-Za-z0-9_!#$%&*@/＠"

# A pattern that begins with one plain character is searched for several times faster than one that begins with a set;
# the other signs are rare. What stands before the sign is therefore looked at after it.
_HASHTAG = re.compile(f"#(?<!&#)([{TAG_CHARACTERS}]*+)([{_EMOJI_OR_MARK}]?+)")
_HASHTAG_OF_ANY_SIGN = re.compile(f"[#＃](?<!&[#＃])([{TAG_CHARACTERS}]*+)([{_EMOJI_OR_MARK}]?+)")
_REST_OF_STRICT_TAG = re.compile(
    f"(?:(?:[{EMOJI}]|[{FLAG_LETTERS}]{{2}})[{JOINERS}]*+|[{TAG_CHARACTERS}{EMOJI_MARKS}]++)*+"
)
_MENTION = re.compile(f"@(?<![{_NO_MENTION_AFTER}]@){_NAME}")
_MENTION_OF_ANY_SIGN = re.compile(f"[@＠](?<![{_NO_MENTION_AFTER}][@＠]){_NAME}")
_WHOLE_TAG = re.compile(f"[#＃]?([{TAG_CHARACTERS}]+)")
_USERNAME = re.compile(r"[a-z0-9_]+(?:\.[a-z0-9_]+)*")
_PROFILE_URL = re.compile(r"(?:https?://)?(?:(?:www|m)\.)?instagram\.com/([^/?#]+)/?(?:[?#].*)?", re.IGNORECASE)
_TOO_SHORT_TO_MATTER = 1000
_LONG_RUN_OF_MARKS = re.compile(f"[{_characters('me')}]{{32,}}")


class Token(NamedTuple):
    """A hashtag or a mention: its text without the sign, and its span in the NFC caption with the sign.

    A tuple and not a dataclass, because thousands of captions with many tokens each are scanned in a second.
    """

    text: str
    start: int
    end: int


class Tokens(NamedTuple):
    """What a caption holds, in its order, repetitions included, spelled as written."""

    caption: str
    """In NFC; the spans of the tokens count its characters."""
    hashtags: list[Token]
    """The text reading, by which campaigns are matched."""
    hashtags_strict: list[Token]
    """The reading with emoji: what Instagram links. Also has the tags that are nothing but emoji."""
    mentions: list[Token]


# Measured: half the time of a call of the class.
_token = partial(tuple.__new__, Token)


def scan(caption: str) -> Tokens:
    """Return the hashtags and mentions of a caption, in linear time; any text can be scanned."""
    caption = nfc(caption)
    hashtags: list[Token] = []
    strict: list[Token] = []
    for match in (_HASHTAG_OF_ANY_SIGN if "＃" in caption else _HASHTAG).finditer(caption):
        text, emoji = match.groups()
        if not emoji:
            if text:
                token = _token((text, *match.span()))
                hashtags.append(token)
                strict.append(token)
            continue
        start, end = match.start(), match.end(1)
        if text:
            hashtags.append(Token(text, start, end))
        end = _strict_end(caption, end)
        if end > start + 1:
            strict.append(Token(caption[start + 1 : end], start, end))
    mentions: list[Token] = []
    if "@" in caption or "＠" in caption:
        pattern = _MENTION_OF_ANY_SIGN if "＠" in caption else _MENTION
        mentions = [Token(match[1], match.start(), match.end()) for match in pattern.finditer(caption)]
    return Tokens(caption, hashtags, strict, mentions)


def nfc(text: str) -> str:
    """Return the text in NFC, in linear time.

    Python sorts the marks on one letter by insertion: 40,000 of them take 2.4 s (measured, Python 3.11).
    """
    if unicodedata.is_normalized("NFC", text):
        return text
    if len(text) > _TOO_SHORT_TO_MATTER:
        text = _LONG_RUN_OF_MARKS.sub(_in_canonical_order, text)
    return unicodedata.normalize("NFC", text)


def folded(text: str) -> str:
    """Return `text` as it is compared: NFC and without case. Full-width letters stay what they are."""
    return nfc(nfc(text).casefold())


def whole_hashtag(text: str) -> str | None:
    """Return the bare tag for `#Tag`, `Tag` or ` ＃Tag `, in NFC; None unless the text is exactly one tag."""
    match = _WHOLE_TAG.fullmatch(nfc(text.strip()))
    return match[1] if match else None


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


def _strict_end(caption: str, start: int) -> int:
    match = _REST_OF_STRICT_TAG.match(caption, start)
    return match.end() if match else start


def _in_canonical_order(run: re.Match[str]) -> str:
    """Return a run of marks as NFD has them, sorted by merging and not by insertion."""
    marks = "".join(unicodedata.normalize("NFD", mark) for mark in run[0])
    ordered: list[str] = []
    for _, group in groupby(marks, key=lambda mark: unicodedata.combining(mark) != 0):
        ordered += sorted(group, key=unicodedata.combining)
    return "".join(ordered)
