"""Thinning: samples are kept one by one for a while, then the last of each day, and of each hour of the first day.

The walk goes content by content along the index that the pages use, in batches of one short transaction each, so it can
be stopped and run again at any time. What was thinned before stays as it is.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CTE, case, delete, func, literal, select
from sqlalchemy.orm import Session

from app.core.clock import KST, kst_date, kst_day_start
from app.core.db import TransactionFactory
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
    """Return the samples of a span of contents that are not the last of their hour or day in Korea."""
    local = func.timezone(KST.key, ContentMetrics.recorded_at)
    is_first_day = ContentMetrics.recorded_at < CampaignContent.posted_at + _FIRST_DAY
    bucket = func.date_trunc(case((is_first_day, literal("hour")), else_=literal("day")), local)
    rank = func.row_number().over(
        partition_by=(ContentMetrics.content_id, is_first_day, bucket), order_by=ContentMetrics.recorded_at.desc()
    )
    ranked = (
        select(ContentMetrics.id, rank.label("rank"))
        .join(CampaignContent, CampaignContent.id == ContentMetrics.content_id)
        .where(ContentMetrics.content_id.between(first, last), ContentMetrics.recorded_at < older_than)
    )
    if since is not None:
        ranked = ranked.where(ContentMetrics.recorded_at >= since)
    subquery = ranked.subquery()
    return select(subquery.c.id).where(subquery.c.rank > 1).cte("surplus")


def _count(session: Session, surplus: CTE) -> int:
    return session.scalars(select(func.count()).select_from(surplus)).one()


def _delete(session: Session, surplus: CTE) -> int:
    gone = delete(ContentMetrics).where(ContentMetrics.id.in_(select(surplus.c.id))).returning(ContentMetrics.id)
    return session.scalars(select(func.count()).select_from(gone.cte("gone"))).one()
