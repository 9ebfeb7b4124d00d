"""Verdicts: post × campaign, matched or not, and why."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class PostMatch(Base):
    """The last verdict about a post for a campaign."""

    __tablename__ = "post_matches"
    __table_args__ = (UniqueConstraint("post_id", "campaign_id"),)

    post_id: Mapped[UUID] = mapped_column(ForeignKey("influencer_posts.id"))
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"), index=True)
    is_match: Mapped[bool]
    score: Mapped[float]
    """0 to 100: the mean of the shares of hashtags, mentions and content type that were found."""
    details: Mapped[dict[str, Any]]
    requirements_hash: Mapped[str]
    """Of the requirements that were judged by; a campaign that asks for something else is judged again."""
    matched_at: Mapped[datetime]
