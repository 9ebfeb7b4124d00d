"""Contents: posts that are registered for a campaign."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Timestamps
from app.models.states import ContentStatus, Existence


class CampaignContent(Timestamps, Base):
    """A post that meets a campaign's requirements."""

    __tablename__ = "campaign_contents"
    __table_args__ = (
        UniqueConstraint("campaign_id", "instagram_media_pk"),
        Index("ix_campaign_contents_influencer_id_instagram_media_pk", "influencer_id", "instagram_media_pk"),
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
