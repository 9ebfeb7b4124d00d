"""A channel that keeps what it is given, for tests."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.notifications.channels.base import DeliveryFailed, Message, Recipient


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message that was handed over."""

    message: Message
    recipient: Recipient
    idempotency_key: str


class FakeChannel:
    """Delivers into `deliveries`; fails with `failures`, one for each message, before that."""

    def __init__(self, failures: Sequence[DeliveryFailed] = ()) -> None:
        self.deliveries: list[Delivery] = []
        self._failures = list(failures)

    def deliver(self, message: Message, recipient: Recipient, idempotency_key: str) -> None:
        """Keep the message, or raise the next failure."""
        if self._failures:
            raise self._failures.pop(0)
        self.deliveries.append(Delivery(message, recipient, idempotency_key))
