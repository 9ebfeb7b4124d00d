"""What a look at a feed is worth: the document's priority, the open upload windows, the promise, what it proves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.config import Settings
from app.models import Campaign, CampaignContent, CampaignInfluencer, Influencer
from app.models.states import ContentStatus, ScanPriority
from app.scheduling.agreements import promise_of, upload_windows
from app.scheduling.due_feeds import is_watched
from app.scheduling.due_looks import is_on_page
from app.scheduling.looks import proof_rate, usual_proof_interval
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
    proofs: float
    """What the page proves of known contents, in weighted hours an hour."""
    wanted_at: datetime | None
    """When something else is due that a page answers, or an upload window opens; always in the future."""


def worth_of(session: Session, influencer_id: UUID, *, now: datetime, settings: Settings) -> Worth:
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
        .where(CampaignInfluencer.influencer_id == influencer_id, is_watched(now=now, grace=settings.scan_grace))
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
    proofs, due = _contents_on_page(session, influencer_id, now=now, settings=settings)
    wanted += [moment for moment in due if moment > now]
    return Worth(
        priority=priority,
        weight=WEIGHTS[priority] * (_WINDOW_FACTOR if is_open else 1.0),
        promise=min(promises, key=lambda promise: promise.within, default=None),
        proofs=proofs,
        wanted_at=min(wanted, default=None),
    )


def priority_of(start: date, end: date, *, today: date, is_submitted: bool) -> ScanPriority:
    """Return the document's priority of one campaign: high in its first week, low at its end or once submitted."""
    if is_submitted or today > end - _LAST_DAYS:
        return ScanPriority.LOW
    return ScanPriority.HIGH if today < start + _FIRST_DAYS else ScanPriority.MEDIUM


def _contents_on_page(
    session: Session, influencer_id: UUID, *, now: datetime, settings: Settings
) -> tuple[float, Sequence[datetime]]:
    """Return what proofs of the contents that the page shows are worth, and when their samples and proofs are due.

    What no page shows is looked at singly, and does not bring the page forward.
    """
    rows = session.execute(
        select(CampaignContent.next_metrics_at, CampaignContent.next_check_at, Campaign.end_date, Campaign.time_zone)
        .join(Influencer, Influencer.id == CampaignContent.influencer_id)
        .join(Campaign, Campaign.id == CampaignContent.campaign_id)
        .where(
            CampaignContent.influencer_id == influencer_id,
            CampaignContent.status != ContentStatus.REJECTED,
            is_on_page(),
        )
    ).all()
    usual = [
        usual_proof_interval(row.end_date, row.time_zone, now=now, settings=settings)
        for row in rows
        if row.next_check_at is not None
    ]
    moments = [moment for row in rows for moment in (row.next_metrics_at, row.next_check_at) if moment is not None]
    return sum(map(proof_rate, usual)), moments
