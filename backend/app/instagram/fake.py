"""An Instagram in memory for tests of what stands above the port: scripted feeds, profiles and failures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from app.instagram.errors import PermitRefused, TargetUnavailable
from app.instagram.port import FeedPage, Permit, Post, Profile, ReaderAccount, Reject, TaggedUser, Target, Usage

PAGE_SIZE = 12
OWNER_PK = "1001"


@dataclass(frozen=True, slots=True)
class Call:
    """One request that was sent, of which pk, username or hashtag, by which account.

    `kind` is `feed`, `media`, `profile`, `tagged`, `hashtag`, `timeline` (of the account's own name) or `reels`.
    """

    kind: str
    target: str
    cursor: str | None
    account: str


class SinglePermit:
    """A permit for one request; `is_spent` tells whether it was used."""

    def __init__(self) -> None:
        self.is_spent = False

    def spend(self) -> None:
        """Use the permit up, or raise PermitRefused."""
        if self.is_spent:
            raise PermitRefused("This permit was used before")
        self.is_spent = True


class FakeInstagram:
    """A provider that answers from `feeds` (pk → posts in any order) and `profiles` (username → profile).

    Pages have 12 posts, pinned ones first and then the newest. `failure` is raised by every request after the permit
    was spent; `failures` likewise for one pk or username, or for one account's view of it (`"reader1 123"`). All of
    them may be changed between calls. Rejects of `rejects` come with the first page of their feed. As the provider
    `graph` it finds feeds by username instead.

    What else shows posts is scripted likewise: `tagged` and `reels` (pk → posts), `hashtags` (name → posts) and
    `timelines` (username of the reader account → posts). Where nothing is scripted the page is empty. As a brand it
    is tagged by `tagged` of its own username, and mentioned by `mentioned` (the official API's media id → post).
    """

    def __init__(
        self,
        feeds: Mapping[str, Sequence[Post]] | None = None,
        profiles: Mapping[str, Profile] | None = None,
        *,
        failure: Exception | None = None,
        failures: Mapping[str, Exception] | None = None,
        rejects: Mapping[str, Sequence[Reject]] | None = None,
        name: str = "instagrapi",
        usage: Usage | None = None,
        tagged: Mapping[str, Sequence[Post]] | None = None,
        hashtags: Mapping[str, Sequence[Post]] | None = None,
        timelines: Mapping[str, Sequence[Post]] | None = None,
        reels: Mapping[str, Sequence[Post]] | None = None,
        mentioned: Mapping[str, Post] | None = None,
    ) -> None:
        self.name = name
        self.needs_user_pk = name != "graph"
        self.usage = usage
        self.feeds = dict(feeds or {})
        self.profiles = dict(profiles or {})
        self.failure = failure
        self.failures = dict(failures or {})
        self.rejects = dict(rejects or {})
        self.tagged = dict(tagged or {})
        self.hashtags = dict(hashtags or {})
        self.timelines = dict(timelines or {})
        self.reels = dict(reels or {})
        self.mentioned = dict(mentioned or {})
        self.calls: list[Call] = []

    def fetch_feed_page(self, account: ReaderAccount, permit: Permit, target: Target, cursor: str | None) -> FeedPage:
        """Return a page of 12, or raise; an unknown pk is a TargetUnavailable."""
        user_pk = (target.pk or "") if self.needs_user_pk else target.username
        self._send(Call("feed", user_pk, cursor, account.username), permit)
        if user_pk not in self.feeds:
            raise TargetUnavailable("user_not_found", http_status=404)
        posts = sorted(self.feeds[user_pk], key=lambda post: (bool(post.is_pinned), post.taken_at), reverse=True)
        start = next((n for n, post in enumerate(posts, 1) if f"{post.media_pk}_{user_pk}" == cursor), 0)
        page = posts[start : start + PAGE_SIZE]
        has_more = start + PAGE_SIZE < len(posts)
        return FeedPage(
            posts=tuple(page),
            rejects=() if cursor else tuple(self.rejects.get(user_pk, ())),
            next_cursor=f"{page[-1].media_pk}_{user_pk}" if has_more else None,
            usage=self.usage,
        )

    def fetch_profile(self, account: ReaderAccount, permit: Permit, username: str) -> Profile:
        """Return the profile, or raise; an unknown name is a TargetUnavailable."""
        self._send(Call("profile", username, None, account.username), permit)
        if username not in self.profiles:
            raise TargetUnavailable("user_not_found", http_status=404)
        return self.profiles[username]

    def fetch_profile_by_pk(self, account: ReaderAccount, permit: Permit, user_pk: str) -> Profile:
        """Return the profile with this pk, or raise; an unknown one is a TargetUnavailable."""
        self._send(Call("profile", user_pk, None, account.username), permit)
        found = [profile for profile in self.profiles.values() if profile.pk == user_pk]
        if not found:
            raise TargetUnavailable("user_not_found", http_status=404)
        return found[0]

    def fetch_post(self, account: ReaderAccount, permit: Permit, media_pk: str) -> Post:
        """Return the post from wherever it is scripted, or raise; an unknown pk is a TargetUnavailable."""
        self._send(Call("media", media_pk, None, account.username), permit)
        sources = (self.feeds, self.tagged, self.hashtags, self.timelines, self.reels)
        found = [post for source in sources for posts in source.values() for post in posts if post.media_pk == media_pk]
        if not found:
            raise TargetUnavailable("media_not_found", http_status=404)
        return found[0]

    def fetch_tagged_page(self, account: ReaderAccount, permit: Permit, user_pk: str) -> FeedPage:
        """Return the newest 12 of `tagged`, or raise."""
        return self._newest(Call("tagged", user_pk, None, account.username), permit, self.tagged)

    def fetch_hashtag_page(self, account: ReaderAccount, permit: Permit, hashtag: str) -> FeedPage:
        """Return the newest 12 of `hashtags`, or raise."""
        return self._newest(Call("hashtag", hashtag, None, account.username), permit, self.hashtags)

    def fetch_timeline_page(self, account: ReaderAccount, permit: Permit) -> FeedPage:
        """Return the newest 12 of the account's `timelines`, or raise."""
        return self._newest(Call("timeline", account.username, None, account.username), permit, self.timelines)

    def fetch_reels_page(self, account: ReaderAccount, permit: Permit, user_pk: str) -> FeedPage:
        """Return the newest 12 of `reels`, or raise."""
        return self._newest(Call("reels", user_pk, None, account.username), permit, self.reels)

    def fetch_tags_page(self, account: ReaderAccount, permit: Permit) -> FeedPage:
        """Return the newest 12 of `tagged` for the account's own name, or raise."""
        return self._newest(Call("tags", account.username, None, account.username), permit, self.tagged)

    def fetch_mentioned_post(self, account: ReaderAccount, permit: Permit, media_id: str) -> Post:
        """Return the post of `mentioned`, or raise; an unknown id is a TargetUnavailable."""
        self._send(Call("mentioned", media_id, None, account.username), permit)
        if media_id not in self.mentioned:
            raise TargetUnavailable("media_not_found", http_status=404)
        return self.mentioned[media_id]

    def _newest(self, call: Call, permit: Permit, source: Mapping[str, Sequence[Post]]) -> FeedPage:
        self._send(call, permit)
        posts = sorted(source.get(call.target, ()), key=lambda post: post.taken_at, reverse=True)[:PAGE_SIZE]
        return FeedPage(posts=tuple(posts), rejects=tuple(self.rejects.get(call.target, ())), next_cursor=None)

    def _send(self, call: Call, permit: Permit) -> None:
        permit.spend()
        self.calls.append(call)
        failure = self.failure or self.failures.get(call.target) or self.failures.get(f"{call.account} {call.target}")
        if failure is not None:
            raise failure


def make_post(
    media_pk: str = "3865659729796199935",
    *,
    taken_at: datetime = datetime(2026, 3, 2, 3, 0, tzinfo=UTC),
    caption: str = "",
    owner_pk: str = OWNER_PK,
    media_type: int = 1,
    product_type: str = "feed",
    is_pinned: bool = False,
    like_count: int | None = 10,
    comment_count: int | None = 1,
    play_count: int | None = None,
    is_like_hidden: bool = False,
    usertags: Sequence[TaggedUser] = (),
    are_mentions_known: bool = True,
) -> Post:
    """Return a post with defaults for everything that a test does not care about; `code` follows from the pk."""
    return Post(
        media_pk=media_pk,
        code=f"C{media_pk[-10:]}",
        owner_pk=owner_pk,
        owner_username=None,
        taken_at=taken_at,
        media_type=media_type,
        product_type=product_type,
        caption=caption,
        usertags=usertags,
        coauthors=(),
        sponsor_tags=(),
        is_paid_partnership=False,
        is_pinned=is_pinned,
        like_count=like_count,
        comment_count=comment_count,
        play_count=play_count,
        view_count=None,
        share_count=None,
        is_like_hidden=is_like_hidden,
        raw={"pk": media_pk, "media_type": media_type},
        are_mentions_known=are_mentions_known,
    )


def make_profile(username: str = "ana", *, pk: str = OWNER_PK, is_private: bool = False) -> Profile:
    """Return a public profile with 12,000 followers."""
    return Profile(pk=pk, username=username, full_name=username.title(), is_private=is_private, follower_count=12_000)
