"""Cases as people write them down: one JSON object a line, `{"caption", "context", "published_at"}`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from app.compliance.context import Inside, PostContext
from app.compliance.disclosure import judge_disclosure
from app.compliance.placement import Fold
from app.compliance.rules import message_for
from app.core.clock import kst_date
from app.core.errors import InvalidInput

_Meaning = TypeVar("_Meaning")

_MEDIA = {
    "photo": "photo", "image": "photo", "feed": "photo",
    "album": "album", "carousel": "album",
    "reel": "reel", "reels": "reel",
    "video": "video", "live": "video",
    "story": "story", "stories": "story",
}  # fmt: skip
_IN_PICTURES = {
    "none": Inside.NONE, "first_only": Inside.PART, "some": Inside.PART,
    "all": Inside.ALL, "all_verified": Inside.VERIFIED,
}  # fmt: skip
_IN_VIDEO = {
    "none": Inside.NONE, "start_only": Inside.PART, "end_only": Inside.PART, "start_end": Inside.PART,
    "start_end_repeat": Inside.VERIFIED,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """A caption with its circumstances; `published_on` is the Korean day, None where it is not known."""

    caption: str
    context: PostContext
    published_on: date | None


def read_case(record: object) -> Case:
    """Return the case in a record of JSON.

    What its context does not say is not known; keys that are not used are skipped.

    Raises:
        InvalidInput: it cannot be used; the message says why and what is expected.
    """
    if not isinstance(record, Mapping) or not isinstance(record.get("caption"), str):
        raise InvalidInput('expected an object {"caption": "…", "context": {…}, "published_at": "2026-11-23"}')
    context = record.get("context")
    if context is None:
        context = {}
    if not isinstance(context, Mapping):
        raise InvalidInput(f"context is {_shown(context)}, expected an object")
    return Case(record["caption"], _context(context), _day(record.get("published_at") or context.get("published")))


def judge_case(case: Case, fold: Fold) -> Mapping[str, Any]:
    """Return the answer to a case: `verdict`, `rule`, `evidence` (or None) and the Korean `message`."""
    finding = judge_disclosure(case.caption, case.context, published_on=case.published_on, fold=fold)
    evidence = finding.evidence
    return {
        "verdict": finding.verdict.value,
        "rule": finding.rule,
        "evidence": None if evidence is None else evidence.as_document(),
        "message": message_for(finding, case.context),
    }


def _context(context: Mapping[str, Any]) -> PostContext:
    previous = context.get("previous_captions") or context.get("previous_caption") or []
    captions = [previous] if isinstance(previous, str) else previous
    if not isinstance(captions, list) or not all(isinstance(caption, str) for caption in captions):
        raise InvalidInput(f"context.previous_captions is {_shown(previous)}, expected a list of texts")
    return PostContext(
        media=_one_of(context, "media", _MEDIA),
        language=_text(context, "caption_lang"),
        compensation=_text(context, "compensation"),
        in_pictures=_one_of(context, "in_image", _IN_PICTURES),
        in_video=_one_of(context, "in_video", _IN_VIDEO),
        has_paid_partnership_label=_flag(context, "paid_partnership_label"),
        is_virtual_person=_flag(context, "virtual_human"),
        is_ai_generated=_flag(context, "is_ai_generated"),
        first_comment=_text(context, "first_comment") or "",
        profile_text=_text(context, "profile_bio") or "",
        previous_captions=tuple(captions),
    )


def _one_of(context: Mapping[str, Any], name: str, meanings: Mapping[str, _Meaning]) -> _Meaning | None:
    value = context.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or value not in meanings:
        raise InvalidInput(f"context.{name} is {_shown(value)}, expected one of {', '.join(meanings)}")
    return meanings[value]


def _flag(context: Mapping[str, Any], name: str) -> bool | None:
    value = context.get(name)
    if value is not None and not isinstance(value, bool):
        raise InvalidInput(f"context.{name} is {_shown(value)}, expected true, false or null")
    return value


def _text(context: Mapping[str, Any], name: str) -> str | None:
    value = context.get(name)
    if value is not None and not isinstance(value, str):
        raise InvalidInput(f"context.{name} is {_shown(value)}, expected a text")
    return value


def _day(value: object) -> date | None:
    if value is None:
        return None
    expected = "expected a day (2026-11-23) or an instant (2026-11-23T09:00:00+09:00)"
    if not isinstance(value, str):
        raise InvalidInput(f"published_at is {_shown(value)}, {expected}")
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        raise InvalidInput(f"published_at is {_shown(value)}, {expected}") from None
    return instant.date() if instant.tzinfo is None else kst_date(instant)


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)[:80]
