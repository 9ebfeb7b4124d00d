"""Reading the pages of hashtags and of the home feed: posts in other wrappings than a profile's.

Shapes: instagrapi 3.2.2 `mixins/hashtag.py` (`_hashtag_section_media_nodes`), `mixins/auth.py` (`get_timeline_feed`);
mgp25/Instagram-API `Response/Model/FeedItem.php` for what else stands in a home feed.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from app.instagram.parsing import UnreadableItem, is_ad, list_of, next_cursor, page_of, parse_item
from app.instagram.port import FeedPage, Post


def parse_hashtag_page(answer: Mapping[str, Any]) -> FeedPage:
    """Return what a page of `tags/…/sections/` holds, in Instagram's order; a section of an unknown layout is a reject.

    Raises:
        UnreadableAnswer: there is no list `sections`.
    """
    nodes = [node for section in list_of(answer, "sections") for node in _nodes(section)]
    return page_of(nodes, _parse_node, next_cursor(answer))


def parse_timeline_page(answer: Mapping[str, Any]) -> FeedPage:
    """Return the posts of those whom the reader follows on a page of `feed/timeline/`, in Instagram's order.

    Ads are left out, and so is what is no post: suggested accounts and posts (`suggested_users`, `explore_story`),
    stories, the mark of the end.

    Raises:
        UnreadableAnswer: there is no list `feed_items`.
    """
    items = [item for item in map(_followed, list_of(answer, "feed_items")) if item is not None]
    return page_of(items, parse_item, next_cursor(answer))


def _nodes(section: object) -> Iterator[object]:
    """Return the wrapped posts of a section; the section itself where it holds none of the known lists."""
    layout = section.get("layout_content") if isinstance(section, Mapping) else None
    found = [part for part in _lists_of(layout) if isinstance(part, list)] if isinstance(layout, Mapping) else []
    if not found:
        yield section
    for part in found:
        yield from part


def _lists_of(layout: Mapping[str, Any]) -> Iterator[object]:
    large = layout.get("one_by_two_item")
    clips = large.get("clips") if isinstance(large, Mapping) else None
    yield clips.get("items") if isinstance(clips, Mapping) else None
    yield layout.get("fill_items")
    yield layout.get("medias")


def _parse_node(node: object) -> Post:
    if isinstance(node, Mapping) and "layout_content" in node:
        raise UnreadableItem("the section has none of the lists medias, fill_items and one_by_two_item.clips.items")
    return parse_item(node)


def _followed(item: object) -> object:
    """Return the post of an entry, whatever it looks like; None for an ad and for what is no post."""
    post = item.get("media_or_ad") if isinstance(item, Mapping) else item
    return None if isinstance(post, Mapping) and is_ad(post) else post
