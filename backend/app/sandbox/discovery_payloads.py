"""Raw answers of the pages beyond a profile's feed.

Shapes: a recorded `clips/user/` (2026); instagrapi 3.2.2 `mixins/hashtag.py`; mgp25/Instagram-API
`Response/Model/FeedItem.php` and RSSHub's Instagram routes for the home feed and the sections of a hashtag.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from app.sandbox import payloads
from app.sandbox.posts import Post
from app.sandbox.world import World

Page = dict[str, Any]
_ROW = 3
_AD_POSITION = 1


def listed(world: World, posts: Sequence[Post]) -> Page:
    """Return posts as a plain page, which is the answer of `usertags/{pk}/feed/` and what the other shapes wrap."""
    items = [payloads.item(world, post) for post in posts]
    return {"num_results": len(items), "more_available": False, "items": items, "status": "ok"}


def as_tagged(page: Page) -> Page:
    """Return the answer of `usertags/{pk}/feed/`."""
    return {**page, "total_count": len(page["items"]), "requires_review": False, "new_photos": [], "hidden": False}


def as_sections(page: Page) -> Page:
    """Return the answer of `tags/{name}/sections/`: rows of three, the first of them around a large reel."""
    rows = [page["items"][start : start + _ROW] for start in range(0, len(page["items"]), _ROW)]
    return {
        "sections": [_large_row(row) if number == 0 else _plain_row(row) for number, row in enumerate(rows)],
        "more_available": False,
        "auto_load_more_enabled": True,
        "status": "ok",
    }


def as_timeline(page: Page) -> Page:
    """Return the answer of `feed/timeline/`, with an ad after the first post and a suggestion at the end."""
    entries: list[Page] = [{"media_or_ad": item} for item in page["items"]]
    if entries:
        entries.insert(_AD_POSITION, {"media_or_ad": _advertisement()})
        entries.append({"suggested_users": {"type": 2, "suggestions": [], "netego_type": "suggested_users"}})
    return {
        "num_results": len(entries),
        "more_available": False,
        "auto_load_more_enabled": True,
        "feed_items": entries,
        "preload_distance": 6,
        "status": "ok",
    }


def as_reels(page: Page) -> Page:
    """Return the answer of `clips/user/`."""
    return {
        "items": [{"media": item} for item in page["items"]],
        "paging_info": {"max_id": "", "more_available": False},
        "status": "ok",
    }


def _plain_row(items: Sequence[object]) -> Page:
    return {"layout_type": "media_grid", "layout_content": {"medias": _wrapped(items)}, "feed_type": "media"}


def _large_row(items: Sequence[object]) -> Page:
    content = {
        "one_by_two_item": {"clips": {"items": _wrapped(items[:1]), "more_available": False, "max_id": None}},
        "fill_items": _wrapped(items[1:]),
    }
    return {"layout_type": "one_by_two_left", "layout_content": content, "feed_type": "clips"}


def _wrapped(items: Sequence[object]) -> list[Mapping[str, object]]:
    return [{"media": item} for item in items]


def _advertisement() -> Page:
    return {
        "pk": "3000000000000000001",
        "id": "3000000000000000001_10000000001",
        "code": "CmiSandboxAd",
        "taken_at": 1_760_000_000,
        "media_type": 1,
        "product_type": "ad",
        "caption": None,
        "user": {"pk": "10000000001", "username": "sandbox_advertiser", "full_name": "", "is_private": False},
        "ad_id": "120200000000000001",
        "injected": {"ad_id": "120200000000000001", "label": "Sponsored", "hide_reasons_v2": []},
    }
