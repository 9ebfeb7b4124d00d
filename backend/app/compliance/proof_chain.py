"""A chain of checks: each hash covers its check and the hash before, so that nothing can be changed or left out later.

The first link covers what the content is. SHA-256 over JSON with sorted keys and without spaces, in UTF-8: anybody can
recompute it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.models import RetentionCheck


@dataclass(frozen=True, slots=True)
class Check:
    """One look at a content."""

    sequence: int
    checked_at: datetime
    caption_hash: str
    removed: Sequence[str]
    """What is required, was there at first and is gone."""
    verdict: str
    rule: str

    def as_document(self) -> dict[str, Any]:
        """Return what is hashed and printed."""
        return {
            "sequence": self.sequence,
            "checked_at": self.checked_at.astimezone(UTC).isoformat(timespec="microseconds"),
            "caption_hash": self.caption_hash,
            "removed": list(self.removed),
            "verdict": self.verdict,
            "rule": self.rule,
        }


def check_of(row: RetentionCheck) -> Check:
    """Return what a stored row says."""
    return Check(row.sequence, row.checked_at, row.caption_hash, row.removed, row.verdict.value, row.rule)


def first_hash(*, content_id: str, media_pk: str, posted_at: datetime) -> str:
    """Return what the first check of a content follows."""
    posted = posted_at.astimezone(UTC).isoformat(timespec="microseconds")
    return digest({"content_id": content_id, "media_pk": media_pk, "posted_at": posted})


def next_hash(previous: str, check: Mapping[str, Any]) -> str:
    """Return the hash of a check, given as its document, that follows `previous`."""
    return digest({"previous": previous, "check": check})


def digest(document: object) -> str:
    """Return the SHA-256 of a JSON value, in hexadecimal."""
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
