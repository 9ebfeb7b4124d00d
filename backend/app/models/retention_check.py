"""Retention checks: on which days a content was seen, and whether it still was what was agreed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base
from app.models.states import DisclosureVerdict


class RetentionCheck(Base):
    """The first sighting of a Korean day, or one that differed from the last; each row's hash covers the row before.

    Rows are never changed: `compliance.proof_chain` tells whether they are what was written.
    """

    __tablename__ = "retention_checks"
    __table_args__ = (UniqueConstraint("content_id", "sequence"),)

    content_id: Mapped[UUID] = mapped_column(ForeignKey("campaign_contents.id"))
    sequence: Mapped[int]
    """1 for a content's first check."""
    checked_at: Mapped[datetime]
    caption_hash: Mapped[str]
    removed: Mapped[list[str]]
    """What is required, was there at first and is gone: `#tag`, `@name`."""
    verdict: Mapped[DisclosureVerdict]
    rule: Mapped[str]
    hash: Mapped[str]
