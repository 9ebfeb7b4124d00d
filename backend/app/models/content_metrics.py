"""Metrics: one sample of a content's counts."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base
from app.models.states import MetricsSource


class ContentMetrics(Base):
    """What Instagram reported at one moment. NULL = not reported or hidden, which is not zero."""

    __tablename__ = "content_metrics"
    __table_args__ = (Index("ix_content_metrics_content_id_recorded_at", "content_id", "recorded_at"),)

    content_id: Mapped[UUID] = mapped_column(ForeignKey("campaign_contents.id"))
    like_count: Mapped[int | None] = mapped_column(BigInteger)
    comment_count: Mapped[int | None] = mapped_column(BigInteger)
    play_count: Mapped[int | None] = mapped_column(BigInteger)
    view_count: Mapped[int | None] = mapped_column(BigInteger)
    share_count: Mapped[int | None] = mapped_column(BigInteger)
    is_like_hidden: Mapped[bool]
    source: Mapped[MetricsSource]
    recorded_at: Mapped[datetime]
