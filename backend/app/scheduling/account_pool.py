"""The account pool: who may send the next request to Instagram, and when.

The request log is the limiter. What holds at every moment, for each account:

1. One request in flight. While it is, its row says that it may be sent as late as the end of its lease.
2. At least the spacing lies between two requests.
3. No more than 20, 200 and 1,000 requests in any 60 s, hour and day (exact sliding windows).
4. Requests that are not urgent leave a reserve in each window and are spread over the day.

Why they hold:

- A row is committed before the socket opens and is stamped with the latest moment at which the request can have been
  sent: the end of the lease, lowered to the moment of the release once it is known to be over. A holder that dies
  leaves that worst case behind, so nobody has to clean up, and nobody gets a slot too early.
- The log is read after the account's row was locked: two leases of one account never see the same log. `free_at` on
  the row only says where to look first; where the log disagrees, the log is right.
- A holder that was stopped does not send late: `LeasePermit` refuses, and `app.core.watchdog` ends the process.
- Time that has not passed is never taken for passed, although clocks step: decided by the earlier of two clocks
  (PostgreSQL's and the machine's), stamped with the later one, refused where they differ too much.

The first request after a rest needs no rule of its own to be a probe: it is the only one in flight, and its failure
lengthens the rest.
"""

import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

from sqlalchemy import ARRAY, Select, Uuid, bindparam, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.core.clock import HOST, HostClock, Moment, agreed_moment
from app.core.errors import CannotDecrypt, ConfigurationError
from app.instagram.errors import PermitRefused
from app.instagram.port import ReaderAccount
from app.models import InstagramAccount
from app.models.states import RequestKind, RequestOutcome
from app.scheduling import accounts, request_log, usable_accounts
from app.scheduling.allowance import Limits, Urgency
from app.scheduling.request_log import Stamps


class LeasePermit:
    """One request's permit. It can be spent once, and only while the answer can still come within the lease."""

    def __init__(self, *, spend_before: float, host: HostClock = HOST) -> None:
        self._spend_before = spend_before
        self._host = host
        self.is_spent = False

    def spend(self) -> None:
        """Use the permit up.

        Raises:
            PermitRefused: it was used before, or too little of the lease is left.
        """
        if self.is_spent:
            raise PermitRefused("one lease is one request: the client tried to send another one")
        if self._host.steady() >= self._spend_before:
            raise PermitRefused("the lease is too old to send with")
        self.is_spent = True


@dataclass(frozen=True, slots=True)
class Errand:
    """What a request is for, and which accounts may send it."""

    kind: RequestKind
    target: str
    urgency: Urgency = Urgency.NORMAL
    prefer: UUID | None = None
    """Goes first where it may send at once: it holds the session, or read this target last."""
    exclude: Collection[UUID] = ()
    """Not these: a second witness is somebody else."""
    only: UUID | None = None
    """No other one: a witness answers every question of a proof."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to send one request with one account; `sequence` and `granted_at` name its row in the log."""

    account: ReaderAccount
    sequence: int
    granted_at: datetime
    permit: LeasePermit
    rest: timedelta
    """How long the account rests after this request, by its spacing."""
    not_before: datetime | None
    """From when the windows let another one through after it, whenever it ends."""


@dataclass(frozen=True, slots=True)
class Wait:
    """No account may send now; ask again at `until`, when one may or may be back; None without a usable account."""

    until: datetime | None


def lease_account(
    session: Session, errand: Errand, *, provider: str, limits: Limits, host: HostClock = HOST
) -> Lease | Wait:
    """Lease the account named by the errand if it may send now, else the longest rested, or say how long to wait.

    Commit before sending: the row that this writes is what keeps everybody else off the account.

    Raises:
        ConfigurationError: no stored session opens with the present key.
        ClockRefused: this machine's clock and PostgreSQL's differ; nothing was leased.
    """
    permit = _new_permit(limits, host)
    excluded = list(errand.exclude)
    unreadable: CannotDecrypt | None = None
    for account, moment in _candidates(session, errand, provider, limits, host):
        stamps = _look_up(session, account, moment, errand.urgency, limits)
        if stamps is None:
            continue
        try:
            reader = accounts.reader_account(account)
        except CannotDecrypt as error:
            # Nothing is written: it may be this process that has the wrong key.
            unreadable = error
            excluded.append(account.id)
            continue
        return _grant(session, account, stamps, reader, errand, moment, limits, permit)
    until = _earliest(session, errand, provider, excluded, limits)
    if unreadable is not None and until is None:
        raise ConfigurationError(
            f"{unreadable}. Give this process the TAGBUY_SECRET_KEY with which the accounts were stored."
        )
    return Wait(until)


