"""How fresh each campaign is: the time from publication until the post was seen, as measured, and the promise."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import TIMESTAMP, ColumnElement, Float, cast, func, select
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlalchemy.orm import Session

from app.models import Campaign, CampaignInfluencer, Influencer, InfluencerPost
from app.scheduling.agreements import promise_of
from app.scheduling.due_feeds import RUNNING
from app.scheduling.policy import Promise

BUCKETS = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 30, 60, 180, 720))
"""Upper ends; the last column of a histogram counts what took longer than all of them."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """One campaign's posts of the last days: how many were seen how long after their publication."""

    campaign_id: UUID
    title: str
    posts: int
    histogram: Sequence[int]
    median: timedelta | None
    p95: timedelta | None
    promise: Promise | None
    kept_share: float | None
    """Which share was found within what was promised; None without a promise or without posts."""

    @property
    def is_kept(self) -> bool | None:
        """Tell whether the promise was kept; None where there is nothing to judge."""
        if self.promise is None or self.kept_share is None:
            return None
        return self.kept_share >= self.promise.share


def measure_freshness(session: Session, *, now: datetime, days: int = 14) -> Sequence[Freshness]:
    """Return the freshness of every running campaign, over the posts of the last `days` in its period.

    Posts from before the influencer or the participation was added, or the period began, do not count: nobody was
    looking.
    """
    delay = func.extract("epoch", InfluencerPost.first_seen_at - InfluencerPost.taken_at)
    period_start = func.timezone(Campaign.time_zone, cast(Campaign.start_date, TIMESTAMP))
    watched_from = func.greatest(Influencer.created_at, CampaignInfluencer.created_at, period_start)
    limit = func.coalesce(_promised_minutes(), 0.0) * 60
    ends = [float("-inf"), *(bucket.total_seconds() for bucket in BUCKETS)]
    within = [
        func.count().filter(delay > low, delay <= high)
        for low, high in zip(ends, [*ends[1:], float("inf")], strict=True)
    ]
    rows = session.execute(
        select(
            Campaign.id,
            Campaign.title,
            Campaign.settings,
            func.count().label("posts"),
            func.percentile_cont(0.5).within_group(delay).label("median"),
            func.percentile_cont(0.95).within_group(delay).label("p95"),
            func.count().filter(delay <= limit).label("kept"),
            *within,
        )
        .join(CampaignInfluencer, CampaignInfluencer.campaign_id == Campaign.id)
        .join(Influencer, Influencer.id == CampaignInfluencer.influencer_id)
        .join(InfluencerPost, InfluencerPost.influencer_id == Influencer.id)
        .where(
            Campaign.status.in_(RUNNING),
            CampaignInfluencer.is_selected,
            InfluencerPost.taken_at > now - timedelta(days=days),
            InfluencerPost.taken_at >= watched_from,
        )
        .group_by(Campaign.id)
        .order_by(Campaign.title)
    ).all()
    return [
        Freshness(
            campaign_id=row.id,
            title=row.title,
            posts=row.posts,
            histogram=list(row[7:]),
            median=timedelta(seconds=float(row.median)),
            p95=timedelta(seconds=float(row.p95)),
            promise=(promise := promise_of(row.settings)),
            kept_share=row.kept / row.posts if promise is not None else None,
        )
        for row in rows
    ]


def _promised_minutes() -> ColumnElement[float]:
    # The comparison leaves out what is no number, which could not be cast.
    return cast(func.jsonb_path_query_first(Campaign.settings, cast("$.promise.minutes ? (@ > 0)", JSONPATH)), Float)
