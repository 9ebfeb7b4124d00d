"""The market in the database: the price is tuned every ten minutes from the log, and surveyed every hour.

A scan reads one row for the price and writes none but the influencer's. The survey looks at a sample of the
influencers, so it takes the same time for a hundred and for a million.
"""

from collections.abc import Container
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays
import structlog
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.config import Settings
from app.core.errors import ConfigurationError
from app.models import InstagramAccount, InstagramRequest, ScanMarket, new_id
from app.models.states import Platform, RequestKind, ScanPriority
from app.scheduling import due_feeds, due_looks, looks, price, sources, survey, usable_accounts
from app.scheduling.adaptive import Adaptive, starvation_bound
from app.scheduling.allowance import Limits, Urgency
from app.scheduling.policy import Policy
from app.scheduling.price import Market
from app.scheduling.rhythm import Prior
from app.scheduling.tiers import Tiers
from app.scheduling.week import HOURS_A_DAY, HOURS_A_WEEK, Week

log = structlog.get_logger(__name__)

_TUNED_EVERY = timedelta(minutes=10)
_SURVEYED_EVERY = timedelta(hours=1)
_FIRST_RATE = 0.4 / HOURS_A_DAY
"""Posts an hour of an influencer when nobody is known yet (median of 1,125 windows of real accounts: 0.43 a day)."""
_SHORTEST_GAP_HOURS = 0.25
_PROMISED_SHARE = 0.8
"""What of the budget promises may take, so that feeds without one are not given up."""
_WORKED_OFF = timedelta(hours=12)
"""A backlog that stands makes requests dearer until so much less is called for that this works it off."""
_PRICED = (RequestKind.FEED, RequestKind.MEDIA)
"""What becomes due at the price; the few proofs of removals among it do not matter."""
_MARKET = select(ScanMarket).where(ScanMarket.platform == Platform.INSTAGRAM)


def policy_now(session: Session, *, now: datetime, settings: Settings) -> Policy:
    """Return the policy by which due times are set at this moment."""
    if settings.scan_interval is not None:
        return Tiers(dict.fromkeys(ScanPriority, settings.scan_interval))
    if settings.scheduling_policy == "tiers":
        return Tiers()
    row = _open_market(session, now=now, settings=settings)
    return adaptive_policy(row, now=now, settings=settings)


def adaptive_policy(row: ScanMarket, *, now: datetime, settings: Settings) -> Adaptive:
    """Return the adaptive policy at the price that the row says."""
    week = week_of(settings.time_zone, settings.holiday_country)
    return Adaptive(
        prior=Prior(row.posts_per_hour, row.shape),
        price=price.price(market_of(row), week.hour_of_week(now)),
        week=week,
        level=price.level(market_of(row)),
        bound=_bound_of(row),
        promise_stretch=max(1.0, row.promised_per_day / (_PROMISED_SHARE * row.budget_per_day)),
    )


def market_of(row: ScanMarket) -> Market:
    """Return the row as the value that the price is computed from."""
    return Market(row.demand, row.budget_per_day * price.USED_SHARE, row.trim)


def dearness(session: Session, *, settings: Settings) -> float:
    """Return the price of a request over the usual one, for looks at posts and profiles; 1.0 where there is none."""
    if settings.scheduling_policy == "tiers" or settings.scan_interval is not None:
        return 1.0
    row = session.scalars(_MARKET).one_or_none()
    return price.level(market_of(row)) / looks.USUAL_PRICE if row is not None else 1.0


def usual_gap_hours(session: Session) -> float:
    """Return every how many hours a feed is read on average, as the budget and the last survey have it."""
    row = session.scalars(_MARKET).one_or_none()
    days = row.targets / row.budget_per_day if row is not None else 0.0
    return min(max(days * HOURS_A_DAY, _SHORTEST_GAP_HOURS), HOURS_A_DAY)


