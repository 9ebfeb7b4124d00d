"""Who takes part in what: the campaigns for which an influencer's posts are matched."""

import contextlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from app.campaigns.requirements import Requirements, requirements_of
from app.core.errors import InvalidInput, NotFound
from app.models import Campaign, CampaignInfluencer, Influencer
from app.models.states import CampaignStatus
from app.scheduling.due_feeds import is_watched


@dataclass(frozen=True, slots=True)
class WatchedCampaign:
    """A campaign whose requirements an influencer's posts are held against."""

    id: UUID
    title: str
    advertiser_id: UUID
    requirements: Requirements
    retention: timedelta

    @property
    def starts_at(self) -> datetime:
        """Return the first instant of the period."""
        return self.requirements.starts_at


def watched_campaigns(
    session: Session, influencer_id: UUID, *, now: datetime, grace: timedelta, also: Sequence[UUID] = ()
) -> Sequence[WatchedCampaign]:
    """Return the influencer's running campaigns, and those of `also` that were not called off."""
    is_wanted = Campaign.id.in_(also) & Campaign.status.not_in((CampaignStatus.DRAFT, CampaignStatus.CANCELLED))
    campaigns = session.scalars(
        select(Campaign)
        .join(CampaignInfluencer, CampaignInfluencer.campaign_id == Campaign.id)
        .join(Influencer, Influencer.id == CampaignInfluencer.influencer_id)
        .where(
            CampaignInfluencer.influencer_id == influencer_id,
            CampaignInfluencer.is_selected,
            or_(is_watched(now=now, grace=grace), is_wanted),
        )
        .order_by(Campaign.start_date, Campaign.id)
    ).all()
    return [as_watched(campaign) for campaign in campaigns]


def as_watched(campaign: Campaign) -> WatchedCampaign:
    """Return what posts are held against of a stored campaign."""
    return WatchedCampaign(
        id=campaign.id,
        title=campaign.title,
        advertiser_id=campaign.advertiser_id,
        requirements=requirements_of(campaign),
        retention=timedelta(days=campaign.retention_days),
    )


def participant_ids(session: Session, campaign_id: UUID) -> Sequence[UUID]:
    """Return the influencers who are selected for a campaign."""
    return session.scalars(
        select(CampaignInfluencer.influencer_id)
        .where(CampaignInfluencer.campaign_id == campaign_id, CampaignInfluencer.is_selected)
        .order_by(CampaignInfluencer.influencer_id)
    ).all()


def find_campaign(session: Session, name: str) -> Campaign:
    """Return the campaign with this title or id.

    Raises:
        NotFound: there is none.
        InvalidInput: several have the title; the message names their ids.
    """
    is_named: ColumnElement[bool] = Campaign.title == unicodedata.normalize("NFC", name.strip())
    with contextlib.suppress(ValueError):
        is_named = is_named | (Campaign.id == UUID(name.strip()))
    campaigns = session.scalars(select(Campaign).where(is_named).order_by(Campaign.id)).all()
    if not campaigns:
        raise NotFound(f"There is no campaign '{name}'. Expected a campaign's title or id.")
    if len(campaigns) > 1:
        ids = ", ".join(f"{campaign.id} (from {campaign.start_date})" for campaign in campaigns)
        raise InvalidInput(f"{len(campaigns)} campaigns are called '{name}'. Give an id instead: {ids}.")
    return campaigns[0]
