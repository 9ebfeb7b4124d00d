"""The outbox: notifications are written with what they tell about, and delivered at least once afterwards."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.models import Notification, User, new_id
from app.models.states import Locale, NotificationEvent, NotificationStatus

_LONGEST_ERROR = 500
# As text, because the partial index is not used for a status that arrives as a parameter.
_IS_PENDING = text("notifications.status = 'pending'")


@dataclass(frozen=True, slots=True)
class ClaimedNotification:
    """A notification that one worker may deliver until `claimed_until`."""

    id: UUID
    event: NotificationEvent
    channel: str
    payload: Mapping[str, Any] = field(repr=False)
    attempt: int
    """1 for the first delivery."""
    claimed_until: datetime
    created_at: datetime
    email: str = field(repr=False)
    name: str | None = field(repr=False)
    locale: Locale
    is_disabled: bool
    """The recipient has left."""


def queue_notification(
    session: Session,
    *,
    event: NotificationEvent,
    user_id: UUID,
    channel: str,
    payload: Mapping[str, Any],
    dedupe_key: str,
    now: datetime,
) -> bool:
    """Write a notification and return True; return False where one with this key exists already."""
    statement = (
        insert(Notification)
        .values(
            id=new_id(),
            event=event,
            user_id=user_id,
            channel=channel,
            payload=dict(payload),
            dedupe_key=dedupe_key,
            status=NotificationStatus.PENDING,
            next_attempt_at=now,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["dedupe_key"])
        .returning(Notification.id)
    )
    return session.scalars(statement).one_or_none() is not None


def claim_due(
    session: Session, *, channels: Collection[str], now: datetime, limit: int, lease: timedelta
) -> list[ClaimedNotification]:
    """Claim the notifications of these channels that are due, the longest due first.

    Others who claim at the same time get other rows. A claim that is not marked within `lease` comes due again.
    """
    due = (
        select(Notification.id)
        .where(_IS_PENDING, Notification.next_attempt_at <= now, Notification.channel.in_(channels))
        .order_by(Notification.next_attempt_at, Notification.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    rows = session.execute(
        update(Notification)
        .where(Notification.id == due.c.id, User.id == Notification.user_id)
        .values(attempts=Notification.attempts + 1, next_attempt_at=now + lease)
        .returning(Notification, User.email, User.name, User.locale, User.disabled_at)
        .execution_options(synchronize_session=False, populate_existing=True)
    ).all()
    claimed = [
        ClaimedNotification(
            id=row.id,
            event=row.event,
            channel=row.channel,
            payload=row.payload,
            attempt=row.attempts,
            claimed_until=row.next_attempt_at,
            created_at=row.created_at,
            email=email,
            name=name,
            locale=locale,
            is_disabled=disabled_at is not None,
        )
        for row, email, name, locale, disabled_at in rows
    ]
    return sorted(claimed, key=lambda claim: claim.id)


def count_due(session: Session, *, other_than: Collection[str], now: datetime) -> Mapping[str, int]:
    """Return how many notifications are due for each channel that is not one of these."""
    rows = session.execute(
        select(Notification.channel, func.count())
        .where(_IS_PENDING, Notification.next_attempt_at <= now, Notification.channel.not_in(other_than))
        .group_by(Notification.channel)
    )
    return {row[0]: row[1] for row in rows}


def mark_sent(session: Session, claim: ClaimedNotification, *, now: datetime) -> bool:
    """Note the delivery; return False where the claim had expired and another worker has claimed it since."""
    return _mark(session, claim, status=NotificationStatus.SENT, sent_at=now, last_error=None)


def mark_failed(session: Session, claim: ClaimedNotification, *, error: str, retry_at: datetime | None) -> bool:
    """Note the failure: to be tried again at `retry_at`, or given up where that is None.

    Return False where the claim had expired and another worker has claimed the notification since.
    """
    error = error[:_LONGEST_ERROR]
    if retry_at is None:
        return _mark(session, claim, status=NotificationStatus.FAILED, last_error=error)
    return _mark(session, claim, next_attempt_at=retry_at, last_error=error)


def give_back(session: Session, claim: ClaimedNotification, *, error: str, retry_at: datetime) -> bool:
    """Note that nothing could be sent to anybody, which does not count as an attempt; otherwise as `mark_failed`."""
    values = {"attempts": Notification.attempts - 1, "next_attempt_at": retry_at}
    return _mark(session, claim, last_error=error[:_LONGEST_ERROR], **values)


def _mark(session: Session, claim: ClaimedNotification, **values: Any) -> bool:
    # The end of the claim is compared too: an attempt that was given back has its number twice.
    is_claim = (
        Notification.id == claim.id,
        Notification.attempts == claim.attempt,
        Notification.next_attempt_at == claim.claimed_until,
        _IS_PENDING,
    )
    statement = update(Notification).where(*is_claim).values(**values).returning(Notification.id)
    return session.scalars(statement.execution_options(synchronize_session=False)).one_or_none() is not None
