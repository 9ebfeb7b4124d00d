"""What the pool may still send: for the planner, which must not hand out more than that."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import floor

from sqlalchemy import ScalarSelect, func, or_, select
from sqlalchemy.orm import Session

from app.core.db import server_now
from app.models import InstagramAccount, InstagramRequest
from app.scheduling import usable_accounts
from app.scheduling.allowance import Limits, Urgency


def count_free_permits(session: Session, *, provider: str, limits: Limits, within: timedelta) -> int:
    """Return at most how many requests that are not urgent the pool may send from now until `within` has passed."""
    now = server_now(session)
    used = [
        InstagramAccount.last_sequence
        - func.coalesce(_last_before(now + within - span), _first() - 1, InstagramAccount.last_sequence)
        for _, span in limits.windows
    ]
    rows = session.execute(
        select(InstagramAccount, *used).where(
            *usable_accounts.are_of(provider),
            or_(InstagramAccount.cooldown_until.is_(None), InstagramAccount.cooldown_until < now + within),
        )
    )
    return sum(_free_permits(account, counts, limits, now, within) for account, *counts in rows)


def _free_permits(
    account: InstagramAccount, used: Sequence[int], limits: Limits, now: datetime, within: timedelta
) -> int:
    """Return what one account may send; `used` is what of each window is used then, if nothing more is sent."""
    windows = limits.windows_of(account, Urgency.NORMAL, now=now)
    left = [
        most - count if within <= span else floor(most * (within / span))
        for (most, span), count in zip(windows, used, strict=True)
    ]
    paced = floor((now + within - limits.paced_from(account, now=now)) / limits.pace_of(account, now=now)) + 1
    spaced = floor(within / limits.spacing) + 1
    return max(0, min(*left, paced, spaced))


def _last_before(moment: datetime) -> ScalarSelect[int]:
    """Return the sequence number of the newest request that had been sent by then."""
    return (
        select(InstagramRequest.sequence)
        .where(InstagramRequest.account_id == InstagramAccount.id, InstagramRequest.latest_sent_at <= moment)
        .order_by(InstagramRequest.latest_sent_at.desc())
        .limit(1)
        .scalar_subquery()
    )


def _first() -> ScalarSelect[int]:
    return (
        select(func.min(InstagramRequest.sequence))
        .where(InstagramRequest.account_id == InstagramAccount.id)
        .scalar_subquery()
    )
