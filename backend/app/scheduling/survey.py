"""The survey of the market: from a sample of the watched influencers, what all of them ask for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, sqrt
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, tablesample, text, true
from sqlalchemy.orm import Session, aliased

from app.core.config import Settings
from app.models import Campaign, CampaignInfluencer, Influencer, InfluencerPost
from app.scheduling import due_looks, price
from app.scheduling.adaptive import hours_until_late
from app.scheduling.agreements import promise_of
from app.scheduling.due_feeds import is_watched
from app.scheduling.policy import WEIGHTS, Promise
from app.scheduling.rhythm import Intensity, Prior, Rhythm, fit_prior, intensity_of, new_rhythm
from app.scheduling.rhythm_store import stored_rhythm
from app.scheduling.week import HOURS_A_DAY, HOURS_A_WEEK, Week

_SAMPLE = 2000
_MOST_COUNTED = 50_000
_HISTORY = timedelta(days=56)


@dataclass(frozen=True, slots=True)
class Survey:
    """What the watched influencers have in common, and what all of them ask for."""

    targets: int
    prior: Prior
    demand: Sequence[float]
    promised_per_day: float


def survey_targets(session: Session, prior: Prior, week: Week, *, now: datetime, settings: Settings) -> Survey:
    """Return the market's demand, of feeds and of single posts; `prior` is kept where nothing is known yet."""
    is_sampled, share = _sampled(session, now=now, settings=settings)
    rows = session.execute(
        select(Influencer.id, Influencer.scan_priority, Influencer.posting_rhythm, func.jsonb_agg(Campaign.settings))
        .join(CampaignInfluencer, CampaignInfluencer.influencer_id == Influencer.id)
        .join(Campaign, Campaign.id == CampaignInfluencer.campaign_id)
        .where(is_watched(now=now, grace=settings.scan_grace), is_sampled)
        .group_by(Influencer.id)
    ).all()
    rhythms = {row[0]: stored_rhythm(row[2]) or new_rhythm(now) for row in rows}
    prior = _common(session, rhythms, prior, week, now=now)
    proofs = due_looks.survey_proofs(session, is_sampled, now=now, settings=settings)
    unread = [rate for influencer_id, rate in proofs.on_page.items() if influencer_id not in rhythms]
    looks = sum(sqrt(rate / 2) for rate in (*proofs.singly, *unread))
    demand = [looks] * HOURS_A_WEEK
    promised = 0.0
    for influencer_id, priority, _, campaigns in rows:
        intensity = intensity_of(rhythms[influencer_id], prior)
        asked = price.demand_of(intensity.rates, WEIGHTS[priority], proofs=proofs.on_page.get(influencer_id, 0.0))
        demand = [sum(pair) for pair in zip(demand, asked, strict=True)]
        promises = [promise for campaign in campaigns if (promise := promise_of(campaign)) is not None]
        if promises:
            promised += looks_per_day(intensity, min(promises, key=lambda promise: promise.within), week, now=now)
    total = [value / share for value in demand] if any(demand) else [1.0] * HOURS_A_WEEK
    return Survey(round(len(rows) / share), prior, total, promised / share)


def looks_per_day(intensity: Intensity, promise: Promise, week: Week, *, now: datetime) -> float:
    """Return how many looks in the day from `now` keep the promise."""
    passed, looks = 0.0, 0
    within = promise.within / timedelta(hours=1)
    while passed < HOURS_A_DAY:
        start_hour, days = week.days_from(now + timedelta(hours=passed), 3)
        passed += hours_until_late(intensity, start_hour, days, within=within, share=promise.share)
        looks += 1
    return looks - 1 + (HOURS_A_DAY / passed if looks == 1 else 1.0)


def _sampled(session: Session, *, now: datetime, settings: Settings) -> tuple[ColumnElement[bool], float]:
    """Return the condition on influencers under which they are looked at, and which share of all it holds for."""
    watched = (
        select(CampaignInfluencer.id)
        .join(Campaign, Campaign.id == CampaignInfluencer.campaign_id)
        .join(Influencer, Influencer.id == CampaignInfluencer.influencer_id)
        .where(is_watched(now=now, grace=settings.scan_grace))
        .limit(_MOST_COUNTED)
        .subquery()
    )
    number = session.scalars(select(func.count()).select_from(watched)).one()
    if number < _MOST_COUNTED:
        # A few among many who are not watched: a sample of the table's pages would hardly meet them.
        every = ceil(max(number, 1) / _SAMPLE)
        return (true() if every == 1 else func.mod(func.uuid_hash(Influencer.id), every) == 0), 1 / every
    estimate: float = session.scalars(text("SELECT reltuples FROM pg_class WHERE oid = 'influencers'::regclass")).one()
    share = _SAMPLE / max(estimate, number)
    sampled = aliased(Influencer, tablesample(Influencer, func.system(share * 100)))
    return Influencer.id.in_(session.scalars(select(sampled.id)).all()), share


def _common(session: Session, rhythms: dict[UUID, Rhythm], prior: Prior, week: Week, *, now: datetime) -> Prior:
    exposure = sum(rhythm.exposure_hours for rhythm in rhythms.values())
    if not exposure:
        return prior
    posts: dict[UUID, list[datetime]] = {}
    for influencer_id, taken_at in session.execute(
        select(InfluencerPost.influencer_id, InfluencerPost.taken_at).where(
            InfluencerPost.influencer_id.in_(rhythms), InfluencerPost.taken_at > now - _HISTORY
        )
    ):
        posts.setdefault(influencer_id, []).append(taken_at)
    shape = fit_prior(list(posts.values()), week, span=_HISTORY).shape if posts else prior.shape
    # One day at the usual rate counts along, so that a first quiet hour does not say that nobody ever posts.
    rate = (sum(rhythm.posts for rhythm in rhythms.values()) + HOURS_A_DAY * prior.posts_per_hour) / (
        exposure + HOURS_A_DAY
    )
    return Prior(rate, shape)
