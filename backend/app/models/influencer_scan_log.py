"""Scan log: one line for each scan of a feed, good or bad."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class InfluencerScanLog(Base):
    """What one scan saw, found and cost."""

    __tablename__ = "influencer_scan_logs"
    __table_args__ = (Index("ix_influencer_scan_logs_influencer_id_scanned_at", "influencer_id", "scanned_at"),)

    influencer_id: Mapped[UUID] = mapped_column(ForeignKey("influencers.id"))
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("instagram_accounts.id"))
    posts_checked: Mapped[int]
    new_posts_found: Mapped[int]
    matched_campaigns: Mapped[int]
    """Contents registered by this scan."""
    items_rejected: Mapped[int]
    """Items that the parser could not read; above zero a person should look."""
    rejects: Mapped[list[dict[str, Any]]]
    """`[{"reason", "item"}]`: the rejected items, kept for replay."""
    pages_fetched: Mapped[int]
    duration_ms: Mapped[int]
    error_message: Mapped[str | None]
    scanned_at: Mapped[datetime]
