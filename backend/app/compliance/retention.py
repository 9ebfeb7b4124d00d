"""Retention: daily proof that a content is there and still what was agreed, from pages that were fetched anyway."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.compliance import alerts, proof_chain
from app.compliance.contents import WatchedContent
from app.compliance.proof_chain import Check
from app.core.clock import kst_date
from app.models import ComplianceVerdict, MonitoringLog, RetentionCheck
from app.models.states import MonitoringEvent, NotificationEvent


def is_check_due(watched: WatchedContent, *, now: datetime) -> bool:
    """Tell whether a sighting now is worth a row: the first of a Korean day, or after an edit, until the end is proven.

    The sighting that proves the end is the first one at or after `retention_until`.
    """
    last = watched.last_check
    if last is None:
        return True
    if last.checked_at >= watched.content.retention_until:
        return False
    return kst_date(last.checked_at) < kst_date(now) or last.caption_hash != watched.post.caption_hash


def record_check(
    session: Session,
    watched: WatchedContent,
    *,
    verdict: ComplianceVerdict,
    removed: Sequence[str],
    now: datetime,
) -> RetentionCheck:
    """Write down that the content was seen now; `removed` is what is required, was there at first and is gone.

    The advertiser and the operators are told when something more was removed than at the last check.
    """
    content, last = watched.content, watched.last_check
    check = Check(
        sequence=1 if last is None else last.sequence + 1,
        checked_at=now,
        caption_hash=watched.post.caption_hash,
        removed=removed,
        verdict=verdict.verdict.value,
        rule=verdict.rule,
    )
    previous = last.hash if last is not None else first_hash(watched)
    row = RetentionCheck(
        content_id=content.id,
        sequence=check.sequence,
        checked_at=now,
        caption_hash=check.caption_hash,
        removed=list(removed),
        verdict=verdict.verdict,
        rule=check.rule,
        hash=proof_chain.next_hash(previous, check.as_document()),
    )
    session.add(row)
    session.flush()
    newly_removed = [item for item in removed if last is None or item not in last.removed]
    if newly_removed:
        _announce(session, watched, row, newly_removed, now=now)
    return row


def first_hash(watched: WatchedContent) -> str:
    """Return what the first check of the content follows."""
    content = watched.content
    return proof_chain.first_hash(
        content_id=str(content.id), media_pk=content.instagram_media_pk, posted_at=content.posted_at
    )


def _announce(
    session: Session, watched: WatchedContent, check: RetentionCheck, removed: Sequence[str], *, now: datetime
) -> None:
    session.add(
        MonitoringLog(
            content_id=watched.content.id,
            event=MonitoringEvent.REQUIREMENT_REMOVED,
            status=watched.content.status,
            check_result={"exists": True, "removed": list(removed), "check_id": str(check.id)},
            checked_at=now,
        )
    )
    alerts.announce(
        session,
        watched,
        NotificationEvent.REQUIREMENT_REMOVED,
        {"removed": list(removed)},
        cause_id=check.id,
        now=now,
    )
