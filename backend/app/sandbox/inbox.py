"""The demo inbox: an SMTP server whose messages stay on disk and are shown to whoever tries the product."""

import email.policy
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from app.core.clock import utc_now
from app.core.errors import NotFound
from app.sandbox.journal import write_atomically

KEPT = 2000


@dataclass(frozen=True, slots=True)
class Message:
    """An e-mail as it arrived."""

    id: int
    to: tuple[str, ...]
    sender: str
    subject: str
    text: str
    html: str | None
    message_id: str
    received_at: str


class Inbox:
    """The newest 2,000 messages, one file each."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(exist_ok=True)
        self._ids = sorted(int(path.stem) for path in directory.glob("*.json") if path.stem.isdigit())
        self._last_id = self._ids[-1] if self._ids else 0

    def __len__(self) -> int:
        return len(self._ids)

    def messages(self, *, limit: int = KEPT) -> Sequence[Message]:
        """Return the messages, newest first."""
        return [self.message(number) for number in reversed(self._ids[-limit:])]

    def message(self, number: int) -> Message:
        """Return one message.

        Raises:
            NotFound: there is none with that number.
        """
        if number not in self._ids:
            raise NotFound(f"No message has the number {number}; GET /inbox lists them")
        stored = json.loads(self._path(number).read_text(encoding="utf-8"))
        return Message(**{**stored, "to": tuple(stored["to"])})

    def clear(self) -> None:
        """Delete every message; numbers are not used again."""
        for number in self._ids:
            self._path(number).unlink(missing_ok=True)
        self._ids.clear()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        """Keep a message; called by the SMTP server."""
        content = envelope.content or b""
        self._last_id += 1
        raw = content if isinstance(content, bytes) else content.encode()
        message = _read(raw, self._last_id, envelope)
        write_atomically(self._path(message.id), asdict(message))
        self._ids.append(message.id)
        while len(self._ids) > KEPT:
            self._path(self._ids.pop(0)).unlink(missing_ok=True)
        return "250 Message accepted for delivery"

    def _path(self, number: int) -> Path:
        return self._directory / f"{number}.json"


def smtp_protocol(inbox: Inbox) -> SMTP:
    """Return the server side of one SMTP connection."""
    return SMTP(inbox, hostname="sandbox.invalid", enable_SMTPUTF8=True, data_size_limit=10_000_000)


def _read(raw: bytes, number: int, envelope: Envelope) -> Message:
    parsed = BytesParser(EmailMessage, policy=email.policy.default).parsebytes(raw)
    return Message(
        id=number,
        to=tuple(envelope.rcpt_tos),
        sender=str(parsed.get("From", envelope.mail_from or "")),
        subject=str(parsed.get("Subject", "")),
        text=_body(parsed, "plain") or "",
        html=_body(parsed, "html"),
        message_id=str(parsed.get("Message-ID", "")).strip(),
        received_at=utc_now().isoformat(),
    )


def _body(message: EmailMessage, kind: str) -> str | None:
    part = message.get_body((kind,))
    return None if part is None else str(part.get_content())
