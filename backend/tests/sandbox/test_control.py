"""The control API, the page and the inbox, over real sockets."""

import http.client
import smtplib
from collections.abc import Iterator, Mapping
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from app.core.errors import ConfigurationError, InvalidInput, NotFound
from tests.sandbox_process import SandboxClient, running_sandbox

FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxClient]:
    with running_sandbox(tmp_path_factory.mktemp("control"), speed=0) as running:
        yield running


def _ask(
    sandbox: SandboxClient, method: str, path: str, *, body: str = "", headers: Mapping[str, str] | None = None
) -> tuple[int, Mapping[str, str], str]:
    connection = http.client.HTTPConnection(urlsplit(sandbox.control_url).netloc, timeout=10)
    connection.request(method, path, body, dict(headers or {}))
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response.status, {name.lower(): value for name, value in response.getheaders()}, text


def _send(sandbox: SandboxClient, subject: str, text: str, *, html: str | None = None) -> None:
    message = EmailMessage()
    message["From"] = "TagBuy Monitor <monitor@tagbuy.invalid>"
    message["To"] = "marketing@lumi-cos.example"
    message["Subject"] = subject
    message["Message-ID"] = f"<{abs(hash(subject))}@tagbuy.invalid>"
    message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
    address = urlsplit(sandbox.smtp_url)
    with smtplib.SMTP(str(address.hostname), address.port or 25, timeout=10) as server:
        server.send_message(message)


def test_mail_arrives_in_the_inbox_newest_first(sandbox: SandboxClient) -> None:
    sandbox.clear_inbox()

    _send(sandbox, "첫 번째 알림", "안녕하세요")
    _send(sandbox, "두 번째 알림", "본문입니다", html="<p>본문입니다</p>")

    newest, oldest = sandbox.inbox()
    assert (newest["subject"], oldest["subject"]) == ("두 번째 알림", "첫 번째 알림")
    assert newest["to"] == ["marketing@lumi-cos.example"]
    assert newest["text"].strip() == "본문입니다"
    assert newest["html"].strip() == "<p>본문입니다</p>"
    assert newest["message_id"].endswith("@tagbuy.invalid>")
    assert sandbox.message(newest["id"]) == newest


def test_a_composed_post_can_be_corrected_until_it_matches(sandbox: SandboxClient) -> None:
    campaign = sandbox.cast()["campaigns"][0]

    missed = sandbox.publish(campaign=campaign["title"], intention="tag_added_later")
    matched = sandbox.edit(missed["media_pk"], campaign=campaign["title"])

    assert missed["username"] in campaign["influencers"]
    assert missed["matches"] == []
    assert matched["matches"] == [campaign["title"]]
    assert matched["matched_since"] == matched["edits"][0]["at"]


def test_a_caption_by_hand_is_judged_or_its_truth_is_declared(sandbox: SandboxClient) -> None:
    campaign = next(campaign for campaign in sandbox.cast()["campaigns"] if campaign["content_type"] == "any")
    words = " ".join([*campaign["required_hashtags"], *campaign["required_mentions"]])
    username = campaign["influencers"][0]

    judged = sandbox.publish(username, caption=f"오늘 {words}", kind="reel")
    declared = sandbox.publish(username, caption=f"오늘 {words}", matches=[])

    assert judged["matches"] == [campaign["title"]]
    assert (judged["media_type"], judged["product_type"]) == (2, "clips")
    assert declared["matches"] == []


@pytest.mark.parametrize(
    ("fields", "error", "message"),
    [
        ({"username": "nobody"}, NotFound, "No influencer is called 'nobody'"),
        ({}, InvalidInput, "`username` is missing"),
        ({"campaign": "없는 캠페인"}, NotFound, "No campaign is called"),
        ({"kind": "story"}, InvalidInput, "expected photo, album, reel or video"),
        ({"media_type": 5}, InvalidInput, "media_type is 1"),
        ({"kind": "photo", "is_on_grid": False}, InvalidInput, "Only a reel can be left off the grid"),
        ({"caption": "길" * 2201}, InvalidInput, "2201 characters"),
        ({"usertags": ["nobody"]}, NotFound, "No account is called 'nobody'"),
    ],
)
def test_a_wrong_order_is_refused_with_what_is_expected(
    sandbox: SandboxClient, fields: dict[str, Any], error: type[Exception], message: str
) -> None:
    username = None if not fields or "campaign" in fields else sandbox.cast()["influencers"][0]["username"]

    with pytest.raises(error, match=message):
        sandbox.publish(**{"username": username, **fields})


def test_numbers_that_are_none_are_refused(sandbox: SandboxClient) -> None:
    with pytest.raises(InvalidInput, match="expected a number from 0"):
        sandbox.set_speed(-1)
    status, _, body = _ask(sandbox, "GET", "/requests?since=yesterday")

    assert status == 400
    assert "expected the `seq` of a request" in body


@pytest.mark.parametrize(
    "headers",
    [{"Host": "attacker.example"}, {"Host": "127.0.0.1.attacker.example:80"}, {"Origin": "https://attacker.example"}],
)
def test_a_foreign_web_page_cannot_drive_it(sandbox: SandboxClient, headers: dict[str, str]) -> None:
    status, _, _ = _ask(sandbox, "POST", "/clock", body='{"speed": 9}', headers=headers)

    assert status == 403
    assert sandbox.health()["speed"] == 0


def test_the_page_speaks_korean_and_english_and_loads_nothing_from_elsewhere(sandbox: SandboxClient) -> None:
    status, headers, korean = _ask(sandbox, "GET", "/")
    _, _, english = _ask(sandbox, "GET", "/?lang=en")

    assert status == 200
    assert '<html lang="ko">' in korean
    assert "메일함" in korean
    assert "Inbox" in english
    assert "src=" not in korean
    assert "default-src 'none'" in headers["content-security-policy"]


def test_the_page_shows_words_of_others_as_text(sandbox: SandboxClient) -> None:
    username = sandbox.cast()["influencers"][0]["username"]
    sandbox.publish(username, caption="<script>alert(1)</script>")
    _send(sandbox, "<b>굵은 제목</b>", "</pre><script>alert(2)</script>", html='<p title="\'>">x</p>')

    _, _, page = _ask(sandbox, "GET", "/")

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "&lt;b&gt;굵은 제목" in page


def test_a_form_of_the_page_does_its_work_and_returns_to_the_page(sandbox: SandboxClient) -> None:
    campaign = sandbox.cast()["campaigns"][0]["title"]
    before = sandbox.stats()["posts"]
    body = urlencode({"campaign": campaign, "intention": "satisfies"})

    status, headers, _ = _ask(
        sandbox, "POST", "/posts", body=body, headers={**FORM, "Referer": f"{sandbox.control_url}/?lang=en"}
    )

    assert (status, headers["location"]) == (303, "/?lang=en")
    assert sandbox.stats()["posts"] == before + 1
    assert sandbox.truth()[-1]["matches"] == [campaign]


def test_a_sandbox_that_does_not_run_is_an_error_that_says_so() -> None:
    with pytest.raises(ConfigurationError, match="does not answer"):
        SandboxClient("http://127.0.0.1:9").health()
