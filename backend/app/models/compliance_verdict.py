"""Compliance verdicts: what the disclosure rules said about a content, each time that it changed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base
from app.models.states import DisclosureVerdict


class ComplianceVerdict(Base):
    """One verdict; the newest one of a content holds."""

    __tablename__ = "compliance_verdicts"
    __table_args__ = (Index("ix_compliance_verdicts_content_id_checked_at", "content_id", "checked_at"),)

    content_id: Mapped[UUID] = mapped_column(ForeignKey("campaign_contents.id"))
    rule_set: Mapped[str]
    """The day on which the applied version of the guideline came into force, as `2024-12-01`."""
    verdict: Mapped[DisclosureVerdict]
    rule: Mapped[str]
    evidence: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """`{"text", "start", "end", "source"}`: the words that decided."""
    caption_hash: Mapped[str]
    """Of the caption that was judged."""
    checked_at: Mapped[datetime]