def tune_market(session: Session, *, now: datetime, settings: Settings) -> ScanMarket | None:
    """Tune the price if ten minutes have passed, and return the market; None while somebody else tunes it."""
    _open_market(session, now=now, settings=settings)
    row = session.scalars(_MARKET.with_for_update(skip_locked=True)).one_or_none()
    if row is None or now - row.tuned_at < _TUNED_EVERY:
        return row
    backlog = due_feeds.count_due(session, now=now, grace=settings.scan_grace)
    backlog += due_looks.count_due_looks(session, now=now)
    worked_off = backlog * ((now - row.tuned_at) / _WORKED_OFF)
    called = _requests_sent(session, since=row.tuned_at) + backlog - row.backlog + worked_off
    week = week_of(settings.time_zone, settings.holiday_country)
    market = market_of(row)
    # After an outage of the planner there is nothing to be learned from the time in between.
    if now - row.tuned_at < 2 * _TUNED_EVERY:
        hours = (now - row.tuned_at) / timedelta(hours=1)
        planned = price.planned_requests(market, week.hour_of_week(row.tuned_at)) * hours
        row.trim = price.trimmed(market, called=called, planned=planned).trim
    row.backlog, row.tuned_at = backlog, now
    was_bound = _bound_of(row)
    # Without an account nothing is sent at any price, and what is planned must still hold when one is back.
    row.budget_per_day = requests_per_day(session, now=now, settings=settings) or row.budget_per_day
    if now - row.surveyed_at >= _SURVEYED_EVERY:
        _survey(session, row, now=now, settings=settings)
    if (bound := _bound_of(row)) < was_bound:
        due_feeds.bring_forward(session, now=now, within=bound)
    if row.promised_per_day > _PROMISED_SHARE * row.budget_per_day:
        log.warning(
            "promises.beyond_budget",
            needed_per_day=round(row.promised_per_day),
            budget_per_day=round(row.budget_per_day),
        )
    return row


def requests_per_day(session: Session, *, now: datetime, settings: Settings) -> float:
    """Return how many pages and posts the pool can look at in a day: what is not urgent, less what others take.

    0 where there is no account.
    """
    whole = 0.0
    for provider in (sources.PRIVATE, sources.OFFICIAL):
        limits = Limits.from_settings(settings, provider)
        for account in session.scalars(select(InstagramAccount).where(*usable_accounts.are_of(provider))):
            most, span = limits.windows_of(account, Urgency.NORMAL, now=now)[-1]
            whole += most * (timedelta(days=1) / span)
    others = session.scalars(
        select(func.count())
        .select_from(InstagramRequest)
        .where(
            InstagramRequest.latest_sent_at > now - timedelta(days=1),
            InstagramRequest.kind.not_in(_PRICED),
        )
    ).one()
    # Looks keep a half, whatever else is asked: they are what tells that there is something to ask about.
    return float(max(whole - others, whole / 2))


@lru_cache
def week_of(zone: str, country: str) -> Week:
    """Return the hours of the week in a zone, with a country's public holidays.

    Raises:
        ConfigurationError: the holidays of that country are not known.
    """
    days: Container[date] = ()
    if country != "-":
        try:
            days = holidays.country_holidays(country)
        except NotImplementedError:
            raise ConfigurationError(
                f"TAGBUY_HOLIDAY_COUNTRY: no holidays are known of {country}; expected a country's two letters, or -"
            ) from None
    return Week(ZoneInfo(zone), days)


def _open_market(session: Session, *, now: datetime, settings: Settings) -> ScanMarket:
    row = session.scalars(_MARKET).one_or_none()
    if row is not None:
        return row
    flat = [1.0] * HOURS_A_WEEK
    session.execute(
        insert(ScanMarket)
        .values(
            id=new_id(),
            platform=Platform.INSTAGRAM,
            posts_per_hour=_FIRST_RATE,
            shape=flat,
            demand=flat,
            # Before there is an account, one is assumed: feeds are read as soon as it comes.
            budget_per_day=requests_per_day(session, now=now, settings=settings) or settings.requests_per_day,
            tuned_at=now,
            surveyed_at=now,
        )
        .on_conflict_do_nothing(index_elements=["platform"])
    )
    row = session.scalars(_MARKET).one()
    _survey(session, row, now=now, settings=settings)
    return row


def _bound_of(row: ScanMarket) -> timedelta:
    return starvation_bound(targets=row.targets, requests_per_day=row.budget_per_day)


def _survey(session: Session, row: ScanMarket, *, now: datetime, settings: Settings) -> None:
    week = week_of(settings.time_zone, settings.holiday_country)
    found = survey.survey_targets(session, Prior(row.posts_per_hour, row.shape), week, now=now, settings=settings)
    row.surveyed_at = now
    row.targets, row.promised_per_day = found.targets, found.promised_per_day
    row.posts_per_hour, row.shape = found.prior.posts_per_hour, list(found.prior.shape)
    row.demand = list(found.demand)
    session.flush()


def _requests_sent(session: Session, *, since: datetime) -> int:
    return session.scalars(
        select(func.count())
        .select_from(InstagramRequest)
        .where(
            InstagramRequest.latest_sent_at > since,
            InstagramRequest.granted_at > since,
            InstagramRequest.kind.in_(_PRICED),
        )
    ).one()
