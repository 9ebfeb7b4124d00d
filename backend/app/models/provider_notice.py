"""Accepted notices: who took the risk of a provider, and of which text."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from app.models.base import Base


class ProviderNotice(Base):
    """One acceptance. A new version of the text must be accepted again."""

    __tablename__ = "provider_notices"
    __table_args__ = (UniqueConstraint("provider", "notice_version"),)

    provider: Mapped[str]
    notice_version: Mapped[str]
    accepted_by: Mapped[str]
    accepted_at: Mapped[datetime]
