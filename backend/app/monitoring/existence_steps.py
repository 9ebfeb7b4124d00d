"""Steps of existence: evidence is written into the row, the log and, where it matters, the outbox; once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.content import existence, vanishing
from app.content.existence import Evidence, Finding, Rules, Watch
from app.core.clock import kst_date
from app.core.config import Settings
from app.models import Campaign, CampaignContent, MonitoringLog
from app.models.states import ContentStatus, Existence, MonitoringEvent, NotificationEvent
from app.notifications import audience
from app.scheduling import looks, market

_HIDDEN_TOO_LONG = timedelta(days=7)
_EVENTS = {
    Existence.SUSPECTED: MonitoringEvent.SUSPECTED,
    Existence.UNAVAILABLE: MonitoringEvent.UNAVAILABLE,
    Existence.AUTHOR_HIDDEN: MonitoringEvent.AUTHOR_HIDDEN,
    Existence.DELETED: MonitoringEvent.DELETED,
    Existence.RESTORED: MonitoringEvent.RESTORED,
    Existence.PRESENT: MonitoringEvent.SEEN_AGAIN,
}


@dataclass(frozen=True, slots=True)
class WatchedContent:
    """A content, locked, with what its messages and its intervals need."""

    content: CampaignContent
    campaign: Campaign
    username: str


def take_step(
    session: Session,
    watched: WatchedContent,
    evidence: Evidence,
    *,
    details: Mapping[str, Any],
    now: datetime,
    settings: Settings,
) -> Existence:
    """Write down what a piece of evidence makes of a content, and return its state afterwards.

    A sighting is logged where it changes something; everything else always is, with `details` as its evidence.
    """
    content = watched.content
    if evidence.finding is not Finding.SEEN and _is_moot(content, evidence):
        return content.existence
    before = _watch_of(content)
    rules = rules_for(
        watched.campaign, dearness=market.dearness(session, settings=settings), now=now, settings=settings
    )
    is_stopped = (
        evidence.finding is Finding.MISSING
        and existence.is_second_proof(before, evidence, rules=rules)
        and vanishing.is_too_much_missing(session, now=now)
    )
    after = existence.next_watch(before, evidence, is_stopped=is_stopped, rules=rules)
    _write_watch(content, after)
    content.next_check_at = _next_check_at(content, after, now=now, rules=rules)
    if after.state is not before.state:
        _change_status(content, after.state)
        _log(session, content, _EVENTS[after.state], details, now=now)
        _announce_change(session, watched, before, now=now)
    elif is_stopped:
        _log(session, content, MonitoringEvent.VERDICT_STOPPED, details, now=now)
        _alert_stopped(session, now=now)
    elif evidence.finding is not Finding.SEEN:
        _log(session, content, MonitoringEvent.CHECKED, details, now=now)
    if after.state is Existence.AUTHOR_HIDDEN and now - after.since >= _HIDDEN_TOO_LONG:
        _alert_hidden(session, watched, now=now)
    session.flush()
    return after.state


def rules_for(campaign: Campaign, *, dearness: float, now: datetime, settings: Settings) -> Rules:
    """Return how long to wait between the steps, by how dear requests are."""
    usual = looks.usual_proof_interval(campaign.end_date, campaign.time_zone, now=now, settings=settings)
    return Rules(
        check_interval=looks.proof_interval(usual, dearness, settings=settings),
        second_proof_after=settings.deletion_delay,
        hidden_interval=settings.hidden_target_interval,
        retry_after=settings.existence_tick,
    )


def is_watched(content: CampaignContent, now: datetime) -> bool:
    """Tell whether a content's existence still matters: until its retention ends, or a suspicion is settled."""
    return content.status is not ContentStatus.REJECTED and (
        content.retention_until > now or content.existence in existence.UNRESOLVED
    )


