"""Business Discovery answers: what the official API tells of a professional account, and what it leaves out."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from app.sandbox.counts import grown
from app.sandbox.graph_query import DiscoveryQuery, cursor_of
from app.sandbox.people import Kind, Person
from app.sandbox.posts import Post
from app.sandbox.world import World

_MEDIA_TYPES = {Kind.PHOTO: "IMAGE", Kind.ALBUM: "CAROUSEL_ALBUM", Kind.REEL: "VIDEO", Kind.VIDEO: "VIDEO"}


def discovery(world: World, person: Person, query: DiscoveryQuery, *, ig_user_id: str) -> dict[str, Any]:
    """Return the answer about `person`, with the page of media that the query asks for."""
    profile = _chosen(query.profile_fields, _PROFILE, (world, person))
    if query.media_fields is not None:
        posts, is_last = world.own_posts(person, before_pk=query.before_pk, count=query.limit)
        if posts or query.before_pk is not None:  # An empty edge is left out.
            profile["media"] = _media(world, posts, query, is_last=is_last)
    return {"business_discovery": profile, "id": ig_user_id}


def graph_id(person: Person) -> str:
    """Return the id that the official API uses for an account, which is not the private API's."""
    return str(17_841_400_000_000_000 + person.pk % 10**12)


def _media(world: World, posts: Sequence[Post], query: DiscoveryQuery, *, is_last: bool) -> dict[str, Any]:
    # Cursors, but never a `next`; the first page has no `before` and the last one no `after`.
    cursors = {}
    if posts and query.before_pk is not None:
        cursors["before"] = cursor_of(posts[0].media_pk)
    if posts and not is_last:
        cursors["after"] = cursor_of(posts[-1].media_pk)
    listed = [_chosen(query.media_fields or frozenset(), _MEDIA, (world, post)) for post in posts]
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
    "id": lambda _, person: graph_id(person),
}
_MEDIA: Mapping[str, Callable[[World, Post], Any]] = {
    "id": lambda _, post: str(17_900_000_000_000_000 + post.media_pk % 99_999_999_999_999),
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
