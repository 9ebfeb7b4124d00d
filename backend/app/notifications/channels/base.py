"""The channel port: how a message reaches a person."""

from dataclasses import dataclass, field
from typing import Protocol

from app.core.errors import TagBuyError

EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a message is for."""

    email: str = field(repr=False)
    name: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent. `subject` is one line; `html` says the same as `text`."""

    subject: str
    text: str
    html: str


class DeliveryFailed(TagBuyError):
    """The message did not arrive. A permanent failure will be the same however often it is tried."""

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(reason)
        self.permanent = permanent


class ChannelUnavailable(DeliveryFailed):
    """Nothing can be sent over this channel at present, to anybody: the others need not be tried now."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, permanent=False)


class Channel(Protocol):
    """A way to reach people."""

    def deliver(self, message: Message, recipient: Recipient, idempotency_key: str) -> None:
        """Send the message; a repeat has the same key, so that the receiving side can recognise it.

        Raises:
            DeliveryFailed: it did not arrive, or it is not known whether it did.
        """
