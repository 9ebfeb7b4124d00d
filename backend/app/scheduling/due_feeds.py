"""Which feeds are due: claimed in rows, so that a lost or doubled message changes nothing but timing."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    TIMESTAMP,
    ColumnElement,
    Select,
    String,
    Uuid,
    any_,
    case,
    cast,
    false,
    func,
    literal,
    literal_column,
    select,
    text,
    true,
    update,
)
from sqlalchemy.orm import Session

from app.models import Campaign, CampaignInfluencer, Influencer
from app.models.states import CampaignStatus, Platform
from app.scheduling.policy import Reason

RUNNING = (CampaignStatus.ACTIVE, CampaignStatus.IN_PROGRESS)
DOUBTS = 3
"""So many answers in a row that a feed is empty or hidden are doubted before they are believed."""
_LONGEST_CATCH_UP = timedelta(days=30)
_MOST_COUNTED = 10_000
_DOZE = timedelta(minutes=15)
"""The first sleep: a campaign may be about to be written by somebody whom neither the planner nor the trigger sees."""
_SLEEP = timedelta(days=7)
"""An unwatched feed sleeps for half of that to all of it; what wakes it earlier is told in migration 0009."""


@dataclass(frozen=True, slots=True)
class DueFeed:
    """A feed that is due; it is claimed already or its row is locked, so that it can be."""

    influencer_id: UUID
    campaign_ids: Sequence[UUID]
    is_claimed: bool
    place: str
    """Where the row is stored (`ctid`); it stays there while it is locked."""


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
    period_end = func.timezone(Campaign.time_zone, cast(Campaign.end_date + 1, TIMESTAMP))
    is_unread = (
        Influencer.last_post_checked_at.is_(None)
        | (Influencer.last_post_checked_at < period_end)
        | Influencer.walk_cursor.is_not(None)
    )
    return (
        CampaignInfluencer.is_selected
        & Campaign.status.in_(RUNNING)
        & (_period_start() <= now)
        & ((period_end > now - grace) | ((period_end > now - _LONGEST_CATCH_UP) & is_unread))
    )


def longest_due(
    session: Session, *, now: datetime, limit: int, grace: timedelta, only: ColumnElement[bool] | None = None
) -> Sequence[DueFeed]:
    """Return the feeds that have been due for longest, each locked, and put those to sleep that nobody watches.

    The claimed ones count among them, because they will want a request as well: what the pool can serve are the first
    so many, whoever claimed them. Feeds that somebody else has locked at this moment are left out.
    """
    if limit <= 0:
        return []
    # Each scan leaves a dead entry at this end of the index. An index scan marks those that it meets, so that the next
    # one skips them; a bitmap scan would read their rows again at every tick until the next vacuum (measured: 70 ms).
    session.execute(text("SET LOCAL enable_bitmapscan = off"))
    looked_at = limit
    while True:
        rows = session.execute(due_query(now=now, limit=looked_at, grace=grace, only=only)).all()
        feeds = [
            DueFeed(row.id, row.campaign_ids or (), row.is_claimed, row.place)
            for row in rows
            if row.is_claimed or row.campaign_ids is not None
        ]
        unwatched = [row.id for row in rows if not row.is_claimed and row.campaign_ids is None]
        if unwatched:
            _put_to_sleep(session, unwatched, now=now)
        if len(feeds) >= limit or len(rows) < looked_at:
            return feeds[:limit]
        looked_at = limit + min(2 * len(unwatched), _MOST_COUNTED)


def due_query(
    *, now: datetime, limit: int, grace: timedelta, only: ColumnElement[bool] | None = None
) -> Select[UUID, bool, Sequence[UUID] | None, str]:
    """Return the query for the feeds that are due, longest overdue first, which locks them."""
    campaign_ids = (
        select(func.array_agg(Campaign.id))
        .select_from(Campaign)
        .join(CampaignInfluencer, CampaignInfluencer.campaign_id == Campaign.id)
        .where(CampaignInfluencer.influencer_id == Influencer.id, is_watched(now=now, grace=grace))
        .scalar_subquery()
    )
    is_claimed = func.coalesce(Influencer.scan_lease_until > now, false())
    return (
        select(
            Influencer.id,
            is_claimed.label("is_claimed"),
            campaign_ids.label("campaign_ids"),
            literal_column("influencers.ctid", String).label("place"),
        )
        .where(
            Influencer.platform == Platform.INSTAGRAM,
            Influencer.next_scan_at <= now,
            true() if only is None else only,
        )
        .order_by(Influencer.next_scan_at)
        .limit(limit)
        .with_for_update(of=Influencer, skip_locked=True, key_share=True)
    )


def claim(session: Session, feeds: Sequence[DueFeed], *, until: datetime) -> Sequence[ClaimedFeed]:
    """Claim feeds that `longest_due` returned in this transaction; a claim that runs out is due again."""
    # By the place: by the key, each row would cost a page of the key's index more.
    session.execute(
        update(Influencer)
        .where(text("influencers.ctid = ANY(CAST(:places AS tid[]))").bindparams(places=[feed.place for feed in feeds]))
        .values(scan_lease_until=until)
        .execution_options(synchronize_session=False)
    )
    return [ClaimedFeed(feed.influencer_id, feed.campaign_ids, until) for feed in feeds]


def count_due(session: Session, *, now: datetime, grace: timedelta) -> int:
    """Return how many feeds are due and not claimed, at most 10,000."""
    # With a limit it is looked up for each due feed; EXISTS becomes a join of everybody (measured with 10,000).
    watched = (
        select(CampaignInfluencer.id)
        .join(Campaign, Campaign.id == CampaignInfluencer.campaign_id)
        .where(CampaignInfluencer.influencer_id == Influencer.id, is_watched(now=now, grace=grace))
        .limit(1)
        .scalar_subquery()
    )
    due = (
        select(Influencer.id)
        .where(
            Influencer.platform == Platform.INSTAGRAM,
            Influencer.next_scan_at <= now,
            _is_unclaimed(now),
            watched.is_not(None),
        )
        .limit(_MOST_COUNTED)
        .subquery()
    )
    return session.scalars(select(func.count()).select_from(due)).one()


def count_claimed(session: Session, *, now: datetime) -> int:
    """Return how many feeds are claimed and not yet scanned: each will want a request of its own."""
    # A claimed feed stays due, so the due index finds it; an index of the claims would make each claim dearer.
    is_claimed = (Influencer.next_scan_at <= now, Influencer.scan_lease_until > now)
    return session.scalars(select(func.count(Influencer.id)).where(*is_claimed)).one()


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


def takes_part(*, now: datetime, grace: timedelta) -> ColumnElement[bool]:
    """Return the condition on influencers under which some participation keeps their feed under watch."""
    return (
        select(CampaignInfluencer.id)
        .join(Campaign, Campaign.id == CampaignInfluencer.campaign_id)
        .where(CampaignInfluencer.influencer_id == Influencer.id, is_watched(now=now, grace=grace))
        .exists()
    )


def hurry(influencer: Influencer, *, now: datetime, reason: Reason) -> None:
    """Let a feed be due at once, at any price."""
    influencer.next_scan_at = now
    influencer.scan_price, influencer.scan_reason = None, reason


def bring_forward(session: Session, *, now: datetime, within: timedelta) -> None:
    """Let no feed wait longer than `within` that was planned while requests were scarcer."""
    waiting = (
        select(Influencer.id)
        .where(
            Influencer.platform == Platform.INSTAGRAM,
            Influencer.next_scan_at > now + within,
            Influencer.scan_price.is_not(None),
            Influencer.scan_reason != Reason.UNWATCHED,
            Influencer.scan_failures == 0,
        )
        .with_for_update(skip_locked=True, key_share=True)
    )
    session.execute(
        update(Influencer)
        .where(Influencer.id.in_(waiting))
        .values(next_scan_at=now + within * func.random(), scan_reason=Reason.BOUND)
        .execution_options(synchronize_session=False)
    )


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


def asleep(now: datetime) -> Mapping[str, object]:
    """Return the columns of an influencer whom nobody watches: due in about a week, and woken by a participation."""
    # Spread, so that those who fall asleep in one hour do not wake in one minute.
    wakes_at = now + _SLEEP * (1 + random.random()) / 2  # noqa: S311 - not a secret
    return {"next_scan_at": wakes_at, "scan_reason": Reason.UNWATCHED}


def _put_to_sleep(session: Session, influencer_ids: Sequence[UUID], *, now: datetime) -> None:
    """Let feeds sleep, but not beyond the beginning of a campaign of theirs."""
    begins_at = (
        select(func.min(_period_start()))
        .select_from(Campaign)
        .join(CampaignInfluencer, CampaignInfluencer.campaign_id == Campaign.id)
        .where(
            CampaignInfluencer.influencer_id == Influencer.id,
            CampaignInfluencer.is_selected,
            Campaign.status.in_(RUNNING),
            _period_start() > now,
        )
        .scalar_subquery()
    )
    columns = asleep(now)
    wakes_at = case((Influencer.scan_reason == Reason.UNWATCHED, columns["next_scan_at"]), else_=now + _DOZE)
    session.execute(
        update(Influencer)
        .where(_is_one_of(influencer_ids))
        .values({**columns, "next_scan_at": func.least(begins_at, wakes_at), "scan_lease_until": None})
        .execution_options(synchronize_session=False)
    )


def _is_unclaimed(now: datetime) -> ColumnElement[bool]:
    return Influencer.scan_lease_until.is_(None) | (Influencer.scan_lease_until <= now)


def _period_start() -> ColumnElement[datetime]:
    return func.timezone(Campaign.time_zone, cast(Campaign.start_date, TIMESTAMP), type_=TIMESTAMP(timezone=True))


def _is_one_of(influencer_ids: Sequence[UUID]) -> ColumnElement[bool]:
    return Influencer.id == any_(literal(list(influencer_ids), ARRAY(Uuid)))
