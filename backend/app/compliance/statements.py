"""What a caption states about an interest, and where: found by kind, not yet judged."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain

from app.compliance import clear_phrases as clear
from app.compliance import weak_phrases as weak
from app.compliance.clear_phrases import Interest
from app.compliance.normal_text import NormalText
from app.instagram import tokens
from app.instagram.tokens import Token


class Kind(StrEnum):
    """How much a statement is worth."""

    CLEAR = "clear"
    FOREIGN_FULL = "foreign_full"
    FOREIGN_SHORT = "foreign_short"
    AMBIGUOUS = "ambiguous"
    BROKEN_TAG = "broken_tag"
    SPACED = "spaced"
    LOOSE_LETTERS = "loose_letters"
    CONDITIONAL = "conditional"
    VAGUE = "vague"
    TRAP = "trap"
    DENIAL = "denial"


class Form(StrEnum):
    """How a statement is written, which decides where it may stand."""

    TAG = "tag"
    OPENING = "opening"
    """The first word of the caption."""
    BRACKETED = "bracketed"
    SENTENCE = "sentence"


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; the span is that of the normalised text."""

    kind: Kind
    form: Form
    start: int
    end: int
    interest: Interest | None = None


# What may stand before the first word: emoji, punctuation, brackets and mentions, but no hash sign.
_LEAD = re.compile(r"(?:@[\w.]*|[^\w#@])*")


@dataclass(frozen=True, slots=True)
class Caption:
    """A normalised caption with its hashtags and statements."""

    normal: NormalText
    tags: Sequence[Token]
    opening: int
    """Where the first word or hashtag begins."""
    statements: Sequence[Statement]

    def of_kind(self, *kinds: Kind) -> list[Statement]:
        """Return the statements of these kinds, in the order of the caption."""
        return [statement for statement in self.statements if statement.kind in kinds]


def read_caption(normal: NormalText) -> Caption:
    """Return everything that a caption states, in its order."""
    text = normal.text
    lead = _LEAD.match(text)
    opening = lead.end() if lead else 0
    tags = tokens.scan(text).hashtags
    found: list[Statement] = []
    explained = bytearray(len(text))
    # Where two finds overlap, the first one says what the characters mean.
    for statement in chain(
        _obscured(text),
        _denials(text, tags),
        _tag_statements(tags),
        _all(weak.CONDITIONAL, text, Kind.CONDITIONAL),
        _all(weak.FOREIGN_FULL, text, Kind.FOREIGN_FULL),
        _openings(text, opening),
        _bracketed(text),
        _sentences(text),
        _loose_words(text),
        _traps(text),
    ):
        if not any(explained[statement.start : statement.end]):
            explained[statement.start : statement.end] = b"\1" * (statement.end - statement.start)
            found.append(statement)
    return Caption(normal, tags, opening, sorted(found, key=lambda statement: statement.start))


def _all(pattern: re.Pattern[str], text: str, kind: Kind, interest: Interest | None = None) -> Iterator[Statement]:
    for match in pattern.finditer(text):
        yield Statement(kind, Form.SENTENCE, match.start(), match.end(), interest)


def _obscured(text: str) -> Iterator[Statement]:
    yield from _all(weak.LOOSE_LETTERS, text, Kind.LOOSE_LETTERS)
    yield from _all(weak.SPACED_LETTERS, text, Kind.SPACED)
    for match in weak.BROKEN_SIGN.finditer(text):
        yield Statement(Kind.BROKEN_TAG, Form.TAG, match.start(), match.end())


def _denials(text: str, tags: Sequence[Token]) -> Iterator[Statement]:
    for tag in tags:
        is_denial = weak.DENIAL_TAG.fullmatch(tokens.folded(tag.text))
        if is_denial and not weak.NOT_BOUGHT_AFTER.match(text, tag.end):
            yield Statement(Kind.DENIAL, Form.TAG, tag.start, tag.end)
    yield from _all(weak.DENIAL, text, Kind.DENIAL)


