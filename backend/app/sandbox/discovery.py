"""Which posts Instagram shows beyond a profile's grid: tagged, under a hashtag, in the home feed, in the reels tab.

All of it newest first, and without what is hidden or by somebody private.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

from app.sandbox.people import Kind, Person
from app.sandbox.posts import Post
from app.sandbox.reading import has_hashtag
from app.sandbox.world import World


def tagged_posts(world: World, person: Person, *, count: int) -> Sequence[Post]:
    """Return the newest posts with a photo tag of the account; co-authors find theirs on their grid instead."""
    return tuple(islice((post for post in _visible(world) if person in post.tagged), count))


def hashtag_posts(world: World, hashtag: str, *, count: int) -> Sequence[Post]:
    """Return the newest posts whose present caption has the hashtag."""
    return tuple(islice((post for post in _visible(world) if has_hashtag(post.caption, hashtag)), count))


def followed_posts(world: World, *, count: int) -> Sequence[Post]:
    """Return the newest posts of everybody: each reader follows all influencers. Reels off the grid are left out."""
    return tuple(islice((post for post in _visible(world) if post.is_on_grid), count))


def reels(world: World, person: Person, *, count: int) -> Sequence[Post]:
    """Return the newest reels of a profile, also those that its grid lacks."""
    return [post for post in reversed(world.posts_of(person)) if post.kind is Kind.REEL][:count]


def _visible(world: World) -> Iterator[Post]:
    # An id is greater the later the post.
    return (world.posts[pk] for pk in sorted(world.posts, reverse=True) if world.is_visible(world.posts[pk]))
