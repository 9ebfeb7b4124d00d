"""Notifications: the outbox. A row is written with what it tells about, and delivered afterwards."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base
from app.models.states import NotificationEvent, NotificationStatus


class Notification(Base):
    """One message to one person over one channel. The dedupe key makes sure that it exists once."""

    __tablename__ = "notifications"
    __table_args__ = (Index("ix_notifications_due", "next_attempt_at", postgresql_where=text("status = 'pending'")),)

    event: Mapped[NotificationEvent]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    channel: Mapped[str]
    payload: Mapped[dict[str, Any]]
    dedupe_key: Mapped[str] = mapped_column(unique=True)
    status: Mapped[NotificationStatus] = mapped_column(default=NotificationStatus.PENDING)
    attempts: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    next_attempt_at: Mapped[datetime]
    last_error: Mapped[str | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
