"""Which accounts may be used at all, whatever their limits let through at the moment."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from app.models import InstagramAccount
from app.models.states import AccountStatus
from app.scheduling import notices

_USABLE = (AccountStatus.ACTIVE, AccountStatus.COOLING)


def are_of(provider: str) -> Sequence[ColumnElement[bool]]:
    """Return what an account must be to send at all; a real one needs the accepted notice of its provider."""
    return [
        InstagramAccount.provider == provider,
        or_(*(InstagramAccount.status == status for status in _USABLE)),
        InstagramAccount.session.is_not(None),
        or_(InstagramAccount.is_sandbox, notices.is_allowed(provider)),
    ]


def exist_of(session: Session, provider: str) -> bool:
    """Return whether the pool has an account of the provider that may send, now or after a rest."""
    return session.scalars(select(InstagramAccount.id).where(*are_of(provider)).limit(1)).first() is not None
