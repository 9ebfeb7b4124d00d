"""The `fields` of a Business Discovery request, read as the official API reads them."""

import base64
import binascii
import re
from dataclasses import dataclass

from app.core.errors import InvalidInput

DEFAULT_LIMIT = 25
MOST_MEDIA = 100
PROFILE_FIELDS = frozenset(
    {"id", "username", "name", "biography", "followers_count", "follows_count", "media_count", "website"}
)
MEDIA_FIELDS = frozenset(
    {
        "id",
        "caption",
        "comments_count",
        "like_count",
        "media_product_type",
        "media_type",
        "media_url",
        "permalink",
        "timestamp",
        "username",
        "view_count",
    }
)

_DISCOVERY = re.compile(r"business_discovery\.username\(([^(){}]*)\)\{(.*)\}")
_MEDIA = re.compile(r"(?:^|,)media((?:\.\w+\([^(){}]*\))*)(?:\{([^{}]*)\})?(?=,|$)")
_MODIFIER = re.compile(r"\.(\w+)\(([^(){}]*)\)")
_CURSOR_MARK = "QVFI"


@dataclass(frozen=True, slots=True)
class DiscoveryQuery:
    """Whom to look up and what to tell; `media_fields` is None where no media are asked for."""

    username: str
    profile_fields: frozenset[str]
    media_fields: frozenset[str] | None
    before_pk: int | None
    limit: int


def parse_query(fields: str) -> DiscoveryQuery:
    """Return what `fields` asks for; `id` is always told.

    Raises:
        InvalidInput: it is no Business Discovery, or names a field, modifier or cursor that does not exist.
    """
    asked = _DISCOVERY.fullmatch(fields.strip())
    if asked is None:
        raise InvalidInput("Tried accessing nonexisting field on node type (IGUser)")
    username, inner = asked[1].strip(), asked[2]
    media = _MEDIA.search(inner)
    profile = inner if media is None else inner[: media.start()] + inner[media.end() :]
    modifiers = {} if media is None else dict(_MODIFIER.findall(media[1]))
    if unknown := modifiers.keys() - {"after", "limit"}:
        raise InvalidInput(f"Unknown modifier {min(unknown)}")
    return DiscoveryQuery(
        username=username,
        profile_fields=_known(profile, PROFILE_FIELDS, "IGUser"),
        media_fields=None if media is None else _known(media[2] or "", MEDIA_FIELDS, "IGMedia"),
        before_pk=_pk_behind(modifiers["after"]) if "after" in modifiers else None,
        limit=_limit(modifiers.get("limit")),
    )


def cursor_of(media_pk: int) -> str:
    """Return the opaque cursor that stands for a media."""
    return _CURSOR_MARK + base64.urlsafe_b64encode(str(media_pk).encode()).decode().rstrip("=")


def _pk_behind(cursor: str) -> int:
    encoded = cursor.removeprefix(_CURSOR_MARK)
    try:
        return int(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except (binascii.Error, ValueError):
        raise InvalidInput("Invalid parameter: after") from None


def _known(listed: str, known: frozenset[str], node: str) -> frozenset[str]:
    names = {name.strip() for name in listed.split(",") if name.strip()}
    if unknown := names - known:
        raise InvalidInput(f"Tried accessing nonexisting field ({min(unknown)}) on node type ({node})")
    return frozenset(names | {"id"})


def _limit(value: str | None) -> int:
    if value is None:
        return DEFAULT_LIMIT
    if not value.isascii() or not value.isdigit() or value.strip("0") == "":
        raise InvalidInput("Invalid parameter: limit")
    return min(int(value), MOST_MEDIA)
