"""Tokens of the official API as members of the pool: which of them end soon."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import CannotDecrypt, InvalidInput
from app.instagram.graph_token import GraphToken, is_near_expiry
from app.models import InstagramAccount
from app.models.states import AccountStatus
from app.scheduling import accounts

PROVIDER = "graph"


@dataclass(frozen=True, slots=True)
class ExpiringToken:
    """A token that must be renewed, or has ended already."""

    account_id: UUID
    username: str
    expires_at: datetime

    def as_payload(self) -> dict[str, str]:
        """Return the payload of `account.token_expires`."""
        return {"account_username": self.username, "expires_at": self.expires_at.isoformat()}

    @property
    def incident(self) -> str:
        """What is to be told once: this token with this end; a renewed one has another end."""
        return f"{self.account_id}:{self.expires_at:%Y-%m-%d}"


def expiring_tokens(session: Session, *, now: datetime) -> Sequence[ExpiringToken]:
    """Return the tokens in use that end within ten days or have ended, the earliest first.

    A stored session that cannot be opened or read is left out: the lease says so and puts the account aside.
    """
    found = [
        ExpiringToken(account.id, account.username, token.expires_at)
        for account, token in _readable_tokens(session)
        if token.expires_at is not None and is_near_expiry(token.expires_at, now=now)
    ]
    return sorted(found, key=lambda token: token.expires_at)


def account_of(session: Session, ig_user_id: str) -> UUID | None:
    """Return the account whose token belongs to this Instagram user of the official API, if the pool has one."""
    owners = (account.id for account, token in _readable_tokens(session) if token.ig_user_id == ig_user_id)
    return next(owners, None)


def _readable_tokens(session: Session) -> Iterator[tuple[InstagramAccount, GraphToken]]:
    stored = session.scalars(
        select(InstagramAccount).where(
            InstagramAccount.provider == PROVIDER,
            InstagramAccount.session.is_not(None),
            InstagramAccount.status.in_((AccountStatus.ACTIVE, AccountStatus.COOLING, AccountStatus.NEEDS_HUMAN)),
        )
    ).all()
    for account in stored:
        with contextlib.suppress(CannotDecrypt, InvalidInput):
            yield account, GraphToken.from_settings(accounts.reader_account(account).settings)
