"""Requirements as a person enters them: normalised, and refused or doubted where no post can meet them."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.campaigns import texts
from app.campaigns.entered_fields import Fault
from app.campaigns.phrases import find_phrase
from app.campaigns.requirements import Requirements
from app.campaigns.texts import quoted
from app.core.clock import KST
from app.instagram import tokens
from app.models.states import ContentType, MentionPlace

REQUIREMENT_FIELDS = (
    "required_hashtags", "any_hashtags", "required_mentions", "mention_places", "required_phrases", "forbidden_words",
    "content_type", "start_date", "end_date", "time_zone",
)  # fmt: skip
MAX_HASHTAGS = 5
"""Instagram allows five hashtags in a caption since 2025-12-18 (before: 30); a campaign with more cannot be met."""
DISCLOSURE_TAGS = frozenset({"광고", "유료광고", "협찬", "제품협찬"})
"""With one of these the required hashtags disclose the advertisement themselves."""
FIRST_DAY = date(2010, 10, 6)
"""Instagram's first day: an earlier date is a slip of the pen."""
LAST_DAY = date(2099, 12, 31)

_LONGEST_PHRASE = 200
_TYPES_BY_NUMBER = {"1": ContentType.PHOTO, "2": ContentType.VIDEO, "8": ContentType.ALBUM}
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class CheckedRequirements:
    """What a person entered; None where something is wrong with it."""

    requirements: Requirements | None
    faults: Sequence[Fault]
    warnings: Sequence[Fault]
    """What can be required, but is hardly meant."""


def checked_requirements(entered: Mapping[str, object]) -> CheckedRequirements:
    """Return the requirements that a person entered, with everything that is wrong or doubtful about them.

    A field that is None or not there is left out. `#Tag`, `Tag` and ` ＃Tag ` are one thing. Dates are `YYYY-MM-DD`.
    """
    entry = _Entry(entered)
    requirements = entry.read()
    return CheckedRequirements(requirements, entry.faults, entry.warnings)


