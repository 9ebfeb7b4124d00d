"""The brake: how much went missing of late, against how much is watched."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.content import existence
from app.models import CampaignContent
from app.models.states import ContentStatus

_SPAN = timedelta(days=1)
"""A true mass removal is held up for so long and no longer."""


def is_too_much_missing(session: Session, *, now: datetime) -> bool:
    """Tell whether so much of so many authors went missing within a day that no single removal is to be believed."""
    vanished, authors = session.execute(
        select(func.count(), func.count(CampaignContent.influencer_id.distinct())).where(
            CampaignContent.missing_since > now - _SPAN,
            CampaignContent.existence.in_(existence.GONE),
            CampaignContent.status != ContentStatus.REJECTED,
        )
    ).one()
    if authors < existence.FEWEST_AUTHORS:
        return False
    watched = session.scalars(
        select(func.count()).where(
            CampaignContent.next_check_at.is_not(None), CampaignContent.status != ContentStatus.REJECTED
        )
    ).one()
    return existence.is_mass_vanishing(vanished=vanished, watched=watched)
