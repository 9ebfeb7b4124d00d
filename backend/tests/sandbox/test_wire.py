"""The unmodified instagrapi client against the sandbox, over its default HTTP/2 transport, proxy and TLS."""

import logging
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from instagrapi import Client, exceptions
from instagrapi.extractors import extract_media_v1

from tests.sandbox.readers import make_client, read_feed
from tests.sandbox_process import SandboxClient, running_sandbox

PRIVATE_ERRORS = {
    "429": exceptions.ClientThrottledError,
    "please_wait": exceptions.PleaseWaitFewMinutes,
    "challenge": exceptions.ChallengeRequired,
    "masked_challenge": exceptions.ChallengeRequired,
    "login_required": exceptions.LoginRequired,
    "feedback": exceptions.FeedbackRequired,
    "checkpoint": exceptions.UnknownError,
    "needs_upgrade": exceptions.ClientNeedsUpgradeError,
    "5xx": exceptions.ClientError,
    "html": exceptions.ClientJSONDecodeError,
    "not_found_page": exceptions.ClientNotFoundError,
    "truncated": exceptions.ClientJSONDecodeError,
    "proxy_refuse": exceptions.ClientConnectionError,
}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxClient]:
    logging.getLogger("private_request").setLevel(logging.CRITICAL)
    logging.getLogger("instagrapi").setLevel(logging.CRITICAL)
    with running_sandbox(tmp_path_factory.mktemp("wire"), speed=0) as running:
        yield running


@pytest.fixture(scope="module")
def cast(sandbox: SandboxClient) -> Mapping[str, Any]:
    return sandbox.cast()


@pytest.fixture
def client(sandbox: SandboxClient, cast: Mapping[str, Any]) -> Client:
    sandbox.clear_faults()
    return make_client(sandbox, cast["accounts"][0])


def test_pages_are_read_to_the_end_and_every_item_suits_the_librarys_own_parser(
    sandbox: SandboxClient, cast: Mapping[str, Any], client: Client
) -> None:
    user = cast["influencers"][0]

    found, cursor = [], None
    while True:
        page = read_feed(client, user["platform_uid"], cursor=cursor)
        found += page["items"]
        cursor = page.get("next_max_id")
        if cursor is None:
            break

    visible = [post for post in sandbox.truth() if post["username"] == user["username"] and post["is_visible"]]
    assert page["more_available"] is False
    assert sorted(item["pk"] for item in found) == sorted(post["media_pk"] for post in visible)
    for item in found:
        media = extract_media_v1(item)
        truth = next(post for post in visible if post["media_pk"] == str(media.pk))
        assert (media.code, media.caption_text, media.media_type) == (
            truth["code"],
            truth["caption"],
            truth["media_type"],
        )
        assert int(media.taken_at.timestamp()) == truth["taken_at"]


def test_what_is_shown_beyond_the_feeds_suits_the_librarys_own_methods(
    sandbox: SandboxClient, cast: Mapping[str, Any], client: Client
) -> None:
    user = cast["influencers"][0]
    sandbox.publish(user["username"], caption="보세요 #비밀병기", kind="reel", usertags=[user["username"]])
    newest = sandbox.truth()[-1]["code"]

    tagged, _ = client.usertag_medias_paginated_v1(user["platform_uid"])
    recent, _ = client.hashtag_medias_v1_chunk("비밀병기", tab_key="recent")
    reels, _ = client.user_clips_paginated_v1(user["platform_uid"])
    home = client.get_timeline_feed()["feed_items"]

    assert [medias[0].code for medias in (tagged, recent, reels)] == [newest] * 3
    assert (home[0]["media_or_ad"]["code"], home[1]["media_or_ad"]["product_type"]) == (newest, "ad")


def test_accounts_are_told_apart_by_their_session_and_by_their_proxy(
    sandbox: SandboxClient, cast: Mapping[str, Any]
) -> None:
    user_pk = cast["influencers"][0]["platform_uid"]
    last = max((request["seq"] for request in sandbox.requests()), default=0)

    for account in cast["accounts"][1:3]:
        read_feed(make_client(sandbox, account), user_pk)
    sandbox.add_fault("proxy_refuse", account=cast["accounts"][3]["username"])
    with pytest.raises(exceptions.ClientConnectionError):
        read_feed(make_client(sandbox, cast["accounts"][3]), user_pk)

    seen = [(request["account"], request["endpoint"], request["status"]) for request in sandbox.requests(since=last)]
    assert seen == [("reader02", "feed", 200), ("reader03", "feed", 200)]


def test_profiles_and_single_posts_are_served(sandbox: SandboxClient, cast: Mapping[str, Any], client: Client) -> None:
    user = cast["influencers"][1]
    post = next(post for post in sandbox.truth() if post["username"] == user["username"] and post["is_visible"])

    by_name = client.user_info_by_username_v1(user["username"])
    by_pk = client.user_info_v1(user["platform_uid"])
    media = client.media_info_v1(post["media_pk"])

    assert by_name.pk == by_pk.pk == user["platform_uid"]
    assert by_pk.follower_count == user["follower_count"]
    assert media.caption_text == post["caption"]


