"""Types of settings: how a value of the environment is read, and what it must be."""

import re
from datetime import timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

MOST_REQUESTS = 1_000_000
"""No account could send more in a day; a pace needs some time between two requests."""


def psycopg_url(url: str) -> str:
    """Accept the URL forms that hosters hand out; SQLAlchemy wants the driver named."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def _seconds(value: object) -> object:
    """Read a bare number as seconds; Pydantic reads other texts as ISO 8601."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value


def _psycopg_secret(url: SecretStr | None) -> SecretStr | None:
    if url is None:
        return None
    address = psycopg_url(url.get_secret_value())
    if not address.startswith("postgresql+psycopg://"):
        raise ValueError("must begin with postgresql://")
    return SecretStr(address)


def _redis_secret(url: SecretStr | None) -> SecretStr | None:
    if url is not None and not url.get_secret_value().startswith(("redis://", "rediss://", "redis+socket://")):
        raise ValueError("must begin with redis:// or rediss://")
    return url


def _positive(value: timedelta) -> timedelta:
    if value <= timedelta(0):
        raise ValueError("must be longer than zero")
    return value


def _two_days_or_more(value: timedelta) -> timedelta:
    # The longest window of the request limits is a day; the log is what counts it.
    if value < timedelta(days=2):
        raise ValueError("must be at least 2 days: the request log is what limits the requests of a day")
    return value


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is no time zone; write one like Asia/Seoul") from None
    return name


def _country_code(code: str) -> str:
    if re.fullmatch(r"[A-Z]{2}|-", code) is None:
        raise ValueError("write the two capital letters of a country, like KR, or -")
    return code


def _listed(value: object) -> object:
    """Read names with commas between them."""
    return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value


Duration = Annotated[timedelta, BeforeValidator(_seconds), AfterValidator(_positive)]
Count = Annotated[int, Field(ge=1)]
Limit = Annotated[int, Field(ge=1, le=MOST_REQUESTS)]
Port = Annotated[int, Field(ge=1, le=65535)]
Zone = Annotated[str, AfterValidator(_known_zone)]
Country = Annotated[str, AfterValidator(_country_code)]
DiscoverySources = Annotated[
    tuple[Literal["usertags", "hashtag", "timeline", "reels", "tags"], ...], NoDecode, BeforeValidator(_listed)
]
DatabaseUrl = Annotated[SecretStr | None, AfterValidator(_psycopg_secret)]
RedisUrl = Annotated[SecretStr | None, AfterValidator(_redis_secret)]
LogRetention = Annotated[timedelta, BeforeValidator(_seconds), AfterValidator(_two_days_or_more)]
