"""What the planner is going to do, and why, in words for people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.clock import KST
from app.core.config import Settings
from app.models import Influencer, ScanMarket
from app.models.states import Platform, ScanPriority
from app.monitoring import explain
from app.scheduling import looks, market, worth
from app.scheduling.adaptive import Adaptive
from app.scheduling.policy import Policy, Promise, Reason
from app.scheduling.rhythm import Intensity, intensity_of, new_rhythm
from app.scheduling.rhythm_store import stored_rhythm
from app.scheduling.week import HOURS_A_DAY
from app.scheduling.worth import Worth

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_IS_WATCHED = Influencer.scan_reason.is_distinct_from(Reason.UNWATCHED)  # a feed that was never read has no reason
_WHY = {
    ScanPriority.HIGH: "a campaign is in its first week",
    ScanPriority.MEDIUM: "a campaign is running",
    ScanPriority.LOW: "every campaign ends soon or has its post",
}


@dataclass(frozen=True, slots=True)
class ComingScan:
    """A scan of the coming hour."""

    username: str
    at: datetime
    priority: ScanPriority
    reason: str | None


@dataclass(frozen=True, slots=True)
class Forecast:
    """The coming hour and the budget."""

    policy: str
    scans: Sequence[ComingScan]
    scans_in_all: int
    requests_per_day: float
    """For feeds and single posts."""
    price_minutes: float | None
    """What a request costs: the weighted minutes of waiting that it must save. None for fixed intervals."""
    proof_hours: float
    """After so many hours a post of a running campaign that no page shows is looked at."""
    promised_per_day: float
    warning: str | None


def forecast(session: Session, *, now: datetime, settings: Settings, most: int = 20) -> Forecast:
    """Return what is planned for the coming hour, and whether the budget holds what was promised."""
    hour = (Influencer.next_scan_at <= now + timedelta(hours=1), _IS_WATCHED)
    rows = session.scalars(select(Influencer).where(*hour).order_by(Influencer.next_scan_at).limit(most)).all()
    policy = market.policy_now(session, now=now, settings=settings)
    row = session.scalars(select(ScanMarket).where(ScanMarket.platform == Platform.INSTAGRAM)).one_or_none()
    budget = market.requests_per_day(session, now=now, settings=settings)
    dearness = market.dearness(session, settings=settings)
    proof = looks.proof_interval(settings.existence_interval, dearness, settings=settings)
    return Forecast(
        policy=settings.scheduling_policy if settings.scan_interval is None else "fixed interval",
        scans=[ComingScan(scan.username, scan.next_scan_at, scan.scan_priority, scan.scan_reason) for scan in rows],
        scans_in_all=session.scalars(select(func.count(Influencer.id)).where(*hour)).one(),
        requests_per_day=budget,
        price_minutes=policy.price * 60 if isinstance(policy, Adaptive) else None,
        proof_hours=proof / timedelta(hours=1),
        promised_per_day=row.promised_per_day if row is not None else 0.0,
        warning=_warning(policy, row, budget),
    )


def why_next(session: Session, username: str, *, now: datetime, settings: Settings) -> str:
    """Return in one sentence when an influencer is looked at next, and why then.

    Raises:
        NotFound: there is no such influencer.
    """
    influencer = session.get_one(Influencer, explain.find_influencer(session, username))
    at = f"@{influencer.username} is looked at next at {influencer.next_scan_at.astimezone(KST):%m-%d %H:%M} (KST)"
    if influencer.scan_reason == Reason.UNWATCHED:
        return f"{at} at the latest: it takes part in no running campaign. As soon as it does, it is due."
    if influencer.last_error is not None:
        return f"{at}: the last scan failed ({influencer.last_error}), and this is the next try."
    if influencer.scan_reason is None:
        return f"{at}: the feed was never read."
    if settings.scan_interval is not None:
        minutes = settings.scan_interval / timedelta(minutes=1)
        return f"{at}: TAGBUY_SCAN_INTERVAL says every {minutes:g} minutes."
    policy = market.policy_now(session, now=now, settings=settings)
    found = worth.worth_of(session, influencer.id, now=now, settings=settings)
    if not isinstance(policy, Adaptive):
        return f"{at}: the interval of its priority {found.priority} is over then."
    return f"{at}: {_adaptive_reason(influencer, policy, found)}."


def _adaptive_reason(influencer: Influencer, policy: Adaptive, found: Worth) -> str:
    rhythm = stored_rhythm(influencer.posting_rhythm) or new_rhythm(influencer.next_scan_at)
    parts = [
        describe_rhythm(intensity_of(rhythm, policy.prior)),
        f"an hour of delay weighs {found.weight:g} because {_WHY[found.priority]}",
        f"a request must save {policy.price * 60:.1f} weighted minutes of waiting",
    ]
    if found.proofs:
        parts.append("what the page proves of known contents counts along")
    if found.promise is not None:
        parts.append(_describe_promise(found.promise, policy.promise_stretch))
    decided = {
        Reason.PRICE: "then it will have saved that",
        Reason.PROMISE: "the promise decides",
        Reason.BOUND: f"no feed waits longer than {policy.bound / timedelta(hours=1):g} hours",
        Reason.WANTED: "a sample, a proof of existence or an upload window is due then",
        Reason.INTERVAL: "it was planned by a fixed interval",
        Reason.HINT: "another source showed a new post of it",
    }
    return "; ".join([*parts, decided[Reason(influencer.scan_reason or Reason.PRICE)]])


def describe_rhythm(intensity: Intensity) -> str:
    """Return how often and when somebody posts, in words."""
    rates = intensity.rates
    per_day = sum(rates) / 7
    peak = max(range(len(rates)), key=lambda hour: rates[hour])
    often = f"{per_day:.1f} posts a day" if per_day >= 1 else f"{per_day * 7:.1f} posts a week"
    when = f"most likely {_DAYS[peak // HOURS_A_DAY]} {peak % HOURS_A_DAY:02}–{peak % HOURS_A_DAY + 1:02} h"
    punctual = f", {intensity.punctual_share:.0%} of them on the hour" if intensity.punctual_share >= 0.15 else ""
    return f"it posts {often}{punctual}, {when}"


def _describe_promise(promise: Promise, stretch: float) -> str:
    minutes = promise.within / timedelta(minutes=1)
    text = f"{promise.share:.0%} within {minutes:g} minutes are promised"
    return text if stretch == 1 else f"{text} (the budget holds {minutes * stretch:.0f})"


def _warning(policy: Policy, row: ScanMarket | None, budget: float) -> str | None:
    if not budget:
        return "The pool has no account that can read Instagram, so nothing is looked at; `tagbuy doctor` says why."
    if row is None or not isinstance(policy, Adaptive) or policy.promise_stretch <= 1:
        return None
    return (
        f"The promises need {row.promised_per_day:.0f} requests a day, and the pool has {budget:.0f}: every promise "
        f"will take about {policy.promise_stretch:.1f} times as long. Add accounts, or promise less."
    )
