"""Mentions of a brand, as Meta announces them."""

from datetime import datetime

import structlog
from sqlalchemy.orm import Session

log = structlog.get_logger(__name__)


def note_mention(session: Session, *, ig_user_id: str, media_id: str, now: datetime) -> bool:  # noqa: ARG001 - see below
    """Keep that a post mentions the account `ig_user_id`, both by the official API's ids; return whether it is news.

    Twice is once: Meta delivers a notification again until it is answered.
    """
    # The insert goes here; until then a mention is only logged, and every delivery is news.
    log.info("mention.noted", ig_user_id=ig_user_id, media_id=media_id, noted_at=now.isoformat())
    return True
