"""Recorded answers of any known shape, as one page of posts: for replay and for looking at what a source sent."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.instagram import graph_parsing, parsing
from app.instagram.parsing import UnreadableAnswer
from app.instagram.port import FeedPage, Reject
from app.instagram.storable import storable

EXPECTED = (
    'a feed page {"items": […]}, a wrapped one {"response": {…}}, a clips page, a media_info answer, one item, '
    "a list of items, or a business_discovery answer"
)


def parse_recording(document: object) -> FeedPage:
    """Return the posts of a recorded answer; a profile is one reject.

    Raises:
        UnreadableAnswer: the document has none of the known shapes, or its page has no list of items.
    """
    if isinstance(document, list):
        return parsing.parse_feed_page({"items": document})
    if not isinstance(document, Mapping):
        raise UnreadableAnswer(f"Expected {EXPECTED}")
    if isinstance(document.get("response"), Mapping):
        return _wrapped_page(document)
    if "items" in document:
        return parsing.parse_feed_page(document)
    if isinstance(document.get("business_discovery"), Mapping):
        return _discovery(document)
    return _single(document)


def _wrapped_page(document: Mapping[str, Any]) -> FeedPage:
    page = parse_recording(document["response"])
    cursor = document.get("next_page_id")
    return replace(page, next_cursor=cursor) if page.next_cursor is None and isinstance(cursor, str) else page


def _discovery(document: Mapping[str, Any]) -> FeedPage:
    if "media" in document["business_discovery"]:
        return graph_parsing.parse_discovery_page(document)
    return _profile(document["business_discovery"])


def _single(document: Mapping[str, Any]) -> FeedPage:
    if "media_type" in document or "taken_at" in document or "media" in document or "media_or_ad" in document:
        return parsing.parse_feed_page({"items": [document]})
    user = document.get("user", document)
    if isinstance(user, Mapping) and "username" in user:
        return _profile(user)
    raise UnreadableAnswer(f"Found an object with {_keys(document)}, expected {EXPECTED}")


def _profile(user: Mapping[str, Any]) -> FeedPage:
    reject = Reject(reason="it is a user profile, not a post", raw=storable(dict(user)))
    return FeedPage(posts=(), rejects=(reject,), next_cursor=None)


def _keys(document: Mapping[str, Any]) -> str:
    names = [repr(str(key)[:30]) for key in list(document)[:5]]
    return ", ".join(names) if names else "no keys"
