"""Matching: does a post meet a campaign's requirements? Pure rules with the design document's result."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.campaigns.requirements import Requirements
from app.core.clock import kst_date
from app.instagram import tokens
from app.models.states import ContentType

PHOTO, VIDEO, ALBUM = 1, 2, 8
_REEL_PRODUCT = "clips"


@dataclass(frozen=True, slots=True)
class MatchResult:
    """The verdict. `score` is 0 to 100; `details` says what was required, found and missing."""

    is_match: bool
    score: float
    details: dict[str, Any]

    def as_document(self) -> dict[str, Any]:
        """Return the design document's dictionary."""
        return {"is_match": self.is_match, "score": self.score, "details": self.details}


def post_type(media_type: int, product_type: str) -> str:
    """Return `photo`, `video`, `reel` or `album`; `unknown` for a number that Instagram did not have."""
    if media_type == VIDEO and product_type == _REEL_PRODUCT:
        return ContentType.REEL.value
    return {PHOTO: ContentType.PHOTO.value, VIDEO: ContentType.VIDEO.value, ALBUM: ContentType.ALBUM.value}.get(
        media_type, "unknown"
    )


def match_post(
    requirements: Requirements,
    *,
    caption: str,
    media_type: int,
    product_type: str,
    taken_at: datetime,
    are_mentions_known: bool = True,
) -> MatchResult:
    """Return whether a post meets every requirement, and what of each was found and missing.

    Hashtags and mentions are compared as whole tokens, by Instagram's rules; the period includes both days in Korea.
    Requirements that name neither a hashtag nor a mention match nothing: they would match everything.

    Without `are_mentions_known` a required mention that the caption lacks is neither found nor missing: the post is no
    match yet, `details["mentions"]` has `"unknown": True`, and the score leaves mentions out.
    """
    hashtags = _found_and_missing(requirements.hashtags, [token.text for token in tokens.scan_hashtags(caption)])
    mentions = _found_and_missing(requirements.mentions, [token.text for token in tokens.scan_mentions(caption)])
    is_mention_unknown = bool(mentions["missing"]) and not are_mentions_known
    if is_mention_unknown:
        mentions["missing"] = []
    actual_type = post_type(media_type, product_type)
    is_type_right = _is_type_right(requirements.content_type, actual_type)
    is_in_period = requirements.start_date <= kst_date(taken_at) <= requirements.end_date
    has_requirement = bool(requirements.hashtags or requirements.mentions)
    return MatchResult(
        is_match=has_requirement
        and not hashtags["missing"]
        and not mentions["missing"]
        and not is_mention_unknown
        and is_type_right
        and is_in_period,
        score=_score(
            (hashtags,) if is_mention_unknown else (hashtags, mentions),
            requirements.content_type,
            is_type_right=is_type_right,
        ),
        details={
            "hashtags": hashtags,
            "mentions": {**mentions, "unknown": True} if is_mention_unknown else mentions,
            "content_type": {
                "required": requirements.content_type.value,
                "actual": actual_type,
                "match": is_type_right,
            },
            "posted_within_period": is_in_period,
        },
    )


def _found_and_missing(required: Sequence[str], present: Sequence[str]) -> dict[str, list[str]]:
    folded = {tokens.folded(text) for text in present}
    return {
        "required": list(required),
        "found": [text for text in required if tokens.folded(text) in folded],
        "missing": [text for text in required if tokens.folded(text) not in folded],
    }


def _is_type_right(required: ContentType, actual: str) -> bool:
    if required is ContentType.ANY:
        return True
    if required is ContentType.VIDEO:
        return actual in (ContentType.VIDEO, ContentType.REEL)
    return actual == required


def _score(parts: Sequence[dict[str, list[str]]], required_type: ContentType, *, is_type_right: bool) -> float:
    shares = [len(part["found"]) / len(part["required"]) for part in parts if part["required"]]
    if required_type is not ContentType.ANY:
        shares.append(float(is_type_right))
    return round(100 * sum(shares) / len(shares), 1) if shares else 0.0
