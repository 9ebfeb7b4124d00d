"""Monitoring log: every state change and check of a content, with its evidence."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base
from app.models.states import ContentStatus, MonitoringEvent


class MonitoringLog(Base):
    """One line of a content's history."""

    __tablename__ = "monitoring_logs"
    __table_args__ = (Index("ix_monitoring_logs_content_id_checked_at", "content_id", "checked_at"),)

    content_id: Mapped[UUID] = mapped_column(ForeignKey("campaign_contents.id"))
    event: Mapped[MonitoringEvent]
    status: Mapped[ContentStatus]
    """The content's status after the event."""
    check_result: Mapped[dict[str, Any]]
    error_message: Mapped[str | None]
    checked_at: Mapped[datetime]