_WEAK_TAGS = (
    (weak.AMBIGUOUS_TAG, Kind.AMBIGUOUS),
    (weak.VAGUE_TAG, Kind.VAGUE),
    (weak.FOREIGN_FULL_TAG, Kind.FOREIGN_FULL),
    (weak.FOREIGN_SHORT_TAG, Kind.FOREIGN_SHORT),
)


def _tag_statements(tags: Sequence[Token]) -> Iterator[Statement]:
    for tag in tags:
        name = tokens.folded(tag.text)
        interest = next((interest for interest, pattern in clear.TAGS.items() if pattern.fullmatch(name)), None)
        if interest is not None:
            yield Statement(Kind.CLEAR, Form.TAG, tag.start, tag.end, interest)
            continue
        kind = next((kind for pattern, kind in _WEAK_TAGS if pattern.fullmatch(name)), None)
        if kind is not None:
            product = Interest.PRODUCT if weak.AMBIGUOUS_PRODUCT.fullmatch(name) else None
            yield Statement(kind, Form.TAG, tag.start, tag.end, product)
        elif weak.BROKEN_TAG.fullmatch(name) and not _is_trap(name):
            yield Statement(Kind.BROKEN_TAG, Form.TAG, tag.start, tag.end)


def _openings(text: str, opening: int) -> Iterator[Statement]:
    match = clear.AT_START.match(text, opening)
    if match and not weak.TRAP_AFTER.match(text, match.end()):
        interest = Interest.PRODUCT if match["product"] else Interest.AD
        yield Statement(Kind.CLEAR, Form.OPENING, match.start(), match.end(), interest)
    if match := weak.FOREIGN_AT_START.match(text, opening):
        is_full = weak.FOREIGN_FULL_TAG.fullmatch(match.group()) is not None
        kind = Kind.FOREIGN_FULL if is_full else Kind.FOREIGN_SHORT
        yield Statement(kind, Form.OPENING, match.start(), match.end())


def _bracketed(text: str) -> Iterator[Statement]:
    for match in clear.BRACKETED.finditer(text):
        if not _is_trap(match[1]):
            product = clear.TAGS[Interest.PRODUCT].fullmatch("".join(match[1].split()))
            interest = Interest.PRODUCT if product else Interest.AD
            yield Statement(Kind.CLEAR, Form.BRACKETED, match.start(), match.end(), interest)
    for match in weak.FOREIGN_BRACKETED.finditer(text):
        is_full = weak.FOREIGN_FULL.search(match.group()) is not None
        kind = Kind.FOREIGN_FULL if is_full else Kind.FOREIGN_SHORT
        yield Statement(kind, Form.BRACKETED, match.start(), match.end())


def _sentences(text: str) -> Iterator[Statement]:
    yield from _all(weak.AMBIGUOUS_PRODUCT, text, Kind.AMBIGUOUS, Interest.PRODUCT)
    for interest, pattern in clear.SENTENCES.items():
        for found in _all(pattern, text, Kind.CLEAR, interest):
            denied = clear.DENIED_AFTER.match(text, found.end)
            yield found if denied is None else replace(found, kind=Kind.DENIAL, end=denied.end())


def _loose_words(text: str) -> Iterator[Statement]:
    yield from _all(weak.AMBIGUOUS, text, Kind.AMBIGUOUS)
    yield from _all(weak.VAGUE, text, Kind.VAGUE)


def _traps(text: str) -> Iterator[Statement]:
    """Yield each other 광고 or 협찬: known not to disclose anything, or used in a way that a person must read."""
    for match in weak.AD.finditer(text):
        is_trap = weak.TRAP_AFTER.match(text, match.end()) or weak.TRAP_BEFORE.search(
            text, max(0, match.start() - 8), match.start()
        )
        kind = Kind.TRAP if is_trap else Kind.AMBIGUOUS
        yield Statement(kind, Form.SENTENCE, match.start(), match.end())


def _is_trap(words: str) -> bool:
    """Tell whether 광고 or 협찬 in these words belongs to something else, such as an address for enquiries."""
    matches = list(weak.AD.finditer(words))
    return bool(matches) and all(
        weak.TRAP_AFTER.match(words, match.end()) or weak.TRAP_BEFORE.search(words, 0, match.start())
        for match in matches
    )
