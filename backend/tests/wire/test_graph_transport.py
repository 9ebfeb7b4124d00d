"""The official provider on the wire: one write for each permit, every call ends, and secrets stay inside."""

import time
import traceback
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from app.core.errors import ConfigurationError
from app.instagram.errors import PermitRefused, TransientFailure
from app.instagram.fake import SinglePermit
from app.instagram.graph_provider import GraphProvider
from app.instagram.port import ReaderAccount, Target
from tests.wire.scripted_server import Answer, ScriptedServer, running_server

TIMEOUT = timedelta(seconds=1)
TOKEN = "EAAtest0123456789"
LUMI = Target(None, "lumi")
PAGE = Answer(body={"business_discovery": {"username": "lumi", "media_count": 0}})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScriptedServer]:
    with running_server(tmp_path_factory.mktemp("graph")) as running:
        yield running


@pytest.fixture
def graph(server: ScriptedServer) -> GraphProvider:
    server.answers.clear()
    server.requests.clear()
    server.connects.clear()
    server.proxy_status = 200
    return GraphProvider(timeout=TIMEOUT, ca_file=server.ca_file)


@pytest.fixture
def account(server: ScriptedServer) -> ReaderAccount:
    settings = {"access_token": TOKEN, "ig_user_id": "1784", "expires_at": None}
    return ReaderAccount(UUID(int=1), "graph01", settings=settings, proxy=server.proxy)


def test_each_request_has_a_permit_and_a_connection_of_its_own(
    server: ScriptedServer, graph: GraphProvider, account: ReaderAccount
) -> None:
    permits = [SinglePermit(), SinglePermit()]
    server.answers.extend([PAGE, PAGE])

    for permit in permits:
        graph.fetch_feed_page(account, permit, LUMI, None)

    assert [permit.is_spent for permit in permits] == [True, True]
    assert len(server.requests) == 2
    assert server.connects == ["graph.facebook.com:443"] * 2


def test_a_spent_permit_sends_nothing(server: ScriptedServer, graph: GraphProvider, account: ReaderAccount) -> None:
    permit = SinglePermit()
    permit.spend()

    with pytest.raises(PermitRefused):
        graph.fetch_feed_page(account, permit, LUMI, None)

    assert server.connects == []


@pytest.mark.parametrize("url", ["https://graph.facebook.com/v25.0/1", "http://127.0.0.1:1/"])
def test_a_redirect_is_not_followed(
    server: ScriptedServer, graph: GraphProvider, account: ReaderAccount, url: str
) -> None:
    server.answers.append(Answer(302, b"", {"location": url}))

    with pytest.raises(TransientFailure):
        graph.fetch_feed_page(account, SinglePermit(), LUMI, None)

    assert len(server.requests) == 1


@pytest.mark.parametrize("where", ["head", "body", "drip"])
def test_a_hang_ends_at_the_time_out_and_is_not_sent_again(
    server: ScriptedServer, graph: GraphProvider, account: ReaderAccount, where: str
) -> None:
    server.answers.append(Answer(hang=where))
    started = time.monotonic()

    with pytest.raises(TransientFailure, match="timeout"):
        graph.fetch_feed_page(account, SinglePermit(), LUMI, None)

    assert time.monotonic() - started < TIMEOUT.total_seconds() + 2
    assert len(server.requests) == 1


@pytest.mark.parametrize("answer", [Answer(hang="cut"), Answer(200, b"not compressed", {"content-encoding": "gzip"})])
def test_a_connection_that_breaks_is_transient_and_not_tried_again(
    server: ScriptedServer, graph: GraphProvider, account: ReaderAccount, answer: Answer
) -> None:
    server.answers.append(answer)

    with pytest.raises(TransientFailure, match="connection_failed"):
        graph.fetch_feed_page(account, SinglePermit(), LUMI, None)

    assert len(server.requests) == 1


def test_a_proxy_that_refuses_keeps_its_password_and_the_token_to_itself(
    server: ScriptedServer, graph: GraphProvider, account: ReaderAccount
) -> None:
    server.proxy_status = 407

    with pytest.raises(TransientFailure, match="connection_failed") as raised:
        graph.fetch_feed_page(account, SinglePermit(), LUMI, None)

    shown = "".join(traceback.format_exception(raised.value))
    assert "hunter2" not in shown
    assert TOKEN not in shown


@pytest.mark.parametrize("proxy", ["http://127.0.0.1:1", "nonsense://hunter2@[", "http://user:hunter2@"])
def test_a_proxy_that_is_not_there_or_no_proxy_is_transient(
    graph: GraphProvider, account: ReaderAccount, proxy: str
) -> None:
    with pytest.raises(TransientFailure) as raised:
        graph.fetch_feed_page(replace(account, proxy=proxy), SinglePermit(), LUMI, None)

    assert "hunter2" not in "".join(traceback.format_exception(raised.value))


def test_the_environment_has_no_say_in_proxies(
    server: ScriptedServer, graph: GraphProvider, account: ReaderAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "*")
    server.answers.append(PAGE)

    graph.fetch_feed_page(account, SinglePermit(), LUMI, None)

    assert server.connects == ["graph.facebook.com:443"]


def test_a_certificate_of_another_authority_is_refused_whatever_the_environment_trusts(
    server: ScriptedServer, account: ReaderAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.requests.clear()
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(server.ca_file))
    stranger = GraphProvider(timeout=TIMEOUT)

    with pytest.raises(TransientFailure, match="certificate_refused"):
        stranger.fetch_feed_page(account, SinglePermit(), LUMI, None)

    assert server.requests == []


def test_a_missing_authority_file_is_named_before_anything_is_sent(account: ReaderAccount, tmp_path: Path) -> None:
    provider, permit = GraphProvider(timeout=TIMEOUT, ca_file=tmp_path / "ca.pem"), SinglePermit()

    with pytest.raises(ConfigurationError, match="TAGBUY_INSTAGRAM_CA_FILE"):
        provider.fetch_feed_page(account, permit, LUMI, None)

    assert not permit.is_spent
