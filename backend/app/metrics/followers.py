"""Followers: the history of profiles, and how many followers an account had when a post was published."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, UnaryExpression, func, lateral, select, true
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import LateralFromClause

from app.instagram.port import Profile
from app.models import CampaignContent, InfluencerProfile

_FARTHEST = timedelta(days=14)
"""A count from longer before or after says nothing about the day of a post."""


def record_profile(session: Session, influencer_id: UUID, profile: Profile, *, now: datetime) -> None:
    """Add what a profile says now to its history."""
    session.add(
        InfluencerProfile(
            influencer_id=influencer_id,
            username=profile.username,
            follower_count=profile.follower_count,
            is_private=profile.is_private,
            is_gone=False,
            recorded_at=now,
        )
    )


def record_gone(session: Session, influencer_id: UUID, username: str, *, now: datetime) -> None:
    """Add to the history that nobody has this account now, as far as one reader can tell."""
    session.add(
        InfluencerProfile(
            influencer_id=influencer_id,
            username=username,
            follower_count=None,
            is_private=False,
            is_gone=True,
            recorded_at=now,
        )
    )


def followers_at_posting(session: Session, condition: ColumnElement[bool]) -> Mapping[UUID, int]:
    """Return, by content, how many followers the influencer had when it was posted, for contents of `condition`.

    That is the last count before it, else the first one after it, at most 14 days away; others are left out.
    """
    before = _nearest(InfluencerProfile.recorded_at <= CampaignContent.posted_at, InfluencerProfile.recorded_at.desc())
    after = _nearest(InfluencerProfile.recorded_at > CampaignContent.posted_at, InfluencerProfile.recorded_at.asc())
    count = func.coalesce(before.c.follower_count, after.c.follower_count)
    rows = session.execute(
        select(CampaignContent.id, count)
        .join(before, true(), isouter=True)
        .join(after, true(), isouter=True)
        .where(condition, count.is_not(None))
    )
    return {row[0]: row[1] for row in rows}


def _nearest(side: ColumnElement[bool], order: UnaryExpression[datetime]) -> LateralFromClause:
    span = (CampaignContent.posted_at - _FARTHEST, CampaignContent.posted_at + _FARTHEST)
    return lateral(
        select(InfluencerProfile.follower_count)
        .where(
            InfluencerProfile.influencer_id == CampaignContent.influencer_id,
            InfluencerProfile.follower_count.is_not(None),
            InfluencerProfile.recorded_at.between(*span),
            side,
        )
        .order_by(order)
        .limit(1)
    )
