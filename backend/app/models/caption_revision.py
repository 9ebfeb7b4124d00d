"""Caption revisions: what a caption said before and after an edit."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class CaptionRevision(Base):
    """One edit, as seen between two looks at the feed."""

    __tablename__ = "caption_revisions"

    post_id: Mapped[UUID] = mapped_column(ForeignKey("influencer_posts.id"), index=True)
    caption_before: Mapped[str]
    caption_after: Mapped[str]
    seen_at: Mapped[datetime]
