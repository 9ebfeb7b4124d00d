"""The token with which the official API is read, as an account's stored settings hold it.

`{"access_token": …, "ig_user_id": …, "expires_at": …}`. `ig_user_id` is our own professional account, through which
others are discovered; `expires_at` is ISO 8601 with an offset, or seconds since 1970 as `debug_token` reports them. A
long-lived user token lives 60 days; one without an end (a System User's) has `expires_at` null or 0.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from app.core.errors import InvalidInput

ALERT_BEFORE_EXPIRY = timedelta(days=10)
"""Day 50 of 60."""

_ACCESS_TOKEN = re.compile(r"[!-~]{1,4096}")
_USER_ID = re.compile(r"[0-9]{1,20}", re.ASCII)


@dataclass(frozen=True, slots=True)
class GraphToken:
    """A token, whose it is, and when it ends."""

    access_token: str = field(repr=False)
    ig_user_id: str
    expires_at: datetime | None

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> "GraphToken":
        """Return the token that an account's settings hold.

        Raises:
            InvalidInput: one of them is missing or wrong; the message says which, and never holds the token.
        """
        access_token, ig_user_id = settings.get("access_token"), settings.get("ig_user_id")
        if not isinstance(access_token, str) or not _ACCESS_TOKEN.fullmatch(access_token):
            raise InvalidInput("access_token is missing or has spaces, expected the token as the API issued it")
        if not isinstance(ig_user_id, str) or not _USER_ID.fullmatch(ig_user_id):
            raise InvalidInput(
                "ig_user_id is missing or no number in quotes, expected the id of your own Instagram account"
            )
        return cls(access_token, ig_user_id, _instant(settings.get("expires_at")))


def is_token(text: str) -> bool:
    """Tell whether a text looks like a token as `read_token` wants it, rather than like another session."""
    return "access_token" in _fields(text)


def read_token(text: str) -> dict[str, Any]:
    """Return the settings of an account of the official API from the JSON that a person has.

    Raises:
        InvalidInput: it is no token; the message says what is missing, and never holds the token.
    """
    fields = _fields(text)
    try:
        GraphToken.from_settings(fields)
    except InvalidInput as error:
        raise InvalidInput(
            f"The token file cannot be used: {error}. Expected JSON "
            '{"access_token": "…", "ig_user_id": "…", "expires_at": "2026-03-01T09:00:00+00:00" or null}.'
        ) from None
    return {name: fields.get(name) for name in ("access_token", "ig_user_id", "expires_at")}


def is_near_expiry(expires_at: datetime | None, *, now: datetime) -> bool:
    """Tell whether a token ends within ten days, or has ended; one without an end never does."""
    return expires_at is not None and now >= expires_at - ALERT_BEFORE_EXPIRY


def _fields(text: str) -> Mapping[str, Any]:
    try:
        stored = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return stored if isinstance(stored, dict) else {}


def _instant(value: object) -> datetime | None:
    if value is None or value == 0:
        return None
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            instant = datetime.fromtimestamp(value, UTC)
        else:
            instant = datetime.fromisoformat(value if isinstance(value, str) else "")
    except (ValueError, OverflowError, OSError):
        instant = None
    if instant is None or instant.tzinfo is None or not 1970 <= instant.year < 2100:
        raise InvalidInput("expires_at is no instant, expected one such as 2026-03-01T09:00:00+00:00, or null")
    return instant.astimezone(UTC)
