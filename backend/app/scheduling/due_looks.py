"""Which contents the feed's next page will show, and what looks at the others ask of the budget."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.core.config import Settings
from app.models import Campaign, CampaignContent, Influencer
from app.models.states import ContentStatus, Existence
from app.scheduling.looks import proof_rate, usual_proof_interval

SEEN = (Existence.PRESENT, Existence.RESTORED)
_MOST_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Proofs:
    """What proofs of existence are worth, in weighted hours an hour."""

    on_page: dict[UUID, float]
    """By influencer: what the next page of the feed proves."""
    singly: Sequence[float]
    """For each content that no page shows."""


def is_on_page() -> ColumnElement[bool]:
    """Return the condition under which the first page of the feed will probably show a content."""
    # A feed that cannot be read just now shows nothing, and one that was never read is on no page either.
    return (
        (CampaignContent.last_on_page_at >= Influencer.last_post_checked_at)
        & (Influencer.scan_failures == 0)
        & CampaignContent.existence.in_(SEEN)
    )


def count_due_looks(session: Session, *, now: datetime) -> int:
    """Return how many contents are due to be looked at, at most 10,000."""
    due = select(CampaignContent.id).where(_is_due(now)).limit(_MOST_COUNTED).subquery()
    return session.scalars(select(func.count()).select_from(due)).one()


def _is_due(now: datetime) -> ColumnElement[bool]:
    is_sample_due = (CampaignContent.next_metrics_at <= now) & CampaignContent.existence.in_(SEEN)
    return ((CampaignContent.next_check_at <= now) | is_sample_due) & (CampaignContent.status != ContentStatus.REJECTED)


def survey_proofs(session: Session, only: ColumnElement[bool], *, now: datetime, settings: Settings) -> Proofs:
    """Return what proofs of the watched contents of these influencers are worth."""
    groups = session.execute(
        select(
            CampaignContent.influencer_id,
            func.coalesce(is_on_page(), False).label("is_shown"),
            Campaign.end_date,
            Campaign.time_zone,
            func.count(),
        )
        .join(Influencer, Influencer.id == CampaignContent.influencer_id)
        .join(Campaign, Campaign.id == CampaignContent.campaign_id)
        .where(
            CampaignContent.next_check_at.is_not(None),
            CampaignContent.existence.in_(SEEN),
            only,
        )
        .group_by(CampaignContent.influencer_id, "is_shown", Campaign.id)
    ).all()
    found = Proofs({}, singly := [])
    for influencer_id, is_shown, end_date, zone, number in groups:
        rate = proof_rate(usual_proof_interval(end_date, zone, now=now, settings=settings))
        if is_shown:
            found.on_page[influencer_id] = found.on_page.get(influencer_id, 0.0) + rate * number
        else:
            singly += [rate] * number
    return found
