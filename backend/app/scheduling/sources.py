"""Which API reads a feed: the official one where it can and tells enough, the private one otherwise.

There is nothing to configure: an API takes part as soon as the pool has an account or token of it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, false, func, select, true
from sqlalchemy.orm import Session

from app.models import Campaign, CampaignInfluencer, Influencer
from app.scheduling import accounts, due_feeds, graph_tokens, usable_accounts

PRIVATE = accounts.PROVIDER
OFFICIAL = graph_tokens.PROVIDER
ASK_AGAIN_AFTER = timedelta(days=7)
"""Personal accounts become professional ones, and renamed ones get their new name here."""


def suits_official(session: Session, *, now: datetime, grace: timedelta) -> ColumnElement[bool] | None:
    """Return the condition on influencers under which the official API is the one to read their feed; None: nobody's.

    It does not know personal accounts, finds by name only, and leaves out the `@` that some campaigns ask for. Where
    the pool has no account for the private API, it reads what it can of every feed.
    """
    if not usable_accounts.exist_of(session, OFFICIAL):
        return None
    if not usable_accounts.exist_of(session, PRIVATE):
        return true()
    # With a limit it is looked up for each due feed; EXISTS becomes a join of everybody (measured with 10,000).
    asks_for_mentions = (
        select(CampaignInfluencer.id)
        .join(Campaign, Campaign.id == CampaignInfluencer.campaign_id)
        .where(
            CampaignInfluencer.influencer_id == Influencer.id,
            due_feeds.is_watched(now=now, grace=grace),
            func.jsonb_array_length(Campaign.required_mentions) > 0,
        )
        .limit(1)
        .scalar_subquery()
    )
    was_refused = func.coalesce(Influencer.graph_refused_at > now - ASK_AGAIN_AFTER, false())
    return Influencer.platform_uid.is_not(None) & ~was_refused & asks_for_mentions.is_(None)


def readers_of(session: Session, influencer_id: UUID, *, now: datetime, grace: timedelta) -> Sequence[str]:
    """Return the providers to read this feed with; a later one where those before do not know it or are busy."""
    suits = suits_official(session, now=now, grace=grace)
    if suits is None:
        return [PRIVATE]
    found = session.scalars(select(Influencer.id).where(Influencer.id == influencer_id, suits)).one_or_none()
    if found is None:
        return [PRIVATE]
    return [OFFICIAL, PRIVATE] if usable_accounts.exist_of(session, PRIVATE) else [OFFICIAL]


def note_refusal(session: Session, influencer_id: UUID, *, now: datetime) -> None:
    """Write down that the official API does not know the influencer: personal, private, renamed or gone."""
    session.get_one(Influencer, influencer_id, with_for_update=True).graph_refused_at = now


def note_reader(influencer: Influencer, provider: str) -> None:
    """Write down which API reads the feed from its top; another one's place in it means nothing to this one."""
    if influencer.read_by != provider:
        influencer.read_by = provider
        influencer.walk_cursor = None
