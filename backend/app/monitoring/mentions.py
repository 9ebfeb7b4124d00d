"""Mentions that the official webhook told of: each is a source of discovery that is looked at once."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.models import DiscoverySource, new_id
from app.models.states import DiscoveryKind
from app.scheduling import graph_tokens


def note_mention(session: Session, *, ig_user_id: str, media_id: str, now: datetime) -> bool:
    """Note that a post mentions a brand, to be looked at at once; return whether that is new.

    A brand whose token the pool does not have cannot be asked about the post, so its mention is left out.
    """
    account_id = graph_tokens.account_of(session, ig_user_id)
    if account_id is None:
        return False
    row = {
        "id": new_id(),
        "kind": DiscoveryKind.MENTION,
        "key": media_id,
        "account_id": account_id,
        "next_look_at": now,
    }
    added = session.execute(
        insert(DiscoverySource)
        .values(row)
        .on_conflict_do_nothing(index_elements=["kind", "key"])
        .returning(DiscoverySource.id)
    )
    return added.first() is not None