class _Entry:
    """Reads the fields, and collects what is wrong instead of stopping at the first."""

    def __init__(self, entered: Mapping[str, object]) -> None:
        self._entered = entered
        self.faults: list[Fault] = []
        self.warnings: list[Fault] = []

    def read(self) -> Requirements | None:
        """Return the requirements, or None where there are faults."""
        hashtags = self._distinct("required_hashtags", tokens.whole_hashtag, texts.NOT_A_HASHTAG)
        any_hashtags = self._distinct("any_hashtags", tokens.whole_hashtag, texts.NOT_A_HASHTAG)
        mentions = self._distinct("required_mentions", tokens.whole_username, texts.NOT_A_MENTION)
        not_words = texts.NOT_WORDS.replace("{limit}", str(_LONGEST_PHRASE))
        phrases = self._distinct("required_phrases", _phrase, not_words)
        forbidden = self._distinct("forbidden_words", _phrase, not_words)
        places = self._places()
        kind = self._content_type()
        zone = self._time_zone()
        first, last = self._day("start_date"), self._day("end_date")
        if first and last and last < first:
            self._fault("end_date", texts.END_BEFORE_START.format(end=last, start=first))
        self._count_hashtags(hashtags, any_hashtags)
        self._refuse_contradictions(forbidden, hashtags + any_hashtags, mentions, phrases)
        if self.faults or first is None or last is None:
            return None
        requirements = Requirements(
            hashtags, mentions, kind, first, last, any_hashtags, places, phrases, forbidden, zone
        )
        if not requirements.asks_for_something:
            self.warnings.append(Fault(("required_hashtags",), texts.NOTHING_REQUIRED))
        return requirements

    def _fault(self, field: str, message: str, *position: int) -> None:
        self.faults.append(Fault((field, *position), message))

    def _distinct(self, field: str, read: Callable[[str], str | None], fault: str) -> tuple[str, ...]:
        entered = self._entered.get(field)
        if entered is None:
            return ()
        if not isinstance(entered, list | tuple):
            self._fault(field, texts.NOT_A_LIST.format(expected="texts", found=texts.kind_of(entered)))
            return ()
        distinct: list[str] = []
        spellings: dict[str, str] = {}
        for position, value in enumerate(entered):
            bare = read(value) if isinstance(value, str) else None
            if bare is None:
                self._fault(field, fault.format(value=quoted(value)), position)
            elif (first := spellings.get(tokens.folded(bare))) is not None:
                self._fault(field, texts.TAG_TWICE.format(value=quoted(value), first=quoted(first)), position)
            else:
                spellings[tokens.folded(bare)] = value
                distinct.append(bare)
        return tuple(distinct)

    def _count_hashtags(self, hashtags: Sequence[str], any_hashtags: Sequence[str]) -> None:
        """Refuse more tags than a post may have, and doubt that the disclosure needs none."""
        required = {tokens.folded(tag) for tag in hashtags}
        for position, tag in enumerate(any_hashtags):
            if tokens.folded(tag) in required:
                message = texts.ANY_OF_REQUIRED.format(value=quoted(f"#{tag}"))
                self.warnings.append(Fault(("any_hashtags", position), message))
                break
        else:
            required |= {tokens.folded(tag) for tag in any_hashtags[:1]}
        if len(required) > MAX_HASHTAGS:
            self._fault("required_hashtags", texts.TOO_MANY_HASHTAGS.format(found=len(required), limit=MAX_HASHTAGS))
        elif len(required) == MAX_HASHTAGS and not DISCLOSURE_TAGS & {*required, *map(tokens.folded, any_hashtags)}:
            message = texts.NO_ROOM_FOR_DISCLOSURE.format(found=len(required), limit=MAX_HASHTAGS)
            self.warnings.append(Fault(("required_hashtags",), message))

    def _refuse_contradictions(
        self, forbidden: Sequence[str], hashtags: Sequence[str], mentions: Sequence[str], phrases: Sequence[str]
    ) -> None:
        required = [*(f"#{tag}" for tag in hashtags), *(f"@{name}" for name in mentions), *phrases]
        for position, word in enumerate(forbidden):
            for text in required:
                if find_phrase(word, text):
                    message = texts.FORBIDDEN_AND_REQUIRED.format(value=quoted(word), required=quoted(text))
                    self._fault("forbidden_words", message, position)

    def _places(self) -> tuple[MentionPlace, ...]:
        entered = self._entered.get("mention_places")
        if entered is None:
            return (MentionPlace.CAPTION,)
        known = [place.value for place in MentionPlace]
        if not isinstance(entered, list | tuple):
            self._fault("mention_places", texts.NOT_A_LIST.format(expected="places", found=texts.kind_of(entered)))
            return ()
        if not entered:
            self._fault("mention_places", texts.NO_PLACE.format(expected=texts.alternatives(known)))
        for position, value in enumerate(entered):
            if value not in known:
                message = texts.NOT_ONE_OF.format(value=quoted(value), expected=texts.alternatives(known))
                self._fault("mention_places", message, position)
        return tuple(place for place in MentionPlace if place in entered)

    def _content_type(self) -> ContentType:
        entered = self._entered.get("content_type")
        if entered is None:
            return ContentType.ANY
        known = [kind.value for kind in ContentType]
        if entered in known:
            kind = ContentType(str(entered))
        elif not isinstance(entered, bool) and str(entered) in _TYPES_BY_NUMBER:
            kind = _TYPES_BY_NUMBER[str(entered)]
        else:
            message = texts.NOT_ONE_OF.format(value=quoted(entered), expected=texts.alternatives(known))
            self._fault("content_type", message)
            return ContentType.ANY
        if kind is ContentType.STORY:
            others = texts.alternatives([name for name in known if name != kind])
            self.warnings.append(Fault(("content_type",), texts.STORIES.format(expected=others)))
        return kind

    def _time_zone(self) -> str:
        entered = self._entered.get("time_zone")
        if entered is None:
            return KST.key
        try:
            return ZoneInfo(entered if isinstance(entered, str) else "").key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self._fault("time_zone", texts.NOT_A_TIME_ZONE.format(value=quoted(entered)))
            return KST.key

    def _day(self, field: str) -> date | None:
        entered = self._entered.get(field)
        if entered is None:
            self._fault(field, texts.MISSING.format(expected="a day as YYYY-MM-DD, such as 2026-11-23"))
            return None
        if not isinstance(entered, str) or not _DATE.fullmatch(entered.strip()):
            self._fault(field, texts.NOT_A_DATE.format(value=quoted(entered)))
            return None
        try:
            day = date.fromisoformat(entered.strip())
        except ValueError:
            self._fault(field, texts.NO_SUCH_DAY.format(value=quoted(entered)))
            return None
        if not FIRST_DAY <= day <= LAST_DAY:
            message = texts.DAY_OUT_OF_RANGE.format(value=quoted(entered), first=FIRST_DAY, last=LAST_DAY)
            self._fault(field, message)
            return None
        return day


def _phrase(text: str) -> str | None:
    """Return a phrase with single blanks; None where it is empty, too long, or cannot be shown."""
    phrase = " ".join(tokens.nfc(text).split())
    is_usable = 0 < len(phrase) <= _LONGEST_PHRASE and not any(map(texts.is_control, phrase))
    return phrase if is_usable else None
