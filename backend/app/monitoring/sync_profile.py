"""Profiles: followers, name and privacy, asked for at night, spread over the quiet hours (03:00 to 07:00 KST)."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from app.core.clock import KST
from app.core.config import Settings
from app.core.db import TransactionFactory, server_now
from app.core.errors import NotFound
from app.instagram.errors import InstagramError, PermitRefused, TargetUnavailable
from app.instagram.port import LookupProvider, Profile
from app.metrics import followers
from app.models import CampaignContent, Influencer
from app.models.states import Platform, RequestKind
from app.monitoring.requests import Answer, NoAccountFree, send_request
from app.scheduling import looks, market, pool_forecast, sources
from app.scheduling.account_pool import Errand
from app.scheduling.allowance import Limits
from app.scheduling.due_feeds import takes_part

QUIET_FROM, QUIET_UNTIL = 3, 7
"""Hours of the day in Korea."""
PROFILE_TICK = timedelta(minutes=10)
_GONE = frozenset({"user_not_found", "invalid_target_user"})


def claim_profiles(session: Session, *, now: datetime, settings: Settings) -> Sequence[UUID]:
    """Return the influencers whose profile is to be asked for now: an even share of those still due this night.

    Every night, or while requests are dear every few nights. What one call hands out and does not succeed is due again
    at the next one. Outside the quiet hours everything that the last night left over is due at once. Never more than
    the pool can send meanwhile.
    """
    local = now.astimezone(KST)
    begins = local.replace(hour=QUIET_FROM, minute=0, second=0, microsecond=0)
    begins = begins if local >= begins else begins - timedelta(days=1)
    ends = begins + timedelta(hours=QUIET_UNTIL - QUIET_FROM)
    nights = looks.nights_between_profiles(market.dearness(session, settings=settings))
    stale = begins - timedelta(days=nights - 1)
    is_due = [
        Influencer.platform == Platform.INSTAGRAM,
        Influencer.platform_uid.is_not(None),
        or_(Influencer.last_synced_at.is_(None), Influencer.last_synced_at < stale),
        _is_wanted(now, settings),
    ]
    due = session.scalars(select(func.count()).select_from(Influencer).where(*is_due)).one()
    ticks_left = max(1, math.ceil((ends - local) / PROFILE_TICK))
    limits = Limits.from_settings(settings, sources.PRIVATE)
    room = pool_forecast.count_free_permits(session, provider=sources.PRIVATE, limits=limits, within=PROFILE_TICK)
    # The longest unsynced first, and in the same order every time: a doubled call hands out the same ones.
    return session.scalars(
        select(Influencer.id)
        .where(*is_due)
        .order_by(Influencer.last_synced_at.asc().nulls_first(), Influencer.id)
        .limit(min(math.ceil(due / ticks_left), room))
    ).all()


def sync_profile(
    transaction: TransactionFactory, provider: LookupProvider, influencer_id: UUID, *, settings: Settings
) -> str | None:
    """Ask for an influencer's profile and write down what it says; return why it could not be, or None.

    The pk is the identity: whoever it names now is the influencer, under whatever name.

    Raises:
        NotFound: there is no such influencer.
    """
    with transaction() as session:
        influencer = session.get(Influencer, influencer_id)
        if influencer is None:
            raise NotFound(f"there is no influencer {influencer_id}")
        user_pk = influencer.platform_uid
    if user_pk is None:
        return "its first scan has not found out who it is yet"
    try:
        answer = send_request(
            transaction,
            lambda account, permit: provider.fetch_profile_by_pk(account, permit, user_pk),
            Errand(RequestKind.PROFILE, user_pk),
            settings=settings,
        )
    except TargetUnavailable as failure:
        _note_refusal(transaction, influencer_id, failure.error)
        return str(failure)
    except (NoAccountFree, PermitRefused, InstagramError) as failure:
        return str(failure)
    with transaction() as session:
        _write_profile(session, influencer_id, answer)
    return None


def _write_profile(session: Session, influencer_id: UUID, answer: Answer[Profile]) -> None:
    influencer = session.get_one(Influencer, influencer_id, with_for_update=True)
    profile, now = answer.value, answer.answered_at
    influencer.username = profile.username
    influencer.full_name = profile.full_name or influencer.full_name
    influencer.is_private = profile.is_private
    if profile.follower_count is not None:
        influencer.follower_count = profile.follower_count
    influencer.last_synced_at, influencer.sync_error = now, None
    followers.record_profile(session, influencer_id, profile, now=now)


def _note_refusal(transaction: TransactionFactory, influencer_id: UUID, error: str) -> None:
    """Write down that this profile cannot be read: asked again this night, it would keep others from their turn."""
    with transaction() as session:
        now = server_now(session)
        influencer = session.get_one(Influencer, influencer_id, with_for_update=True)
        influencer.last_synced_at, influencer.sync_error = now, error
        if error in _GONE:
            followers.record_gone(session, influencer_id, influencer.username, now=now)


def _is_wanted(now: datetime, settings: Settings) -> ColumnElement[bool]:
    """Return the condition: takes part in a running campaign, or has a content that is still to be kept."""
    has_content = select(CampaignContent.id).where(
        CampaignContent.influencer_id == Influencer.id, CampaignContent.retention_until > now
    )
    return or_(takes_part(now=now, grace=settings.scan_grace), has_content.exists())
