"""What the pool may still send: for the planner, which must not hand out more than that."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import floor
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, case, func, or_, select
from sqlalchemy.orm import Session

from app.core.db import server_now
from app.models import InstagramAccount, InstagramRequest
from app.scheduling import usable_accounts
from app.scheduling.allowance import Limits, OwnLimits, Urgency, Windows


def count_free_permits(session: Session, *, provider: str, limits: Limits, within: timedelta) -> int:
    """Return at most how many requests that are not urgent the pool may send from now until `within` has passed."""
    now = server_now(session)
    until = now + within
    # Some of what a window as long as `within` or shorter lets through is let through whatever was sent before.
    counted = [span for _, span in limits.windows if span > within]
    rows = session.execute(
        select(
            InstagramAccount.paced_until,
            InstagramAccount.requests_per_minute,
            InstagramAccount.requests_per_hour,
            InstagramAccount.requests_per_day,
            InstagramAccount.warming_since,
            *(_used(until, span, limits) for span in counted),
        ).where(
            *usable_accounts.are_of(provider),
            InstagramAccount.free_at < until,
            InstagramAccount.paced_until < until,
            or_(InstagramAccount.cooldown_until.is_(None), InstagramAccount.cooldown_until < until),
        )
    )
    bounds: dict[tuple[Any, ...], tuple[int, timedelta]] = {}
    free = 0
    for paced_until, *rest in rows:
        # Most accounts have the same limits, and are either in step with their pace or have rested for long.
        key = tuple(rest)
        if key not in bounds:
            windows = limits.windows_of(OwnLimits(*key[:4]), Urgency.NORMAL, now=now)
            bounds[key] = _bound(windows, dict(zip(counted, key[4:], strict=True)), limits, within)
        most, pace = bounds[key]
        free += max(0, min(most, (until - limits.paced_from(paced_until, now=now)) // pace + 1))
    return free


def _bound(windows: Windows, used: Mapping[timedelta, int], limits: Limits, within: timedelta) -> tuple[int, timedelta]:
    """Return what an account's windows and its spacing let through, and its pace.

    `used` is what of the longer windows will be used then, if nothing more is sent.
    """
    left = [most - used[span] if span in used else floor(most * (within / span)) for most, span in windows]
    most, span = windows[-1]
    return min(*left, floor(within / limits.spacing) + 1), span / most


def _used(until: datetime, span: timedelta, limits: Limits) -> ColumnElement[int]:
    """Return how many requests the log holds of the window that ends then, at least where it can make a difference."""
    begins = until - span
    most, longest = limits.windows[-1]
    sent = InstagramAccount.last_sequence - func.coalesce(
        _last_before(begins), _first() - 1, InstagramAccount.last_sequence
    )
    # Nothing was sent since; or the pace lets one through at most, and that there is room for one says `free_at`.
    has_room = (InstagramAccount.free_at <= begins) | (InstagramAccount.paced_until > until - longest / most)
    return case((has_room, 0), else_=sent)


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
