"""The provider port: what every source of Instagram data answers, in our own values.

A count that the source did not report is None, never 0. A failed request raises an `InstagramError`; an answer that
was read is a value, even when some of its items could not be (`FeedPage.rejects`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Target:
    """Whose feed is asked for. Each API has its own key: the private one the pk, the official one the name."""

    pk: str | None
    """None while it is not known; a Graph id is no pk."""
    username: str


@dataclass(frozen=True, slots=True)
class TaggedUser:
    """An account named by a post: photo tag, co-author or sponsor."""

    pk: str
    username: str


@dataclass(frozen=True, slots=True)
class Post:
    """One item of a feed."""

    media_pk: str
    code: str
    owner_pk: str
    owner_username: str | None
    """The account under which the post is published; a co-author's for a collab post."""
    taken_at: datetime
    media_type: int
    """1 photo, 2 video, 8 album."""
    product_type: str
    """`feed`, `clips` (a reel), `carousel_container`, `igtv`; empty where not reported."""
    caption: str
    usertags: Sequence[TaggedUser]
    coauthors: Sequence[TaggedUser]
    sponsor_tags: Sequence[TaggedUser]
    is_paid_partnership: bool | None
    is_pinned: bool | None
    """None where the source does not tell."""
    like_count: int | None
    comment_count: int | None
    play_count: int | None
    view_count: int | None
    share_count: int | None
    is_like_hidden: bool
    raw: Mapping[str, Any] = field(repr=False, compare=False)
    are_mentions_known: bool = True
    """False where the source may leave the `@` out of captions: then nobody can say that a mention is missing."""


@dataclass(frozen=True, slots=True)
class Reject:
    """An item that could not be read, and why; kept so that it can be replayed."""

    reason: str
    raw: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class Usage:
    """How much of its allowance the reader's token has used, as the answer itself says."""

    percent: int
    """The highest of the reported shares; at 100 the API refuses."""
    regain_after: timedelta | None
    """How long the API refuses, where it says so."""


@dataclass(frozen=True, slots=True)
class FeedPage:
    """One page of a feed, in the order in which Instagram sent it: pinned posts first."""

    posts: Sequence[Post]
    rejects: Sequence[Reject]
    next_cursor: str | None
    """None at the end of the feed."""
    usage: Usage | None = None
    """None where the API reports none."""


@dataclass(frozen=True, slots=True)
class Profile:
    """An account as it presents itself."""

    pk: str | None
    """None from a provider that needs none (`Provider.needs_user_pk`): its API has ids of its own."""
    username: str
    full_name: str
    is_private: bool
    follower_count: int | None
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class ReaderAccount:
    """The login with which a request is sent: only stored settings, never a password."""

    id: UUID
    username: str
    settings: Mapping[str, Any] = field(repr=False)
    """What the provider needs: the client's own settings as its `get_settings()` gave them, or a Graph token."""
    proxy: str | None = field(repr=False)


class Permit(Protocol):
    """The right to write one request to a socket, spent by the HTTP transport just before it writes."""

    def spend(self) -> None:
        """Use the permit up.

        Raises:
            PermitRefused: it was used before, or its deadline is too near. Nothing was sent.
        """


class Provider(Protocol):
    """A source of Instagram data. Each call sends exactly one request and spends exactly one permit."""

    @property
    def name(self) -> str:
        """What the pool calls the provider of its accounts."""

    @property
    def needs_user_pk(self) -> bool:
        """Whether a feed can be asked for only by its `Target.pk`; otherwise the name is enough."""

    def fetch_feed_page(self, account: ReaderAccount, permit: Permit, target: Target, cursor: str | None) -> FeedPage:
        """Return a page of 12 to 25 posts; `cursor` is a previous page's `next_cursor`, of the same provider.

        Raises:
            InstagramError: by kind; a page without a list of items is a `TransientFailure`.
        """

    def fetch_profile(self, account: ReaderAccount, permit: Permit, username: str) -> Profile:
        """Return the profile that has this name now.

        Raises:
            InstagramError: by kind; `TargetUnavailable` where nobody has the name.
        """


class LookupProvider(Provider, Protocol):
    """A source that can also be asked for one post or one account by its pk; the official API cannot."""

    def fetch_post(self, account: ReaderAccount, permit: Permit, media_pk: str) -> Post:
        """Return one post as it is now.

        Raises:
            InstagramError: by kind; `TargetUnavailable` where Instagram says that it is not there for this account.
        """

    def fetch_profile_by_pk(self, account: ReaderAccount, permit: Permit, user_pk: str) -> Profile:
        """Return the profile of an account, whatever its name is now.

        Raises:
            InstagramError: by kind; `TargetUnavailable` where there is no such account for this one.
        """


class DiscoveryProvider(Provider, Protocol):
    """A source that also shows posts beyond the feeds of known influencers; the official API is none.

    Each call returns the newest page only. Posts that the reader's account may not see are not on it.
    """

    def fetch_tagged_page(self, account: ReaderAccount, permit: Permit, user_pk: str) -> FeedPage:
        """Return the newest posts on which the account is tagged, as its tab of tagged posts shows them.

        Raises:
            InstagramError: by kind; a page without a list of items is a `TransientFailure`.
        """

    def fetch_hashtag_page(self, account: ReaderAccount, permit: Permit, hashtag: str) -> FeedPage:
        """Return the recent posts with a hashtag, given with or without `#`; Instagram chooses, and leaves posts out.

        Raises:
            InstagramError: by kind; `TargetUnavailable` where `hashtag` is not exactly one tag.
        """

    def fetch_timeline_page(self, account: ReaderAccount, permit: Permit) -> FeedPage:
        """Return what the reader's own home feed shows of those whom it follows, without ads and suggestions.

        Raises:
            InstagramError: by kind; a page without a list of items is a `TransientFailure`.
        """

    def fetch_reels_page(self, account: ReaderAccount, permit: Permit, user_pk: str) -> FeedPage:
        """Return the newest reels of an account, also those that its grid does not show.

        Raises:
            InstagramError: by kind; `TargetUnavailable` where the account is private or gone.
        """


class BrandProvider(Provider, Protocol):
    """A source that tells a brand who names it: each call asks about the account whose token is used."""

    def fetch_tags_page(self, account: ReaderAccount, permit: Permit) -> FeedPage:
        """Return the newest posts whose photo tags name the account; `owner_pk` is empty, `owner_username` told.

        Raises:
            InstagramError: by kind; a page without a list of items is a `TransientFailure`.
        """

    def fetch_mentioned_post(self, account: ReaderAccount, permit: Permit, media_id: str) -> Post:
        """Return the post whose caption mentions the account; `media_id` is the source's own id, and no pk.

        Raises:
            InstagramError: by kind; `TargetUnavailable` where the source does not show the post to this account.
        """