def lease_this_account(
    session: Session, account_id: UUID, errand: Errand, *, limits: Limits, host: HostClock = HOST
) -> Lease | Wait:
    """Lease this account, whatever its status, for what a person does with it; the lease comes without its session.

    Raises:
        ClockRefused: this machine's clock and PostgreSQL's differ; nothing was leased.
    """
    permit = _new_permit(limits, host)
    row = select(InstagramAccount, func.clock_timestamp()).where(InstagramAccount.id == account_id)
    found = _lock(session, row.with_for_update(key_share=True), {}, limits, host)
    if found is None:
        return Wait(None)
    account, moment = found
    if account.cooldown_until is not None and account.cooldown_until > moment.earliest:
        return Wait(account.cooldown_until)
    stamps = _look_up(session, account, moment, errand.urgency, limits)
    if stamps is None:
        return Wait(max(getattr(account, moment.key) for moment in _index(errand.urgency)))
    reader = ReaderAccount(id=account.id, username=account.username, settings={}, proxy=account.proxy)
    return _grant(session, account, stamps, reader, errand, moment, limits, permit)


def release_lease(
    session: Session,
    lease: Lease,
    *,
    outcome: RequestOutcome,
    http_status: int | None = None,
    was_answered: bool,
    host: HostClock = HOST,
) -> datetime:
    """Write down how the request ended, and return the moment of the release by PostgreSQL's clock.

    A request without an answer may still arrive: it keeps the worst case of its lease. One that was surely not sent is
    taken back.
    """
    if not lease.permit.is_spent and not was_answered:
        request_log.take_back_request(session, lease.account.id, lease.sequence, granted_at=lease.granted_at)
    return request_log.close_request(
        session,
        lease.account.id,
        lease.sequence,
        granted_at=lease.granted_at,
        wall=host.wall(),
        outcome=outcome,
        http_status=http_status,
        is_over=was_answered or not lease.permit.is_spent,
        rest=lease.rest,
        not_before=lease.not_before,
    )


def _candidates(
    session: Session, errand: Errand, provider: str, limits: Limits, host: HostClock
) -> Iterator[tuple[InstagramAccount, Moment]]:
    """Yield the accounts to look at, each locked: the named one, and where it is not the only one, the others."""
    looked_at = list(errand.exclude)
    named = errand.only or errand.prefer
    if named is not None and named not in errand.exclude:
        query = _next_free(provider, errand.urgency, is_named=True)
        if found := _lock(session, query, {"account_id": named}, limits, host):
            looked_at.append(named)
            yield found
    query = _next_free(provider, errand.urgency, is_named=False)
    while errand.only is None and (found := _lock(session, query, {"looked_at": looked_at}, limits, host)):
        looked_at.append(found[0].id)
        yield found


@lru_cache
def _next_free(provider: str, urgency: Urgency, *, is_named: bool) -> Select[InstagramAccount, datetime]:
    """Return the query for the account that has been free for longest, by the index, and PostgreSQL's clock.

    It asks for `account_id` where that one is named, and otherwise for none of `looked_at`.
    """
    index = _index(urgency)
    now = func.clock_timestamp()
    if is_named:
        wanted = InstagramAccount.id == bindparam("account_id")
    else:
        wanted = InstagramAccount.id != func.all(bindparam("looked_at", type_=ARRAY(Uuid)))
    is_rested = or_(InstagramAccount.cooldown_until.is_(None), InstagramAccount.cooldown_until <= now)
    return (
        select(InstagramAccount, now)
        .where(*usable_accounts.are_of(provider), wanted, is_rested, *(moment <= now for moment in index))
        .order_by(index[0])
        .limit(1)
        .with_for_update(skip_locked=True, key_share=True)
    )


