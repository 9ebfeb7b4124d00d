"""Posts as JSON: read for matching, from a file or from another service."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from app.campaigns.matching import PostReading, read_post
from app.core.errors import InvalidInput

EXPECTED = '{"caption": "…", "media_type": 1, "product_type": "feed", "taken_at": "2026-11-23T12:00:00+09:00"}'


def read_post_document(document: object) -> PostReading:
    """Return the post in `{"caption", "media_type", "product_type", "taken_at", "usertags", "coauthors"}`.

    `taken_at` is ISO 8601 (without an offset: UTC) or seconds since 1970. `usertags` and `coauthors` are usernames, or
    objects with a `username`; they may be left out, as may `product_type`.

    Raises:
        InvalidInput: something is missing or is not what it must be; the message says what is expected.
    """
    if not isinstance(document, Mapping):
        raise InvalidInput(f"expected an object {EXPECTED}")
    return read_post(
        caption=_text(document, "caption"),
        media_type=_media_type(document.get("media_type")),
        product_type=_text(document, "product_type"),
        taken_at=_instant(document.get("taken_at")),
        usertags=_usernames(document, "usertags"),
        coauthors=_usernames(document, "coauthors"),
    )


def _text(document: Mapping[str, object], field: str) -> str:
    value = document.get(field)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidInput(f"{field} is {value!r:.60}, expected a text or null")
    return value


def _media_type(value: object) -> int:
    if isinstance(value, bool) or str(value) not in {"1", "2", "8"}:
        raise InvalidInput(f"media_type is {value!r:.60}, expected 1 (photo), 2 (video) or 8 (album)")
    return int(str(value))


def _instant(value: object) -> datetime:
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        instant = datetime.fromisoformat(value if isinstance(value, str) else "")
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise InvalidInput(
            f"taken_at is {value!r:.60}, expected ISO 8601 such as 2026-11-23T12:00:00+09:00, or seconds since 1970"
        ) from None


def _usernames(document: Mapping[str, object], field: str) -> Sequence[str]:
    entries = document.get(field)
    if entries is None:
        return ()
    names = [_username(entry) for entry in entries] if isinstance(entries, list) else [None]
    if None in names:
        raise InvalidInput(f'{field} is not a list of usernames or of objects {{"username": "…"}}')
    return [name.strip().removeprefix("@") for name in names if name]


def _username(entry: object) -> str | None:
    if isinstance(entry, Mapping):
        entry = entry["user"] if isinstance(entry.get("user"), Mapping) else entry
        entry = entry.get("username") if isinstance(entry, Mapping) else None
    return entry if isinstance(entry, str) else None
