"""Upkeep: what a page tells about registered contents besides their counts: that they are there, and what they say."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.campaigns.matching import match_post
from app.campaigns.requirements import requirements_of
from app.compliance import retention, verdicts
from app.compliance.contents import WatchedContent, watched_contents
from app.compliance.placement import fold_of
from app.core.config import Settings
from app.models.states import Rule
from app.monitoring.judging import reading_of

_SIGNS = {Rule.HASHTAG: "#{}", Rule.ANY_HASHTAG: "#{}", Rule.MENTION: "@{}", Rule.PHRASE: "‘{}’"}
"""How what a caption can lack is named to people."""


def look_after_contents(
    session: Session, *, seen: Collection[UUID], registered: Collection[UUID], now: datetime, settings: Settings
) -> None:
    """Judge the disclosure and record the proof for the contents of the posts that were seen on a page, once a day.

    An edit is looked at when it is seen. A content that was registered without being seen is judged, no more.
    """
    fold = fold_of(settings)
    for watched in watched_contents(session, post_ids=seen, content_ids=registered):
        if watched.post.id in seen and retention.is_check_due(watched, now=now):
            verdict = verdicts.review(session, watched, fold=fold, now=now)
            retention.record_check(session, watched, verdict=verdict, removed=removed_requirements(watched), now=now)
        elif watched.last_verdict is None:
            verdicts.review(session, watched, fold=fold, now=now)


def removed_requirements(watched: WatchedContent) -> Sequence[str]:
    """Return what is required, was there at registration, and is there no more: `#tag`, `@name`, ‘phrase’."""
    at_first = watched.caption_at_registration
    if at_first == watched.post.caption:
        return []
    had_not = _missing(watched, at_first)
    return [item for item in _missing(watched, watched.post.caption) if item not in had_not]


def _missing(watched: WatchedContent, caption: str) -> Sequence[str]:
    verdict = match_post(requirements_of(watched.campaign), reading_of(watched.post, caption=caption))
    return [
        _SIGNS[rule.rule].format(rule.required.replace(" ", " #") if rule.rule is Rule.ANY_HASHTAG else rule.required)
        for rule in verdict.rules
        if rule.rule in _SIGNS and rule.is_met is False
    ]
