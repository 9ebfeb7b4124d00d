"""The real client against the sandbox: what Instagram shows beyond the feeds of known influencers."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.instagram.errors import AccountCooling, AccountNeedsHuman, TargetUnavailable, TransientFailure
from app.instagram.fake import SinglePermit
from app.instagram.instagrapi_provider import InstagrapiProvider
from app.instagram.port import DiscoveryProvider, FeedPage, Post, ReaderAccount, Target
from tests.sandbox_process import SandboxClient, running_sandbox

HASHTAG = "비밀병기"


@dataclass
class Reader:
    """One reader account at the sandbox; every call sends one request with a permit of its own."""

    sandbox: SandboxClient
    provider: InstagrapiProvider
    account: ReaderAccount

    def __post_init__(self) -> None:
        self.last_sequence = max((request["seq"] for request in self.sandbox.requests()), default=0)

    def tagged(self, user_pk: str) -> FeedPage:
        return self._discovery.fetch_tagged_page(self.account, SinglePermit(), user_pk)

    def hashtag(self, name: str) -> FeedPage:
        return self._discovery.fetch_hashtag_page(self.account, SinglePermit(), name)

    def timeline(self) -> FeedPage:
        return self._discovery.fetch_timeline_page(self.account, SinglePermit())

    def reels(self, user_pk: str) -> FeedPage:
        return self._discovery.fetch_reels_page(self.account, SinglePermit(), user_pk)

    def feed(self, user_pk: str) -> FeedPage:
        return self.provider.fetch_feed_page(self.account, SinglePermit(), Target(user_pk, "ana"), None)

    def asked(self) -> Sequence[tuple[str, int]]:
        return [(request["endpoint"], request["status"]) for request in self.sandbox.requests(since=self.last_sequence)]

    @property
    def _discovery(self) -> DiscoveryProvider:
        return self.provider


Ask = Callable[[Reader, str], FeedPage]
PAGES: Mapping[str, Ask] = {
    "tagged": lambda reader, user_pk: reader.tagged(user_pk),
    "hashtag": lambda reader, _: reader.hashtag(HASHTAG),
    "timeline": lambda reader, _: reader.timeline(),
    "reels": lambda reader, user_pk: reader.reels(user_pk),
}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxClient]:
    with running_sandbox(tmp_path_factory.mktemp("discovery"), speed=0) as running:
        first, second = (influencer["username"] for influencer in running.cast()["influencers"][:2])
        for number in range(4):
            # Of the first one's posts, every page has some: reels with the hashtag that tag their own author.
            running.publish(first, caption=f"{number}번째 #{HASHTAG}", kind="reel", usertags=[first])
        running.publish(second, caption=f"앨범 ＃{HASHTAG} 예뻐요", kind="album", usertags=[first])
        yield running


@pytest.fixture(scope="module")
def cast(sandbox: SandboxClient) -> Mapping[str, Any]:
    return sandbox.cast()


@pytest.fixture
def reader(sandbox: SandboxClient, cast: Mapping[str, Any]) -> Iterator[Reader]:
    sandbox.clear_faults()
    first = cast["accounts"][0]
    account = ReaderAccount(UUID(int=1), first["username"], settings=first["settings"], proxy=first["proxy"])
    provider = InstagrapiProvider(timeout=timedelta(seconds=5), ca_file=Path(sandbox.ca_file))
    yield Reader(sandbox, provider, account)
    provider.close()
    sandbox.clear_faults()


@pytest.fixture
def user_pk(cast: Mapping[str, Any]) -> str:
    return str(cast["influencers"][0]["platform_uid"])


def _visible(sandbox: SandboxClient) -> list[dict[str, Any]]:
    """Return the truth of what can be seen, newest first."""
    visible = [post for post in sandbox.truth() if post["is_visible"]]
    return sorted(visible, key=lambda post: int(post["media_pk"]), reverse=True)


def _pks(posts: Sequence[Post]) -> list[str]:
    return [post.media_pk for post in posts]


@pytest.mark.parametrize("kind", PAGES)
def test_a_page_is_one_request_and_whole(reader: Reader, user_pk: str, kind: str) -> None:
    page = PAGES[kind](reader, user_pk)

    assert page.posts
    assert page.rejects == ()
    assert reader.asked() == [(kind, 200)]


def test_the_tagged_page_has_photo_tags_of_posts_and_of_pictures_in_albums(reader: Reader, user_pk: str) -> None:
    page = reader.tagged(user_pk)

    assert {post.media_type for post in page.posts} == {2, 8}
    assert all(user_pk in {user.pk for user in post.usertags} for post in page.posts)
    assert len({post.owner_pk for post in page.posts}) == 2
    assert _pks(page.posts) == sorted(_pks(page.posts), reverse=True)


def test_a_korean_hashtag_finds_exactly_the_posts_that_carry_it(reader: Reader) -> None:
    author = reader.sandbox.cast()["influencers"][2]["username"]
    reader.sandbox.publish(author, caption=f"아니에요 #{HASHTAG}들 {HASHTAG}")
    edited = reader.sandbox.publish(author, caption=f"지울 글 #{HASHTAG}")["media_pk"]
    reader.sandbox.edit(edited, "해시태그를 뺐어요")

    page = reader.hashtag(f"#{HASHTAG}")

    carrying = [
        post["media_pk"] for post in _visible(reader.sandbox) if re.search(rf"[#＃]{HASHTAG}(?!\w)", post["caption"])
    ]
    assert _pks(page.posts) == carrying
    assert len(page.posts) == 5


def test_a_campaigns_hashtag_finds_posts_of_several_people_in_rows(reader: Reader, cast: Mapping[str, Any]) -> None:
    """More posts than one row of three, so that every shape of a section is read."""
    hashtag = cast["campaigns"][0]["required_hashtags"][0]

    page = reader.hashtag(hashtag)

    assert 3 < len(page.posts) <= 27
    assert len({post.owner_pk for post in page.posts}) > 1
    assert page.rejects == ()


def test_a_hashtag_that_nobody_uses_is_an_empty_page(reader: Reader) -> None:
    page = reader.hashtag("아무도쓰지않는태그")

    assert (page.posts, page.rejects, page.next_cursor) == ((), (), None)


def test_the_home_feed_has_the_newest_posts_of_everybody_and_no_ad(reader: Reader) -> None:
    newest = [post["media_pk"] for post in _visible(reader.sandbox) if post["is_on_grid"]][:12]

    page = reader.timeline()

    assert _pks(page.posts) == newest
    assert page.rejects == ()


def test_a_reel_off_the_grid_is_in_the_reels_tab_and_under_its_hashtag_only(reader: Reader, user_pk: str) -> None:
    username = reader.sandbox.cast()["influencers"][0]["username"]
    record = reader.sandbox.publish(username, caption="#그리드밖", kind="reel", is_on_grid=False)
    media_pk = record["media_pk"]

    alone = reader.provider.fetch_post(reader.account, SinglePermit(), media_pk)

    assert (record["is_on_grid"], record["is_visible"]) == (False, True)
    assert (alone.media_pk, alone.product_type) == (media_pk, "clips")
    assert media_pk in _pks(reader.reels(user_pk).posts)
    assert media_pk in _pks(reader.hashtag("그리드밖").posts)
    assert media_pk not in _pks(reader.feed(user_pk).posts)
    assert media_pk not in _pks(reader.timeline().posts)


def test_the_reels_tab_has_reels_alone(reader: Reader, user_pk: str) -> None:
    wanted = [
        post["media_pk"]
        for post in _visible(reader.sandbox)
        if post["user_pk"] == user_pk and post["product_type"] == "clips"
    ]

    page = reader.reels(user_pk)

    assert _pks(page.posts) == wanted[:12]


@pytest.mark.parametrize("kind", PAGES)
def test_a_drifted_item_is_a_reject_and_the_page_survives(reader: Reader, user_pk: str, kind: str) -> None:
    whole = PAGES[kind](reader, user_pk)
    reader.sandbox.add_fault("drifted", count=5, endpoint=kind)

    pages = [PAGES[kind](reader, user_pk) for _ in range(5)]

    assert [len(page.rejects) for page in pages] == [1] * 5
    assert [len(page.posts) for page in pages] == [len(whole.posts) - 1] * 5
    assert all(reject.reason for page in pages for reject in page.rejects)


@pytest.mark.parametrize("kind", PAGES)
def test_an_empty_page_is_an_answer_and_a_page_without_its_list_is_none(
    reader: Reader, user_pk: str, kind: str
) -> None:
    reader.sandbox.add_fault("empty_page", count=1, endpoint=kind)
    empty = PAGES[kind](reader, user_pk)
    reader.sandbox.add_fault("no_items", count=1, endpoint=kind)

    with pytest.raises(TransientFailure, match="page_without_items"):
        PAGES[kind](reader, user_pk)

    assert (empty.posts, empty.rejects, empty.next_cursor) == ((), (), None)


@pytest.mark.parametrize("kind", PAGES)
def test_a_refusal_is_raised_after_one_request(reader: Reader, user_pk: str, kind: str) -> None:
    reader.sandbox.add_fault("please_wait", count=5, endpoint=kind)

    with pytest.raises(AccountCooling):
        PAGES[kind](reader, user_pk)

    assert reader.asked() == [(kind, 401)]


@pytest.mark.parametrize("kind", PAGES)
def test_a_session_that_was_ended_needs_a_person(reader: Reader, user_pk: str, kind: str) -> None:
    reader.sandbox.log_out(reader.account.username)
    try:
        with pytest.raises(AccountNeedsHuman, match="login_required"):
            PAGES[kind](reader, user_pk)
    finally:
        reader.sandbox.log_in(reader.account.username)


def test_limits_hold_for_every_kind_of_page(reader: Reader, user_pk: str) -> None:
    for ask in PAGES.values():
        ask(reader, user_pk)

    recent = reader.sandbox.requests(since=reader.last_sequence)
    assert [request["endpoint"] for request in recent] == list(PAGES)
    assert all(request["account"] == reader.account.username for request in recent)
    assert all("spacing" in request["violations"] for request in recent[1:])


def test_a_private_author_is_shown_nowhere(reader: Reader, cast: Mapping[str, Any]) -> None:
    private = cast["influencers"][3]
    reader.sandbox.publish(private["username"], caption="#숨은글", usertags=[private["username"]])
    assert len(reader.hashtag("숨은글").posts) == 1
    reader.sandbox.set_private(private["username"])
    try:
        with pytest.raises(TargetUnavailable, match="private_account"):
            reader.tagged(private["platform_uid"])
        with pytest.raises(TargetUnavailable, match="private_account"):
            reader.reels(private["platform_uid"])
        assert reader.hashtag("숨은글").posts == ()
        assert private["platform_uid"] not in {post.owner_pk for post in reader.timeline().posts}
    finally:
        reader.sandbox.set_private(private["username"], False)


def test_what_cannot_be_asked_for_is_not_asked_for(reader: Reader) -> None:
    for pk in ("", "12x", "１２"):
        with pytest.raises(TargetUnavailable, match="invalid_user_pk"):
            reader.tagged(pk)
        with pytest.raises(TargetUnavailable, match="invalid_user_pk"):
            reader.reels(pk)
    for name in ("", "#", "두 낱말", "a/b", "🌊"):
        with pytest.raises(TargetUnavailable, match="invalid_hashtag"):
            reader.hashtag(name)

    assert reader.asked() == []


def test_nobody_has_the_pk(reader: Reader) -> None:
    with pytest.raises(TargetUnavailable, match="user_not_found"):
        reader.tagged("1")
    with pytest.raises(TargetUnavailable, match="user_not_found"):
        reader.reels("1")


def test_other_requests_go_on_after_a_form_was_posted(reader: Reader, user_pk: str) -> None:
    """The library keeps the content type of a form on its session."""
    reader.hashtag(HASHTAG)

    assert reader.feed(user_pk).posts
    assert reader.tagged(user_pk).posts
    assert reader.asked() == [("hashtag", 200), ("feed", 200), ("tagged", 200)]