def _lock(
    session: Session,
    query: Select[InstagramAccount, datetime],
    asked: Mapping[str, object],
    limits: Limits,
    host: HostClock,
) -> tuple[InstagramAccount, Moment] | None:
    before = host.wall()
    # Read anew, whatever this session knew of the row before the lock.
    row = session.execute(query, asked, execution_options={"populate_existing": True}).one_or_none()
    if row is None:
        return None
    account, server = row
    return account, agreed_moment(server, before=before, after=host.wall(), tolerance=limits.clock_tolerance)


def _look_up(
    session: Session, account: InstagramAccount, moment: Moment, urgency: Urgency, limits: Limits
) -> Stamps | None:
    """Return the locked account's stamps if its log lets it send now; where it does not, say so in the index."""
    now = moment.earliest
    whole = limits.windows_of(account, Urgency.URGENT, now=now)
    counted = limits.windows_of(account, urgency, now=now)
    stamps = request_log.read_stamps(session, account, [*whole, *counted])
    free_at = request_log.free_from(stamps, whole, limits.spacing)
    if free_at is not None and free_at > now:
        # One that is in flight is over long before its lease: look again soon.
        account.free_at = min(free_at, now + limits.spacing) if stamps[1] > now else free_at
        return None
    if urgency is Urgency.URGENT:
        return stamps
    paced_until = request_log.free_from(stamps, counted, limits.spacing)
    if paced_until is not None and paced_until > now:
        account.paced_until = max(paced_until, account.paced_until)
    return stamps if account.paced_until <= now else None


def _grant(
    session: Session,
    account: InstagramAccount,
    stamps: Stamps,
    reader: ReaderAccount,
    errand: Errand,
    moment: Moment,
    limits: Limits,
    permit: LeasePermit,
) -> Lease:
    now, ends_at = moment.earliest, moment.latest + limits.lease
    windows = limits.windows_of(account, Urgency.URGENT, now=now)
    paced_until = account.paced_until
    if errand.urgency is Urgency.NORMAL:
        paced_until = limits.paced_from(account.paced_until, now=now) + limits.pace_of(account, now=now)
    sequence = request_log.write_request(
        session,
        account,
        kind=errand.kind,
        target=errand.target,
        granted_at=now,
        latest_sent_at=ends_at,
        free_at=now + limits.spacing,
        paced_until=paced_until,
    )
    rest = limits.spacing + random.random() * limits.jitter  # noqa: S311 - spread, not a secret
    return Lease(reader, sequence, now, permit, rest, request_log.free_after_next(stamps, windows))


def _new_permit(limits: Limits, host: HostClock) -> LeasePermit:
    """Return a permit that is counted from before the lease is asked for, so that it ends before its row does."""
    return LeasePermit(spend_before=host.steady() + (limits.lease - limits.timeout).total_seconds(), host=host)


def _earliest(
    session: Session, errand: Errand, provider: str, excluded: Collection[UUID], limits: Limits
) -> datetime | None:
    index = _index(errand.urgency)
    moment = func.greatest(*index, InstagramAccount.cooldown_until, type_=InstagramAccount.free_at.type)
    usable = [*usable_accounts.are_of(provider), InstagramAccount.id.not_in(excluded)]
    if errand.only is not None:
        usable.append(InstagramAccount.id == errand.only)
    row = session.execute(select(func.min(moment), func.clock_timestamp()).where(*usable)).one()
    until: datetime | None = row[0]
    now: datetime = row[1]
    # One that is free already is being leased by somebody else this very moment.
    return until if until is None or until > now else now + limits.spacing


def _index(urgency: Urgency) -> Sequence[InstrumentedAttribute[datetime]]:
    if urgency is Urgency.URGENT:
        return [InstagramAccount.free_at]
    return [InstagramAccount.paced_until, InstagramAccount.free_at]
