"""Contents: posts that are registered for a campaign."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Timestamps
from app.models.states import ContentStatus, Existence


class CampaignContent(Timestamps, Base):
    """A post that meets a campaign's requirements."""

    __tablename__ = "campaign_contents"
    __table_args__ = (
        UniqueConstraint("campaign_id", "instagram_media_pk"),
        Index("ix_campaign_contents_influencer_id_instagram_media_pk", "influencer_id", "instagram_media_pk"),
        Index("ix_campaign_contents_next_check_at", "next_check_at"),
        Index("ix_campaign_contents_next_metrics_at", "next_metrics_at"),
        Index("ix_campaign_contents_missing", "missing_since", postgresql_where=text("missing_since IS NOT NULL")),
    )

    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"))
    influencer_id: Mapped[UUID] = mapped_column(ForeignKey("influencers.id"))
    post_id: Mapped[UUID] = mapped_column(ForeignKey("influencer_posts.id"), index=True)
    instagram_media_pk: Mapped[str]
    post_url: Mapped[str]
    post_type: Mapped[str]
    """photo, video, reel or album."""
    status: Mapped[ContentStatus] = mapped_column(default=ContentStatus.PENDING)
    existence: Mapped[Existence] = mapped_column(default=Existence.PRESENT)
    posted_at: Mapped[datetime]
    submitted_at: Mapped[datetime]
    """When the monitor registered it."""
    settled_at: Mapped[datetime | None]
    retention_until: Mapped[datetime]
    next_metrics_at: Mapped[datetime | None]
    next_check_at: Mapped[datetime | None]

    existence_since: Mapped[datetime] = mapped_column(server_default=text("now()"))
    """When it got into its present state of existence."""
    last_seen_at: Mapped[datetime | None]
    """When anything showed it last."""
    last_on_page_at: Mapped[datetime | None]
    """When a page of the feed showed it last: only what the last page showed can be missing from the next one."""
    missing_since: Mapped[datetime | None]
    """The first sign that it is gone; NULL while there is none."""
    missing_witness_id: Mapped[UUID | None] = mapped_column(ForeignKey("instagram_accounts.id"))
    """Which account proved it missing first; the second proof needs another one."""
    check_failures: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """Checks in a row that proved nothing."""
    removal_count: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """Confirmed removals; part of what makes each alert unique."""
    status_before_removal: Mapped[ContentStatus | None]
