"""The real client against the sandbox: everything that Instagram is known to answer."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.instagram.errors import (
    AccountCooling,
    AccountNeedsHuman,
    InstagramError,
    SoftwareOutdated,
    TargetUnavailable,
    TransientFailure,
)
from app.instagram.fake import SinglePermit
from app.instagram.instagrapi_provider import InstagrapiProvider
from app.instagram.port import FeedPage, ReaderAccount, Target
from tests.sandbox_process import SandboxClient, running_sandbox

TIMEOUT = timedelta(seconds=2)


@dataclass
class Reader:
    """One reader account at the sandbox; every call sends one request with a permit of its own."""

    sandbox: SandboxClient
    provider: InstagrapiProvider
    account: ReaderAccount

    def page(self, user_pk: str, cursor: str | None = None) -> FeedPage:
        return self.provider.fetch_feed_page(self.account, SinglePermit(), Target(user_pk, "ana"), cursor)

    def request_count(self) -> int:
        return len(self.sandbox.requests(since=self.last_sequence))

    def __post_init__(self) -> None:
        self.last_sequence = max((request["seq"] for request in self.sandbox.requests()), default=0)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxClient]:
    with running_sandbox(tmp_path_factory.mktemp("sandbox"), speed=0) as running:
        yield running


@pytest.fixture(scope="module")
def cast(sandbox: SandboxClient) -> Mapping[str, Any]:
    return sandbox.cast()


@pytest.fixture
def reader(sandbox: SandboxClient, cast: Mapping[str, Any]) -> Iterator[Reader]:
    sandbox.clear_faults()
    first = cast["accounts"][0]
    account = ReaderAccount(UUID(int=1), first["username"], settings=first["settings"], proxy=first["proxy"])
    provider = InstagrapiProvider(timeout=TIMEOUT, ca_file=Path(sandbox.ca_file))
    yield Reader(sandbox, provider, account)
    provider.close()
    sandbox.clear_faults()


@pytest.fixture
def user_pk(cast: Mapping[str, Any]) -> str:
    return str(cast["influencers"][0]["platform_uid"])


def test_paging_finds_every_post_that_is_there(reader: Reader, cast: Mapping[str, Any]) -> None:
    visible = [post for post in reader.sandbox.truth() if post["is_visible"]]
    for influencer in cast["influencers"][:3]:
        wanted = {post["media_pk"]: post for post in visible if post["user_pk"] == influencer["platform_uid"]}

        pages = [reader.page(influencer["platform_uid"])]
        while pages[-1].next_cursor:
            pages.append(reader.page(influencer["platform_uid"], pages[-1].next_cursor))

        found = {post.media_pk: post for page in pages for post in page.posts}
        assert found.keys() == wanted.keys()
        assert [page.rejects for page in pages] == [()] * len(pages)
        for pk, truth in wanted.items():
            assert (found[pk].code, found[pk].caption) == (truth["code"], truth["caption"])
            assert found[pk].taken_at.timestamp() == truth["taken_at"]
            assert (found[pk].is_pinned, found[pk].is_like_hidden) == (truth["is_pinned"], truth["is_like_hidden"])
            assert (found[pk].like_count is None) is truth["is_like_hidden"]


def test_each_call_is_one_request_on_the_wire(reader: Reader, cast: Mapping[str, Any], user_pk: str) -> None:
    first = reader.page(user_pk)
    reader.page(user_pk, first.next_cursor)
    reader.provider.fetch_profile(reader.account, SinglePermit(), cast["influencers"][0]["username"])

    assert reader.request_count() == 3


@pytest.mark.parametrize(
    ("fault", "kind", "error"),
    [
        ("429", AccountCooling, "too_many_requests"),
        ("please_wait", AccountCooling, "please_wait"),
        ("feedback", AccountCooling, "feedback_required"),
        ("challenge", AccountNeedsHuman, "challenge_required"),
        ("masked_challenge", AccountNeedsHuman, "masked_challenge"),
        ("checkpoint", AccountNeedsHuman, "checkpoint_required"),
        ("login_required", AccountNeedsHuman, "login_required"),
        ("needs_upgrade", SoftwareOutdated, "needs_upgrade"),
        ("5xx", TransientFailure, "server_error"),
        ("html", TransientFailure, "html_page"),
        ("not_found_page", TransientFailure, "html_page"),
        ("truncated", TransientFailure, "invalid_json"),
        ("no_items", TransientFailure, "page_without_items"),
    ],
)
def test_a_fault_becomes_an_error_of_its_kind_after_one_request(
    reader: Reader, user_pk: str, fault: str, kind: type[InstagramError], error: str
) -> None:
    reader.sandbox.add_fault(fault, count=5)

    with pytest.raises(kind) as raised:
        reader.page(user_pk)

    assert raised.value.error == error
    assert reader.request_count() == 1


def test_a_hang_ends_at_the_time_out_and_the_next_request_works(reader: Reader, user_pk: str) -> None:
    reader.sandbox.add_fault("hang", count=1)
    started = time.monotonic()

    with pytest.raises(TransientFailure, match="timeout"):
        reader.page(user_pk)

    assert time.monotonic() - started < TIMEOUT.total_seconds() + 5
    assert reader.page(user_pk).posts
    assert reader.request_count() == 2


def test_a_proxy_that_refuses_is_transient(reader: Reader, user_pk: str) -> None:
    reader.sandbox.add_fault("proxy_refuse", count=1)

    with pytest.raises(TransientFailure, match="connection_failed"):
        reader.page(user_pk)

    assert reader.request_count() == 0


def test_a_drifted_item_is_a_reject_and_the_page_survives(reader: Reader, user_pk: str) -> None:
    whole = reader.page(user_pk)
    reader.sandbox.add_fault("drifted", count=5)

    pages = [reader.page(user_pk) for _ in range(5)]

    for page in pages:
        assert len(page.rejects) == 1
        assert len(page.posts) == len(whole.posts) - 1
        assert page.next_cursor == whole.next_cursor


def test_an_empty_page_is_an_answer(reader: Reader, user_pk: str) -> None:
    reader.sandbox.add_fault("empty_page", count=1)

    page = reader.page(user_pk)

    assert (page.posts, page.rejects, page.next_cursor) == ((), (), None)


def test_a_profile_tells_who_it_is(reader: Reader, cast: Mapping[str, Any]) -> None:
    influencer = cast["influencers"][0]

    profile = reader.provider.fetch_profile(reader.account, SinglePermit(), influencer["username"])

    assert (profile.pk, profile.username) == (influencer["platform_uid"], influencer["username"])
    assert profile.full_name == influencer["full_name"]
    assert not profile.is_private
    assert profile.follower_count


def test_a_private_or_unknown_profile_is_about_the_target(reader: Reader, cast: Mapping[str, Any]) -> None:
    private = cast["influencers"][4]
    reader.sandbox.set_private(private["username"])

    with pytest.raises(TargetUnavailable, match="private_account"):
        reader.page(private["platform_uid"])
    with pytest.raises(TargetUnavailable, match="user_not_found"):
        reader.provider.fetch_profile(reader.account, SinglePermit(), "nobody.has.this.name")


def test_a_session_that_was_ended_needs_a_person(reader: Reader, user_pk: str) -> None:
    reader.sandbox.log_out(reader.account.username)
    try:
        with pytest.raises(AccountNeedsHuman, match="login_required"):
            reader.page(user_pk)
    finally:
        reader.sandbox.log_in(reader.account.username)

    assert reader.request_count() == 1


def test_what_was_read_can_be_stored_as_json(reader: Reader, user_pk: str) -> None:
    page = reader.page(user_pk)

    assert json.dumps([dict(post.raw) for post in page.posts], allow_nan=False).encode()


def test_one_post_is_the_same_as_on_the_page(reader: Reader, user_pk: str) -> None:
    on_page = next(post for post in reader.page(user_pk).posts if not post.is_pinned)

    alone = reader.provider.fetch_post(reader.account, SinglePermit(), on_page.media_pk)

    assert (alone.code, alone.caption, alone.taken_at) == (on_page.code, on_page.caption, on_page.taken_at)
    assert alone.like_count == on_page.like_count
    assert reader.request_count() == 2


@pytest.mark.parametrize("verb", ["remove", "archive"])
def test_a_removed_and_an_archived_post_are_told_as_not_found(reader: Reader, user_pk: str, verb: str) -> None:
    media_pk = next(post.media_pk for post in reader.page(user_pk).posts if not post.is_pinned)
    getattr(reader.sandbox, verb)(media_pk)

    with pytest.raises(TargetUnavailable) as raised:
        reader.provider.fetch_post(reader.account, SinglePermit(), media_pk)

    assert raised.value.error == "media_not_found"


def test_a_404_page_about_a_post_is_not_taken_for_instagrams_word(reader: Reader, user_pk: str) -> None:
    media_pk = reader.page(user_pk).posts[-1].media_pk
    reader.sandbox.add_fault("not_found_page", count=1, endpoint="media")

    with pytest.raises(TransientFailure, match="html_page"):
        reader.provider.fetch_post(reader.account, SinglePermit(), media_pk)


def test_a_profile_is_found_by_its_pk(reader: Reader, cast: Mapping[str, Any], user_pk: str) -> None:
    profile = reader.provider.fetch_profile_by_pk(reader.account, SinglePermit(), user_pk)

    assert (profile.pk, profile.username) == (user_pk, cast["influencers"][0]["username"])
    with pytest.raises(TargetUnavailable) as raised:
        reader.provider.fetch_profile_by_pk(reader.account, SinglePermit(), "1")
    assert raised.value.error == "user_not_found"


@pytest.mark.parametrize("pk", ["", "12x", "１２"])
def test_what_is_no_pk_is_not_asked_for(reader: Reader, pk: str) -> None:
    with pytest.raises(TargetUnavailable, match="invalid_media_pk"):
        reader.provider.fetch_post(reader.account, SinglePermit(), pk)
    with pytest.raises(TargetUnavailable, match="invalid_user_pk"):
        reader.provider.fetch_profile_by_pk(reader.account, SinglePermit(), pk)

    assert reader.request_count() == 0
