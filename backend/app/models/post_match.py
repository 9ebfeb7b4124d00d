"""Verdicts: post × campaign, matched or not, and why."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base
from app.models.states import ReviewStatus


class PostMatch(Base):
    """The last verdict about a post for a campaign, and what a person decided about a near miss."""

    __tablename__ = "post_matches"
    __table_args__ = (
        UniqueConstraint("post_id", "campaign_id"),
        Index("ix_post_matches_open_reviews", "campaign_id", postgresql_where=text("review_status = 'open'")),
    )

    post_id: Mapped[UUID] = mapped_column(ForeignKey("influencer_posts.id"))
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"), index=True)
    is_match: Mapped[bool]
    score: Mapped[float]
    """0 to 100: the mean of the shares of hashtags, mentions and content type that were found."""
    details: Mapped[dict[str, Any]]
    requirements_hash: Mapped[str]
    """Of the requirements that were judged by; a campaign that asks for something else is judged again."""
    matched_at: Mapped[datetime]
    near_misses: Mapped[list[dict[str, Any]]] = mapped_column(default=list, server_default=text("'[]'::jsonb"))
    """`[{"kind", "rule", "required", "found"}]`: what a person may see past; empty where nothing is near."""
    review_status: Mapped[ReviewStatus | None]
    """None where there is nothing to decide."""
    reviewed_at: Mapped[datetime | None]
