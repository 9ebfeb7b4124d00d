"""Tolerant reading of the private API, one item at a time: a bad item becomes a reject and never costs the page.

Required of an item are only pk, code, taken_at, media_type and user.pk. Everything else may be absent, null or of an
odd type. Shapes and oddities are from recorded answers and from instagrapi #2277, #2297, #2329, #2331, #2356 (one
drifted field lost a whole page) and #373 (a pk that went through a float answered "Media not found").
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from app.core.errors import InvalidInput
from app.instagram.port import FeedPage, Post, Profile, Reject, TaggedUser
from app.instagram.storable import storable, storable_text

MEDIA_TYPES = (1, 2, 8)
VIDEO = 2

_LATEST = datetime(2100, 1, 1, tzinfo=UTC).timestamp()
_LARGEST_COUNT = 2**63 - 1
_PK = re.compile(r"[0-9]{1,20}", re.ASCII)
_CODE = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_REQUIRED = ("pk", "code", "taken_at", "media_type", "user")
_WRAPPERS = ("media", "media_or_ad")


class UnreadableItem(InvalidInput):
    """An item cannot become a post; the message says why."""


class UnreadableAnswer(InvalidInput):
    """An answer is not a page or not a profile; the message says what is missing."""


def parse_feed_page(answer: Mapping[str, Any], profile_pk: str | None = None) -> FeedPage:
    """Return what a page of `feed/user/`, `clips/user/`, `usertags/` or `media/info/` holds, in Instagram's order.

    `profile_pk` is the profile whose feed this is. Without it the page's own `user` is taken, then each item's owner,
    which for a collab post may be the co-author.

    Raises:
        UnreadableAnswer: there is no list `items`: the answer says nothing about the feed.
    """
    items = list_of(answer, "items")
    owner = profile_pk or _pk_of(answer.get("user"))
    return page_of(items, lambda item: parse_item(item, owner), next_cursor(answer))


def list_of(answer: Mapping[str, Any], name: str) -> list[object]:
    """Return the list `name` of an answer.

    Raises:
        UnreadableAnswer: there is none.
    """
    found = answer.get(name)
    if not isinstance(found, list):
        raise UnreadableAnswer(f"{name} is {_described(found)}, expected a list")
    return found


def page_of(items: Sequence[object], parse: Callable[[object], Post], next_cursor: str | None) -> FeedPage:
    """Return the page of `items`, each read by `parse`; what it refuses and what repeats a pk are rejects."""
    posts: dict[str, Post] = {}
    rejects: list[Reject] = []
    for item in items:
        try:
            post = parse(item)
            if post.media_pk in posts:
                raise UnreadableItem(f"pk {post.media_pk} is on the page twice")
            posts[post.media_pk] = post
        except UnreadableItem as error:
            rejects.append(Reject(reason=str(error), raw=storable(item)))
    return FeedPage(posts=tuple(posts.values()), rejects=tuple(rejects), next_cursor=next_cursor)


def parse_item(item: object, profile_pk: str | None = None) -> Post:
    """Return the post that `item` describes; `{"media": {…}}` is unwrapped.

    Raises:
        UnreadableItem: it is no post, or one of the required fields is missing or wrong.
    """
    raw = _unwrapped(item)
    _refuse_what_is_no_post(raw)
    media_pk = _required_pk("pk", raw["pk"])
    code = _required_code(raw["code"])
    taken_at = _required_instant(raw["taken_at"])
    media_type = _required_media_type(raw["media_type"])
    user = raw["user"]
    if not isinstance(user, Mapping):
        raise UnreadableItem(f"user is {_described(user)}, expected an object")
    owner_pk = _required_pk("user.pk", user.get("pk"))
    is_like_hidden = raw.get("like_and_view_counts_disabled") is True
    like_count = count(raw.get("like_count"))
    return Post(
        media_pk=media_pk,
        code=code,
        owner_pk=owner_pk,
        owner_username=_text(user.get("username")) or None,
        taken_at=taken_at,
        media_type=media_type,
        product_type=_text(raw.get("product_type")),
        caption=_caption(raw.get("caption")),
        usertags=_usertags(raw),
        coauthors=_users(raw.get("coauthor_producers")),
        sponsor_tags=_users(raw.get("sponsor_tags")),
        is_paid_partnership=_flag(raw.get("is_paid_partnership")),
        is_pinned=_is_pinned(raw.get("timeline_pinned_user_ids"), profile_pk or owner_pk),
        # A hidden count arrives all the same, as 3 or -1 (instagrapi #2010, #493).
        like_count=None if is_like_hidden else like_count,
        comment_count=count(raw.get("comment_count")),
        play_count=_believable_plays(_first_count(raw, "play_count", "ig_play_count"), media_type, like_count),
        view_count=_believable_plays(count(raw.get("view_count")), media_type, like_count),
        share_count=_first_count(raw, "reshare_count", "share_count"),
        is_like_hidden=is_like_hidden,
        raw=_stored(raw),
    )


def parse_post(answer: Mapping[str, Any], media_pk: str) -> Post:
    """Return the post `media_pk` in an answer of `media/…/info/`.

    Raises:
        UnreadableAnswer: it does not hold that post; then it says nothing about it.
    """
    page = parse_feed_page(answer)
    for post in page.posts:
        if post.media_pk == media_pk:
            return post
    raise UnreadableAnswer(page.rejects[0].reason if page.rejects else f"there is no post {media_pk}")


def parse_profile(answer: Mapping[str, Any]) -> Profile:
    """Return the profile in an answer of `users/…/info/` or `users/…/usernameinfo/`.

    Raises:
        UnreadableAnswer: there is no `user` with pk and username.
    """
    user = answer.get("user")
    pk = _pk_of(user)
    if not isinstance(user, Mapping) or pk is None or not _text(user.get("username")):
        raise UnreadableAnswer("there is no user with pk and username")
    return Profile(
        pk=pk,
        username=_text(user["username"]),
        full_name=_text(user.get("full_name")),
        is_private=user.get("is_private") is True,
        follower_count=count(user.get("follower_count")),
    )


def count(value: object) -> int | None:
    """Return a count, or None where `value` is absent, negative or no number."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,19}", value, re.ASCII):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= _LARGEST_COUNT else None


