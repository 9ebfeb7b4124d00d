"""Profiles: what an influencer's account said about itself, look by look."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class InfluencerProfile(Base):
    """One look at a profile; the base of every rate by followers."""

    __tablename__ = "influencer_profiles"
    __table_args__ = (Index("ix_influencer_profiles_influencer_id_recorded_at", "influencer_id", "recorded_at"),)

    influencer_id: Mapped[UUID] = mapped_column(ForeignKey("influencers.id"))
    username: Mapped[str]
    follower_count: Mapped[int | None] = mapped_column(BigInteger)
    """NULL = not reported, or gone."""
    is_private: Mapped[bool]
    is_gone: Mapped[bool]
    """Instagram says that nobody has this account, as far as one reader can tell."""
    recorded_at: Mapped[datetime]
