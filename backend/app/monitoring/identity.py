"""Identity: an influencer is the account behind the name, and the name may have been another one before."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.db import server_now
from app.instagram.port import Profile
from app.metrics import followers
from app.models import CampaignInfluencer, Influencer, InfluencerScanLog, new_id


def settle_identity(session: Session, influencer_id: UUID, profile: Profile, *, lease_until: datetime) -> UUID:
    """Write down who is behind a name that was imported without a pk, and return the influencer to go on with.

    Where the same account is known under an earlier name, that row is renamed, takes over the participations, and the
    new row goes: it has seen no post yet.
    """
    known = session.scalars(
        select(Influencer)
        .where(Influencer.platform_uid == profile.pk, Influencer.id != influencer_id)
        .with_for_update()
    ).one_or_none()
    influencer = session.get_one(Influencer, influencer_id, with_for_update=True)
    if known is not None:
        _take_over(session, known.id, influencer)
        influencer = known
    influencer.platform_uid = profile.pk
    influencer.username = profile.username
    influencer.full_name = profile.full_name
    influencer.follower_count = profile.follower_count
    influencer.scan_lease_until = lease_until
    session.flush()
    followers.record_profile(session, influencer.id, profile, now=server_now(session))
    return influencer.id


def _take_over(session: Session, known_id: UUID, stray: Influencer) -> None:
    participations = session.execute(
        select(
            CampaignInfluencer.campaign_id,
            CampaignInfluencer.is_selected,
            CampaignInfluencer.selected_at,
            CampaignInfluencer.agreed_amount,
            CampaignInfluencer.compensation,
        ).where(CampaignInfluencer.influencer_id == stray.id)
    ).mappings()
    rows = [{"id": new_id(), "influencer_id": known_id, **participation} for participation in participations]
    if rows:
        session.execute(
            insert(CampaignInfluencer)
            .values(rows)
            .on_conflict_do_nothing(index_elements=["campaign_id", "influencer_id"])
        )
    session.execute(delete(CampaignInfluencer).where(CampaignInfluencer.influencer_id == stray.id))
    session.execute(
        update(InfluencerScanLog).where(InfluencerScanLog.influencer_id == stray.id).values(influencer_id=known_id)
    )
    session.delete(stray)
    session.flush()
