"""The account pool: who may send the next request to Instagram, and when.

The request log is the limiter. What holds at every moment, for each account:

1. One request in flight. While it is, its row says that it may be sent as late as the end of its lease.
2. At least the spacing lies between two requests.
3. No more than 20, 200 and 1,000 requests in any 60 s, hour and day (exact sliding windows).

A row is committed before the socket opens and is stamped with the latest moment at which the request can have been
sent. A holder that dies leaves that worst case behind, so nobody has to clean up, and nobody gets a slot too early.
PostgreSQL's clock rules.
"""

import random
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.core.config import Settings
from app.core.db import server_now
from app.core.errors import CannotDecrypt, ConfigurationError
from app.instagram.errors import PermitRefused
from app.instagram.port import ReaderAccount
from app.models import InstagramAccount, InstagramRequest
from app.models.states import AccountStatus, RequestKind, RequestOutcome
from app.scheduling import accounts, allowance, notices, request_log

_USABLE = (AccountStatus.ACTIVE, AccountStatus.COOLING)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one account may do, and how long a lease lasts."""

    spacing: timedelta
    jitter: timedelta
    windows: allowance.Windows
    lease: timedelta
    timeout: timedelta

    @classmethod
    def from_settings(cls, settings: Settings) -> "Limits":
        """Return the limits that the settings name."""
        return cls(
            spacing=settings.request_spacing,
            jitter=settings.request_jitter,
            windows=allowance.common_windows(settings),
            lease=settings.request_lease,
            timeout=settings.request_timeout,
        )


class LeasePermit:
    """One request's permit. It can be spent once, and only while the answer can still come within the lease."""

    def __init__(self, *, spend_before: float) -> None:
        self._spend_before = spend_before
        self.is_spent = False

    def spend(self) -> None:
        """Use the permit up.

        Raises:
            PermitRefused: it was used before, or too little of the lease is left.
        """
        if self.is_spent:
            raise PermitRefused("one lease is one request: the client tried to send another one")
        if time.monotonic() >= self._spend_before:
            raise PermitRefused("the lease is too old to send with")
        self.is_spent = True


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to send one request with one account."""

    account: ReaderAccount
    sequence: int
    granted_at: datetime
    permit: LeasePermit


@dataclass(frozen=True, slots=True)
class Wait:
    """No account may send now; `until` is when one may, None where the pool has no usable account."""

    until: datetime | None


def lease_account(
    session: Session,
    *,
    provider: str,
    kind: RequestKind,
    target: str,
    limits: Limits,
    exclude: Collection[UUID] = (),
    only: UUID | None = None,
) -> Lease | Wait:
    """Lease the account that has been free for longest, or say how long to wait.

    `exclude` names accounts that may not be taken, `only` the one that must. Commit before sending: the row that this
    writes keeps everybody else off the account. Raises ConfigurationError where no stored session can be opened.
    """
    started = time.monotonic()
    spacing = limits.spacing + random.random() * limits.jitter  # noqa: S311 - spread, not a secret
    earliest: datetime | None = None
    unreadable: CannotDecrypt | None = None
    usable = [*_usable(session, provider), *_chosen(exclude, only)]
    for account_id, free_at in request_log.free_times(session, usable, limits.windows, spacing):
        if free_at is not None and free_at > server_now(session):
            earliest = free_at if earliest is None else min(earliest, free_at)
            continue
        account = session.scalars(
            select(InstagramAccount)
            .where(InstagramAccount.id == account_id, *usable)
            .with_for_update(skip_locked=True, key_share=True)
        ).one_or_none()
        now = server_now(session)
        if account is None:
            # Somebody else is leasing it this very moment.
            earliest = now + limits.spacing if earliest is None else min(earliest, now + limits.spacing)
            continue
        # Looked up again now that nobody else can write requests of this account, and by its own limits.
        windows = allowance.own_windows(account, limits.windows, now=now)
        [(_, free_at)] = request_log.free_times(session, [InstagramAccount.id == account_id], windows, spacing)
        if free_at is not None and free_at > now:
            earliest = free_at if earliest is None else min(earliest, free_at)
            continue
        try:
            reader = accounts.reader_account(account)
        except CannotDecrypt as error:
            # Nothing is written: it may be this process that has the wrong key.
            unreadable = error
            continue
        request_log.write_request(session, account, kind=kind, target=target, now=now, lease=limits.lease)
        # Counted from before the lease was asked for, so that it ends here before it ends in the log.
        spend_before = started + (limits.lease - limits.timeout).total_seconds()
        return Lease(reader, account.last_sequence, now, LeasePermit(spend_before=spend_before))
    return _wait(earliest, unreadable)


def release_lease(
    session: Session, lease: Lease, *, outcome: RequestOutcome, http_status: int | None = None, was_answered: bool
) -> datetime:
    """Write down how the request ended, and return the moment of the release by PostgreSQL's clock.

    A request without an answer may still arrive: it keeps the worst case of its lease.
    """
    now = server_now(session)
    request_log.close_request(
        session,
        lease.account.id,
        lease.sequence,
        now=now,
        outcome=outcome,
        http_status=http_status,
        may_still_arrive=lease.permit.is_spent and not was_answered,
    )
    return now


def count_free_permits(session: Session, *, provider: str, limits: Limits, within: timedelta) -> int:
    """Return at most how many requests the pool may send from now until `within` has passed."""
    now = server_now(session)
    usable = session.scalars(
        select(InstagramAccount).where(
            *_usable(session, provider),
            (InstagramAccount.cooldown_until.is_(None)) | (InstagramAccount.cooldown_until < now + within),
        )
    ).all()
    free = 0
    for account in usable:
        windows = allowance.own_windows(account, limits.windows, now=now)
        spans = [most - _count_since(session, account.id, now + within - span) for most, span in windows]
        free += max(0, min(*spans, int(within / limits.spacing)))
    return free


def _wait(earliest: datetime | None, unreadable: CannotDecrypt | None) -> Wait:
    if unreadable is not None and earliest is None:
        raise ConfigurationError(
            f"{unreadable}. Give this process the TAGBUY_SECRET_KEY with which the accounts were stored."
        )
    return Wait(until=earliest)


def _chosen(exclude: Collection[UUID], only: UUID | None) -> Sequence[ColumnElement[bool]]:
    return [InstagramAccount.id.not_in(exclude), *([] if only is None else [InstagramAccount.id == only])]


def _count_since(session: Session, account_id: UUID, since: datetime) -> int:
    return session.scalars(
        select(func.count()).where(InstagramRequest.account_id == account_id, InstagramRequest.latest_sent_at > since)
    ).one()


def _usable(session: Session, provider: str) -> Sequence[ColumnElement[bool]]:
    """Return what an account must be to send at all; a real one needs the accepted notice of its provider."""
    conditions = [
        InstagramAccount.provider == provider,
        InstagramAccount.status.in_(_USABLE),
        InstagramAccount.session.is_not(None),
    ]
    if not notices.is_provider_allowed(session, provider):
        conditions.append(InstagramAccount.is_sandbox.is_(True))
    return conditions