def test_what_cannot_be_seen_answers_as_instagram_does(
    sandbox: SandboxClient, cast: Mapping[str, Any], client: Client
) -> None:
    user = cast["influencers"][2]
    removed, archived = (sandbox.publish(user["username"], caption="곧 사라질 글")["media_pk"] for _ in range(2))
    sandbox.remove(removed)
    sandbox.archive(archived)

    with pytest.raises(exceptions.MediaUnavailable):
        client.private_request(f"media/{removed}/info/")
    with pytest.raises(exceptions.ClientNotFoundError) as not_found:
        client.private_request(f"media/{archived}/info/")
    with pytest.raises(exceptions.ClientNotFoundError):
        client.private_request("users/nobody_has_this_name/usernameinfo/")
    with pytest.raises(exceptions.ClientNotFoundError):
        client.private_request("clips/nobody/")
    sandbox.set_private(user["username"])
    with pytest.raises(exceptions.PrivateAccount):
        read_feed(client, user["platform_uid"])
    sandbox.set_private(user["username"], False)

    assert not_found.value.message == "Media not found or unavailable"
    assert read_feed(client, user["platform_uid"])["items"]


def test_an_ended_or_invented_session_must_log_in(sandbox: SandboxClient, cast: Mapping[str, Any]) -> None:
    user_pk = cast["influencers"][0]["platform_uid"]
    account = cast["accounts"][4]
    invented = {
        **account,
        "settings": {**account["settings"], "authorization_data": {"sessionid": "1%3Ax", "ds_user_id": "1"}},
    }
    sandbox.log_out(account["username"])

    for refused in (account, invented):
        with pytest.raises(exceptions.LoginRequired):
            read_feed(make_client(sandbox, refused), user_pk)
    sandbox.log_in(account["username"])

    assert read_feed(make_client(sandbox, account), user_pk)["status"] == "ok"


@pytest.mark.parametrize("kind", PRIVATE_ERRORS)
def test_a_fault_raises_what_the_library_makes_of_the_real_answer(
    sandbox: SandboxClient, cast: Mapping[str, Any], client: Client, kind: str
) -> None:
    user_pk = cast["influencers"][0]["platform_uid"]
    sandbox.add_fault(kind)

    with pytest.raises(exceptions.ClientError) as caught:
        read_feed(client, user_pk)

    assert type(caught.value) is PRIVATE_ERRORS[kind]
    assert read_feed(client, user_pk)["items"]


def test_a_spoilt_page_arrives_as_a_success(sandbox: SandboxClient, cast: Mapping[str, Any], client: Client) -> None:
    user_pk = cast["influencers"][0]["platform_uid"]
    whole = read_feed(client, user_pk)

    pages = {}
    for kind in ("empty_page", "no_items", "drifted"):
        sandbox.add_fault(kind)
        pages[kind] = read_feed(client, user_pk)

    differing = [
        position for position, item in enumerate(pages["drifted"]["items"]) if item != whole["items"][position]
    ]
    assert pages["empty_page"]["items"] == []
    assert "items" not in pages["no_items"]
    assert len(differing) == 1


def test_a_client_that_gives_up_on_a_hanging_answer_is_no_longer_in_flight(
    sandbox: SandboxClient, cast: Mapping[str, Any]
) -> None:
    user_pk, account = cast["influencers"][0]["platform_uid"], cast["accounts"][5]
    client = make_client(sandbox, account)
    sandbox.add_fault("hang", account=account["username"], hang_seconds=30)
    started = time.monotonic()

    with pytest.raises(OSError, match="Timeout"):
        client.private.get(
            f"https://i.instagram.com/api/v1/feed/user/{user_pk}/",
            headers={"Authorization": client.authorization},
            timeout=0.5,
        )
    read_feed(client, user_pk)

    assert time.monotonic() - started < 5
    assert sandbox.violations()["by_account"][account["username"]] == {"spacing": 1}


def test_every_broken_limit_is_counted_and_the_answer_stays_the_same(tmp_path: Path) -> None:
    limits = ("--spacing", "0.05", "--per-minute", "3")
    with running_sandbox(tmp_path, influencers=2, campaigns=1, accounts=1, options=limits) as sandbox:
        cast = sandbox.cast()
        client = make_client(sandbox, cast["accounts"][0])

        statuses = [read_feed(client, cast["influencers"][0]["platform_uid"])["status"] for _ in range(5)]

        by_kind = sandbox.violations()["by_kind"]
    assert statuses == ["ok"] * 5
    assert by_kind["minute"] == 2
    assert by_kind["spacing"] >= 3


def test_recorded_pages_are_served_as_they_are(tmp_path: Path) -> None:
    recorded = tmp_path / "recorded"
    recorded.mkdir()
    page = (
        '{"response": {"items": [{"pk": "3870670793969876810", "odd": null}], "more_available": false, '
        '"user": {"pk": "787132", "username": "recorded"}, "status": "ok"}}'
    )
    (recorded / "feed_user_recorded.json").write_text(page, encoding="utf-8")

    with running_sandbox(tmp_path / "world", influencers=1, campaigns=0, accounts=1, replay=recorded) as sandbox:
        cast = sandbox.cast()
        found = read_feed(make_client(sandbox, cast["accounts"][0]), "787132")

    assert cast["replayed"] == [{"pk": "787132", "username": "recorded"}]
    assert found["items"] == [{"pk": "3870670793969876810", "odd": None}]
