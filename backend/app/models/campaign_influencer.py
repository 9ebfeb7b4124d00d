"""Participations: influencer × campaign."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Timestamps
from app.models.states import Compensation


class CampaignInfluencer(Timestamps, Base):
    """One influencer's part in one campaign; only selected ones are watched."""

    __tablename__ = "campaign_influencers"
    __table_args__ = (
        UniqueConstraint("campaign_id", "influencer_id"),
        # The planner asks for every due feed who takes part in what: the index alone answers.
        Index(
            "ix_campaign_influencers_influencer_id",
            "influencer_id",
            postgresql_include=["campaign_id", "is_selected"],
        ),
    )

    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"))
    influencer_id: Mapped[UUID] = mapped_column(ForeignKey("influencers.id"))
    is_selected: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    selected_at: Mapped[datetime | None]
    agreed_amount: Mapped[Decimal | None] = mapped_column(Numeric(14, 2))
    """In Korean won."""
    compensation: Mapped[Compensation | None]
