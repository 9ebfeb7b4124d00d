"""Answers of the official API: what it tells of a professional account and to a brand, and what it leaves out."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from app.sandbox.counts import grown
from app.sandbox.graph_query import DiscoveryQuery, MediaQuery, MentionQuery, cursor_of
from app.sandbox.people import Kind, Person
from app.sandbox.posts import Post
from app.sandbox.reading import mentioned_names
from app.sandbox.world import World

_MEDIA_TYPES = {Kind.PHOTO: "IMAGE", Kind.ALBUM: "CAROUSEL_ALBUM", Kind.REEL: "VIDEO", Kind.VIDEO: "VIDEO"}


def discovery(world: World, person: Person, query: DiscoveryQuery, *, ig_user_id: str) -> dict[str, Any]:
    """Return the answer about `person`, with the page of media that the query asks for."""
    profile = _chosen(query.profile_fields, _PROFILE, (world, person))
    if query.media is not None:
        posts, is_last = world.own_posts(person, before_pk=query.media.before_pk, count=query.media.limit)
        if posts or query.media.before_pk is not None:  # An empty edge is left out.
            profile["media"] = _media(world, posts, query.media, is_last=is_last)
    return {"business_discovery": profile, "id": ig_user_id}


def tags(world: World, brand: Person | None, query: MediaQuery) -> dict[str, Any]:
    """Return the page of posts on which others tag the brand, newest first; nobody tags an account without a brand."""
    tagging = [post for post in reversed(_shown_to(world, brand)) if brand in post.tagged]
    older = [post for post in tagging if query.before_pk is None or post.media_pk < query.before_pk]
    return _media(world, older[: query.limit], query, is_last=len(older) <= query.limit)


def mention(world: World, brand: Person | None, query: MentionQuery, *, ig_user_id: str) -> dict[str, Any] | None:
    """Return the post of somebody else whose caption mentions the brand, or None."""
    posts = [post for post in _shown_to(world, brand) if post.graph_id == query.media_id]
    if brand is None or not posts or brand.username not in mentioned_names(posts[0].caption):
        return None
    return {"mentioned_media": _chosen(query.fields, _MEDIA, (world, posts[0])), "id": ig_user_id}


def _shown_to(world: World, brand: Person | None) -> Sequence[Post]:
    """Return what others published and everybody can see, oldest first."""
    visible = (post for post in world.posts.values() if post.owner is not brand and world.is_visible(post))
    return sorted(visible, key=lambda post: post.media_pk)


def _media(world: World, posts: Sequence[Post], query: MediaQuery, *, is_last: bool) -> dict[str, Any]:
    # Cursors, but never a `next`; the first page has no `before` and the last one no `after`.
    cursors = {}
    if posts and query.before_pk is not None:
        cursors["before"] = cursor_of(posts[0].media_pk)
    if posts and not is_last:
        cursors["after"] = cursor_of(posts[-1].media_pk)
    listed = [_chosen(query.fields, _MEDIA, (world, post)) for post in posts]
    return {"data": listed, "paging": {"cursors": cursors}}


def _chosen(names: frozenset[str], known: Mapping[str, Callable[..., Any]], about: tuple[Any, ...]) -> dict[str, Any]:
    """Return the fields that were asked for; one without a value is left out."""
    told = {name: tell(*about) for name, tell in known.items() if name in names}
    return {name: value for name, value in told.items() if value is not None}


def _caption(_world: World, post: Post) -> str | None:
    # "Captions don't include the @ symbol unless the app user is also able to perform admin-equivalent tasks".
    return post.caption.replace("@", "").replace("＠", "") or None


def _likes(world: World, post: Post) -> int | None:
    if post.growth.hidden_like_count is not None:
        return None
    return grown(post.growth.likes, post.growth, age_hours=world.age_hours(post))


def _views(world: World, post: Post) -> int | None:
    if not post.growth.plays or post.growth.hidden_like_count is not None:
        return None
    return grown(post.growth.plays, post.growth, age_hours=world.age_hours(post))


_PROFILE: Mapping[str, Callable[[World, Person], Any]] = {
    "biography": lambda _, person: person.biography or None,
    "name": lambda _, person: person.full_name or None,
    "username": lambda _, person: person.username,
    "followers_count": lambda _, person: person.follower_count,
    "follows_count": lambda _, person: person.following_count,
    "media_count": lambda world, person: world.media_count(person),
    "id": lambda _, person: person.graph_id,
}
_MEDIA: Mapping[str, Callable[[World, Post], Any]] = {
    "id": lambda _, post: post.graph_id,
    "caption": _caption,
    "comments_count": lambda world, post: grown(post.growth.comments, post.growth, age_hours=world.age_hours(post)),
    "like_count": _likes,
    "media_product_type": lambda _, post: "REELS" if post.kind is Kind.REEL else "FEED",
    "media_type": lambda _, post: _MEDIA_TYPES[post.kind],
    "media_url": lambda _, post: f"https://scontent.sandbox.invalid/v/t51.2885-15/{post.media_pk}.jpg",
    "permalink": lambda _, post: f"https://www.instagram.com/{'reel' if post.kind is Kind.REEL else 'p'}/{post.code}/",
    "timestamp": lambda _, post: datetime.fromtimestamp(int(post.published_at), UTC).strftime("%Y-%m-%dT%H:%M:%S+0000"),
    "username": lambda _, post: post.owner.username,
    "view_count": _views,
}
