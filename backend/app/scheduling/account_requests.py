"""Requests that a person sends with one named account, whatever its status: leased, limited and logged as the pool's.

The pool chooses an account for a request; here the account is given. The rules are those of `account_pool`: the row is
locked while the log is read, the request is written down before the socket opens, and with its worst case.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.clock import KST
from app.core.config import Settings
from app.core.db import TransactionFactory, server_now
from app.core.errors import TagBuyError
from app.instagram.errors import FailureKind, InstagramError, PermitRefused
from app.instagram.port import Permit, ReaderAccount
from app.models import InstagramAccount
from app.models.states import RequestKind, RequestOutcome
from app.scheduling import accounts, allowance, request_log
from app.scheduling.account_pool import LeasePermit

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


@dataclass(frozen=True, slots=True)
class _Lease:
    account_id: UUID
    sequence: int
    permit: LeasePermit


class AccountRequests:
    """The permits of one account, one after the other; a `PermitSource` for the HTTP transport."""

    def __init__(
        self,
        transaction: TransactionFactory,
        account_id: UUID,
        *,
        kind: RequestKind,
        settings: Settings,
        pause: Pause,
    ) -> None:
        self._transaction = transaction
        self._account_id = account_id
        self._kind = kind
        self._settings = settings
        self._pause = pause
        self._lease: _Lease | None = None

    def take(self, target: str) -> Permit:
        """Return the next permit, after the wait that the limits demand.

        Raises:
            NotFreeYet: that wait is longer than 90 s. Nothing was leased.
        """
        while True:
            with self._transaction() as session:
                answer = _lease(session, self._account_id, kind=self._kind, target=target, settings=self._settings)
                now = server_now(session)
                username = session.get_one(InstagramAccount, self._account_id).username
            if isinstance(answer, _Lease):
                self._lease = answer
                return answer.permit
            if answer - now > LONGEST_WAIT:
                raise NotFreeYet(username, answer)
            self._pause(answer - now)

    def give_back(self, permit: Permit, *, http_status: int | None, failed: InstagramError | None) -> int:
        """Write down how the request of the last permit ended, and return its sequence number."""
        lease, self._lease = self._lease, None
        if lease is None or lease.permit is not permit:
            raise PermitRefused("a permit was given back that was not the last one taken")
        with self._transaction() as session:
            _release(session, lease, http_status=http_status, failed=failed)
        return lease.sequence


def send_request(
    transaction: TransactionFactory,
    account: ReaderAccount,
    call: Callable[[ReaderAccount, Permit], T],
    *,
    kind: RequestKind,
    target: str,
    settings: Settings,
    pause: Pause,
) -> T:
    """Send one request with this account and return its answer.

    Raises:
        NotFreeYet: nothing was sent.
        InstagramError: the request failed; the log and the account's health know already.
    """
    requests = AccountRequests(transaction, account.id, kind=kind, settings=settings, pause=pause)
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


def _lease(
    session: Session, account_id: UUID, *, kind: RequestKind, target: str, settings: Settings
) -> _Lease | datetime:
    """Write the request down and return its lease, or the moment from which there can be one."""
    started = time.monotonic()
    account = session.scalars(
        select(InstagramAccount).where(InstagramAccount.id == account_id).with_for_update(key_share=True)
    ).one()
    now = server_now(session)
    free_at = _free_at(session, account, settings, now=now)
    if free_at > now:
        return free_at
    request_log.write_request(session, account, kind=kind, target=target, now=now, lease=settings.request_lease)
    spend_before = started + (settings.request_lease - settings.request_timeout).total_seconds()
    return _Lease(account_id, account.last_sequence, LeasePermit(spend_before=spend_before))


def _free_at(session: Session, account: InstagramAccount, settings: Settings, *, now: datetime) -> datetime:
    """Return the moment from which the account may send by its log; not later than `now` where it may at once."""
    spacing = settings.request_spacing + random.random() * settings.request_jitter  # noqa: S311 - spread, no secret
    windows = allowance.own_windows(account, allowance.common_windows(settings, account.provider), now=now)
    [(_, free_at)] = request_log.free_times(session, [InstagramAccount.id == account.id], windows, spacing)
    return free_at or now


def _release(session: Session, lease: _Lease, *, http_status: int | None, failed: InstagramError | None) -> None:
    if failed is not None:
        outcome = RequestOutcome(failed.kind.value)
    elif not lease.permit.is_spent:
        outcome = RequestOutcome.NOT_SENT
    else:
        outcome = RequestOutcome.IN_FLIGHT if http_status is None else RequestOutcome.OK
    request_log.close_request(
        session,
        lease.account_id,
        lease.sequence,
        now=server_now(session),
        outcome=outcome,
        http_status=http_status,
        may_still_arrive=lease.permit.is_spent and http_status is None,
    )
