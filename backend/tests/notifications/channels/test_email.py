import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult

from app.core.errors import ConfigurationError
from app.notifications.channels.base import ChannelUnavailable, DeliveryFailed, Message, Recipient
from app.notifications.channels.email import EmailChannel, SmtpServer
from tests.notifications.mail import MailServer, free_port, own_certificate, running_mail_server

NOW = datetime(2026, 11, 10, 3, tzinfo=UTC)
MESSAGE = Message("‘여름 캠페인’ 등록되었습니다", "안녕하세요.\n끝\n", "<p>안녕하세요.</p>")
BRAND = Recipient("brand@example.com", "루미, 코리아")


@pytest.fixture
def server() -> Iterator[MailServer]:
    with running_mail_server() as mail_server:
        yield mail_server


def channel(port: int, **changes: object) -> EmailChannel:
    return EmailChannel(
        SmtpServer("127.0.0.1", port, **changes),  # type: ignore[arg-type]
        "태그바이 <monitor@tagbuy.example>",
        timeout=timedelta(seconds=1),
        clock=lambda: NOW,
    )


def failure_of(port: int, recipient: Recipient = BRAND) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as caught:
        channel(port).deliver(MESSAGE, recipient, "id-1")
    return caught.value


def test_a_message_arrives_with_its_korean_intact(server: MailServer) -> None:
    channel(server.port).deliver(MESSAGE, BRAND, "id-1")

    (email,) = server.messages
    text, html = (part for part in email.iter_parts())
    assert server.recipients == ["brand@example.com"]
    assert (email["Subject"], email["Date"].datetime) == (MESSAGE.subject, NOW)
    assert (email["To"].addresses[0].display_name, email["From"].addresses[0].display_name) == (BRAND.name, "태그바이")
    assert (email["Message-ID"], email["Auto-Submitted"]) == ("<id-1@tagbuy.example>", "auto-generated")
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert text.get_payload(decode=True) == "안녕하세요.\r\n끝\r\n".encode()
    assert html.get_payload(decode=True) == MESSAGE.html.encode()
    assert all(byte < 128 for byte in server.bodies[0])


@pytest.mark.parametrize(
    "subject",
    [
        "[TagBuy 운영] Instagram 연동(instagrapi) 업데이트가 필요합니다",
        "[TagBuy] ‘" + "여름 summer " * 8 + "’ 캠페인에 @ana.kim 님의 게시물이 등록되었습니다 👩‍👩‍👧",
    ],
)
def test_a_subject_of_two_scripts_keeps_its_spaces(server: MailServer, subject: str) -> None:
    channel(server.port).deliver(Message(subject, "text", "<p>html</p>"), BRAND, "id-1")

    assert server.messages[0]["Subject"] == subject
    assert max(map(len, server.bodies[0].split(b"\r\n"))) <= 78


def test_a_repeat_is_the_same_message(server: MailServer) -> None:
    channel(server.port).deliver(MESSAGE, BRAND, "id-1")
    channel(server.port).deliver(MESSAGE, BRAND, "id-1")

    first, again = server.messages
    assert first["Message-ID"] == again["Message-ID"]


def test_a_header_cannot_be_smuggled_in(server: MailServer) -> None:
    forged = Message("a\r\nBcc: all@example.com", "text", "<p>html</p>")

    channel(server.port).deliver(forged, Recipient("brand@example.com", "x\r\nBcc: all@example.com"), "id-1")

    (email,) = server.messages
    assert email["Bcc"] is None
    assert server.recipients == ["brand@example.com"]


@pytest.mark.parametrize(
    ("answer", "is_permanent", "is_channel"),
    [
        ("550 5.1.1 no such user", True, False),
        ("553 not allowed", True, False),
        ("450 mailbox busy", False, False),
        ("451 greylisted", False, False),
        ("530 authentication required", False, True),
    ],
)
def test_a_refused_recipient_is_permanent_where_the_server_says_so(
    server: MailServer, answer: str, is_permanent: bool, is_channel: bool
) -> None:
    server.refusals[BRAND.email] = answer

    error = failure_of(server.port)

    assert (error.permanent, isinstance(error, ChannelUnavailable)) == (is_permanent, is_channel)
    assert answer in str(error)


def test_a_refused_content_is_tried_again(server: MailServer) -> None:
    server.refusals[""] = "554 looks like spam"

    error = failure_of(server.port)

    assert (error.permanent, isinstance(error, ChannelUnavailable)) == (False, False)
    assert "554 looks like spam" in str(error)


@pytest.mark.parametrize("address", ["brand", "a b@example.com", "", "a@b\r\nRCPT TO:<c@d>", "한글@example.com"])
def test_an_address_that_cannot_be_one_is_permanent(server: MailServer, address: str) -> None:
    error = failure_of(server.port, Recipient(address))

    assert error.permanent
    assert server.messages == []


