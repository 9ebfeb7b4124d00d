"""Which feeds are due: claimed in rows, so that a lost or doubled message changes nothing but timing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import TIMESTAMP, ColumnElement, Select, cast, func, select, true, update
from sqlalchemy.orm import Session

from app.models import Campaign, CampaignInfluencer, Influencer
from app.models.states import CampaignStatus, Platform

RUNNING = (CampaignStatus.ACTIVE, CampaignStatus.IN_PROGRESS)
DOUBTS = 3
"""So many answers in a row that a feed is empty or hidden are doubted before they are believed."""
_LONGEST_CATCH_UP = timedelta(days=30)
_MOST_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class ClaimedFeed:
    """A feed that was due and is now claimed until `claim`, which is also the claim's name."""

    influencer_id: UUID
    campaign_ids: Sequence[UUID]
    claim: datetime
    price: float | None
    """The level of the price at which it was planned."""


def is_watched(*, now: datetime, grace: timedelta) -> ColumnElement[bool]:
    """Return the condition under which a participation keeps its influencer's feed under watch.

    A period that has ended is watched for the grace, and on until the feed has been read once after its last day: an
    outage at the end of a campaign loses nothing.
    """
    period_start = func.timezone(Campaign.time_zone, cast(Campaign.start_date, TIMESTAMP))
    period_end = func.timezone(Campaign.time_zone, cast(Campaign.end_date + 1, TIMESTAMP))
    is_unread = (
        Influencer.last_post_checked_at.is_(None)
        | (Influencer.last_post_checked_at < period_end)
        | Influencer.walk_cursor.is_not(None)
    )
    return (
        CampaignInfluencer.is_selected
        & Campaign.status.in_(RUNNING)
        & (period_start <= now)
        & ((period_end > now - grace) | ((period_end > now - _LONGEST_CATCH_UP) & is_unread))
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
    due = session.execute(due_query(now=now, grace=grace, limit=limit, only=only)).all()
    if not due:
        return []
    influencer_ids = [influencer_id for influencer_id, _ in due]
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
    return [ClaimedFeed(influencer_id, campaign_ids[influencer_id], claim, price) for influencer_id, price in due]


def due_query(
    *, now: datetime, grace: timedelta, limit: int, only: ColumnElement[bool] | None = None
) -> Select[UUID, float | None]:
    """Return the query for the feeds that are due, longest overdue first, which locks them."""
    return (
        select(Influencer.id, Influencer.scan_price)
        .where(*_is_due(now=now, grace=grace), true() if only is None else only)
        .order_by(Influencer.next_scan_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )


def count_due(session: Session, *, now: datetime, grace: timedelta) -> int:
    """Return how many feeds are due and not claimed, at most 10,000."""
    due = select(Influencer.id).where(*_is_due(now=now, grace=grace)).limit(_MOST_COUNTED).subquery()
    return session.scalars(select(func.count()).select_from(due)).one()


def count_claimed(session: Session, *, now: datetime, only: ColumnElement[bool] | None = None) -> int:
    """Return how many feeds are claimed and not yet scanned: each will want a request of its own."""
    # A claimed feed stays due, so the due index finds it; an index of the claims would make each claim dearer.
    is_claimed = (Influencer.next_scan_at <= now, Influencer.scan_lease_until > now)
    wanted = true() if only is None else only
    return session.scalars(select(func.count(Influencer.id)).where(*is_claimed, wanted)).one()


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


def note_scanned(influencer: Influencer, *, now: datetime, next_at: datetime) -> None:
    """End a scan that went well. An unfinished walk goes on at once."""
    influencer.next_scan_at = now if influencer.walk_cursor else next_at
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


def _is_due(*, now: datetime, grace: timedelta) -> Sequence[ColumnElement[bool]]:
    # With a limit it is looked up for each due feed; EXISTS becomes a join of everybody (measured with 10,000).
    watched = (
        select(CampaignInfluencer.id)
        .join(Campaign, Campaign.id == CampaignInfluencer.campaign_id)
        .where(CampaignInfluencer.influencer_id == Influencer.id, is_watched(now=now, grace=grace))
        .limit(1)
        .scalar_subquery()
    )
    return [
        Influencer.platform == Platform.INSTAGRAM,
        Influencer.next_scan_at <= now,
        (Influencer.scan_lease_until.is_(None)) | (Influencer.scan_lease_until <= now),
        watched.is_not(None),
    ]
