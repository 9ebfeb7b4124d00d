"""Verdicts on contents: judged by what was seen, kept each time that they change, and announced when they turn bad."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.compliance import alerts
from app.compliance.contents import WatchedContent, watched_contents
from app.compliance.context import PostContext
from app.compliance.disclosure import judge_disclosure
from app.compliance.placement import Fold
from app.compliance.rule_sets import rule_set_for
from app.compliance.rules import message_for
from app.core.clock import kst_date
from app.core.errors import NotFound
from app.models import ComplianceVerdict, MonitoringLog
from app.models.states import DisclosureVerdict, MonitoringEvent, NotificationEvent


def analyze_content(session: Session, content_id: UUID, *, fold: Fold, now: datetime) -> ComplianceVerdict:
    """Judge one content as it was last seen, and return the verdict that holds.

    Raises:
        NotFound: there is no such content, or it was rejected.
    """
    watched = watched_contents(session, content_ids=[content_id])
    if not watched:
        raise NotFound(f"there is no content {content_id} to look after")
    return review(session, watched[0], fold=fold, now=now)


def review(session: Session, watched: WatchedContent, *, fold: Fold, now: datetime) -> ComplianceVerdict:
    """Judge a content, and return the verdict that holds: the last one where nothing has changed, or a new row.

    The advertiser and the operators are told when a content is non-compliant for the first time, or becomes so.
    """
    context = _context(watched)
    published_on = kst_date(watched.post.taken_at)
    finding = judge_disclosure(watched.post.caption, context, published_on=published_on, fold=fold)
    verdict = ComplianceVerdict(
        content_id=watched.content.id,
        rule_set=rule_set_for(published_on).version,
        verdict=finding.verdict,
        rule=finding.rule,
        evidence=None if finding.evidence is None else finding.evidence.as_document(),
        caption_hash=watched.post.caption_hash,
        checked_at=now,
    )
    last = watched.last_verdict
    if last is not None and _judgement(last) == _judgement(verdict):
        return last
    session.add(verdict)
    session.flush()
    was_bad = last is not None and last.verdict is DisclosureVerdict.NON_COMPLIANT
    if verdict.verdict is DisclosureVerdict.NON_COMPLIANT and not was_bad:
        _announce(session, watched, verdict, message_for(finding, context), now=now)
    return verdict


def _judgement(verdict: ComplianceVerdict) -> tuple[object, ...]:
    return (verdict.rule_set, verdict.verdict, verdict.rule, verdict.evidence, verdict.caption_hash)


def _context(watched: WatchedContent) -> PostContext:
    post = watched.post
    return PostContext(
        media=watched.content.post_type,
        compensation=watched.compensation,
        has_paid_partnership_label=post.is_paid_partnership or bool(post.sponsor_tags),
        previous_captions=tuple(revision.caption_before for revision in watched.revisions),
    )


def _announce(
    session: Session, watched: WatchedContent, verdict: ComplianceVerdict, message: str, *, now: datetime
) -> None:
    event = NotificationEvent.DISCLOSURE_MISSING
    if verdict.rule == "E-REMOVED":
        event = NotificationEvent.DISCLOSURE_REMOVED
        session.add(
            MonitoringLog(
                content_id=watched.content.id,
                event=MonitoringEvent.DISCLOSURE_REMOVED,
                status=watched.content.status,
                check_result={"exists": True, "verdict_id": str(verdict.id), "rule": verdict.rule},
                checked_at=now,
            )
        )
    alerts.announce(session, watched, event, {"rule": verdict.rule, "message": message}, cause_id=verdict.id, now=now)
