"""The request log: when an account may send again by what it has sent, and the row of the next request.

Both are only true while the account's row is locked.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.orm import Session

from app.models import InstagramAccount, InstagramRequest
from app.models.states import RequestKind, RequestOutcome
from app.scheduling.allowance import Windows


def free_times(
    session: Session, conditions: Sequence[ColumnElement[bool]], windows: Windows, spacing: timedelta
) -> Sequence[tuple[UUID, datetime | None]]:
    """Return each such account and the moment from which it may send (None: it never sent), first come first."""
    moments = [InstagramAccount.cooldown_until]
    for most, span in [(1, spacing), *windows]:
        nth_latest = (
            select(InstagramRequest.latest_sent_at + span)
            .where(InstagramRequest.account_id == InstagramAccount.id)
            .order_by(InstagramRequest.latest_sent_at.desc())
            .offset(most - 1)
            .limit(1)
            .scalar_subquery()
        )
        moments.append(nth_latest)  # type: ignore[arg-type]  # a moment as well
    free_at = func.greatest(*moments).label("free_at")
    query = select(InstagramAccount.id, free_at).where(*conditions)
    rows = session.execute(query.order_by(text("free_at NULLS FIRST"))).all()
    return [(row.id, row.free_at) for row in rows]


def write_request(
    session: Session, account: InstagramAccount, *, kind: RequestKind, target: str, now: datetime, lease: timedelta
) -> None:
    """Write the account's next request down, with the end of its lease as the moment at which it can be sent."""
    account.last_sequence += 1
    session.add(
        InstagramRequest(
            account_id=account.id,
            sequence=account.last_sequence,
            kind=kind,
            target=target,
            granted_at=now,
            latest_sent_at=now + lease,
            outcome=RequestOutcome.IN_FLIGHT,
        )
    )
    session.flush()


def close_request(
    session: Session,
    account_id: UUID,
    sequence: int,
    *,
    now: datetime,
    outcome: RequestOutcome,
    http_status: int | None,
    may_still_arrive: bool,
) -> None:
    """Write down how a request ended; one that may still arrive keeps the worst case of its lease."""
    request = session.scalars(
        select(InstagramRequest).where(InstagramRequest.account_id == account_id, InstagramRequest.sequence == sequence)
    ).one()
    request.outcome = outcome
    request.http_status = http_status
    request.duration_ms = round((now - request.granted_at) / timedelta(milliseconds=1))
    if not may_still_arrive:
        request.latest_sent_at = min(request.latest_sent_at, now)
