"""The real client on the wire: what is sent, how often, and that every call ends."""

import time
import traceback
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from app.core.errors import ConfigurationError
from app.instagram.errors import (
    AccountCooling,
    AccountNeedsHuman,
    InstagramError,
    PermitRefused,
    TargetUnavailable,
    TransientFailure,
)
from app.instagram.fake import SinglePermit
from app.instagram.instagrapi_provider import InstagrapiProvider
from app.instagram.port import ReaderAccount, Target
from tests.wire.scripted_server import Answer, ScriptedServer, running_server

TIMEOUT = timedelta(seconds=1)
ANA = Target("77", "ana")
LOGIN = {"ds_user_id": "123", "sessionid": "123%3Afake%3A1", "should_use_header_over_cookies": True}
DEVICE = {
    "phone_id": "57d64c41-a916-3fa5-bd7a-3796c1dab122",
    "uuid": "8aa373c6-f316-44d7-b49e-d74563f4a8f3",
    "client_session_id": "6c296d0a-3534-4dce-b5aa-a6a6ab017443",
    "advertising_id": "8dc88b76-dfbc-44dc-abbc-31a6f1d54b04",
    "android_device_id": "android-e021b636049dc0e9",
    "request_id": "6d0a808b-f7ff-4cac-ac1c-5a0e3e4c8e6a",
    "tray_session_id": "d0884c19-dfd8-4a91-a9d7-1dd4e8dbb24a",
}
POST = {"pk": 3865659729796199935, "code": "DWllQsJCPX_", "taken_at": 1775048403, "media_type": 1, "user": {"pk": 77}}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScriptedServer]:
    with running_server(tmp_path_factory.mktemp("scripted")) as running:
        yield running


@pytest.fixture
def instagram(server: ScriptedServer) -> Iterator[InstagrapiProvider]:
    server.answers.clear()
    server.requests.clear()
    server.connects.clear()
    server.proxy_status = 200
    provider = InstagrapiProvider(timeout=TIMEOUT, ca_file=server.ca_file)
    yield provider
    provider.close()


@pytest.fixture
def account(server: ScriptedServer) -> ReaderAccount:
    settings = {"uuids": DEVICE, "authorization_data": LOGIN, "cookies": {}}
    return ReaderAccount(id=UUID(int=1), username="reader", settings=settings, proxy=server.proxy)


def test_a_page_costs_one_request_and_one_permit(
    server: ScriptedServer, instagram: InstagrapiProvider, account: ReaderAccount
) -> None:
    server.answers.append(Answer(body={"items": [POST], "next_max_id": "9_77", "status": "ok"}))
    permit = SinglePermit()

    page = instagram.fetch_feed_page(account, permit, ANA, "8_77")

    assert [post.media_pk for post in page.posts] == ["3865659729796199935"]
    assert page.next_cursor == "9_77"
    assert permit.is_spent
    (seen,) = server.requests
    assert seen.path == "/api/v1/feed/user/77/"
    assert {"max_id=8_77", "count=12"} <= set(seen.query.split("&"))
    assert seen.headers["authorization"].startswith("Bearer IGT:2:")
    assert server.connects == ["i.instagram.com:443"]


def test_each_request_has_a_connection_and_the_session_is_made_anew_when_the_stored_settings_change(
    server: ScriptedServer, instagram: InstagrapiProvider, account: ReaderAccount
) -> None:
    instagram.fetch_feed_page(account, SinglePermit(), ANA, None)
    instagram.fetch_feed_page(account, SinglePermit(), ANA, None)
    assert len(server.connects) == 2

    renewed = replace(account, settings={**account.settings, "authorization_data": {**LOGIN, "sessionid": "123%3Anew"}})
    instagram.fetch_feed_page(renewed, SinglePermit(), ANA, None)

    assert len(server.connects) == 3
    first, second, third = (seen.headers["authorization"] for seen in server.requests)
    assert first == second != third


def test_a_request_whose_connection_breaks_before_the_answer_is_not_written_again(
    server: ScriptedServer, instagram: InstagrapiProvider, account: ReaderAccount
) -> None:
    instagram.fetch_feed_page(account, SinglePermit(), ANA, None)
    server.answers.append(Answer(hang="lost"))

    with pytest.raises(TransientFailure, match="connection_failed"):
        instagram.fetch_feed_page(account, SinglePermit(), ANA, None)

    assert len(server.requests) == 2


def test_a_spent_permit_sends_nothing(
    server: ScriptedServer, instagram: InstagrapiProvider, account: ReaderAccount
) -> None:
    permit = SinglePermit()
    permit.spend()

    with pytest.raises(PermitRefused):
        instagram.fetch_feed_page(account, permit, ANA, None)

    assert server.requests == []


