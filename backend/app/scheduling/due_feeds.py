"""Which feeds are due: claimed in rows, so that a lost or doubled message changes nothing but timing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import TIMESTAMP, ColumnElement, cast, func, select, true, update
from sqlalchemy.orm import Session

from app.core.clock import KST, kst_date
from app.models import Campaign, CampaignInfluencer, Influencer
from app.models.states import CampaignStatus, Platform

RUNNING = (CampaignStatus.ACTIVE, CampaignStatus.IN_PROGRESS)
DOUBTS = 3
"""So many answers in a row that a feed is empty or hidden are doubted before they are believed."""
_LONGEST_CATCH_UP = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class ClaimedFeed:
    """A feed that was due and is now claimed until `claim`, which is also the claim's name."""

    influencer_id: UUID
    campaign_ids: Sequence[UUID]
    claim: datetime


def is_watched(*, now: datetime, grace: timedelta) -> ColumnElement[bool]:
    """Return the condition under which a participation keeps its influencer's feed under watch.

    A period that has ended is watched for the grace, and on until the feed has been read once after its last day: an
    outage at the end of a campaign loses nothing.
    """
    period_end = func.timezone(KST.key, cast(Campaign.end_date + 1, TIMESTAMP))
    is_unread = (
        Influencer.last_post_checked_at.is_(None)
        | (Influencer.last_post_checked_at < period_end)
        | Influencer.walk_cursor.is_not(None)
    )
    return (
        CampaignInfluencer.is_selected
        & Campaign.status.in_(RUNNING)
        & (Campaign.start_date <= kst_date(now))
        & (
            (Campaign.end_date >= kst_date(now - grace))
            | ((Campaign.end_date >= kst_date(now - _LONGEST_CATCH_UP)) & is_unread)
        )
    )


def claim_due_influencers(
    session: Session,
    *,
    now: datetime,
    limit: int,
    lease: timedelta,
    grace: timedelta,
    only: ColumnElement[bool] | None = None,
) -> Sequence[ClaimedFeed]:
    """Claim the feeds that are due, longest overdue first, each for `lease`; a claim that runs out is due again."""
    watched = (
        select(CampaignInfluencer.id)
        .join(Campaign, Campaign.id == CampaignInfluencer.campaign_id)
        .where(CampaignInfluencer.influencer_id == Influencer.id, is_watched(now=now, grace=grace))
    )
    influencer_ids = session.scalars(
        select(Influencer.id)
        .where(
            Influencer.platform == Platform.INSTAGRAM,
            Influencer.next_scan_at <= now,
            (Influencer.scan_lease_until.is_(None)) | (Influencer.scan_lease_until <= now),
            watched.exists(),
            true() if only is None else only,
        )
        .order_by(Influencer.next_scan_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    if not influencer_ids:
        return []
    claim = now + lease
    session.execute(update(Influencer).where(Influencer.id.in_(influencer_ids)).values(scan_lease_until=claim))
    participations = (
        select(CampaignInfluencer.influencer_id, func.array_agg(Campaign.id).label("campaign_ids"))
        .join(Campaign, Campaign.id == CampaignInfluencer.campaign_id)
        .join(Influencer, Influencer.id == CampaignInfluencer.influencer_id)
        .where(CampaignInfluencer.influencer_id.in_(influencer_ids), is_watched(now=now, grace=grace))
        .group_by(CampaignInfluencer.influencer_id)
    )
    campaign_ids = {row.influencer_id: row.campaign_ids for row in session.execute(participations)}
    return [ClaimedFeed(influencer_id, campaign_ids[influencer_id], claim) for influencer_id in influencer_ids]


def count_claimed(session: Session, *, now: datetime, only: ColumnElement[bool] | None = None) -> int:
    """Return how many feeds are claimed and not yet scanned: each will want a request of its own."""
    claimed = select(func.count()).where(Influencer.scan_lease_until > now, true() if only is None else only)
    return session.scalars(claimed).one()


def take_up_claim(
    session: Session, influencer_id: UUID, *, claim: datetime | None, now: datetime, lease: timedelta
) -> Influencer | None:
    """Begin a scan: return the influencer, or None where the message is stale (doubled, or late and claimed again).

    A scan that a person asks for has no claim and always begins; a message about the same feed becomes stale by it.
    """
    influencer = session.scalars(
        select(Influencer).where(Influencer.id == influencer_id).with_for_update()
    ).one_or_none()
    if influencer is None or (claim is not None and influencer.scan_lease_until != claim):
        return None
    influencer.scan_lease_until = now + lease
    session.flush()
    return influencer


def put_off(influencer: Influencer, *, until: datetime) -> None:
    """End a scan that could not begin, because no account is free; it is nobody's failure."""
    influencer.next_scan_at = until
    influencer.scan_lease_until = None


def note_scanned(influencer: Influencer, *, now: datetime, interval: timedelta) -> None:
    """End a scan that went well. An unfinished walk goes on at once."""
    influencer.next_scan_at = now if influencer.walk_cursor else now + interval
    influencer.scan_lease_until = None
    influencer.scan_failures = influencer.doubts = 0
    influencer.last_error = None
    influencer.is_private = False


def note_failed(
    influencer: Influencer, error: str, *, now: datetime, wait: timedelta, is_doubtful: bool = False
) -> None:
    """End a scan that failed: try again after `wait`. A walk whose cursor keeps failing begins again from the top."""
    influencer.scan_failures += 1
    influencer.doubts += is_doubtful
    influencer.last_error = error
    influencer.scan_lease_until = None
    influencer.next_scan_at = now + wait
    if influencer.scan_failures % DOUBTS == 0:
        influencer.walk_cursor = None


def retry_wait(failures: int, *, shortest: timedelta, longest: timedelta) -> timedelta:
    """Return the wait after so many failures in a row; it doubles from one to the next."""
    wait: timedelta = min(shortest * 2 ** min(failures - 1, 16), longest)
    return wait
