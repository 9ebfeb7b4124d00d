"""Requests that a person sends with one named account, whatever its status: leased, limited and logged as the pool's.

The pool chooses an account for a request; here the account is given.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from app.core import watchdog
from app.core.clock import KST
from app.core.config import Settings
from app.core.db import TransactionFactory, server_now
from app.core.errors import TagBuyError
from app.instagram.errors import FailureKind, InstagramError, PermitRefused
from app.instagram.port import Permit, ReaderAccount
from app.models import InstagramAccount
from app.models.states import RequestKind, RequestOutcome
from app.scheduling import account_pool, accounts
from app.scheduling.account_pool import Errand, Lease, Wait
from app.scheduling.allowance import Limits, Urgency

LONGEST_WAIT = timedelta(seconds=90)
T = TypeVar("T")
Pause = Callable[[timedelta], None]
"""Lets the time pass; given by the command, which shows that it waits."""


class NotFreeYet(TagBuyError):
    """The account may not send before `until`: it rests, or a limit is used up."""

    def __init__(self, username: str, until: datetime) -> None:
        super().__init__(
            f"{username} may not send before {until.astimezone(KST):%Y-%m-%d %H:%M:%S} (KST): it rests, or a limit is "
            f"used up. `tagbuy account list` shows which; `tagbuy account resume {username}` ends a rest."
        )
        self.until = until


class AccountRequests:
    """The permits of one account, one after the other; a `PermitSource` for the HTTP transport."""

    def __init__(
        self,
        transaction: TransactionFactory,
        account_id: UUID,
        *,
        kind: RequestKind,
        limits: Limits,
        pause: Pause,
    ) -> None:
        self._transaction = transaction
        self._account_id = account_id
        self._kind = kind
        self._limits = limits
        self._pause = pause
        self._lease: Lease | None = None

    def take(self, target: str) -> Permit:
        """Return the next permit, after the wait that the limits demand.

        Raises:
            NotFreeYet: that wait is longer than 90 s. Nothing was leased.
        """
        while not isinstance(wait := self._lease_or_wait(target), Lease):
            self._pause(wait)
        self._lease = wait
        return wait.permit

    def give_back(self, permit: Permit, *, http_status: int | None, failed: InstagramError | None) -> int:
        """Write down how the request of the last permit ended, and return its sequence number."""
        lease, self._lease = self._lease, None
        if lease is None or lease.permit is not permit:
            raise PermitRefused("a permit was given back that was not the last one taken")
        if failed is not None:
            outcome = RequestOutcome(failed.kind.value)
        elif not lease.permit.is_spent:
            outcome = RequestOutcome.NOT_SENT
        else:
            outcome = RequestOutcome.IN_FLIGHT if http_status is None else RequestOutcome.OK
        try:
            with self._transaction() as session:
                account_pool.release_lease(
                    session,
                    lease,
                    outcome=outcome,
                    http_status=http_status,
                    was_answered=http_status is not None,
                )
        finally:
            watchdog.disarm()
        return lease.sequence

    def _lease_or_wait(self, target: str) -> Lease | timedelta:
        errand = Errand(self._kind, target, Urgency.URGENT)
        answer: Lease | Wait | None = None
        watchdog.arm(self._limits.lease)
        try:
            with self._transaction() as session:
                answer = account_pool.lease_this_account(session, self._account_id, errand, limits=self._limits)
                now = server_now(session)
                username = session.get_one(InstagramAccount, self._account_id).username
        finally:
            if not isinstance(answer, Lease):
                watchdog.disarm()
        if isinstance(answer, Lease):
            return answer
        wait = (answer.until or now) - now
        if wait > LONGEST_WAIT:
            raise NotFreeYet(username, now + wait)
        return max(wait, timedelta(0))


def send_request(
    transaction: TransactionFactory,
    account: ReaderAccount,
    call: Callable[[ReaderAccount, Permit], T],
    *,
    kind: RequestKind,
    target: str,
    provider: str,
    settings: Settings,
    pause: Pause,
) -> T:
    """Send one request with this account and return its answer.

    Raises:
        NotFreeYet: nothing was sent.
        InstagramError: the request failed; the log and the account's health know already.
    """
    limits = Limits.from_settings(settings, provider)
    requests = AccountRequests(transaction, account.id, kind=kind, limits=limits, pause=pause)
    permit = requests.take(target)
    failed: InstagramError | None = None
    http_status: int | None = None
    try:
        value = call(account, permit)
        http_status = 200
    except InstagramError as error:
        failed, http_status = error, error.http_status
        raise
    finally:
        sequence = requests.give_back(permit, http_status=http_status, failed=failed)
        if failed is not None or http_status is not None:
            _note_health(transaction, account, failed, sequence=sequence, settings=settings)
    return value


def _note_health(
    transaction: TransactionFactory,
    account: ReaderAccount,
    failed: InstagramError | None,
    *,
    sequence: int,
    settings: Settings,
) -> None:
    with transaction() as session:
        now = server_now(session)
        if failed is None or failed.kind is FailureKind.TARGET:
            accounts.note_success(session, account, sequence=sequence, now=now)
        else:
            accounts.note_failure(session, account, failed, now=now, settings=settings)
