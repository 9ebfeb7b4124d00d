"""Trying one account: a single request through its real provider, whatever its status."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.core.config import Settings
from app.core.db import TransactionFactory
from app.instagram.errors import FailureKind, InstagramError
from app.instagram.port import Permit, ReaderAccount
from app.models.states import AccountStatus, RequestKind
from app.scheduling import account_advice, account_changes, account_requests, accounts, notices
from app.scheduling.account_requests import Pause


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came back, and what to do."""

    is_well: bool
    came_back: str
    advice: str | None
    status: AccountStatus


def check_account(
    transaction: TransactionFactory,
    call: Callable[[ReaderAccount, Permit], Any],
    username: str,
    *,
    target: str,
    settings: Settings,
    pause: Pause,
) -> Verdict:
    """Send one request with the account, and write its health down as a worker would.

    Raises:
        NotFreeYet: it rests, or a limit is used up; nothing was sent.
        CannotDecrypt: its session cannot be opened; the message says which command mends it.
    """
    with transaction() as session:
        account = account_changes.find_account(session, username)
        notices.require_allowed(session, account)
        reader, provider = accounts.reader_account(account), account.provider
    failed: InstagramError | None = None
    try:
        account_requests.send_request(
            transaction,
            reader,
            call,
            kind=RequestKind.PROFILE,
            target=target,
            provider=provider,
            settings=settings,
            pause=pause,
        )
    except InstagramError as error:
        failed = error
    is_well = failed is None or failed.kind is FailureKind.TARGET
    with transaction() as session:
        status = account_changes.find_account(session, username).status
    advice = account_advice.advice_for(failed, reader.username) if failed else None
    if is_well and status is not AccountStatus.ACTIVE:
        advice = f"It is {status.value}: `tagbuy account resume {reader.username}` lets it be used again."
    came_back = f"@{target} was read" if failed is None else f"{failed.kind.value}: {failed}"
    return Verdict(is_well, came_back, advice, status)
