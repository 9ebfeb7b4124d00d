"""People who use or receive something from the monitor."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Timestamps
from app.models.states import Locale, UserRole


class User(Timestamps, Base):
    """A person. Without a password hash they cannot sign in, but can receive messages."""

    __tablename__ = "users"
    __table_args__ = (Index("uq_users_email", text("lower(email)"), unique=True),)

    email: Mapped[str]
    name: Mapped[str | None]
    role: Mapped[UserRole]
    locale: Mapped[Locale] = mapped_column(default=Locale.KO, server_default=Locale.KO)
    password_hash: Mapped[str | None]
    must_change_password: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    disabled_at: Mapped[datetime | None]
