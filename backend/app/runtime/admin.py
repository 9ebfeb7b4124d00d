"""The first user: made once, with a password that is shown once."""

import secrets

from pwdlib import PasswordHash
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.models import User
from app.models.states import UserRole


def create_first_admin(session: Session, *, email: str) -> str | None:
    """Create the administrator of a new installation and return the one-time password; None where one exists."""
    exists = select(User.id).where(or_(User.role == UserRole.ADMIN, func.lower(User.email) == email.lower())).limit(1)
    if session.scalar(exists) is not None:
        return None
    password = secrets.token_urlsafe(12)
    session.add(
        User(
            email=email,
            role=UserRole.ADMIN,
            password_hash=PasswordHash.recommended().hash(password),
            must_change_password=True,
        )
    )
    return password
