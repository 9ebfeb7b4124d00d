"""Tolerant reading of the official Graph API (Business Discovery, tags, mentions), one item at a time.

What this source cannot know stays None or empty: usertags, co-authors, pins, plays, shares. `like_count` is left out
when the owner hides it. Captions may lack the `@` of mentions (IG Media reference), so they prove no mention missing.
Its ids (`17…`) are not the private API's pk: posts are joined by the short code in their address.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from app.instagram import parsing
from app.instagram.parsing import UnreadableAnswer, UnreadableItem
from app.instagram.port import FeedPage, Post, Profile
from app.instagram.shortcodes import media_pk_of_code
from app.instagram.storable import storable, storable_text

_MEDIA_TYPES = {"IMAGE": (1, "feed"), "VIDEO": (2, "feed"), "CAROUSEL_ALBUM": (8, "carousel_container")}
_PRODUCT_TYPES = {"REELS": "clips", "IGTV": "igtv"}
_PERMALINK = re.compile(r"https?://(?:www\.)?instagram\.com/(?:[^/]+/)?(p|reel|reels|tv)/([A-Za-z0-9_-]{1,11})(?:/.*)?")


def parse_discovery_page(answer: Mapping[str, Any]) -> FeedPage:
    """Return the media of `{"business_discovery": {"media": {"data": […]}}}`.

    `owner_pk` is the Graph id of the profile, or empty: the private API's pk is not known here.

    Raises:
        UnreadableAnswer: there is no list of media.
    """
    profile = answer.get("business_discovery")
    if isinstance(profile, Mapping) and "media" not in profile and parsing.count(profile.get("media_count")) == 0:
        return FeedPage(posts=(), rejects=(), next_cursor=None)  # An empty edge is left out.
    if not isinstance(profile, Mapping):
        raise UnreadableAnswer("business_discovery is missing, expected an object")
    username = profile.get("username")
    owner_username = username if isinstance(username, str) else None
    return _parse_edge(
        profile.get("media"), lambda item: _parse_item(item, str(profile.get("id") or ""), owner_username)
    )


def parse_tags_page(answer: Mapping[str, Any]) -> FeedPage:
    """Return the media of `{"data": […]}`, each by its own `username`; `owner_pk` is empty.

    Raises:
        UnreadableAnswer: there is no list of media.
    """
    return _parse_edge(answer, _parse_foreign_item)


def parse_mentioned_post(answer: Mapping[str, Any]) -> Post:
    """Return the post in `{"mentioned_media": {…}}`, by its own `username`; `owner_pk` is empty.

    Raises:
        UnreadableAnswer: there is no post, or it does not tell its address, its type or its time.
    """
    try:
        return _parse_foreign_item(answer.get("mentioned_media"))
    except UnreadableItem as error:
        raise UnreadableAnswer(f"mentioned_media: {error}") from None


def parse_discovered_profile(answer: Mapping[str, Any]) -> Profile:
    """Return the profile in `{"business_discovery": {…}}`; it is public, and its pk is not known.

    Raises:
        UnreadableAnswer: there is no profile with a username.
    """
    profile = answer.get("business_discovery")
    username = profile.get("username") if isinstance(profile, Mapping) else None
    if not isinstance(profile, Mapping) or not isinstance(username, str) or not username:
        raise UnreadableAnswer("business_discovery.username is missing")
    name = profile.get("name")
    return Profile(
        pk=None,
        username=storable_text(username),
        full_name=storable_text(name) if isinstance(name, str) else "",
        is_private=False,
        follower_count=parsing.count(profile.get("followers_count")),
    )


def _parse_edge(edge: object, parse: Callable[[object], Post]) -> FeedPage:
    items = edge.get("data") if isinstance(edge, Mapping) else None
    if not isinstance(edge, Mapping) or not isinstance(items, list):
        raise UnreadableAnswer("data is missing, expected a list of media")
    paging = edge.get("paging")
    cursors = paging.get("cursors") if isinstance(paging, Mapping) else None
    after = cursors.get("after") if isinstance(cursors, Mapping) and items else None
    return parsing.page_of(items, parse, after if isinstance(after, str) else None)


def _parse_foreign_item(item: object) -> Post:
    username = item.get("username") if isinstance(item, Mapping) else None
    return _parse_item(item, "", storable_text(username) if isinstance(username, str) and username else None)


def _parse_item(item: object, owner_pk: str, owner_username: str | None) -> Post:
    if not isinstance(item, Mapping):
        raise UnreadableItem("the item is not an object")
    permalink = item.get("permalink")
    address = _PERMALINK.fullmatch(permalink) if isinstance(permalink, str) else None
    if address is None:
        raise UnreadableItem("permalink is missing or not the address of a post")
    media = _MEDIA_TYPES.get(str(item.get("media_type")))
    if media is None:
        raise UnreadableItem(f"media_type is not one of {', '.join(_MEDIA_TYPES)}")
    caption = item.get("caption")
    raw = storable(dict(item))
    return Post(
        media_pk=media_pk_of_code(address[2]),
        code=address[2],
        owner_pk=owner_pk,
        owner_username=owner_username,
        taken_at=_instant(item.get("timestamp")),
        media_type=media[0],
        product_type=_product_type(item, media, section=address[1]),
        caption=storable_text(caption) if isinstance(caption, str) else "",
        usertags=(),
        coauthors=(),
        sponsor_tags=(),
        is_paid_partnership=None,
        is_pinned=None,
        like_count=parsing.count(item.get("like_count")),
        comment_count=parsing.count(item.get("comments_count")),
        play_count=None,
        view_count=parsing.count(item.get("view_count")),
        share_count=None,
        is_like_hidden="like_count" not in item,
        raw=raw if isinstance(raw, dict) else {},
        are_mentions_known=False,
    )


def _product_type(item: Mapping[str, Any], media: tuple[int, str], *, section: str) -> str:
    """Return the private API's name; where the field was not asked for, a reel is known by its address."""
    is_reel_address = section.startswith("reel") and media[0] == parsing.VIDEO
    told = _PRODUCT_TYPES.get(str(item.get("media_product_type")))
    return told or ("clips" if is_reel_address and "media_product_type" not in item else media[1])


def _instant(value: object) -> datetime:
    try:
        instant = datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None or not 1970 < instant.year < 2100:
        raise UnreadableItem("timestamp is not an instant such as 2026-01-31T09:00:00+0000")
    return instant.astimezone(UTC)
