"""The request log: when an account may send again by what it has sent, and the rows of its requests.

All of it is only true while the account's row is locked. An account's sequence has no holes and its stamps grow with
it, so the moment of the request before the last 20 is one look, however many there are.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.db import server_now
from app.models import InstagramAccount, new_id
from app.models.states import RequestKind, RequestOutcome
from app.scheduling.allowance import Windows

Stamps = Mapping[int, datetime]
"""Latest possible moment of sending by position: 1 is the newest request."""

# Plain SQL, because each lease runs it: building the same statements from parts takes longer than PostgreSQL does.
_READ = text(
    "SELECT sequence, latest_sent_at FROM instagram_requests"
    " WHERE account_id = :account_id AND sequence = ANY(CAST(:sequences AS integer[]))"
)
_WRITE = text("""
    WITH written AS (
        INSERT INTO instagram_requests
            (id, account_id, sequence, kind, target, granted_at, latest_sent_at, outcome)
        VALUES (:id, :account_id, :sequence, :kind, :target, :granted_at, :latest_sent_at, :outcome)
    )
    UPDATE instagram_accounts SET last_sequence = :sequence, free_at = :free_at, paced_until = :paced_until
    WHERE id = :account_id
""")
_CLOSE = text("""
    WITH freed AS (
        UPDATE instagram_accounts
        SET free_at = greatest(clock_timestamp() + :rest, CAST(:not_before AS timestamptz))
        WHERE id = :account_id AND last_sequence = :sequence AND :is_over
    )
    UPDATE instagram_requests
    SET outcome = :outcome,
        http_status = :http_status,
        duration_ms = extract(epoch FROM clock_timestamp() - granted_at) * 1000,
        latest_sent_at = CASE
            WHEN :is_over THEN least(latest_sent_at, greatest(clock_timestamp(), granted_at, :wall))
            ELSE latest_sent_at
        END
    WHERE account_id = :account_id AND sequence = :sequence AND granted_at = :granted_at
    RETURNING clock_timestamp()
""")
_TAKE_BACK = text("""
    WITH last AS (
        UPDATE instagram_accounts
        SET last_sequence = last_sequence - 1, free_at = clock_timestamp()
        WHERE id = :account_id AND last_sequence = :sequence AND EXISTS (
            -- The number of a request that was taken back is given again.
            SELECT FROM instagram_requests
            WHERE account_id = :account_id AND sequence = :sequence AND granted_at = :granted_at
        )
        RETURNING id
    )
    DELETE FROM instagram_requests
    WHERE account_id = (SELECT id FROM last) AND sequence = :sequence
""")


def read_stamps(session: Session, account: InstagramAccount, windows: Windows) -> Stamps:
    """Return the stamps that decide when these windows let the next request through, and the one after it."""
    last = account.last_sequence
    positions = {1, *(position for most, _ in windows for position in (most, most - 1))}
    found = session.execute(
        _READ, {"account_id": account.id, "sequences": [last - position + 1 for position in sorted(positions)]}
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
    session.execute(_WRITE, row | {"free_at": free_at, "paced_until": paced_until})
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
    ended_at = session.execute(
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
    session.execute(_TAKE_BACK, {"account_id": account_id, "sequence": sequence, "granted_at": granted_at})
