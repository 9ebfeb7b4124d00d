"""What a campaign asks of a post, and whether what a person entered can be asked at all."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from app.campaigns import texts
from app.campaigns.texts import quoted
from app.instagram import tokens
from app.models import Campaign
from app.models.states import ContentType

MAX_HASHTAGS = 5
"""Instagram allows five hashtags in a caption since 2025-12-18 (before: 30); a campaign with more cannot be met."""
FIRST_DAY = date(2010, 10, 6)
"""Instagram's first day: an earlier date is a slip of the pen."""
LAST_DAY = date(2099, 12, 31)
WATCHED_TYPES = [kind.value for kind in ContentType if kind is not ContentType.STORY]

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Requirements:
    """What a post must have. The period includes both days, in Korean time."""

    hashtags: tuple[str, ...]
    """Without `#`, as a person wrote them."""
    mentions: tuple[str, ...]
    """Usernames without `@`, in lower case."""
    content_type: ContentType
    start_date: date
    end_date: date

    @property
    def fingerprint(self) -> str:
        """Return a hash that differs where something else is asked for."""
        asked = (self.hashtags, self.mentions, self.content_type.value, str(self.start_date), str(self.end_date))
        return hashlib.sha256(json.dumps(asked, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Fault:
    """Why something cannot be required; `path` leads to it: the field's name, then the place in its list."""

    path: Path
    message: str


def requirements_of(campaign: Campaign) -> Requirements:
    """Return what a stored campaign requires."""
    return Requirements(
        hashtags=tuple(campaign.required_hashtags),
        mentions=tuple(campaign.required_mentions),
        content_type=campaign.content_type,
        start_date=campaign.start_date,
        end_date=campaign.end_date,
    )


def checked_requirements(
    *,
    required_hashtags: object,
    required_mentions: object,
    content_type: object,
    start_date: object,
    end_date: object,
) -> tuple[Requirements | None, list[Fault]]:
    """Return the requirements that a person entered, or None and everything that is wrong with them.

    None stands for a field that was left out. `#Tag`, `Tag` and ` ＃Tag ` are one thing. Dates are `YYYY-MM-DD`.
    """
    faults: list[Fault] = []
    hashtags = _hashtags(required_hashtags, faults)
    mentions = _distinct("required_mentions", required_mentions, tokens.whole_username, texts.NOT_A_MENTION, faults)
    if not required_hashtags and not required_mentions and not faults:
        faults.append(Fault(("required_hashtags",), texts.NOTHING_REQUIRED))
    kind = _content_type(content_type, faults)
    first, last = _day("start_date", start_date, faults), _day("end_date", end_date, faults)
    if first and last and last < first:
        faults.append(Fault(("end_date",), texts.END_BEFORE_START.format(end=last, start=first)))
    if faults or first is None or last is None:
        return None, faults
    return Requirements(hashtags, mentions, kind, first, last), faults


def _hashtags(entered: object, faults: list[Fault]) -> tuple[str, ...]:
    tags = _distinct("required_hashtags", entered, tokens.whole_hashtag, texts.NOT_A_HASHTAG, faults)
    if len(tags) > MAX_HASHTAGS:
        message = texts.TOO_MANY_HASHTAGS.format(found=len(tags), limit=MAX_HASHTAGS)
        faults.append(Fault(("required_hashtags",), message))
    return tags


def _distinct(
    field: str, entered: object, read: Callable[[str], str | None], fault: str, faults: list[Fault]
) -> tuple[str, ...]:
    if entered is None:
        return ()
    if not isinstance(entered, list | tuple):
        message = texts.NOT_A_LIST.format(expected="texts", found=texts.kind_of(entered))
        faults.append(Fault((field,), message))
        return ()
    distinct: list[str] = []
    spellings: dict[str, str] = {}
    for position, value in enumerate(entered):
        bare = read(value) if isinstance(value, str) else None
        if bare is None:
            faults.append(Fault((field, position), fault.format(value=quoted(value))))
        elif (first := spellings.get(tokens.folded(bare))) is not None:
            faults.append(Fault((field, position), texts.TAG_TWICE.format(value=quoted(value), first=quoted(first))))
        else:
            spellings[tokens.folded(bare)] = value
            distinct.append(bare)
    return tuple(distinct)


def _content_type(entered: object, faults: list[Fault]) -> ContentType:
    if entered is None:
        return ContentType.ANY
    expected = texts.alternatives(WATCHED_TYPES)
    if entered == ContentType.STORY:
        faults.append(Fault(("content_type",), texts.STORIES.format(expected=expected)))
    elif entered not in WATCHED_TYPES:
        message = texts.NOT_ONE_OF.format(value=quoted(entered), expected=expected)
        faults.append(Fault(("content_type",), message))
    else:
        return ContentType(str(entered))
    return ContentType.ANY


def _day(field: str, entered: object, faults: list[Fault]) -> date | None:
    if entered is None:
        faults.append(Fault((field,), texts.MISSING.format(expected="a day as YYYY-MM-DD, such as 2026-11-23")))
        return None
    if not isinstance(entered, str) or not _DATE.fullmatch(entered.strip()):
        faults.append(Fault((field,), texts.NOT_A_DATE.format(value=quoted(entered))))
        return None
    try:
        day = date.fromisoformat(entered.strip())
    except ValueError:
        faults.append(Fault((field,), texts.NO_SUCH_DAY.format(value=quoted(entered))))
        return None
    if not FIRST_DAY <= day <= LAST_DAY:
        message = texts.DAY_OUT_OF_RANGE.format(value=quoted(entered), first=FIRST_DAY, last=LAST_DAY)
        faults.append(Fault((field,), message))
        return None
    return day
