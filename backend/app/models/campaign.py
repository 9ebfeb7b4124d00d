"""Campaigns: what an advertiser has ordered."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import KST
from app.models.base import Base, Timestamps
from app.models.states import CampaignStatus, ContentType, MentionPlace


class Campaign(Timestamps, Base):
    """An order. The period includes both days, in the campaign's time zone."""

    __tablename__ = "campaigns"
    __table_args__ = (CheckConstraint("start_date <= end_date", name="period"),)

    advertiser_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    title: Mapped[str]
    status: Mapped[CampaignStatus] = mapped_column(default=CampaignStatus.DRAFT, index=True)
    required_hashtags: Mapped[list[str]] = mapped_column(default=list)
    """Without `#`, as a person wrote them; compared folded."""
    required_mentions: Mapped[list[str]] = mapped_column(default=list)
    """Usernames without `@`."""
    any_hashtags: Mapped[list[str]] = mapped_column(default=list, server_default=text("'[]'::jsonb"))
    """One of these is enough, beside all of `required_hashtags`."""
    mention_places: Mapped[list[str]] = mapped_column(
        default=lambda: [MentionPlace.CAPTION.value], server_default=text("""'["caption"]'::jsonb""")
    )
    """Where a required mention counts: caption, usertag, coauthor."""
    required_phrases: Mapped[list[str]] = mapped_column(default=list, server_default=text("'[]'::jsonb"))
    forbidden_words: Mapped[list[str]] = mapped_column(default=list, server_default=text("'[]'::jsonb"))
    content_type: Mapped[ContentType] = mapped_column(default=ContentType.ANY)
    start_date: Mapped[date]
    end_date: Mapped[date]
    time_zone: Mapped[str] = mapped_column(default=KST.key, server_default=text(f"'{KST.key}'"))
    """An IANA name."""
    retention_days: Mapped[int] = mapped_column(default=180, server_default=text("180"))
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'::jsonb"))
