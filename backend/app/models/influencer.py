"""Influencers and the state of watching their feeds."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Timestamps
from app.models.states import Platform, ScanPriority


class Influencer(Timestamps, Base):
    """A person with an Instagram account; `platform_uid` is Instagram's pk and never changes, the username may."""

    __tablename__ = "influencers"
    __table_args__ = (
        UniqueConstraint("platform", "platform_uid"),
        # An influencer imported by name gets its pk at the first scan; until then the name identifies it.
        Index(
            "uq_influencers_username_unresolved",
            "platform",
            text("lower(username)"),
            unique=True,
            postgresql_where=text("platform_uid IS NULL"),
        ),
        Index("ix_influencers_next_scan_at", "next_scan_at"),
    )

    platform: Mapped[Platform] = mapped_column(default=Platform.INSTAGRAM)
    platform_uid: Mapped[str | None]
    username: Mapped[str] = mapped_column(index=True)
    full_name: Mapped[str | None]
    follower_count: Mapped[int | None] = mapped_column(BigInteger)
    is_private: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    last_synced_at: Mapped[datetime | None]
    """When the profile was asked for last, and answered."""
    sync_error: Mapped[str | None]
    """`user_not_found` where the profile is gone."""

    last_post_checked_at: Mapped[datetime | None]
    last_known_post_pk: Mapped[str | None]
    scan_priority: Mapped[ScanPriority] = mapped_column(default=ScanPriority.MEDIUM)
    next_scan_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    scan_lease_until: Mapped[datetime | None]
    scan_failures: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    doubts: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """Answers in a row, other failures not counted, that say the feed is empty or not there for us."""
    last_error: Mapped[str | None]

    posting_rhythm: Mapped[dict[str, Any] | None]
    """What was learned of when this influencer posts (`app.scheduling.rhythm_store`); None before the first page."""
    scan_reason: Mapped[str | None]
    """What decided `next_scan_at` at the last scan (`app.scheduling.policy.Reason`)."""
    scan_price: Mapped[float | None]
    """The level of the price with which `next_scan_at` was planned; None where no price was asked."""

    feed_known_since: Mapped[datetime | None]
    """The feed has been read without a gap from the last check back to this instant."""
    fully_walked_at: Mapped[datetime | None]
    """When the last walk back to the earliest campaign began."""
    walk_cursor: Mapped[str | None]
    """Where an unfinished walk down the feed goes on, in the words of `read_by`."""
    walk_floor: Mapped[datetime | None]
    """How far back the unfinished walk must go."""
    read_by: Mapped[str | None]
    """The provider that read the feed last."""
    graph_refused_at: Mapped[datetime | None]
    """When the official API last said that it does not know this account."""
