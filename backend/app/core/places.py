"""Places that a setting names: time zones and countries."""

import re
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def known_zone(name: str) -> str:
    """Return the name of a time zone.

    Raises:
        ValueError: there is no such zone.
    """
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"{name!r} is no time zone; write one like Asia/Seoul") from None
    return name


def known_country(code: str) -> str:
    """Return a country's code, or `-` for none.

    Raises:
        ValueError: it is of another form.
    """
    if re.fullmatch(r"[A-Z]{2}|-", code) is None:
        raise ValueError("write the two capital letters of a country, like KR, or -")
    return code
