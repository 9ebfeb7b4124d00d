"""Meta's webhook: confirmed by the agreed token, believed by its signature, read tolerantly."""

import asyncio
import hashlib
import hmac
import json
import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import structlog
from sqlalchemy import select

from app.api.mentions import MOST_BYTES, Mention, mentions_in
from app.core.config import get_settings
from app.core.db import TransactionFactory
from app.main import app
from app.models import DiscoverySource
from app.scheduling import accounts

PATH = "/webhooks/instagram"
VERIFY_TOKEN = "agreed-온"
APP_SECRET = "app-secret-0123"
CONFIRMATION = {"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "1158201444"}
BRAND, POST = "17841405726653026", "17918195224117851"


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The webhook, switched on."""
    monkeypatch.setenv("TAGBUY_WEBHOOK_VERIFY_TOKEN", VERIFY_TOKEN)
    monkeypatch.setenv("TAGBUY_META_APP_SECRET", APP_SECRET)
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


def request(method: str, **options: Any) -> httpx.Response:
    async def answered() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver") as client:
            return await client.request(method, PATH, **options)

    return asyncio.run(answered())


def posted(body: bytes, *, secret: str = APP_SECRET) -> httpx.Response:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return request("POST", content=body, headers={"x-hub-signature-256": f"sha256={digest}"})


def notification(*values: Any, field: str = "mentions", entry_id: Any = BRAND) -> dict[str, Any]:
    changes = [{"field": field, "value": value} for value in values]
    return {"object": "instagram", "entry": [{"id": entry_id, "time": 1_791_000_000, "changes": changes}]}


def test_a_mention_in_a_caption_is_read_once() -> None:
    payload = notification({"media_id": POST}, {"media_id": POST}, {"media_id": int(POST) + 1})

    assert mentions_in(payload) == (Mention(BRAND, POST), Mention(BRAND, "17918195224117852"))


@pytest.mark.parametrize(
    "payload",
    [
        notification({"media_id": POST, "comment_id": "17887498072083520"}),
        notification({"media_id": POST}, field="comments"),
        notification({"media_id": POST}, entry_id=None),
        notification({"media_id": "1){id}"}),
        notification({"media_id": "１２"}),
        notification({"media_id": True}),
        notification({}, None, "x", []),
        {**notification({"media_id": POST}), "object": "page"},
        {"object": "instagram", "entry": {"id": BRAND}},
        {"object": "instagram", "entry": [None, {"id": BRAND, "changes": "x"}, {"id": BRAND}]},
        {"object": "instagram"},
        {},
        [],
        None,
        "mentions",
    ],
)
def test_what_is_no_mention_in_a_caption_is_left_out(payload: object) -> None:
    assert mentions_in(payload) == ()


def test_what_cannot_be_read_hides_no_mention() -> None:
    good = notification({"media_id": POST})
    payload = {"object": "instagram", "entry": [None, {"id": BRAND, "changes": [7]}, *good["entry"]]}

    assert mentions_in(payload) == (Mention(BRAND, POST),)


@pytest.mark.usefixtures("webhook")
def test_the_address_is_confirmed_with_the_challenge_as_it_is() -> None:
    answer = request("GET", params=CONFIRMATION)

    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.usefixtures("webhook")
@pytest.mark.parametrize(
    "changes",
    [{"hub.verify_token": "agreed"}, {"hub.verify_token": ""}, {"hub.mode": "unsubscribe"}, {"hub.mode": ""}],
)
def test_nobody_else_confirms_the_address(changes: dict[str, str]) -> None:
    answer = request("GET", params={**CONFIRMATION, **changes})

    assert answer.status_code == 403
    assert CONFIRMATION["hub.challenge"] not in answer.text
    assert request("GET").status_code == 403


@pytest.mark.usefixtures("webhook")
def test_a_signed_mention_of_a_brand_whose_token_we_have_is_kept_once(own_database: TransactionFactory) -> None:
    with own_database() as session:
        token = {"access_token": "EAAtoken", "ig_user_id": BRAND, "expires_at": None}
        accounts.save_account(session, username="lumi_cos", settings=token, proxy=None, provider="graph")
    body = json.dumps(notification({"media_id": POST}, {"media_id": POST, "comment_id": "1"})).encode()

    first, again = posted(body), posted(body)

    assert (first.status_code, first.json()) == (200, {"mentions": 1, "news": 1})
    assert (again.status_code, again.json()) == (200, {"mentions": 1, "news": 0})
    with own_database() as session:
        assert session.scalars(select(DiscoverySource.key)).all() == [POST]


@pytest.mark.usefixtures("own_database", "webhook")
def test_a_mention_of_a_brand_without_a_token_is_taken_and_left_out() -> None:
    answer = posted(json.dumps(notification({"media_id": POST})).encode())

    assert (answer.status_code, answer.json()) == (200, {"mentions": 1, "news": 0})


@pytest.mark.usefixtures("webhook")
@pytest.mark.parametrize("payload", [{"object": "page", "entry": []}, notification({"id": "1"}, field="comments"), []])
def test_what_does_not_concern_us_is_taken_and_left_alone(payload: object) -> None:
    answer = posted(json.dumps(payload).encode())

    assert (answer.status_code, answer.json()) == (200, {"mentions": 0, "news": 0})


@pytest.mark.usefixtures("webhook")
def test_a_body_that_meta_did_not_sign_is_refused_and_not_read() -> None:
    body = json.dumps(notification({"media_id": POST})).encode()
    right = hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
    old_way = hmac.new(APP_SECRET.encode(), body, hashlib.sha1).hexdigest()
    signatures = ["", right, f"sha256={right[:-1]}", f"sha256={right.upper()}", f"sha1={old_way}", "sha256=", "é"]

    with structlog.testing.capture_logs() as logs:
        answers = [posted(body, secret=f"{APP_SECRET}!"), request("POST", content=body)]
        for signature in signatures:
            headers = {"x-hub-signature-256": signature.encode("latin-1")}
            answers.append(request("POST", content=body, headers=headers))
        answers.append(
            request("POST", content=body + b" ", headers={"x-hub-signature-256": f"sha256={right}"}),
        )

    assert {answer.status_code for answer in answers} == {403}
    assert {entry["event"] for entry in logs} == {"webhook.refused"}
    assert not any(secret in f"{logs}{answer.text}" for secret in (APP_SECRET, right) for answer in answers)


@pytest.mark.usefixtures("webhook")
@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"id": ' + b"9" * 5000 + b"}"])
def test_a_signed_body_that_is_no_json_is_told_so(body: bytes) -> None:
    assert posted(body).status_code == 400


@pytest.mark.usefixtures("own_database", "webhook")
def test_a_body_of_more_than_a_megabyte_is_refused_before_it_is_read_whole() -> None:
    largest = json.dumps(notification({"media_id": POST})).encode().ljust(MOST_BYTES)

    assert posted(largest).status_code == 200
    assert posted(largest + b" ").status_code == 413


@pytest.mark.usefixtures("webhook")
@pytest.mark.parametrize("missing", ["TAGBUY_WEBHOOK_VERIFY_TOKEN", "TAGBUY_META_APP_SECRET"])
def test_without_both_settings_there_is_no_webhook(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.setenv(missing, "")
    get_settings.cache_clear()

    assert request("GET", params=CONFIRMATION).status_code == 404
    assert request("GET", params={**CONFIRMATION, "hub.verify_token": ""}).status_code == 404
    assert posted(b"{}").status_code == 404
    assert posted(b"{}", secret="").status_code == 404


def test_the_access_log_keeps_the_line_and_not_the_token(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "uvicorn.access")
    address = f"{PATH}?hub.mode=subscribe&hub.verify_token=agreed&hub.challenge=1"

    logging.getLogger("uvicorn.access").info('%s - "%s %s HTTP/%s" %d', "127.0.0.1:1", "GET", address, "1.1", 200)

    assert "agreed" not in caplog.text
    assert "hub.verify_token=[redacted]&hub.challenge=1" in caplog.text
