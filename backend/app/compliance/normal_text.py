"""A caption as a reader sees it: one spelling for what looks alike, without invisible characters, offsets kept."""

import unicodedata
from dataclasses import dataclass

_BLANKS = frozenset("\u3164\u2800\u115f\u1160\uffa0")
"""Letters that show nothing."""
_LINE_BREAKS = frozenset("\n\r\u0085\u2028\u2029")
_EMOJI_VARIANTS = frozenset("\ufe0e\ufe0f")


@dataclass(frozen=True, slots=True)
class NormalText:
    """The normalised text, and where each of its characters stands in the caption that it came from."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    original: str

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of the caption behind a span of the text that is not empty."""
        return self.starts[start], self.ends[end - 1]


def normalise(caption: str) -> NormalText:
    """Return the caption in NFKC, without invisible characters, with line feeds between lines; in linear time.

    Single Hangul letters (ㄱㅗㅏㅇ) stay what they are: NFKC would glue some of them into syllables that nobody wrote.
    """
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for start, end in _clusters(caption):
        shown = _shown(caption[start:end])
        pieces.append(shown)
        starts += [start] * len(shown)
        ends += [end] * len(shown)
    return NormalText("".join(pieces), tuple(starts), tuple(ends), caption)


def _clusters(caption: str) -> list[tuple[int, int]]:
    """Return the spans that are one character to a reader as far as composition goes: base and combining marks."""
    clusters: list[tuple[int, int]] = []
    start = 0
    for position in range(1, len(caption) + 1):
        if position == len(caption) or not _joins_previous(caption, position):
            clusters.append((start, position))
            start = position
    return clusters if caption else []


def _joins_previous(caption: str, position: int) -> bool:
    character = caption[position]
    if character < "\u0300":
        return character == "\n" and caption[position - 1] == "\r"
    is_inner_jamo = "\u1161" <= character <= "\u11ff"
    return is_inner_jamo or unicodedata.combining(character) != 0


def _shown(cluster: str) -> str:
    first = cluster[0]
    if first in _LINE_BREAKS:
        return "\n"
    if len(cluster) == 1:
        if first < "\u007f" or "가" <= first <= "힣":
            return first if first >= " " else " "
        if first in _BLANKS:
            return " "
        if "\u3131" <= first <= "\u318e":
            return first
    visible = "".join(character for character in cluster if not _is_invisible(character))
    return "".join(
        " " if character.isspace() or character in _BLANKS else character
        for character in unicodedata.normalize("NFKC", visible)
    )


def _is_invisible(character: str) -> bool:
    return character in _EMOJI_VARIANTS or unicodedata.category(character) in {"Cf", "Cc", "Cs"}