def test_a_server_that_is_down_makes_the_channel_unavailable() -> None:
    port = free_port()

    error = failure_of(port)

    assert isinstance(error, ChannelUnavailable)
    assert f"127.0.0.1:{port}" in str(error)


def test_a_server_that_is_silent_is_given_up_after_the_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        error = failure_of(silent.getsockname()[1])

    assert isinstance(error, ChannelUnavailable)


def test_a_message_is_delivered_although_the_goodbye_is_not_answered() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        said: list[str] = []
        thread = threading.Thread(target=_hang_after_the_message, args=(listener, said))
        thread.start()

        channel(listener.getsockname()[1]).deliver(MESSAGE, BRAND, "id-1")

        thread.join(timeout=5)
    assert said[-1].strip().upper() == "QUIT"


def test_a_wrong_password_makes_the_channel_unavailable() -> None:
    def nobody(*_: object) -> AuthResult:
        return AuthResult(success=False, handled=False)

    with (
        running_mail_server(auth_require_tls=False, authenticator=nobody) as server,
        pytest.raises(ChannelUnavailable) as caught,
    ):
        channel(server.port, user="monitor", password="hunter2").deliver(MESSAGE, BRAND, "id-1")

    assert "535" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
@pytest.mark.parametrize(("scheme", "query"), [("smtps", ""), ("smtp", "?starttls=1")])
def test_the_password_and_the_message_go_through_tls(tmp_path: Path, scheme: str, query: str) -> None:
    seen: list[tuple[bool, bytes]] = []

    def anybody(_server: object, session: Any, _envelope: object, _mechanism: str, login: Any) -> AuthResult:
        seen.append((session.ssl is not None or scheme == "smtps", login.password))
        return AuthResult(success=True)

    server_tls, client_tls = own_certificate(tmp_path)
    side = {"ssl_context": server_tls, "auth_require_tls": False} if scheme == "smtps" else {"tls_context": server_tls}
    with running_mail_server(hostname="localhost", authenticator=anybody, auth_required=True, **side) as server:
        smtp = SmtpServer.from_url(f"{scheme}://monitor:p%40ss@localhost:{server.port}{query}")
        EmailChannel(smtp, "monitor@tagbuy.example", tls=client_tls).deliver(MESSAGE, BRAND, "id-1")

    assert seen == [(True, b"p@ss")]
    assert len(server.messages) == 1


def test_a_server_with_a_strange_certificate_gets_nothing(tmp_path: Path) -> None:
    server_tls, _ = own_certificate(tmp_path)

    with running_mail_server(ssl_context=server_tls) as server, pytest.raises(ChannelUnavailable, match="certificate"):
        channel(server.port, is_tls=True).deliver(MESSAGE, BRAND, "id-1")

    assert server.messages == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail", SmtpServer("mail", 25)),
        ("smtp://mail:2525", SmtpServer("mail", 2525)),
        ("smtps://mail", SmtpServer("mail", 465, is_tls=True)),
        ("smtp://mail?starttls=1", SmtpServer("mail", 587, is_starttls=True)),
        ("smtp://a%40b:p%2Fw%3A@[::1]:25", SmtpServer("::1", 25, user="a@b", password="p/w:")),
    ],
)
def test_the_setting_names_the_server(url: str, expected: SmtpServer) -> None:
    assert SmtpServer.from_url(url) == expected


@pytest.mark.parametrize(
    "url", ["mail:25", "http://u:hunter2@mail", "smtp://", "smtps://mail?starttls=1", "smtp://m:x"]
)
def test_a_setting_that_cannot_be_read_is_told_without_the_password(url: str) -> None:
    with pytest.raises(ConfigurationError, match="TAGBUY_SMTP_URL") as caught:
        SmtpServer.from_url(url)

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("sender", ["", "monitor", "TagBuy <>"])
def test_a_sender_that_is_no_address_is_told(sender: str) -> None:
    with pytest.raises(ConfigurationError, match="TAGBUY_EMAIL_FROM"):
        EmailChannel(SmtpServer("mail", 25), sender)


def _hang_after_the_message(listener: socket.socket, said: list[str]) -> None:
    """Speak SMTP until the message is accepted, then never answer again."""
    connection, _ = listener.accept()
    with connection, connection.makefile("rb") as lines:
        connection.sendall(b"220 ready\r\n")
        for line in lines:
            said.append(line.decode())
            if line.upper().startswith(b"QUIT"):
                break
            if line.upper().startswith(b"DATA"):
                connection.sendall(b"354 go on\r\n")
                while next(lines) != b".\r\n":
                    pass
            connection.sendall(b"250 OK\r\n")
        connection.recv(1)
