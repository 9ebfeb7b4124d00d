"""Accounts of the pool: stored with sealed sessions, and kept in the state that their last answers say."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from app.core.config import Settings
from app.core.errors import CannotDecrypt
from app.instagram.errors import FailureKind, InstagramError
from app.instagram.port import ReaderAccount
from app.models import InstagramAccount, new_id
from app.models.states import AccountStatus
from app.scheduling import account_secrets

PROVIDER = "instagrapi"
_LONGEST_TRANSIENT_REST = timedelta(minutes=30)
_LONGEST_LIMITED_REST = timedelta(hours=24)


def save_account(
    session: Session,
    *,
    username: str,
    settings: Mapping[str, Any],
    proxy: str | None,
    provider: str = PROVIDER,
    is_sandbox: bool = False,
) -> InstagramAccount:
    """Store an account with its client settings, sealed; one that is stored already gets the new session and proxy.

    A session that differs from the stored one makes the account active again.
    """
    account = session.scalars(
        select(InstagramAccount).where(InstagramAccount.username == username).with_for_update(key_share=True)
    ).one_or_none()
    if account is None:
        account = InstagramAccount(id=new_id(), provider=provider, username=username, status=AccountStatus.ACTIVE)
        session.add(account)
        # Before anything is sealed: see `key_rotation`.
        session.flush()
    if not _has_session(account, settings):
        account_secrets.seal_session(account, settings)
        make_active(account)
        account.last_error = None
    account.proxy = proxy
    account.is_sandbox = is_sandbox
    session.flush()
    return account


def make_active(account: InstagramAccount) -> None:
    """Forget why the account rested or was set aside; its last error stays to be seen."""
    account.status, account.status_reason, account.cooldown_until = AccountStatus.ACTIVE, None, None
    account.error_count = 0


def reader_account(account: InstagramAccount) -> ReaderAccount:
    """Return what a provider needs to send with this account.

    Raises:
        CannotDecrypt: the session cannot be opened; the message says which command mends it.
    """
    settings = account_secrets.open_session(account)
    return ReaderAccount(id=account.id, username=account.username, settings=settings, proxy=account.proxy)


def note_success(
    session: Session, account: ReaderAccount, *, sequence: int, now: datetime, rest: timedelta | None = None
) -> None:
    """An answer came: the account is well, unless a person paused it, or a later request failed, meanwhile.

    It rests for `rest` where the answer says that its allowance is nearly used up.
    """
    session.execute(
        update(InstagramAccount)
        .where(
            InstagramAccount.id == account.id,
            InstagramAccount.last_sequence == sequence,
            InstagramAccount.status.in_((AccountStatus.ACTIVE, AccountStatus.COOLING)),
        )
        .values(
            status=AccountStatus.COOLING if rest else AccountStatus.ACTIVE,
            cooldown_until=now + rest if rest else None,
            error_count=0,
            last_error=None,
            last_succeeded_at=now,
        )
    )


def note_failure(
    session: Session, account: ReaderAccount, failure: InstagramError, *, now: datetime, settings: Settings
) -> AccountStatus:
    """Put the account to rest, or aside, as the failure demands; return its status afterwards."""
    row = session.scalars(
        select(InstagramAccount).where(InstagramAccount.id == account.id).with_for_update(key_share=True)
    ).one()
    if row.status not in (AccountStatus.ACTIVE, AccountStatus.COOLING):
        return row.status
    row.error_count += 1
    row.last_error = str(failure)
    is_worn_out = row.error_count >= settings.account_errors_in_a_row and _is_alone_with_it(session, row, failure, now)
    if is_worn_out or failure.kind in (FailureKind.NEEDS_HUMAN, FailureKind.OUTDATED):
        row.status = AccountStatus.NEEDS_HUMAN
        row.cooldown_until = None
        row.status_reason = f"{row.error_count} failures in a row" if is_worn_out else None
    else:
        row.status = AccountStatus.COOLING
        row.cooldown_until = now + rest_after(failure, errors_in_a_row=row.error_count, settings=settings)
    if failure.kind is FailureKind.OUTDATED:
        _stop_provider(session, row.provider, str(failure))
    return row.status


def rest_after(failure: InstagramError, *, errors_in_a_row: int, settings: Settings) -> timedelta:
    """Return how long an account rests after a failure: doubling from error to error; the server's word wins."""
    if failure.error == "feedback_required":
        shortest = longest = settings.cooldown_feedback
    elif failure.kind is FailureKind.COOLING:
        shortest, longest = settings.cooldown_limited, _LONGEST_LIMITED_REST
    else:
        shortest, longest = settings.cooldown_transient, _LONGEST_TRANSIENT_REST
    rest: timedelta = min(shortest * 2 ** min(errors_in_a_row - 1, 16), longest)
    return max(rest, failure.retry_after or timedelta(0))


def _is_alone_with_it(session: Session, account: InstagramAccount, failure: InstagramError, now: datetime) -> bool:
    """Return whether a failure is this account's own: an outage, in which nobody is answered, is nobody's."""
    if failure.kind is not FailureKind.TRANSIENT:
        return True
    somebody_else = exists().where(
        InstagramAccount.provider == account.provider,
        InstagramAccount.id != account.id,
        InstagramAccount.last_succeeded_at > now - _LONGEST_TRANSIENT_REST,
    )
    return session.scalars(select(somebody_else)).one()


def _stop_provider(session: Session, provider: str, error: str) -> None:
    """Put every account of a provider aside: with software that is too old each further request does harm."""
    session.execute(
        update(InstagramAccount)
        .where(
            InstagramAccount.provider == provider,
            InstagramAccount.status.in_((AccountStatus.ACTIVE, AccountStatus.COOLING)),
        )
        .values(status=AccountStatus.NEEDS_HUMAN, last_error=error)
    )


def _has_session(account: InstagramAccount, settings: Mapping[str, Any]) -> bool:
    try:
        return account.session is not None and account_secrets.open_session(account) == dict(settings)
    except CannotDecrypt:
        return False
