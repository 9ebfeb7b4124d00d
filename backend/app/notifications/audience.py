"""Who is told: the people whose task it is to look after the installation."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import User
from app.models.states import NotificationEvent, UserRole
from app.notifications import outbox


def operator_ids(session: Session) -> Sequence[UUID]:
    """Return everyone who receives the operators' messages."""
    return session.scalars(
        select(User.id).where(User.role.in_((UserRole.ADMIN, UserRole.OPERATOR)), User.disabled_at.is_(None))
    ).all()


def alert_operators(
    session: Session,
    *,
    event: NotificationEvent,
    payload: Mapping[str, Any],
    incident: str,
    now: datetime,
    also: Sequence[UUID] = (),
) -> None:
    """Queue an e-mail to every operator, and to the people of `also`, once for each incident."""
    for user_id in dict.fromkeys([*also, *operator_ids(session)]):
        outbox.queue_notification(
            session,
            event=event,
            user_id=user_id,
            channel="email",
            payload=payload,
            dedupe_key=f"{event}:{incident}:{user_id}:email",
            now=now,
        )
