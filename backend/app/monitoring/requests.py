"""One request to Instagram: lease (one transaction), send (none), write down how it ended (one transaction)."""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

import structlog

from app.core import watchdog
from app.core.clock import KST
from app.core.config import Settings
from app.core.db import TransactionFactory, server_now
from app.core.errors import TagBuyError
from app.instagram import graph_usage
from app.instagram.errors import FailureKind, InstagramError, PermitRefused
from app.instagram.port import FeedPage, Permit, Profile, ReaderAccount
from app.models.states import AccountStatus, NotificationEvent, RequestOutcome
from app.notifications import audience
from app.scheduling import account_pool, accounts
from app.scheduling.account_pool import Errand, Lease
from app.scheduling.allowance import Limits

log = structlog.get_logger(__name__)

T = TypeVar("T")
_SHORTEST_WAIT_SECONDS = 0.01


class NoAccountFree(TagBuyError):
    """No account may send now; `until` is when one may, None where there is no usable account."""

    def __init__(self, until: datetime | None) -> None:
        super().__init__(
            "no reader account can read Instagram; `tagbuy doctor` says why"
            if until is None
            else f"every reader account rests until {until.astimezone(KST):%H:%M:%S} (KST)"
        )
        self.until = until


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What Instagram said, with which account it was asked, and between which two moments."""

    value: T
    account_id: UUID
    granted_at: datetime
    answered_at: datetime


def send_request(
    transaction: TransactionFactory,
    call: Callable[[ReaderAccount, Permit], T],
    errand: Errand,
    *,
    settings: Settings,
    provider: str = accounts.PROVIDER,
) -> Answer[T]:
    """Send one request with the best account that may do this errand.

    Raises:
        NoAccountFree: nothing was sent.
        InstagramError: the request failed; the account's rest and the alarm to the operators are written already.
        PermitRefused: the process was held up for too long, and nothing was sent.
        ClockRefused: this machine's clock is wrong, or PostgreSQL's, and nothing was sent.
    """
    limits = Limits.from_settings(settings, provider)
    give_up_at = time.monotonic() + settings.request_patience.total_seconds()
    while True:
        with watchdog.armed(limits.lease):
            with transaction() as session:
                lease = account_pool.lease_account(session, errand, provider=provider, limits=limits)
                now = server_now(session)
            if isinstance(lease, Lease):
                return _send(transaction, call, lease, provider=provider, settings=settings)
        seconds = (lease.until - now).total_seconds() if lease.until is not None else math.inf
        if time.monotonic() + seconds > give_up_at:
            raise NoAccountFree(lease.until)
        # A worker of this queue has nothing else to do: every other message wants an account as well.
        threading.Event().wait(max(seconds, _SHORTEST_WAIT_SECONDS))


def _send(
    transaction: TransactionFactory,
    call: Callable[[ReaderAccount, Permit], T],
    lease: Lease,
    *,
    provider: str,
    settings: Settings,
) -> Answer[T]:
    try:
        value = call(lease.account, lease.permit)
    except InstagramError as failure:
        _write_failure(transaction, lease, failure, provider=provider, settings=settings)
        raise
    except Exception as error:
        # It was not sent, or nobody knows what became of it; the account is not to blame.
        is_spent = lease.permit.is_spent
        with transaction() as session:
            account_pool.release_lease(
                session,
                lease,
                outcome=RequestOutcome.IN_FLIGHT if is_spent else RequestOutcome.NOT_SENT,
                was_answered=is_spent and isinstance(error, PermitRefused),
            )
        raise
    with transaction() as session:
        answered_at = account_pool.release_lease(
            session, lease, outcome=RequestOutcome.OK, http_status=200, was_answered=True
        )
        rest = graph_usage.rest_advised(value.usage) if isinstance(value, FeedPage | Profile) else None
        accounts.note_success(session, lease.account, sequence=lease.sequence, now=answered_at, rest=rest)
    return Answer(value, lease.account.id, lease.granted_at, answered_at)


def _write_failure(
    transaction: TransactionFactory,
    lease: Lease,
    failure: InstagramError,
    *,
    provider: str,
    settings: Settings,
) -> None:
    with transaction() as session:
        now = account_pool.release_lease(
            session,
            lease,
            outcome=RequestOutcome(failure.kind.value),
            http_status=failure.http_status,
            was_answered=failure.http_status is not None,
        )
        if failure.kind is FailureKind.TARGET:
            accounts.note_success(session, lease.account, sequence=lease.sequence, now=now)
            return
        status = accounts.note_failure(session, lease.account, failure, now=now, settings=settings)
        if failure.kind is FailureKind.OUTDATED:
            audience.alert_operators(
                session,
                event=NotificationEvent.PROVIDER_OUTDATED,
                payload={"provider": provider, "error": failure.error},
                incident=f"{provider}:{now:%Y-%m-%d}",
                now=now,
            )
        elif status is AccountStatus.NEEDS_HUMAN:
            audience.alert_operators(
                session,
                event=NotificationEvent.ACCOUNT_NEEDS_HUMAN,
                payload={
                    "account_username": lease.account.username,
                    "provider": provider,
                    "error": failure.error,
                },
                incident=f"{lease.account.id}:{lease.granted_at:%Y-%m-%dT%H:%M:%S}",
                now=now,
            )
    log.warning(
        "request.failed", account=lease.account.username, kind=failure.kind.value, error=failure.error, status=status
    )
