"""Which feeds are due: claimed in rows, so that a lost or doubled message changes nothing but timing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from app.core.clock import kst_date
from app.models import Campaign, CampaignInfluencer, Influencer
from app.models.states import CampaignStatus, Platform

RUNNING = (CampaignStatus.ACTIVE, CampaignStatus.IN_PROGRESS)
_TARGET_DOUBTS = 3


@dataclass(frozen=True, slots=True)
class ClaimedFeed:
    """A feed that was due and is now claimed until `claim`, which is also the claim's name."""

    influencer_id: UUID
    campaign_ids: Sequence[UUID]
    claim: datetime


def is_watched(*, now: datetime, grace: timedelta) -> ColumnElement[bool]:
    """Return the condition under which a participation keeps its influencer's feed under watch."""
    return (
        CampaignInfluencer.is_selected
        & Campaign.status.in_(RUNNING)
        & (Campaign.start_date <= kst_date(now))
        & (Campaign.end_date >= kst_date(now - grace))
    )


def claim_due_influencers(
    session: Session, *, now: datetime, limit: int, lease: timedelta, grace: timedelta
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
        select(CampaignInfluencer.influencer_id, func.array_agg(Campaign.id))
        .join(Campaign, Campaign.id == CampaignInfluencer.campaign_id)
        .where(CampaignInfluencer.influencer_id.in_(influencer_ids), is_watched(now=now, grace=grace))
        .group_by(CampaignInfluencer.influencer_id)
    )
    campaign_ids = dict(session.execute(participations).tuples().all())
    return [ClaimedFeed(influencer_id, campaign_ids[influencer_id], claim) for influencer_id in influencer_ids]


def count_claimed(session: Session, *, now: datetime) -> int:
    """Return how many feeds are claimed and not yet scanned: each will want a request of its own."""
    return session.scalars(select(func.count()).where(Influencer.scan_lease_until > now)).one()


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
    influencer.scan_failures = 0
    influencer.last_error = None
    influencer.is_private = False


def note_failed(
    influencer: Influencer,
    error: str,
    *,
    now: datetime,
    is_about_target: bool,
    shortest: timedelta,
    longest: timedelta,
    hidden_interval: timedelta,
) -> None:
    """End a scan that failed; a target that is said to be hidden is doubted a few times before it is left for long."""
    influencer.scan_failures += 1
    influencer.last_error = error
    influencer.scan_lease_until = None
    is_hidden = is_about_target and influencer.scan_failures > _TARGET_DOUBTS
    wait = hidden_interval if is_hidden else retry_wait(influencer.scan_failures, shortest=shortest, longest=longest)
    influencer.next_scan_at = now + wait


def retry_wait(failures: int, *, shortest: timedelta, longest: timedelta) -> timedelta:
    """Return the wait after so many failures in a row; it doubles from one to the next."""
    wait: timedelta = min(shortest * 2 ** min(failures - 1, 16), longest)
    return wait
