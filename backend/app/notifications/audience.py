"""Who is told: the people whose task it is to look after the installation."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import User
from app.models.states import UserRole


def operator_ids(session: Session) -> Sequence[UUID]:
    """Return everyone who receives the operators' messages."""
    return session.scalars(
        select(User.id).where(User.role.in_((UserRole.ADMIN, UserRole.OPERATOR)), User.disabled_at.is_(None))
    ).all()
