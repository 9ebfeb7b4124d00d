"""Accounts: the logins with which Instagram is read."""

from datetime import datetime

from sqlalchemy import LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Timestamps
from app.models.states import AccountStatus


class InstagramAccount(Timestamps, Base):
    """One member of the pool."""

    __tablename__ = "instagram_accounts"

    provider: Mapped[str]
    username: Mapped[str] = mapped_column(unique=True)
    session: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The client's settings as JSON, sealed with this row's id (`app.core.secrets`)."""
    proxy: Mapped[str | None]
    """One stable address for each account; may hold a password, so it is never logged."""
    status: Mapped[AccountStatus] = mapped_column(default=AccountStatus.ACTIVE)
    cooldown_until: Mapped[datetime | None]
    last_sequence: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    error_count: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """Failures in a row that were this account's."""
    last_error: Mapped[str | None]
    last_succeeded_at: Mapped[datetime | None]
