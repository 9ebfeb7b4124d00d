"""Thinning: samples are kept one by one for a while, then the last of each day, and of each hour of the first day.

The samples from which the figures at 1 hour, 24 hours and 7 days are read stay: a figure does not change with its age.

The walk goes content by content along the index that the pages use, in batches of one short transaction each, so it can
be stopped and run again at any time. What was thinned before stays as it is.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, and_, case, delete, func, literal, or_, select
from sqlalchemy.orm import Session

from app.core.clock import KST, kst_date, kst_day_start
from app.core.db import TransactionFactory
from app.metrics.engagement import MARK_TOLERANCE
from app.metrics.sampling import MARKS
from app.models import CampaignContent, ContentMetrics

_BATCH = 1000
_FIRST = UUID(int=0)
_FIRST_DAY = timedelta(days=1)
_LATELY = timedelta(days=8)
"""A nightly run may be missed for a week."""


@dataclass(frozen=True, slots=True)
class Thinning:
    """How many contents were looked through, and how many samples went, or would go in a dry run."""

    contents: int
    samples: int


def thin_samples(
    transaction: TransactionFactory, *, now: datetime, detail: timedelta, is_whole: bool, is_dry_run: bool
) -> Thinning:
    """Thin every content's samples that are older than `detail`; unless `is_whole`, only what became so of late."""
    older_than = kst_day_start(kst_date(now - detail))
    since = None if is_whole else older_than - _LATELY
    contents = samples = 0
    after = _FIRST
    while True:
        with transaction() as session:
            content_ids = session.scalars(
                select(CampaignContent.id)
                .where(CampaignContent.id > after, CampaignContent.posted_at < older_than)
                .order_by(CampaignContent.id)
                .limit(_BATCH)
            ).all()
            if not content_ids:
                return Thinning(contents, samples)
            surplus = _surplus(content_ids[0], content_ids[-1], older_than=older_than, since=since)
            samples += _count(session, surplus) if is_dry_run else _delete(session, surplus)
        contents += len(content_ids)
        after = content_ids[-1]


def _surplus(first: UUID, last: UUID, *, older_than: datetime, since: datetime | None) -> CTE:
    """Return the samples of a span of contents that are not the last of their hour or day in Korea, nor at a mark."""
    local = func.timezone(KST.key, ContentMetrics.recorded_at)
    is_first_day = ContentMetrics.recorded_at < CampaignContent.posted_at + _FIRST_DAY
    bucket = func.date_trunc(case((is_first_day, literal("hour")), else_=literal("day")), local)
    rank = func.row_number().over(
        partition_by=(ContentMetrics.content_id, is_first_day, bucket), order_by=ContentMetrics.recorded_at.desc()
    )
    ranked = (
        select(ContentMetrics.id, rank.label("rank"), _is_at_mark().label("is_at_mark"))
        .join(CampaignContent, CampaignContent.id == ContentMetrics.content_id)
        .where(ContentMetrics.content_id.between(first, last), ContentMetrics.recorded_at < older_than)
    )
    if since is not None:
        ranked = ranked.where(ContentMetrics.recorded_at >= since)
    subquery = ranked.subquery()
    return select(subquery.c.id).where(subquery.c.rank > 1, ~subquery.c.is_at_mark).cte("surplus")


def _is_at_mark() -> ColumnElement[bool]:
    """Return the condition: `app.metrics.engagement.at_age` would return this sample for one of the marks."""
    at_marks = []
    for age in MARKS:
        seconds = func.abs(func.extract("epoch", ContentMetrics.recorded_at - CampaignContent.posted_at - age))
        nearest = func.row_number().over(
            partition_by=ContentMetrics.content_id, order_by=(seconds, ContentMetrics.recorded_at)
        )
        at_marks.append(and_(nearest == 1, seconds < (age * MARK_TOLERANCE).total_seconds()))
    return or_(*at_marks)


def _count(session: Session, surplus: CTE) -> int:
    return session.scalars(select(func.count()).select_from(surplus)).one()


def _delete(session: Session, surplus: CTE) -> int:
    gone = delete(ContentMetrics).where(ContentMetrics.id.in_(select(surplus.c.id))).returning(ContentMetrics.id)
    return session.scalars(select(func.count()).select_from(gone.cte("gone"))).one()
