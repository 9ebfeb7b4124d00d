"""Delivery: what is due in the outbox goes out, each notification at least once and recognisable when repeated."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from functools import lru_cache

import structlog

from app.core.config import Settings
from app.core.db import TransactionFactory
from app.core.errors import InvalidInput
from app.notifications import messages, outbox
from app.notifications.channels.base import Channel, ChannelUnavailable, DeliveryFailed, Recipient
from app.notifications.outbox import ClaimedNotification

log = structlog.get_logger()

LONGEST_BACKOFF = timedelta(hours=1)
_ALARMING_AGE = timedelta(hours=1)

Clock = Callable[[], datetime]


def retry_at(attempt: int, *, backoff: timedelta, now: datetime) -> datetime:
    """Return when to try again after the failure of this attempt: `backoff` doubles, up to one hour."""
    doubled: timedelta = backoff * 2 ** min(attempt - 1, 20)
    return now + min(doubled, LONGEST_BACKOFF)


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What one sweep did."""

    sent: int
    failed: int
    """Given up."""
    retried: int
    """Failed, and due again later."""


class _Outcome(Enum):
    SENT = auto()
    FAILED = auto()
    RETRIED = auto()


def deliver_due(
    transaction: TransactionFactory, channels: Mapping[str, Channel], *, clock: Clock, settings: Settings
) -> DeliveryReport:
    """Deliver what is due, at most `notification_batch_size`, and return what became of it.

    Each notification is claimed and marked in short transactions of its own, and sent between them. What belongs to a
    channel that is not configured, or that is out of order, waits without using up its attempts.
    """
    _report_unconfigured(transaction, channels, now=clock())
    usable = dict(channels)
    outcomes: Counter[_Outcome] = Counter()
    for _ in range(settings.notification_batch_size):
        # One at a time: in a batch, the last would wait for the first beyond the end of its claim.
        with transaction() as session:
            claims = outbox.claim_due(
                session, channels=list(usable), now=clock(), limit=1, lease=settings.notification_lease
            )
        if not claims:
            break
        claim = claims[0]
        try:
            outcome = _deliver(transaction, usable[claim.channel], claim, clock=clock, settings=settings)
        except ChannelUnavailable as error:
            _give_back(transaction, claim, error, now=clock(), settings=settings)
            del usable[claim.channel]
            outcome = _Outcome.RETRIED
        outcomes[outcome] += 1
    return DeliveryReport(
        sent=outcomes[_Outcome.SENT], failed=outcomes[_Outcome.FAILED], retried=outcomes[_Outcome.RETRIED]
    )


def _deliver(
    transaction: TransactionFactory, channel: Channel, claim: ClaimedNotification, *, clock: Clock, settings: Settings
) -> _Outcome:
    try:
        _send(channel, claim, settings)
    except ChannelUnavailable:
        raise
    except DeliveryFailed as error:
        return _mark_failed(transaction, claim, error, now=clock(), settings=settings)
    with transaction() as session:
        is_marked = outbox.mark_sent(session, claim, now=clock())
    if is_marked:
        log.info("notification.sent", notification_id=str(claim.id), notification=claim.event, attempt=claim.attempt)
    else:
        log.warning("notification.claim_expired", notification_id=str(claim.id), attempt=claim.attempt)
    return _Outcome.SENT


def _send(channel: Channel, claim: ClaimedNotification, settings: Settings) -> None:
    if claim.is_disabled:
        raise DeliveryFailed("the recipient's account is disabled", permanent=True)
    if claim.attempt > settings.notification_max_attempts:
        raise DeliveryFailed("every earlier attempt ended without a result", permanent=True)
    try:
        message = messages.render(claim.event, claim.payload, claim.locale)
    except InvalidInput as error:
        raise DeliveryFailed(f"the message cannot be written: {error}", permanent=True) from error
    channel.deliver(message, Recipient(claim.email, claim.name), str(claim.id))


def _mark_failed(
    transaction: TransactionFactory,
    claim: ClaimedNotification,
    error: DeliveryFailed,
    *,
    now: datetime,
    settings: Settings,
) -> _Outcome:
    is_given_up = error.permanent or claim.attempt >= settings.notification_max_attempts
    next_try = None if is_given_up else retry_at(claim.attempt, backoff=settings.notification_backoff, now=now)
    with transaction() as session:
        outbox.mark_failed(session, claim, error=str(error), retry_at=next_try)
    fields = {"notification_id": str(claim.id), "notification": claim.event, "attempt": claim.attempt}
    if next_try is None:
        log.error("notification.failed", reason=str(error), **fields)
        return _Outcome.FAILED
    log.warning("notification.retried", reason=str(error), retry_at=next_try.isoformat(), **fields)
    return _Outcome.RETRIED


def _give_back(
    transaction: TransactionFactory,
    claim: ClaimedNotification,
    error: ChannelUnavailable,
    *,
    now: datetime,
    settings: Settings,
) -> None:
    next_try = retry_at(1, backoff=settings.notification_backoff, now=now)
    with transaction() as session:
        outbox.give_back(session, claim, error=str(error), retry_at=next_try)
    is_alarming = now - claim.created_at > _ALARMING_AGE
    tell = log.error if is_alarming else log.warning
    tell("notifications.channel_unavailable", channel=claim.channel, reason=str(error))


def _report_unconfigured(transaction: TransactionFactory, channels: Mapping[str, Channel], *, now: datetime) -> None:
    with transaction() as session:
        waiting = outbox.count_due(session, other_than=list(channels), now=now)
    for channel in waiting:
        _warn_of_unconfigured(channel)


@lru_cache
def _warn_of_unconfigured(channel: str) -> None:
    """Once in each process, because the sweep runs every minute."""
    log.warning("notifications.channel_not_configured", channel=channel, consequence="its notifications wait")
