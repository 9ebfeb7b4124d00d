"""Identity: an influencer is the account behind the name, and the name may have been another one before."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from app.core.db import server_now
from app.instagram.errors import TransientFailure
from app.instagram.port import Profile
from app.metrics import followers
from app.models import (
    CampaignContent,
    CampaignInfluencer,
    CaptionRevision,
    Influencer,
    InfluencerPost,
    InfluencerScanLog,
    PostMatch,
    new_id,
)


def settle_identity(session: Session, influencer_id: UUID, profile: Profile, *, lease_until: datetime) -> UUID:
    """Write down who is behind a name that was imported without a pk, and return the influencer to go on with.

    Where the same account is known under an earlier name, that row is renamed, takes over participations and posts, and
    the new row goes.

    Raises:
        TransientFailure: the profile tells no pk, so nobody knows who that is.
    """
    if profile.pk is None:
        raise TransientFailure("profile_without_pk")
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
    _take_over_posts(session, known_id, stray.id)
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


def _take_over_posts(session: Session, known_id: UUID, stray_id: UUID) -> None:
    """Give the posts that the official API showed under the new name to the known row; what both have stays once."""
    own = aliased(InfluencerPost)
    session.execute(
        update(CampaignContent)
        .where(
            CampaignContent.post_id == InfluencerPost.id,
            InfluencerPost.influencer_id == stray_id,
            own.influencer_id == known_id,
            own.media_pk == InfluencerPost.media_pk,
        )
        .values(post_id=own.id)
    )
    session.execute(
        update(CampaignContent).where(CampaignContent.influencer_id == stray_id).values(influencer_id=known_id)
    )
    known_pks = select(own.media_pk).where(own.influencer_id == known_id)
    doubled = select(InfluencerPost.id).where(
        InfluencerPost.influencer_id == stray_id, InfluencerPost.media_pk.in_(known_pks)
    )
    session.execute(delete(PostMatch).where(PostMatch.post_id.in_(doubled)))
    session.execute(delete(CaptionRevision).where(CaptionRevision.post_id.in_(doubled)))
    session.execute(delete(InfluencerPost).where(InfluencerPost.id.in_(doubled)))
    session.execute(
        update(InfluencerPost).where(InfluencerPost.influencer_id == stray_id).values(influencer_id=known_id)
    )
