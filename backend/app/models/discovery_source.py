"""Sources beyond the feeds that show new posts: what is looked at, when next, and what it has brought."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Timestamps
from app.models.states import DiscoveryKind


class DiscoverySource(Timestamps, Base):
    """A source, made from what the running campaigns ask for; a lost row is made again."""

    __tablename__ = "discovery_sources"
    __table_args__ = (UniqueConstraint("kind", "key"), Index("ix_discovery_sources_next_look_at", "next_look_at"))

    kind: Mapped[DiscoveryKind]
    key: Mapped[str]
    """What is looked at: a brand's username, a hashtag without `#`, or the id of an influencer, account or post."""
    user_pk: Mapped[str | None]
    """Of the brand, once it is known."""
    influencer_id: Mapped[UUID | None] = mapped_column(ForeignKey("influencers.id", ondelete="CASCADE"), index=True)
    """Whose tab of reels it is."""
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("instagram_accounts.id", ondelete="CASCADE"), index=True)
    """The only account that sees it: the reader of a timeline, the token of a brand."""
    next_look_at: Mapped[datetime] = mapped_column(server_default=func.now())
    lease_until: Mapped[datetime | None]
    looked_at: Mapped[datetime | None]
    yielded: Mapped[dict[str, Any] | None]
    """What looks have brought (`app.scheduling.discovery.Yield`); None before the first."""
    failures: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    last_error: Mapped[str | None]
