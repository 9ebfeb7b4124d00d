"""E-mail over SMTP."""

import contextlib
import smtplib
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, formataddr, parseaddr
from urllib.parse import parse_qs, unquote, urlsplit

from app.core.clock import utc_now
from app.core.errors import ConfigurationError
from app.notifications.channels.base import ChannelUnavailable, DeliveryFailed, Message, Recipient

_DEFAULT_TIMEOUT = timedelta(seconds=10)
_EXPECTED = "expected smtp://[user:password@]host[:port] or smtps://…, with ?starttls=1 for STARTTLS"
_PERMANENT = range(500, 600)
# Answers to a recipient that are about us: closing down (RFC 5321), STARTTLS or a login needed (RFC 3207, RFC 4954).
_ABOUT_US = {421, 530, 535}


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where e-mails are handed over, and how."""

    host: str
    port: int
    is_tls: bool = False
    """TLS from the first byte."""
    is_starttls: bool = False
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def from_url(cls, url: str) -> "SmtpServer":
        """Read `smtp://[user:password@]host[:port]`, `smtps://…` or `smtp://…?starttls=1`.

        Raises:
            ConfigurationError: it cannot be read; the message does not repeat it, for it may hold a password.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise ConfigurationError(f"TAGBUY_SMTP_URL is not an address; {_EXPECTED}") from None
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise ConfigurationError(f"TAGBUY_SMTP_URL must name a scheme and a host; {_EXPECTED}")
        is_tls = parts.scheme == "smtps"
        is_starttls = parse_qs(parts.query).get("starttls", ["0"])[-1] in {"1", "true", "yes"}
        if is_tls and is_starttls:
            raise ConfigurationError(f"TAGBUY_SMTP_URL asks for smtps and STARTTLS; choose one of them; {_EXPECTED}")
        return cls(
            host=parts.hostname,
            port=port or (465 if is_tls else 587 if is_starttls else 25),
            is_tls=is_tls,
            is_starttls=is_starttls,
            user=None if parts.username is None else unquote(parts.username),
            password=None if parts.password is None else unquote(parts.password),
        )


class EmailChannel:
    """Sends each message over a connection of its own."""

    def __init__(
        self,
        server: SmtpServer,
        sender: str,
        *,
        timeout: timedelta = _DEFAULT_TIMEOUT,
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._server = server
        self._sender = _sender_address(sender)
        self._timeout = timeout
        self._tls = tls or ssl.create_default_context()
        self._clock = clock

    def deliver(self, message: Message, recipient: Recipient, idempotency_key: str) -> None:
        """Send the message; the key becomes its Message-ID.

        Raises:
            DeliveryFailed: permanent where the server refuses the recipient, or the address cannot be one.
            ChannelUnavailable: the server cannot be reached, or refuses us.
        """
        email = self._composed(message, recipient, idempotency_key)
        with self._connection() as connection:
            _send(connection, email)

    def _composed(self, message: Message, recipient: Recipient, idempotency_key: str) -> MIMEMultipart:
        # Not EmailMessage: when it folds a header that mixes Korean and ASCII, it drops spaces (seen in Python 3.11.7).
        email = MIMEMultipart("alternative")
        email["From"] = formataddr((self._sender.display_name, self._sender.addr_spec))
        email["To"] = _to(recipient)
        email["Subject"] = Header(_one_line(message.subject), "utf-8", header_name="Subject").encode()
        email["Date"] = format_datetime(self._clock())
        email["Message-ID"] = f"<{idempotency_key}@{self._sender.domain}>"
        email["Auto-Submitted"] = "auto-generated"
        email.attach(MIMEText(_crlf(message.text), "plain", "utf-8"))
        email.attach(MIMEText(_crlf(message.html), "html", "utf-8"))
        return email

    @contextlib.contextmanager
    def _connection(self) -> Iterator[smtplib.SMTP]:
        try:
            connection = self._connect()
        except OSError as error:  # among them every SMTPException
            raise ChannelUnavailable(f"the mail server {self._place} cannot be used: {_reason(error)}") from error
        try:
            yield connection
            # The message is accepted; how the goodbye goes says nothing about it.
            with contextlib.suppress(OSError):
                connection.quit()
        except OSError as error:
            raise DeliveryFailed(f"the mail server {self._place} failed: {_reason(error)}", permanent=False) from error
        finally:
            connection.close()

    def _connect(self) -> smtplib.SMTP:
        server, seconds = self._server, self._timeout.total_seconds()
        connection: smtplib.SMTP
        if server.is_tls:
            connection = smtplib.SMTP_SSL(server.host, server.port, timeout=seconds, context=self._tls)
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=seconds)
        try:
            if server.is_starttls:
                connection.starttls(context=self._tls)
            if server.user is not None:
                connection.login(server.user, server.password or "")
        except OSError:
            connection.close()
            raise
        return connection

    @property
    def _place(self) -> str:
        return f"{self._server.host}:{self._server.port}"


def _sender_address(sender: str) -> Address:
    try:
        name, address = parseaddr(sender)
        return _address(_one_line(name), address)
    except ValueError:
        raise ConfigurationError(
            f"TAGBUY_EMAIL_FROM is {sender!r}; expected `Name <address@example.com>` in ASCII letters"
        ) from None


def _to(recipient: Recipient) -> str:
    try:
        address = _address(_one_line(recipient.name or ""), recipient.email)
    except ValueError as error:
        raise DeliveryFailed(f"the recipient's e-mail address cannot be used: {error}", permanent=True) from error
    return formataddr((address.display_name, address.addr_spec))


def _address(name: str, address: str) -> Address:
    """Return a checked address; ValueError where it cannot be one."""
    try:
        checked = Address(name, addr_spec=address)
    except (MessageError, IndexError) as error:
        raise ValueError(str(error)) from error
    if not checked.username or not checked.domain or not address.isascii():
        raise ValueError("expected name@example.com in ASCII letters")
    return checked


def _crlf(text: str) -> str:
    """Return the text with the line ends that RFC 2045 wants before base64."""
    return text.replace("\n", "\r\n")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _send(connection: smtplib.SMTP, email: MIMEMultipart) -> None:
    try:
        connection.send_message(email)
    except smtplib.SMTPRecipientsRefused as error:
        code, answer = next(iter(error.recipients.values()))
        reason = f"the mail server refused the recipient: {code} {_shown(answer)}"
        if code in _ABOUT_US:
            raise ChannelUnavailable(reason) from error
        raise DeliveryFailed(reason, permanent=code in _PERMANENT) from error
    except smtplib.SMTPSenderRefused as error:
        reason = f"the mail server refused the sender: {error.smtp_code} {_shown(error.smtp_error)}"
        raise ChannelUnavailable(reason) from error
    except smtplib.SMTPNotSupportedError as error:
        raise DeliveryFailed(f"the mail server cannot carry this address: {error}", permanent=True) from error


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_shown(error.smtp_error)}"
    return str(error) or type(error).__name__


def _shown(answer: bytes | str) -> str:
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
