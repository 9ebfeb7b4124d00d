"""Logging an account in: one at a time in the whole installation, by a person, with the account's own limits.

Workers never do this. While a login runs, and after one that failed, the account is set aside.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.core import db
from app.core.config import Settings
from app.core.db import TransactionFactory, server_now
from app.core.errors import CannotDecrypt, InvalidInput, TagBuyError
from app.instagram import sessions
from app.instagram.errors import FailureKind, InstagramError
from app.instagram.login import CodeKind, Credentials
from app.instagram.transport import PermitSource
from app.models import InstagramAccount
from app.models.states import AccountStatus, RequestKind
from app.scheduling import account_changes, account_secrets, accounts, notices
from app.scheduling.account_requests import AccountRequests, Pause
from app.scheduling.account_secrets import StoredLogin
from app.scheduling.allowance import Limits

LOCK = "tagbuy.account.login"
ClientLogin = Callable[[Credentials, Mapping[str, Any], str | None, PermitSource], Mapping[str, Any]]
"""What logs in (`app.instagram.login.log_in`): credentials, device, proxy, permits → settings of the new session."""


@dataclass(frozen=True, slots=True)
class _Begun:
    account_id: UUID
    credentials: Credentials
    device: Mapping[str, Any]
    proxy: str | None
    was_paused: bool


def log_in(
    transaction: TransactionFactory,
    client_login: ClientLogin,
    username: str,
    *,
    ask_password: Callable[[], str],
    second_factor: CodeKind,
    settings: Settings,
    pause: Pause,
) -> AccountStatus:
    """Log the account in, store its new session, and return its status: active, or paused where it was.

    Raises:
        InvalidInput: no password, or another login runs.
        NotFreeYet: the account rests, or a limit is used up.
        InstagramError: Instagram gave no session; the account is set aside with the reason.
    """
    with db.sole_holder(LOCK) as is_held:
        if not is_held:
            raise InvalidInput("Another login is running; they go one by one. Try again when it has ended.")
        begun = _begin(transaction, username, ask_password=ask_password, second_factor=second_factor)
        requests = AccountRequests(
            transaction,
            begun.account_id,
            kind=RequestKind.LOGIN,
            limits=Limits.from_settings(settings, accounts.PROVIDER),
            pause=pause,
        )
        try:
            return _store(transaction, begun, client_login(begun.credentials, begun.device, begun.proxy, requests))
        except TagBuyError as error:
            _set_aside(transaction, begun, error, settings=settings)
            raise


def _store(transaction: TransactionFactory, begun: _Begun, session_settings: Mapping[str, Any]) -> AccountStatus:
    with transaction() as session:
        account = session.get_one(InstagramAccount, begun.account_id, with_for_update={"key_share": True})
        if begun.was_paused:
            account_changes.pause_account(account, reason=None)
        account_changes.store_session(session, account, session_settings)
        account.last_succeeded_at = server_now(session)
        return account.status


def _begin(
    transaction: TransactionFactory, username: str, *, ask_password: Callable[[], str], second_factor: CodeKind
) -> _Begun:
    with transaction() as session:
        account = account_changes.find_account(session, username)
        notices.require_allowed(session, account)
        if account.provider not in notices.PRIVATE_PROVIDERS:
            raise InvalidInput(
                f"{account.username} belongs to {account.provider}, which has tokens and no logins. Store its token "
                f"with `tagbuy account import-session {account.username} FILE`."
            )
        login, stored = _stored(account)
    login = login or StoredLogin(ask_password(), None)
    if not login.password:
        raise InvalidInput(f"A login needs the password. Store it with `tagbuy account set {username} --password`.")
    device = sessions.device_of(stored) if stored.get("uuids") else sessions.new_device()
    with transaction() as session:
        account = account_changes.find_account(session, username)
        was_paused = account.status is AccountStatus.PAUSED
        account.status = AccountStatus.NEEDS_HUMAN
        account.status_reason = f"a login has not ended; `tagbuy account login {account.username}` tries again"
        if not stored.get("uuids"):
            # The next attempt must come from the same phone, however this one ends.
            account_secrets.seal_session(account, device)
        credentials = Credentials(account.username, login.password, login.totp_seed, second_factor)
        return _Begun(account.id, credentials, device, account.proxy, was_paused)


def _stored(account: InstagramAccount) -> tuple[StoredLogin | None, Mapping[str, Any]]:
    """Return login and settings as far as they can be opened: a login is how a lost key is mended."""
    login, stored = None, {}
    with suppress(CannotDecrypt):
        login = account_secrets.open_login(account)
    with suppress(CannotDecrypt):
        stored = account_secrets.open_session(account)
    return login, stored


def _set_aside(transaction: TransactionFactory, begun: _Begun, error: TagBuyError, *, settings: Settings) -> None:
    with transaction() as session:
        account = session.get_one(InstagramAccount, begun.account_id, with_for_update={"key_share": True})
        account.status_reason = f"the login failed: {error}"
        if isinstance(error, InstagramError):
            account.last_error = str(error)
            account.error_count += 1
            if error.kind is FailureKind.COOLING:
                rest = accounts.rest_after(error, errors_in_a_row=account.error_count, settings=settings)
                account.cooldown_until = server_now(session) + rest
