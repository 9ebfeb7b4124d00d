"""JSON values as PostgreSQL can keep them."""

import math
import re

MAX_DEPTH = 100
"""Deeper levels become null; real items have about ten."""

# PostgreSQL text has no NUL, and JSONB refuses both it and half of a surrogate pair.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable_text(text: str) -> str:
    """Return `text` with every NUL and every lone surrogate replaced by U+FFFD."""
    return _UNSTORABLE.sub("\ufffd", text)


def storable(value: object, depth: int = 0) -> object:
    """Return a copy of a parsed JSON `value` that JSONB accepts: clean texts, and null for NaN and infinity."""
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if depth >= MAX_DEPTH and isinstance(value, dict | list):
        return None
    if isinstance(value, dict):
        return {storable_text(str(key)): storable(member, depth + 1) for key, member in value.items()}
    if isinstance(value, list):
        return [storable(member, depth + 1) for member in value]
    return value
