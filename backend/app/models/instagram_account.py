"""Accounts: the logins with which Instagram is read."""

from datetime import date, datetime

from sqlalchemy import Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Timestamps
from app.models.states import AccountStatus


class InstagramAccount(Timestamps, Base):
    """One member of the pool."""

    __tablename__ = "instagram_accounts"
    __table_args__ = (
        Index("ix_instagram_accounts_provider_free_at", "provider", "free_at"),
        Index("ix_instagram_accounts_provider_paced_until", "provider", "paced_until"),
    )

    provider: Mapped[str]
    username: Mapped[str] = mapped_column(unique=True)
    session: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The client's settings as JSON, sealed with this row's id (`app.core.secrets`)."""
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Password and TOTP seed as JSON, sealed likewise; only `tagbuy account login` opens it."""
    proxy: Mapped[str | None]
    """One stable address for each account; may hold a password, so it is never logged."""
    status: Mapped[AccountStatus] = mapped_column(default=AccountStatus.ACTIVE)
    status_reason: Mapped[str | None]
    """Why a person or a command gave it this status; None where its last answer did (`last_error`)."""
    cooldown_until: Mapped[datetime | None]
    requests_per_minute: Mapped[int | None]
    """This account's own limit; None = the setting of the same name. So for the hour and the day."""
    requests_per_hour: Mapped[int | None]
    requests_per_day: Mapped[int | None]
    warming_since: Mapped[date | None]
    """First day (in Korea) on which the account is used with care; None = it may use its whole limits."""
    is_sandbox: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """A reader of the local Instagram: its provider needs no accepted notice."""
    free_at: Mapped[datetime] = mapped_column(server_default=text("to_timestamp(0)"))
    """From when it may send by the request log. An index to that log: a wrong one costs a look, never a limit."""
    paced_until: Mapped[datetime] = mapped_column(server_default=text("to_timestamp(0)"))
    """From when it may send what is not urgent, as its day is spread."""
    last_sequence: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    error_count: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """Failures in a row that were this account's."""
    last_error: Mapped[str | None]
    last_succeeded_at: Mapped[datetime | None]
