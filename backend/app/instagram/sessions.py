"""Stored sessions of the mobile client: read from a file, stripped to the device, made for a new device."""

import json
import re
from collections.abc import Mapping
from typing import Any

from app.core.errors import InvalidInput

LOGIN_PARTS = ("authorization_data", "cookies", "ig_u_rur", "ig_www_claim", "last_login", "fbns_auth")
"""What belongs to a login; all the rest of the settings is the device's."""
_SET_BY_US = (
    "tls_verify",
    "request_timeout",
    "session_retry_total",
    "session_retry_backoff_factor",
    "session_retry_statuses",
    "public_request_retries_count",
    "public_request_retries_timeout",
    "private_transport",
)
"""What our client sets whatever is stored; a stored value would only mislead."""
_SESSION_ID = re.compile(r"(\d+)(?:%3A|:)[\w%:.+/=-]{20,}")
_EXPECTED = (
    "expected the JSON that instagrapi's `dump_settings()` writes, or the bare text of a sessionid (`1234567890%3A…`)"
)


def read_session(text: str, *, device: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the client's settings from what a person has: its JSON, or a bare sessionid.

    A bare sessionid gets `device` (settings of which the login is ignored), or a new one where that is None.

    Raises:
        InvalidInput: it is something else; the message says what is missing.
    """
    bare = text.strip().lstrip("\ufeff")
    if session_id := _SESSION_ID.fullmatch(bare):
        return _logged_in(device_of(device) if device else new_device(), bare.replace(":", "%3A"), session_id[1])
    try:
        stored = json.loads(bare)
    except (ValueError, RecursionError):
        raise InvalidInput(f"The session file is neither JSON nor a sessionid; {_EXPECTED}.") from None
    if isinstance(stored, list):
        raise InvalidInput(
            "The session file is a JSON list, as browsers export cookies. Save the value of the cookie `sessionid` "
            "alone in a file and import that."
        )
    if not isinstance(stored, dict):
        raise InvalidInput(f"The session file holds a JSON {type(stored).__name__}; {_EXPECTED}.")
    return _checked(stored)


def user_pk(settings: Mapping[str, Any]) -> str | None:
    """Return the number of the account that the settings are logged in as; None where they are not."""
    session_id = _session_id_of(settings)
    found = _SESSION_ID.fullmatch(session_id) if session_id else None
    return found[1] if found else None


def device_of(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings without their login: the same phone, logged out."""
    return {key: value for key, value in settings.items() if key not in (*LOGIN_PARTS, *_SET_BY_US)}


def storable(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the client's settings without those that our client sets anyway."""
    return {key: value for key, value in settings.items() if key not in _SET_BY_US}


def new_device() -> dict[str, Any]:
    """Return the settings of a phone that nobody has used yet, set to Korea."""
    from instagrapi import Client  # noqa: PLC0415 - see instagrapi_client

    client = Client()
    client.set_locale("ko_KR")
    client.set_country_code(82)
    client.set_timezone_offset(32400)
    return device_of(client.get_settings())


def _checked(stored: Mapping[str, Any]) -> dict[str, Any]:
    missing = []
    uuids = stored.get("uuids")
    if not (isinstance(uuids, Mapping) and uuids.get("uuid") and uuids.get("android_device_id")):
        missing.append("`uuids` (the device: without it each start would look like a new phone)")
    session_id = _session_id_of(stored)
    if session_id is None:
        missing.append("`authorization_data.sessionid` or `cookies.sessionid` (the login)")
    if missing or session_id is None:
        raise InvalidInput(f"The session file lacks {' and '.join(missing)}; {_EXPECTED}.")
    found = _SESSION_ID.fullmatch(session_id)
    if found is None:
        raise InvalidInput(
            "The sessionid in the session file has an unknown form: it must begin with the account's number and `%3A`."
        )
    return _logged_in(storable(stored), session_id, found[1])


def _logged_in(settings: Mapping[str, Any], session_id: str, pk: str) -> dict[str, Any]:
    login = settings.get("authorization_data")
    return {
        **settings,
        "authorization_data": {
            **(login if isinstance(login, Mapping) else {}),
            "ds_user_id": pk,
            "sessionid": session_id,
            "should_use_header_over_cookies": True,
        },
        "cookies": settings.get("cookies") or {},
    }


def _session_id_of(settings: Mapping[str, Any]) -> str | None:
    for part in ("authorization_data", "cookies"):
        values = settings.get(part)
        session_id = values.get("sessionid") if isinstance(values, Mapping) else None
        if isinstance(session_id, str) and session_id:
            return session_id
    return None
