"""Requests to Instagram: the limiter itself, and the audit."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base
from app.models.states import RequestKind, RequestOutcome


class InstagramRequest(Base):
    """One request, written before the socket opens.

    An account's sequence has no holes, and of two requests the later one has the later `latest_sent_at`: the request
    before the last 20 is the one numbered `last_sequence - 20`, whatever happened.

    `latest_sent_at` is the latest moment at which it can have been sent: the end of the lease while it is in flight
    (and for ever if its holder died), the moment of the release afterwards.
    """

    __tablename__ = "instagram_requests"
    __table_args__ = (
        UniqueConstraint("account_id", "sequence"),
        Index("ix_instagram_requests_account_id_latest_sent_at", "account_id", "latest_sent_at"),
    )

    account_id: Mapped[UUID] = mapped_column(ForeignKey("instagram_accounts.id"))
    sequence: Mapped[int]
    kind: Mapped[RequestKind]
    target: Mapped[str]
    granted_at: Mapped[datetime]
    latest_sent_at: Mapped[datetime]
    outcome: Mapped[RequestOutcome]
    http_status: Mapped[int | None]
    duration_ms: Mapped[int | None]
