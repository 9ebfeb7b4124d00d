"""The request log: when an account may send again by what it has sent, and the rows of its requests.

All of it is only true while the account's row is locked. An account's sequence has no holes and its stamps grow with
it, so the moment of the request before the last 20 is one look, however many there are.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import CursorResult
from sqlalchemy.orm import Session

from app.core.db import server_now
from app.models import InstagramAccount, new_id
from app.models.states import RequestKind, RequestOutcome
from app.scheduling.allowance import Windows

Stamps = Mapping[int, datetime]
"""Latest possible moment of sending by position: 1 is the newest request."""

# Plain SQL for the driver, because each lease runs it: what SQLAlchemy does for a statement takes longer than the
# statement.
_READ = (
    "SELECT sequence, latest_sent_at FROM instagram_requests"
    " WHERE account_id = %(account_id)s AND sequence = ANY(CAST(%(sequences)s AS integer[]))"
)
_WRITE = """
    WITH written AS (
        INSERT INTO instagram_requests
            (id, account_id, sequence, kind, target, granted_at, latest_sent_at, outcome)
        VALUES (
            %(id)s, %(account_id)s, %(sequence)s, %(kind)s, %(target)s,
            %(granted_at)s, %(latest_sent_at)s, %(outcome)s
        )
    )
    UPDATE instagram_accounts SET last_sequence = %(sequence)s, free_at = %(free_at)s, paced_until = %(paced_until)s
    WHERE id = %(account_id)s
"""
_CLOSE = """
    WITH freed AS (
        UPDATE instagram_accounts
        SET free_at = greatest(clock_timestamp() + %(rest)s, CAST(%(not_before)s AS timestamptz))
        WHERE id = %(account_id)s AND last_sequence = %(sequence)s AND %(is_over)s
    )
    UPDATE instagram_requests
    SET outcome = %(outcome)s,
        http_status = %(http_status)s,
        duration_ms = extract(epoch FROM clock_timestamp() - granted_at) * 1000,
        latest_sent_at = CASE
            WHEN %(is_over)s THEN least(latest_sent_at, greatest(clock_timestamp(), granted_at, %(wall)s))
            ELSE latest_sent_at
        END
    WHERE account_id = %(account_id)s AND sequence = %(sequence)s AND granted_at = %(granted_at)s
    RETURNING clock_timestamp()
"""
_TAKE_BACK = """
    WITH last AS (
        UPDATE instagram_accounts
        SET last_sequence = last_sequence - 1, free_at = clock_timestamp()
        WHERE id = %(account_id)s AND last_sequence = %(sequence)s AND EXISTS (
            -- The number of a request that was taken back is given again.
            SELECT FROM instagram_requests
            WHERE account_id = %(account_id)s AND sequence = %(sequence)s AND granted_at = %(granted_at)s
        )
        RETURNING id
    )
    DELETE FROM instagram_requests
    WHERE account_id = (SELECT id FROM last) AND sequence = %(sequence)s
"""


def read_stamps(session: Session, account: InstagramAccount, windows: Windows) -> Stamps:
    """Return the stamps that decide when these windows let the next request through, and the one after it."""
    last = account.last_sequence
    positions = {1, *(position for most, _ in windows for position in (most, most - 1))}
    found = _run(
        session, _READ, {"account_id": account.id, "sequences": [last - position + 1 for position in sorted(positions)]}
    )
    return {last - row.sequence + 1: row.latest_sent_at for row in found}


def free_from(stamps: Stamps, windows: Windows, spacing: timedelta) -> datetime | None:
    """Return the moment from which a request breaks none of the windows, nor the spacing; None without a past."""
    moments = (stamps[most] + span for most, span in ((1, spacing), *windows) if most in stamps)
    return max(moments, default=None)


def free_after_next(stamps: Stamps, windows: Windows) -> datetime | None:
    """Return the moment from which the windows let one more through after the next; None where they have room."""
    moments = (stamps[most - 1] + span for most, span in windows if most - 1 in stamps)
    return max(moments, default=None)


def write_request(
    session: Session,
    account: InstagramAccount,
    *,
    kind: RequestKind,
    target: str,
    granted_at: datetime,
    latest_sent_at: datetime,
    free_at: datetime,
    paced_until: datetime,
) -> int:
    """Write the account's next request down, and where the pool looks for the account; return the sequence number."""
    sequence = account.last_sequence + 1
    row = {
        "id": new_id(),
        "account_id": account.id,
        "sequence": sequence,
        "kind": kind.value,
        "target": target,
        "granted_at": granted_at,
        "latest_sent_at": latest_sent_at,
        "outcome": RequestOutcome.IN_FLIGHT.value,
    }
    _run(session, _WRITE, row | {"free_at": free_at, "paced_until": paced_until})
    return sequence


def close_request(
    session: Session,
    account_id: UUID,
    sequence: int,
    *,
    granted_at: datetime,
    wall: datetime,
    outcome: RequestOutcome,
    http_status: int | None,
    is_over: bool,
    rest: timedelta,
    not_before: datetime | None,
) -> datetime:
    """Write down how a request ended, and return PostgreSQL's clock; one that may still arrive keeps its worst case.

    One that is over is stamped with the present by the later of the two clocks; the account is free after `rest`.
    """
    ended_at: datetime | None = _run(
        session,
        _CLOSE,
        {
            "account_id": account_id,
            "sequence": sequence,
            "granted_at": granted_at,
            "wall": wall,
            "outcome": outcome.value,
            "http_status": http_status,
            "is_over": is_over,
            "rest": rest,
            "not_before": not_before,
        },
    ).scalar_one_or_none()
    return ended_at or server_now(session)


def take_back_request(session: Session, account_id: UUID, sequence: int, *, granted_at: datetime) -> None:
    """Forget a request that was surely not sent; one that others followed stays as it is."""
    _run(session, _TAKE_BACK, {"account_id": account_id, "sequence": sequence, "granted_at": granted_at})


def _run(session: Session, statement: str, values: Mapping[str, object]) -> CursorResult[Any]:
    return session.connection().exec_driver_sql(statement, values)
