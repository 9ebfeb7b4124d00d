"""Where in a caption a statement stands: before or behind the fold, first or buried among other hashtags."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from app.compliance.statements import Caption, Form, Kind, Statement
from app.core.config import Settings

_DISCLOSING = frozenset({Kind.CLEAR, Kind.FOREIGN_FULL, Kind.FOREIGN_SHORT, Kind.AMBIGUOUS, Kind.BROKEN_TAG})


@dataclass(frozen=True, slots=True)
class Fold:
    """Up to where a caption is shown before “more”, in half-width characters (Hangul and emoji count 2) and lines."""

    visible_units: int
    visible_lines: int
    border_units: int
    border_lines: int


def fold_of(settings: Settings) -> Fold:
    """Return the fold that the installation assumes."""
    return Fold(
        visible_units=settings.disclosure_visible_units,
        visible_lines=settings.disclosure_visible_lines,
        border_units=settings.disclosure_border_units,
        border_lines=settings.disclosure_border_lines,
    )


class Place(Enum):
    """Where a statement stands, the best first."""

    START = auto()
    FIRST_TAG = auto()
    FIRST_LINE = auto()
    BORDER = auto()
    """Phones differ here, or the text before it is not the title: a person decides."""
    BURIED = auto()
    """A hashtag behind other hashtags."""
    HIDDEN = auto()

    @property
    def is_passing(self) -> bool:
        """Tell whether a reader meets the statement at once."""
        return self in (Place.START, Place.FIRST_TAG, Place.FIRST_LINE)


def places_in(caption: Caption, fold: Fold) -> Callable[[Statement], Place]:
    """Return what tells the place of a statement of this caption."""
    text = caption.normal.text
    shown = ShownText(text, fold)
    disclosing = {statement.start for statement in caption.statements if statement.kind in _DISCLOSING}
    other_tags = [tag.start for tag in caption.tags if tag.start not in disclosing]
    first_other_tag = min(other_tags, default=len(text))

    def place_of(statement: Statement) -> Place:
        zone = shown.zone(statement.start)
        if zone is Place.HIDDEN:
            return Place.HIDDEN
        if statement.form is Form.TAG and statement.start > first_other_tag:
            return Place.BURIED
        if zone is Place.BORDER:
            return Place.BORDER
        return _visible_place(caption, statement, is_first_line=shown.is_same_line(caption.opening, statement.start))

    return place_of


def _visible_place(caption: Caption, statement: Statement, *, is_first_line: bool) -> Place:
    if statement.form is Form.TAG:
        is_start = not any(letter.isalnum() or letter == "@" for letter in caption.normal.text[: statement.start])
        return Place.START if is_start and not _opens_row_of_tags(caption, statement) else Place.FIRST_TAG
    if statement.form is Form.SENTENCE:
        return Place.FIRST_LINE if is_first_line else Place.BORDER
    if statement.start <= caption.opening:
        return Place.START
    return Place.BORDER


def _opens_row_of_tags(caption: Caption, statement: Statement) -> bool:
    """Tell whether hashtags of another kind follow at once."""
    follower = next((tag for tag in caption.tags if tag.start >= statement.end), None)
    if follower is None or caption.normal.text[statement.end : follower.start].strip():
        return False
    return all(other.start != follower.start for other in caption.statements)


class ShownText:
    """How far down each position is, counted once up to where everything is hidden."""

    def __init__(self, text: str, fold: Fold) -> None:
        self._fold = fold
        self._positions: list[tuple[int, int]] = []
        self._begin = len(text) - len(text.lstrip())
        units, line = 0, 1
        for letter in text[self._begin :]:
            self._positions.append((units, line))
            if units > fold.border_units or line > fold.border_lines:
                break
            if letter == "\n":
                line += 1
            else:
                units += _width(letter)

    def zone(self, start: int) -> Place:
        """Return START for what is visible, BORDER, or HIDDEN."""
        index = max(start - self._begin, 0)
        if index >= len(self._positions):
            return Place.HIDDEN
        units, line = self._positions[index]
        if units <= self._fold.visible_units and line <= self._fold.visible_lines:
            return Place.START
        if units <= self._fold.border_units and line <= self._fold.border_lines:
            return Place.BORDER
        return Place.HIDDEN

    def is_same_line(self, one: int, other: int) -> bool:
        """Tell whether two positions are on the same line; what is hidden counts as one line."""
        return self._line(one) == self._line(other)

    def _line(self, start: int) -> int:
        index = max(start - self._begin, 0)
        return self._positions[index][1] if index < len(self._positions) else 0


def _width(letter: str) -> int:
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 0 if unicodedata.combining(letter) else 1
