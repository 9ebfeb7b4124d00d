"""Which sources there are and which are due: made from the running campaigns, claimed in rows."""

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Text, cast, delete, func, select, union, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.models import Campaign, CampaignInfluencer, DiscoverySource, Influencer, InstagramAccount, new_id
from app.models.states import ContentType, DiscoveryKind
from app.scheduling import due_feeds, sources, usable_accounts

_FIRST_REELS_WITHIN = 12.0
_WITH_REELS = (ContentType.ANY, ContentType.REEL, ContentType.VIDEO)


@dataclass(frozen=True, slots=True)
class _Wanted:
    kind: DiscoveryKind
    key: str
    influencer_id: UUID | None = None
    account_id: UUID | None = None


def settle_sources(session: Session, kinds: Collection[DiscoveryKind], *, now: datetime, grace: timedelta) -> int:
    """Add the sources that running campaigns ask for, drop those that none does any more, and return how many are left.

    Posts of which a webhook told are no such sources: they stay until they have been looked at.
    """
    wanted = [source for kind in kinds for source in _wanted(session, kind, now=now, grace=grace)]
    if wanted:
        rows = [
            {
                "id": new_id(),
                "kind": source.kind,
                "key": source.key,
                "influencer_id": source.influencer_id,
                "account_id": source.account_id,
                "next_look_at": now + _spread(source.kind),
            }
            for source in wanted
        ]
        session.execute(insert(DiscoverySource).on_conflict_do_nothing(index_elements=["kind", "key"]), rows)
    known = {(source.kind, source.key) for source in wanted}
    stored = session.execute(
        select(DiscoverySource.id, DiscoverySource.kind, DiscoverySource.key).where(
            DiscoverySource.kind != DiscoveryKind.MENTION
        )
    )
    gone = [row.id for row in stored if (row.kind, row.key) not in known]
    session.execute(delete(DiscoverySource).where(DiscoverySource.id.in_(gone)))
    return len(wanted)


def _spread(kind: DiscoveryKind) -> timedelta:
    """Return how long a new source waits: there may be as many tabs of reels as influencers, and none is urgent."""
    hours = random.uniform(0, _FIRST_REELS_WITHIN) if kind is DiscoveryKind.REELS else 0.0  # noqa: S311 - a spread
    return timedelta(hours=hours)


def rest_kind(session: Session, kind: DiscoveryKind, *, until: datetime) -> None:
    """Let all sources of a kind rest: what set one account aside would set the next one aside as well."""
    session.execute(
        update(DiscoverySource)
        .where(DiscoverySource.kind == kind, DiscoverySource.next_look_at < until)
        .values(next_look_at=until)
    )


def claim_due_sources(
    session: Session, kinds: Collection[DiscoveryKind], *, now: datetime, limit: int, lease: timedelta
) -> Sequence[UUID]:
    """Claim the sources that are due, longest overdue first; a claim that runs out is due again."""
    due = (
        select(DiscoverySource.id)
        .where(
            DiscoverySource.kind.in_(kinds),
            DiscoverySource.next_look_at <= now,
            DiscoverySource.lease_until.is_(None) | (DiscoverySource.lease_until <= now),
        )
        .order_by(DiscoverySource.next_look_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claimed = session.scalars(due).all()
    session.execute(update(DiscoverySource).where(DiscoverySource.id.in_(claimed)).values(lease_until=now + lease))
    return claimed


def _wanted(session: Session, kind: DiscoveryKind, *, now: datetime, grace: timedelta) -> Sequence[_Wanted]:
    match kind:
        case DiscoveryKind.USERTAGS:
            names = _asked_for(session, Campaign.required_mentions, now=now, grace=grace)
            return [_Wanted(kind, name) for name in names]
        case DiscoveryKind.HASHTAG:
            tags = {
                *_asked_for(session, Campaign.required_hashtags, now=now, grace=grace),
                *_asked_for(session, Campaign.any_hashtags, now=now, grace=grace),
            }
            return [_Wanted(kind, tag) for tag in sorted(tags)]
        case DiscoveryKind.REELS:
            return [_Wanted(kind, str(one), influencer_id=one) for one in _makers_of_reels(session, now, grace)]
        case DiscoveryKind.TIMELINE:
            readers = session.scalars(select(InstagramAccount.id).where(*usable_accounts.are_of(sources.PRIVATE)))
            return [_Wanted(kind, str(reader), account_id=reader) for reader in readers]
        case DiscoveryKind.TAGS:
            # Only a brand's own token tells who tags it, and a token without that permission would be set aside.
            brands = _asked_for(session, Campaign.required_mentions, now=now, grace=grace)
            tokens = select(InstagramAccount.id).where(
                *usable_accounts.are_of(sources.OFFICIAL), func.lower(InstagramAccount.username).in_(brands)
            )
            return [_Wanted(kind, str(token), account_id=token) for token in session.scalars(tokens)]
        case DiscoveryKind.MENTION:
            return []


def _asked_for(
    session: Session, column: InstrumentedAttribute[list[str]], *, now: datetime, grace: timedelta
) -> Sequence[str]:
    """Return what campaigns ask for whose influencers are watched now, in lower case."""
    watched = (
        select(Campaign.id)
        .join(CampaignInfluencer, CampaignInfluencer.campaign_id == Campaign.id)
        .join(Influencer, Influencer.id == CampaignInfluencer.influencer_id)
        .where(due_feeds.is_watched(now=now, grace=grace))
    )
    asked = select(func.lower(cast(func.jsonb_array_elements_text(column), Text)).label("one")).where(
        Campaign.id.in_(watched)
    )
    return session.scalars(union(asked).order_by("one")).all()


def _makers_of_reels(session: Session, now: datetime, grace: timedelta) -> Sequence[UUID]:
    query = (
        select(Influencer.id)
        .join(CampaignInfluencer, CampaignInfluencer.influencer_id == Influencer.id)
        .join(Campaign, Campaign.id == CampaignInfluencer.campaign_id)
        .where(
            due_feeds.is_watched(now=now, grace=grace),
            Campaign.content_type.in_(_WITH_REELS),
            Influencer.platform_uid.is_not(None),
        )
        .distinct()
    )
    return session.scalars(query).all()
