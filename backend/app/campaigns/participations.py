"""Who takes part in what: the campaigns for which an influencer's posts are matched."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.campaigns.requirements import Requirements, requirements_of
from app.core.clock import kst_day_start
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
        return kst_day_start(self.requirements.start_date)


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
    return [
        WatchedCampaign(
            id=campaign.id,
            title=campaign.title,
            advertiser_id=campaign.advertiser_id,
            requirements=requirements_of(campaign),
            retention=timedelta(days=campaign.retention_days),
        )
        for campaign in campaigns
    ]