def next_cursor(answer: Mapping[str, Any]) -> str | None:
    """Return where the page after `answer` begins, or None at the end."""
    paging = answer.get("paging_info")
    source = paging if isinstance(paging, Mapping) else answer
    cursor = source.get("max_id" if source is paging else "next_max_id")
    if source.get("more_available") is False or isinstance(cursor, bool) or not isinstance(cursor, str | int):
        return None
    return str(cursor) or None


def is_ad(raw: Mapping[str, Any]) -> bool:
    """Tell whether an item is an advertisement."""
    return raw.get("product_type") == "ad" or bool(raw.get("ad_id") or raw.get("injected"))


def _unwrapped(item: object) -> Mapping[str, Any]:
    if not isinstance(item, Mapping):
        raise UnreadableItem(f"the item is {_described(item)}, expected an object")
    for wrapper in _WRAPPERS:
        inner = item.get(wrapper)
        if isinstance(inner, Mapping) and "pk" not in item:
            return inner
    return item


def _refuse_what_is_no_post(raw: Mapping[str, Any]) -> None:
    if is_ad(raw):
        raise UnreadableItem("it is an ad, not a post")
    if "username" in raw and "media_type" not in raw:
        raise UnreadableItem("it is a user profile, not a post")
    for name in _REQUIRED:
        if raw.get(name) is None:
            raise UnreadableItem(f"{name} is {'null' if name in raw else 'missing'}")


def _required_pk(name: str, value: object) -> str:
    if isinstance(value, float):
        raise UnreadableItem(f"{name} is a float, expected whole digits: its last ones are lost")
    pk = _pk(value)
    if pk is None:
        raise UnreadableItem(f"{name} is {_described(value)}, expected up to 20 digits")
    return pk


def _required_code(value: object) -> str:
    if not isinstance(value, str) or not _CODE.fullmatch(value):
        raise UnreadableItem(f"code is {_described(value)}, expected letters, digits, - and _")
    return value


def _required_instant(value: object) -> datetime:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,12}", value, re.ASCII):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < _LATEST:
        raise UnreadableItem(f"taken_at is {_described(value)}, expected seconds since 1970 before the year 2100")
    return datetime.fromtimestamp(math.floor(value), UTC)


def _required_media_type(value: object) -> int:
    media_type = count(value)
    if media_type not in MEDIA_TYPES:
        raise UnreadableItem(f"media_type is {_described(value)}, expected 1, 2 or 8")
    return media_type


def _pk(value: object) -> str | None:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return text if isinstance(text, str) and _PK.fullmatch(text) and text.strip("0") else None


def _pk_of(user: object) -> str | None:
    return _pk(user.get("pk")) if isinstance(user, Mapping) else None


def _text(value: object) -> str:
    return storable_text(value) if isinstance(value, str) else ""


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _caption(value: object) -> str:
    return _text(value.get("text")) if isinstance(value, Mapping) else _text(value)


def _first_count(raw: Mapping[str, Any], *names: str) -> int | None:
    return next((found for name in names if (found := count(raw.get(name))) is not None), None)


def _believable_plays(plays: int | None, media_type: int, likes: int | None) -> int | None:
    """Take the zero that some sources put in for an absent count as absent: photos, and videos somebody liked."""
    return None if plays == 0 and (media_type != VIDEO or likes) else plays


def _is_pinned(pinned_for: object, profile_pk: str) -> bool:
    return isinstance(pinned_for, list) and any(_pk(pk) == profile_pk for pk in pinned_for)


def _usertags(raw: Mapping[str, Any]) -> Sequence[TaggedUser]:
    """Return everybody tagged on the post or, for an album, on one of its pictures, once each."""
    tagged = {user.pk: user for part in (raw, *_listed(raw.get("carousel_media"))) for user in _users(_tags_of(part))}
    return tuple(tagged.values())


def _tags_of(part: object) -> object:
    return part.get("usertags") if isinstance(part, Mapping) else None


def _users(value: object) -> Sequence[TaggedUser]:
    """Read `{"in": [{"user": {…}}]}`, `[{"sponsor": {…}}]` and plain lists of users; skip what has no pk."""
    entries = _listed(value.get("in") if isinstance(value, Mapping) else value)
    found: dict[str, TaggedUser] = {}
    for entry in entries:
        user = _named_user(entry)
        if (pk := _pk_of(user)) is not None:
            found.setdefault(pk, TaggedUser(pk=pk, username=_text(user.get("username"))))
    return tuple(found.values())


def _named_user(entry: object) -> Mapping[str, Any]:
    if not isinstance(entry, Mapping):
        return {}
    return next((entry[key] for key in ("user", "sponsor") if isinstance(entry.get(key), Mapping)), entry)


def _listed(value: object) -> Iterator[object]:
    return iter(value if isinstance(value, list) else ())


def _stored(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    stored = storable(dict(raw))
    return stored if isinstance(stored, dict) else {}


def _described(value: object) -> str:
    """Name a wrong value in a message: short, and never a person's text at length."""
    if value is None:
        return "missing"
    if isinstance(value, Mapping | list):
        return "an object" if isinstance(value, Mapping) else "a list"
    shown = storable_text(repr(value))
    return shown if len(shown) <= 40 else f"{shown[:40]}…"