@pytest.mark.parametrize("url", ["https://i.instagram.com/api/v1/next/", "http://127.0.0.1:1/"])
def test_a_redirect_is_not_followed(
    server: ScriptedServer, instagram: InstagrapiProvider, account: ReaderAccount, url: str
) -> None:
    server.answers.append(Answer(302, b"", {"location": url}))

    with pytest.raises(TransientFailure, match="redirected"):
        instagram.fetch_feed_page(account, SinglePermit(), ANA, None)

    assert len(server.requests) == 1


def test_whatever_the_library_sends_by_itself_finds_no_permit(
    server: ScriptedServer, instagram: InstagrapiProvider, account: ReaderAccount
) -> None:
    instagram.fetch_feed_page(account, SinglePermit(), ANA, None)
    client = instagram._session(account).client

    for send in (client.private.get, client.public.get, client.graphql.get):
        with pytest.raises(PermitRefused):
            send("https://i.instagram.com/api/v1/users/77/info/")

    assert len(server.requests) == 1


@pytest.mark.parametrize("where", ["head", "body", "drip"])
def test_a_hang_ends_at_the_time_out(
    server: ScriptedServer, instagram: InstagrapiProvider, account: ReaderAccount, where: str
) -> None:
    server.answers.append(Answer(hang=where))
    started = time.monotonic()

    with pytest.raises(TransientFailure, match="timeout"):
        instagram.fetch_feed_page(account, SinglePermit(), ANA, None)

    assert time.monotonic() - started < TIMEOUT.total_seconds() + 5


def test_a_request_time_out_is_answered_at_once_and_not_sent_again(
    server: ScriptedServer, instagram: InstagrapiProvider, account: ReaderAccount
) -> None:
    server.answers.append(Answer(408, {"message": "", "status": "fail"}))
    started = time.monotonic()

    with pytest.raises(TransientFailure, match="timeout"):
        instagram.fetch_feed_page(account, SinglePermit(), ANA, None)

    assert time.monotonic() - started < 30  # the library would sleep 60 s before it sent again
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("answer", "kind", "error"),
    [
        (Answer(429, b"", {"retry-after": "90"}), AccountCooling, "too_many_requests"),
        (Answer(200, {"status": "fail", "message": "login_required"}), AccountNeedsHuman, "login_required"),
        (Answer(200, {"status": "ok", "message": "challenge_required"}), AccountNeedsHuman, "challenge_required"),
        (Answer(400, {"status": "fail", "message": "challenge_required"}), AccountNeedsHuman, "challenge_required"),
        (Answer(404, b"Not Found"), AccountNeedsHuman, "masked_challenge"),
        (Answer(200, b'{"items": [{"pk": 38656'), TransientFailure, "invalid_json"),
        (Answer(200, b"["), TransientFailure, "invalid_json"),
        (Answer(200, b"<!DOCTYPE html><html></html>"), TransientFailure, "html_page"),
        (Answer(200, {"status": "ok"}), TransientFailure, "page_without_items"),
        (Answer(200, {"status": "ok", "items": {}}), TransientFailure, "page_without_items"),
        (Answer(200, b"not compressed", {"content-encoding": "gzip"}), TransientFailure, "connection_failed"),
        (Answer(hang="cut"), TransientFailure, "connection_failed"),
        (Answer(503, b"<html></html>"), TransientFailure, "server_error"),
    ],
)
def test_a_failed_answer_becomes_an_error_of_its_kind(
    server: ScriptedServer,
    instagram: InstagrapiProvider,
    account: ReaderAccount,
    answer: Answer,
    kind: type[InstagramError],
    error: str,
) -> None:
    server.answers.append(answer)

    with pytest.raises(kind) as raised:
        instagram.fetch_feed_page(account, SinglePermit(), ANA, None)

    assert raised.value.error == error
    assert raised.value.retry_after == (timedelta(seconds=90) if "retry-after" in answer.headers else None)
    assert len(server.requests) == 1


def test_a_proxy_that_refuses_is_transient_and_keeps_its_password_to_itself(
    server: ScriptedServer, instagram: InstagrapiProvider, account: ReaderAccount
) -> None:
    server.proxy_status = 407

    with pytest.raises(TransientFailure) as raised:
        instagram.fetch_feed_page(account, SinglePermit(), ANA, None)

    assert raised.value.error == "connection_failed"
    assert "hunter2" not in "".join(traceback.format_exception(raised.value))


def test_a_proxy_that_is_not_there_is_transient(instagram: InstagrapiProvider, account: ReaderAccount) -> None:
    nowhere = replace(account, proxy="http://127.0.0.1:1")

    with pytest.raises(TransientFailure):
        instagram.fetch_feed_page(nowhere, SinglePermit(), ANA, None)


def test_a_certificate_of_another_authority_is_refused_whatever_the_environment_trusts(
    server: ScriptedServer, account: ReaderAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.requests.clear()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(server.ca_file))
    monkeypatch.setenv("CURL_CA_BUNDLE", str(server.ca_file))
    provider = InstagrapiProvider(timeout=TIMEOUT)

    with pytest.raises(TransientFailure, match="certificate_refused"):
        provider.fetch_feed_page(account, SinglePermit(), ANA, None)

    assert server.requests == []
    provider.close()


