"""Posts: everything that was seen on an influencer's feed, matched or not."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class InfluencerPost(Base):
    """A post as last seen; `first_seen_at - taken_at` is the detection delay."""

    __tablename__ = "influencer_posts"
    __table_args__ = (UniqueConstraint("influencer_id", "media_pk"),)

    influencer_id: Mapped[UUID] = mapped_column(ForeignKey("influencers.id"))
    media_pk: Mapped[str] = mapped_column(index=True)
    """19 digits: text, because JSON numbers in a browser lose the last ones."""
    code: Mapped[str]
    media_type: Mapped[int]
    """Instagram's number: 1 photo, 2 video, 8 album."""
    product_type: Mapped[str]
    caption: Mapped[str]
    are_mentions_known: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    """False where the caption is from a source that may leave the `@` out."""
    caption_hash: Mapped[str]
    usertags: Mapped[list[dict[str, Any]]]
    """`[{"pk", "username"}]`, of the post and of an album's pictures."""
    coauthors: Mapped[list[dict[str, Any]]]
    sponsor_tags: Mapped[list[dict[str, Any]]]
    is_paid_partnership: Mapped[bool | None]
    is_pinned: Mapped[bool]
    taken_at: Mapped[datetime]
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    like_count: Mapped[int | None] = mapped_column(BigInteger)
    """The counts as of `last_seen_at`; NULL = hidden or not reported."""
    comment_count: Mapped[int | None] = mapped_column(BigInteger)
    play_count: Mapped[int | None] = mapped_column(BigInteger)
    view_count: Mapped[int | None] = mapped_column(BigInteger)
    is_like_hidden: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    raw: Mapped[dict[str, Any]]
    """The item as Instagram sent it at the first sight."""
