"""What a look at a feed is worth: the document's priority, the open upload windows, the promise, what else is due."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import Campaign, CampaignContent, CampaignInfluencer, Influencer
from app.models.states import Existence, ScanPriority
from app.scheduling.agreements import promise_of, upload_windows
from app.scheduling.due_feeds import is_watched
from app.scheduling.policy import WEIGHTS, Promise

_FIRST_DAYS = timedelta(days=7)
_LAST_DAYS = timedelta(days=3)
_WINDOW_FACTOR = 4.0
"""How much more an hour of delay matters while the post is due by contract: half the gap."""
_ORDER = (ScanPriority.LOW, ScanPriority.MEDIUM, ScanPriority.HIGH)


@dataclass(frozen=True, slots=True)
class Worth:
    """What a look at one influencer's feed is worth, over all of their campaigns."""

    priority: ScanPriority
    weight: float
    promise: Promise | None
    wanted_at: datetime | None
    """When something else is due that a page answers, or an upload window opens; always in the future."""


def worth_of(session: Session, influencer_id: UUID, *, now: datetime, grace: timedelta) -> Worth:
    """Return what a look is worth now: the most of what any campaign asks for."""
    has_content = (
        select(CampaignContent.id)
        .where(CampaignContent.campaign_id == Campaign.id, CampaignContent.influencer_id == influencer_id)
        .exists()
    )
    rows = session.execute(
        select(Campaign.start_date, Campaign.end_date, Campaign.time_zone, Campaign.settings, has_content)
        .join(CampaignInfluencer, CampaignInfluencer.campaign_id == Campaign.id)
        .join(Influencer, Influencer.id == CampaignInfluencer.influencer_id)
        .where(CampaignInfluencer.influencer_id == influencer_id, is_watched(now=now, grace=grace))
    ).all()
    priorities = [
        priority_of(start, end, today=now.astimezone(ZoneInfo(zone)).date(), is_submitted=submitted)
        for start, end, zone, _, submitted in rows
    ]
    priority = max(priorities, key=_ORDER.index, default=ScanPriority.LOW)
    windows = [window for row in rows for window in upload_windows(row.settings)]
    promises = [promise for row in rows if (promise := promise_of(row.settings)) is not None]
    is_open = any(begin <= now < end for begin, end in windows)
    wanted = [begin for begin, _ in windows if begin > now]
    due_content = _content_due(session, influencer_id, now=now)
    if due_content is not None:
        wanted.append(due_content)
    return Worth(
        priority=priority,
        weight=WEIGHTS[priority] * (_WINDOW_FACTOR if is_open else 1.0),
        promise=min(promises, key=lambda promise: promise.within, default=None),
        wanted_at=min(wanted, default=None),
    )


def priority_of(start: date, end: date, *, today: date, is_submitted: bool) -> ScanPriority:
    """Return the document's priority of one campaign: high in its first week, low at its end or once submitted."""
    if is_submitted or today > end - _LAST_DAYS:
        return ScanPriority.LOW
    return ScanPriority.HIGH if today < start + _FIRST_DAYS else ScanPriority.MEDIUM


def _content_due(session: Session, influencer_id: UUID, *, now: datetime) -> datetime | None:
    """Return when the next sample or proof of existence is due, as far as it lies ahead; what is late has its own."""
    moment = func.least(CampaignContent.next_metrics_at, CampaignContent.next_check_at)
    due: datetime | None = session.scalars(
        select(func.min(moment)).where(
            CampaignContent.influencer_id == influencer_id,
            CampaignContent.existence != Existence.DELETED,
            moment > now,
        )
    ).one()
    return due
