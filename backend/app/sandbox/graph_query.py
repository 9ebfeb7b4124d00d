"""The queries of the official API (discovery, tags, mention), read as it reads them."""

import base64
import binascii
import re
from collections.abc import Mapping
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
_MENTION = re.compile(r"mentioned_media\.media_id\((\d{1,20})\)(?:\{([^{}]*)\})?")
_MODIFIER = re.compile(r"\.(\w+)\(([^(){}]*)\)")
_CURSOR_MARK = "QVFI"


@dataclass(frozen=True, slots=True)
class MediaQuery:
    """Which media of a list to tell, and what of them."""

    fields: frozenset[str]
    before_pk: int | None
    limit: int


@dataclass(frozen=True, slots=True)
class DiscoveryQuery:
    """Whom to look up and what to tell; `media` is None where none are asked for."""

    username: str
    profile_fields: frozenset[str]
    media: MediaQuery | None


@dataclass(frozen=True, slots=True)
class MentionQuery:
    """Which post to tell, by the official API's id, and what of it."""

    media_id: str
    fields: frozenset[str]


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
        media=None if media is None else _media_query(media[2] or "", modifiers),
    )


def parse_tags(query: Mapping[str, str]) -> MediaQuery:
    """Return what `GET /{ig-user-id}/tags` asks for; `id` is always told.

    Raises:
        InvalidInput: it names a field or a cursor that does not exist.
    """
    return _media_query(query.get("fields", ""), query)


def parse_mention(fields: str) -> MentionQuery | None:
    """Return what `fields` asks for if it is about a mentioned post, else None; `id` is always told.

    Raises:
        InvalidInput: it names a field that does not exist.
    """
    asked = _MENTION.fullmatch(fields.strip())
    return None if asked is None else MentionQuery(asked[1], _known(asked[2] or "", MEDIA_FIELDS, "IGMedia"))


def cursor_of(media_pk: int) -> str:
    """Return the opaque cursor that stands for a media."""
    return _CURSOR_MARK + base64.urlsafe_b64encode(str(media_pk).encode()).decode().rstrip("=")


def _media_query(fields: str, modifiers: Mapping[str, str]) -> MediaQuery:
    return MediaQuery(
        fields=_known(fields, MEDIA_FIELDS, "IGMedia"),
        before_pk=_pk_behind(modifiers["after"]) if "after" in modifiers else None,
        limit=_limit(modifiers.get("limit")),
    )


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
