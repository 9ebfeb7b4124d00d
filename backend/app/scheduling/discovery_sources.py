"""Which sources there are and which are due: made from the running campaigns, claimed in rows."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Text, cast, delete, false, func, literal, select, union, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.models import Campaign, CampaignInfluencer, DiscoverySource, Influencer, InstagramAccount, new_id
from app.models.states import ContentType, DiscoveryKind
from app.scheduling import due_feeds, sources, usable_accounts

_FIRST_REELS_WITHIN = timedelta(hours=12)
_WITH_REELS = (ContentType.ANY, ContentType.REEL, ContentType.VIDEO)


@dataclass(frozen=True, slots=True)
class _Wanted:
    kind: DiscoveryKind
    key: str
    account_id: UUID | None = None


def settle_sources(session: Session, kinds: Collection[DiscoveryKind], *, now: datetime, grace: timedelta) -> int:
    """Add the sources that running campaigns ask for, drop those that none does any more, and return how many are left.

    Posts of which a webhook told are no such sources: they stay until they have been looked at.
    """
    named = [kind for kind in kinds if kind is not DiscoveryKind.REELS]
    wanted = [source for kind in named for source in _wanted(session, kind, now=now, grace=grace)]
    if wanted:
        rows = [
            {
                "id": new_id(),
                "kind": source.kind,
                "key": source.key,
                "account_id": source.account_id,
                "next_look_at": now,
            }
            for source in wanted
        ]
        session.execute(insert(DiscoverySource).on_conflict_do_nothing(index_elements=["kind", "key"]), rows)
    known = {(source.kind, source.key) for source in wanted}
    stored = session.execute(
        select(DiscoverySource.id, DiscoverySource.kind, DiscoverySource.key).where(
            DiscoverySource.kind.not_in((DiscoveryKind.MENTION, DiscoveryKind.REELS))
        )
    )
    gone = [row.id for row in stored if (row.kind, row.key) not in known]
    session.execute(delete(DiscoverySource).where(DiscoverySource.id.in_(gone)))
    return len(wanted) + _settle_reels(session, is_on=DiscoveryKind.REELS in kinds, now=now, grace=grace)


def _settle_reels(session: Session, *, is_on: bool, now: datetime, grace: timedelta) -> int:
    """Do the same for the tabs of reels, within the database: there may be as many as influencers.

    Their first looks are spread, because none is urgent.
    """
    makes_reels = _makes_reels(now, grace) if is_on else false()
    session.execute(
        delete(DiscoverySource).where(
            DiscoverySource.kind == DiscoveryKind.REELS,
            ~select(Influencer.id).where(Influencer.id == DiscoverySource.influencer_id, makes_reels).exists(),
        ),
        execution_options={"synchronize_session": False},
    )
    is_known = (
        select(DiscoverySource.id)
        .where(DiscoverySource.kind == DiscoveryKind.REELS, DiscoverySource.influencer_id == Influencer.id)
        .exists()
    )
    new = select(
        func.gen_random_uuid(),
        literal(DiscoveryKind.REELS, DiscoverySource.kind.type),
        cast(Influencer.id, Text),
        Influencer.id,
        literal(now, DiscoverySource.next_look_at.type) + func.random() * _FIRST_REELS_WITHIN,
    ).where(makes_reels, ~is_known)
    columns = ["id", "kind", "key", "influencer_id", "next_look_at"]
    session.execute(
        insert(DiscoverySource)
        .from_select(columns, new, include_defaults=False)
        .on_conflict_do_nothing(index_elements=["kind", "key"])
    )
    return session.scalars(
        select(func.count()).select_from(DiscoverySource).where(DiscoverySource.kind == DiscoveryKind.REELS)
    ).one()


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
        case DiscoveryKind.MENTION | DiscoveryKind.REELS:
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


def _makes_reels(now: datetime, grace: timedelta) -> ColumnElement[bool]:
    """Return the condition on influencers: a running campaign of theirs takes reels."""
    takes_reels = (
        select(CampaignInfluencer.id)
        .join(Campaign, Campaign.id == CampaignInfluencer.campaign_id)
        .where(
            CampaignInfluencer.influencer_id == Influencer.id,
            due_feeds.is_watched(now=now, grace=grace),
            Campaign.content_type.in_(_WITH_REELS),
        )
    )
    return Influencer.platform_uid.is_not(None) & takes_reels.exists()
