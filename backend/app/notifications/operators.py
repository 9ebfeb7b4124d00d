"""Operators: the people who look after the installation, and how they are told."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import User
from app.models.states import NotificationEvent, UserRole
from app.notifications import outbox


def alert_operators(
    session: Session, *, event: NotificationEvent, payload: Mapping[str, Any], incident: str, now: datetime
) -> None:
    """Queue a message to every operator and admin, once for each incident."""
    operators = session.scalars(
        select(User.id).where(User.role.in_((UserRole.ADMIN, UserRole.OPERATOR)), User.disabled_at.is_(None))
    ).all()
    for user_id in operators:
        outbox.queue_notification(
            session,
            event=event,
            user_id=user_id,
            channel="email",
            payload=payload,
            dedupe_key=f"{event}:{incident}:{user_id}:email",
            now=now,
        )