def test_a_missing_authority_file_is_named(account: ReaderAccount, tmp_path: Path) -> None:
    provider = InstagrapiProvider(timeout=TIMEOUT, ca_file=tmp_path / "ca.pem")

    with pytest.raises(ConfigurationError, match="TAGBUY_INSTAGRAM_CA_FILE"):
        provider.fetch_feed_page(account, SinglePermit(), ANA, None)


@pytest.mark.parametrize("lost", ["uuids", "authorization_data"])
def test_a_session_without_device_or_login_needs_a_person_before_anything_is_sent(
    server: ScriptedServer, instagram: InstagrapiProvider, account: ReaderAccount, lost: str
) -> None:
    broken = replace(account, settings={key: value for key, value in account.settings.items() if key != lost})
    permit = SinglePermit()

    with pytest.raises(AccountNeedsHuman, match="session_missing"):
        instagram.fetch_feed_page(broken, permit, ANA, None)

    assert not permit.is_spent
    assert server.requests == []


def test_stored_settings_cannot_bring_back_waits_retries_or_another_authority(
    server: ScriptedServer, instagram: InstagrapiProvider, account: ReaderAccount
) -> None:
    stored = {"request_timeout": 30, "session_retry_total": 5, "private_transport": "requests", "tls_verify": False}
    keen = replace(account, settings={**account.settings, **stored})
    server.answers.append(Answer(500, {"status": "fail"}))
    started = time.monotonic()

    with pytest.raises(TransientFailure, match="server_error"):
        instagram.fetch_feed_page(keen, SinglePermit(), ANA, None)

    assert time.monotonic() - started < TIMEOUT.total_seconds()
    assert len(server.requests) == 1
    assert instagram._session(keen).client.private.verify == str(server.ca_file)


def test_a_profile_is_read_from_the_raw_answer(
    server: ScriptedServer, instagram: InstagrapiProvider, account: ReaderAccount
) -> None:
    user = {"pk": 77, "username": "ana", "full_name": None, "is_private": True, "follower_count": None}
    server.answers.append(Answer(body={"user": user, "status": "ok"}))

    profile = instagram.fetch_profile(account, SinglePermit(), "@Ana")

    assert (profile.pk, profile.username, profile.is_private, profile.follower_count) == ("77", "ana", True, None)
    assert server.requests[0].path == "/api/v1/users/ana/usernameinfo/"


def test_a_name_or_pk_that_cannot_exist_costs_nothing(
    server: ScriptedServer, instagram: InstagrapiProvider, account: ReaderAccount
) -> None:
    permit = SinglePermit()

    with pytest.raises(TargetUnavailable, match="invalid_username"):
        instagram.fetch_profile(account, permit, "../accounts/login")
    with pytest.raises(TargetUnavailable, match="invalid_user_pk"):
        instagram.fetch_feed_page(account, permit, replace(ANA, pk="77/../88"), None)

    assert not permit.is_spent
    assert server.requests == []


def test_a_profile_answer_without_a_user_says_nothing_about_the_profile(
    server: ScriptedServer, instagram: InstagrapiProvider, account: ReaderAccount
) -> None:
    server.answers.append(Answer(body={"user": None, "status": "ok"}))

    with pytest.raises(TransientFailure, match="profile_without_user"):
        instagram.fetch_profile(account, SinglePermit(), "ana")


def test_stored_settings_that_the_library_cannot_read_need_a_person(
    instagram: InstagrapiProvider, account: ReaderAccount
) -> None:
    broken = replace(account, settings={**account.settings, "timezone_offset": "soon"})

    with pytest.raises(AccountNeedsHuman, match="session_unreadable"):
        instagram.fetch_feed_page(broken, SinglePermit(), ANA, None)


def test_a_surprise_in_the_library_is_transient_and_its_text_stays_inside(
    instagram: InstagrapiProvider, account: ReaderAccount
) -> None:
    def surprised(*_: object, **__: object) -> object:
        raise KeyError("sessionid=secret")

    instagram._session(account).client.private_request = surprised

    with pytest.raises(TransientFailure, match="unreadable_answer") as raised:
        instagram.fetch_feed_page(account, SinglePermit(), ANA, None)

    shown = "".join(traceback.format_exception(raised.value))
    assert "instagrapi raised KeyError" in shown
    assert "secret" not in shown


def test_the_client_used_longest_ago_is_closed_when_there_are_too_many(
    server: ScriptedServer,
    instagram: InstagrapiProvider,
    account: ReaderAccount,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.instagram.instagrapi_provider.MOST_CLIENTS", 1)
    other = replace(account, id=UUID(int=2))

    for reader in (account, other, account):
        instagram.fetch_feed_page(reader, SinglePermit(), ANA, None)

    assert len(server.connects) == 3
