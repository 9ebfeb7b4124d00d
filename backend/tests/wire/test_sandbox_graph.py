"""The official provider against the sandbox's Graph face: the same world, told as the official API tells it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
from app.instagram.graph_provider import GraphProvider
from app.instagram.port import FeedPage, ReaderAccount, Target
from tests.sandbox_process import SandboxClient, running_sandbox

TIMEOUT = timedelta(seconds=2)


@dataclass
class Reader:
    """One token at the sandbox; every call sends one request with a permit of its own."""

    sandbox: SandboxClient
    provider: GraphProvider
    account: ReaderAccount

    def page(self, username: str, cursor: str | None = None) -> FeedPage:
        return self.provider.fetch_feed_page(self.account, SinglePermit(), Target(None, username), cursor)

    def pages(self, username: str) -> Sequence[FeedPage]:
        found = [self.page(username)]
        while found[-1].next_cursor:
            found.append(self.page(username, found[-1].next_cursor))
        return found


def reader_of(sandbox: SandboxClient, token: Mapping[str, Any], *, timeout: timedelta = TIMEOUT) -> Reader:
    account = ReaderAccount(UUID(int=7), token["username"], settings=token["settings"], proxy=token["proxy"])
    return Reader(sandbox, GraphProvider(timeout=timeout, ca_file=Path(sandbox.ca_file)), account)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxClient]:
    directory = tmp_path_factory.mktemp("sandbox")
    with running_sandbox(directory, speed=0, history_days=60, options=("--graph-per-hour", "500")) as running:
        yield running


@pytest.fixture(scope="module")
def cast(sandbox: SandboxClient) -> Mapping[str, Any]:
    return sandbox.cast()


@pytest.fixture
def reader(sandbox: SandboxClient, cast: Mapping[str, Any]) -> Iterator[Reader]:
    sandbox.clear_faults()
    yield reader_of(sandbox, cast["graph_tokens"][0])
    sandbox.clear_faults()


@pytest.fixture
def username(cast: Mapping[str, Any]) -> str:
    """A professional account."""
    return next(str(person["username"]) for person in cast["influencers"] if person["is_business"])


def test_paging_finds_every_own_post_under_the_private_apis_pk(reader: Reader, cast: Mapping[str, Any]) -> None:
    truths = reader.sandbox.truth()
    professionals = [person["username"] for person in cast["influencers"] if person["is_business"]]
    for name in professionals[:4]:
        wanted = {
            post["media_pk"]: post
            for post in truths
            if post["username"] == name and post["is_visible"] and post["owner"] == name
        }

        pages = reader.pages(name)

        found = {post.media_pk: post for page in pages for post in page.posts}
        assert found.keys() == wanted.keys()
        assert [page.rejects for page in pages] == [()] * len(pages)
        for pk, truth in wanted.items():
            post = found[pk]
            assert (post.code, post.media_type) == (truth["code"], truth["media_type"])
            assert post.caption == truth["caption"].replace("@", "").replace("＠", "")
            assert post.taken_at.timestamp() == truth["taken_at"]
            assert (post.like_count is None) is post.is_like_hidden is truth["is_like_hidden"]
            assert (post.play_count, post.is_pinned, post.usertags) == (None, None, ())
    assert any(len(reader.pages(name)) > 1 for name in professionals)


def test_a_reel_is_a_reel_even_where_its_field_is_refused(reader: Reader, username: str) -> None:
    media_pk = reader.sandbox.publish(username, caption="릴스", kind="reel")["media_pk"]
    reader.sandbox.add_fault("graph_fields", count=2)
    for _ in range(2):
        with pytest.raises(TransientFailure, match="fields_refused"):
            reader.page(username)

    newest = reader.page(username).posts[0]

    assert (newest.media_pk, newest.media_type, newest.product_type) == (media_pk, 2, "clips")


def test_personal_private_and_unknown_accounts_do_not_exist(reader: Reader, cast: Mapping[str, Any]) -> None:
    personal = next(person["username"] for person in cast["influencers"] if not person["is_business"])
    private = [person["username"] for person in cast["influencers"] if person["is_business"]][1]
    reader.sandbox.set_private(private)

    for name in (personal, private, "nobody.has.this.name"):
        with pytest.raises(TargetUnavailable, match="user_not_found"):
            reader.page(name)
        with pytest.raises(TargetUnavailable, match="user_not_found"):
            reader.provider.fetch_profile(reader.account, SinglePermit(), name)
    reader.sandbox.set_private(private, False)


def test_a_profile_tells_its_followers_and_no_pk(reader: Reader, cast: Mapping[str, Any], username: str) -> None:
    expected = next(person for person in cast["influencers"] if person["username"] == username)

    profile = reader.provider.fetch_profile(reader.account, SinglePermit(), username)

    assert (profile.pk, profile.username, profile.full_name) == (None, username, expected["full_name"])
    assert profile.follower_count == expected["follower_count"]


@pytest.mark.parametrize(
    ("fault", "kind", "error"),
    [
        ("graph_limit", AccountCooling, "graph_limit"),
        ("graph_user_limit", AccountCooling, "graph_limit"),
        ("graph_business_limit", AccountCooling, "graph_limit"),
        ("graph_token_expired", AccountNeedsHuman, "graph_token"),
        ("graph_permission", AccountNeedsHuman, "graph_permission"),
        ("graph_fields", TransientFailure, "fields_refused"),
        ("graph_unavailable", TransientFailure, "graph_unavailable"),
        ("graph_version", SoftwareOutdated, "graph_version"),
        ("5xx", TransientFailure, "server_error"),
        ("html", TransientFailure, "html_page"),
        ("not_found_page", TransientFailure, "html_page"),
        ("truncated", TransientFailure, "invalid_json"),
        ("no_items", TransientFailure, "page_without_media"),
        ("hang", TransientFailure, "timeout"),
        ("proxy_refuse", TransientFailure, "connection_failed"),
    ],
)
def test_a_fault_becomes_an_error_of_its_kind(
    sandbox: SandboxClient,
    cast: Mapping[str, Any],
    username: str,
    fault: str,
    kind: type[InstagramError],
    error: str,
) -> None:
    reader = reader_of(sandbox, cast["graph_tokens"][0], timeout=timedelta(seconds=1))
    sandbox.clear_faults()
    sandbox.add_fault(fault)

    with pytest.raises(kind) as raised:
        reader.page(username)

    assert raised.value.error == error
    assert raised.value.retry_after == (timedelta(minutes=7) if fault == "graph_business_limit" else None)
    assert reader.page(username).posts


def test_the_private_apis_faults_wait_for_the_private_api(reader: Reader, username: str) -> None:
    reader.sandbox.add_fault("challenge")

    assert reader.page(username).posts
    assert reader.sandbox.faults()[0]["used"] == 0


def test_a_drifted_item_is_a_reject_and_an_empty_page_is_an_answer(reader: Reader, username: str) -> None:
    whole = reader.page(username)
    reader.sandbox.add_fault("drifted")
    drifted = reader.page(username)
    reader.sandbox.add_fault("empty_page")
    empty = reader.page(username)

    assert (len(drifted.rejects), len(drifted.posts)) == (1, len(whole.posts) - 1)
    assert (empty.posts, empty.next_cursor) == ((), None)


def test_a_token_that_is_revoked_unknown_or_not_ours_needs_a_person(
    reader: Reader, cast: Mapping[str, Any], username: str
) -> None:
    second = cast["graph_tokens"][1]
    revoked = reader_of(reader.sandbox, second)
    unknown = replace(reader, account=replace(reader.account, settings={**second["settings"], "access_token": "EAAx"}))
    foreign = replace(reader, account=replace(reader.account, settings={**second["settings"], "ig_user_id": "1784"}))
    errors = []

    reader.sandbox.log_out(second["username"])
    for refused in (revoked, unknown):
        with pytest.raises(AccountNeedsHuman) as raised:
            refused.page(username)
        errors.append(raised.value.error)
    reader.sandbox.log_in(second["username"])
    with pytest.raises(AccountNeedsHuman) as raised:
        foreign.page(username)

    assert [*errors, raised.value.error] == ["graph_token", "graph_token", "own_account_refused"]
    assert revoked.page(username).posts


def test_the_usage_grows_until_the_token_is_refused_and_the_police_count_it(tmp_path: Path) -> None:
    options = ("--graph-per-hour", "4")
    with running_sandbox(tmp_path, influencers=6, campaigns=1, accounts=1, graph_tokens=1, options=options) as sandbox:
        cast = sandbox.cast()
        reader = reader_of(sandbox, cast["graph_tokens"][0])
        name = next(person["username"] for person in cast["influencers"] if person["is_business"])

        usages = [reader.page(name).usage for _ in range(4)]
        with pytest.raises(AccountCooling, match="graph_limit"):
            reader.page(name)

        report = sandbox.violations()
    assert [usage.percent for usage in usages if usage] == [25, 50, 75, 100]
    assert report["by_account"] == {"graph01": {"hour": 1}}


def test_the_log_of_the_sandbox_names_the_token_and_never_holds_it(
    reader: Reader, cast: Mapping[str, Any], username: str
) -> None:
    reader.page(username)

    last = reader.sandbox.requests()[-1]
    assert (last["account"], last["endpoint"], last["status"]) == ("graph01", "discovery", 200)
    assert last["path"].endswith(f"/business_discovery/{username}")
    assert cast["graph_tokens"][0]["settings"]["access_token"] not in str(reader.sandbox.requests())