def _is_moot(content: CampaignContent, evidence: Evidence) -> bool:
    """Tell whether an absence means nothing: nobody waits for the post, or it was seen after it was asked for."""
    was_seen = content.last_seen_at is not None and content.last_seen_at > evidence.at
    return was_seen or content.status is ContentStatus.REJECTED


def _next_check_at(content: CampaignContent, watch: Watch, *, now: datetime, rules: Rules) -> datetime | None:
    if not is_watched(content, now):
        return None
    next_at = existence.next_check_at(watch, now=now, rules=rules)
    # However dear requests are, the end of the retention is proved as soon as it is over.
    return min(next_at, content.retention_until) if content.retention_until > now else next_at


def _watch_of(content: CampaignContent) -> Watch:
    return Watch(
        content.existence,
        content.existence_since,
        content.missing_since,
        content.missing_witness_id,
        content.check_failures,
    )


def _write_watch(content: CampaignContent, watch: Watch) -> None:
    content.existence, content.existence_since = watch.state, watch.since
    content.missing_since, content.missing_witness_id = watch.missing_since, watch.witness_id
    content.check_failures = watch.failures


def _change_status(content: CampaignContent, state: Existence) -> None:
    if state is Existence.DELETED:
        content.status_before_removal, content.status = content.status, ContentStatus.DELETED
        content.removal_count += 1
    elif state is Existence.RESTORED and content.status is ContentStatus.DELETED:
        content.status = content.status_before_removal or ContentStatus.PENDING
        content.status_before_removal = None


def _announce_change(session: Session, watched: WatchedContent, before: Watch, *, now: datetime) -> None:
    """Tell the advertiser and the operators of a confirmed removal, and of its end; nothing else is told."""
    events = {
        Existence.DELETED: NotificationEvent.CONTENT_DELETED,
        Existence.RESTORED: NotificationEvent.CONTENT_RESTORED,
    }
    content = watched.content
    event = events.get(content.existence)
    if event is None:
        return
    payload = {
        "campaign_id": str(watched.campaign.id),
        "campaign_title": watched.campaign.title,
        "content_id": str(content.id),
        "influencer_username": watched.username,
        "post_url": content.post_url,
        "posted_at": content.posted_at.isoformat(),
        "retention_until": content.retention_until.isoformat(),
        "missing_since": _iso(content.missing_since or before.missing_since),
        "last_seen_at": _iso(content.last_seen_at),
        "confirmed_at": now.isoformat(),
    }
    audience.alert_operators(
        session,
        event=event,
        payload=payload,
        incident=f"{content.id}:{content.removal_count}",
        also=[watched.campaign.advertiser_id],
        now=now,
    )


def _alert_hidden(session: Session, watched: WatchedContent, *, now: datetime) -> None:
    # An author's contents are found to be hidden one after the other: the first one names the incident.
    since = session.scalars(
        select(func.min(CampaignContent.existence_since)).where(
            CampaignContent.influencer_id == watched.content.influencer_id,
            CampaignContent.existence == Existence.AUTHOR_HIDDEN,
        )
    ).one()
    audience.alert_operators(
        session,
        event=NotificationEvent.AUTHOR_HIDDEN,
        payload={"influencer_username": watched.username, "hidden_since": since.isoformat()},
        incident=f"{watched.content.influencer_id}:{kst_date(since)}",
        now=now,
    )


def _alert_stopped(session: Session, *, now: datetime) -> None:
    audience.alert_operators(
        session,
        event=NotificationEvent.VERDICTS_STOPPED,
        payload={"stopped_at": now.isoformat()},
        incident=str(kst_date(now)),
        now=now,
    )


def _log(
    session: Session,
    content: CampaignContent,
    event: MonitoringEvent,
    details: Mapping[str, Any],
    *,
    now: datetime,
) -> None:
    session.add(
        MonitoringLog(
            content_id=content.id,
            event=event,
            status=content.status,
            check_result={"existence": content.existence.value, **details},
            checked_at=now,
        )
    )


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()
