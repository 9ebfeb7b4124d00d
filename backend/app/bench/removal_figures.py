"""What was declared about contents, held against what happened to their posts."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute

from app.core.clock import KST
from app.core.db import transaction
from app.models import CampaignContent, InfluencerPost, InstagramRequest, MonitoringLog, Notification, User
from app.models.states import MonitoringEvent, NotificationEvent, UserRole
from app.sandbox.faults import FaultRule
from app.sandbox.posts import Absence, Post
from app.sandbox.world import World

_PATIENCE = 36 * 3600.0
"""A removal that is not declared after so many seconds was missed."""


@dataclass(slots=True)
class Figures:
    """What came out."""

    contents: int = 0
    removals: int = 0
    """Contents that were removed or archived while they were watched."""
    brief_absences: int = 0
    """Absences that ended before they could be confirmed."""
    private_spans: int = 0
    confirmed: int = 0
    false_deletions: list[str] = field(default_factory=list)
    missed_deletions: list[str] = field(default_factory=list)
    unclosed_restorations: list[str] = field(default_factory=list)
    hours_to_alert: dict[str, list[float]] = field(default_factory=dict)
    """From the removal to the alert, by what gave the first sign: a page, or a look at the post."""
    hours_from_sign: list[float] = field(default_factory=list)
    """From the first sign to the alert."""
    requests: dict[str, int] = field(default_factory=dict)
    outcomes: dict[str, int] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    steps: dict[str, int] = field(default_factory=dict)

    def as_document(self) -> dict[str, Any]:
        """Return the figures as JSON values."""
        everything = [hours for found in self.hours_to_alert.values() for hours in found]
        return {
            "contents": self.contents,
            "removed_or_archived": self.removals,
            "came_back_before_it_could_be_confirmed": self.brief_absences,
            "author_private_spans": self.private_spans,
            "confirmed": self.confirmed,
            "false_deleted": len(self.false_deletions),
            "missed": len(self.missed_deletions),
            "restored_without_closing_message": len(self.unclosed_restorations),
            "hours_from_removal_to_alert": {
                "all": _spread(everything),
                **{found_by: _spread(hours) for found_by, hours in sorted(self.hours_to_alert.items())},
            },
            "hours_from_first_sign_to_alert": _spread(self.hours_from_sign),
            "requests": self.requests,
            "outcomes": self.outcomes,
            "faults_used": self.faults,
            "steps": self.steps,
            "examples": [*self.false_deletions[:5], *self.missed_deletions[:5], *self.unclosed_restorations[:5]],
        }


def compare(world: World, rules: Sequence[FaultRule], *, now: datetime) -> Figures:
    """Return the figures of a run that ended at `now`."""
    figures = Figures()
    with transaction() as session:
        contents = session.scalars(select(CampaignContent)).all()
        to_advertisers = select(Notification).join(User).where(User.role == UserRole.ADVERTISER)
        alerts = _alerts(session.scalars(to_advertisers.order_by(Notification.created_at)).all())
        suspicions = select(MonitoringLog).where(MonitoringLog.event == MonitoringEvent.SUSPECTED)
        signs: dict[UUID, list[MonitoringLog]] = {}
        for line in session.scalars(suspicions.order_by(MonitoringLog.checked_at)):
            signs.setdefault(line.content_id, []).append(line)
        seen = session.execute(select(InfluencerPost.media_pk, InfluencerPost.first_seen_at))
        first_seen = {row.media_pk: row.first_seen_at for row in seen}
    figures.requests = _counted(InstagramRequest.kind)
    figures.outcomes = _counted(InstagramRequest.outcome)
    figures.steps = _counted(MonitoringLog.event)
    figures.contents = len(contents)
    for rule in rules:
        figures.faults[rule.kind] = figures.faults.get(rule.kind, 0) + rule.used
    figures.private_spans = sum(len(world.privacy_of(influencer.person)) for influencer in world.cast.influencers)
    for content in contents:
        post = world.posts[int(content.instagram_media_pk)]
        seen_from = first_seen[content.instagram_media_pk].timestamp()
        absences = [absence for absence in post.absences if absence.since > seen_from]
        _judge(
            figures,
            world,
            content,
            post,
            absences,
            alerts.get(str(content.id), {}),
            signs.get(content.id, []),
            now=now.timestamp(),
        )
    return figures


def _counted(column: InstrumentedAttribute[Any]) -> dict[str, int]:
    with transaction() as session:
        rows = session.execute(select(column, func.count()).group_by(column)).all()
    return {str(row[0]): row[1] for row in rows}


def _judge(
    figures: Figures,
    world: World,
    content: CampaignContent,
    post: Post,
    absences: Sequence[Absence],
    alerts: Mapping[NotificationEvent, Sequence[datetime]],
    signs: Sequence[MonitoringLog],
    *,
    now: float,
) -> None:
    """Hold what was declared about one content against what happened to its post."""
    figures.removals += bool(absences)
    story = f"{content.instagram_media_pk} of {post.influencer.username}: {content.existence}, {post.absences}"
    declared = [moment.timestamp() for moment in alerts.get(NotificationEvent.CONTENT_DELETED, ())]
    for moment in declared:
        absence = next((span for span in absences if span.since <= moment <= (span.until or now)), None)
        if absence is None:
            figures.false_deletions.append(f"{story}, declared {_told(moment)}")
        else:
            figures.confirmed += 1
            found_by, signed_at = _first_sign(signs, moment)
            figures.hours_to_alert.setdefault(found_by, []).append((moment - absence.since) / 3600)
            figures.hours_from_sign.append((moment - signed_at) / 3600)
    for absence in absences:
        is_declared = any(absence.since <= moment <= (absence.until or now) for moment in declared)
        if is_declared:
            continue
        if absence.until is not None:
            figures.brief_absences += 1
        elif now - absence.since > _PATIENCE and not _is_excused(world, post, absence, now):
            figures.missed_deletions.append(f"{story}, gone since {_told(absence.since)}")
    closings = alerts.get(NotificationEvent.CONTENT_RESTORED, ())
    is_back = bool(declared) and post.absence is None
    if is_back and len(closings) != len(declared) and not _is_excused(world, post, absences[-1], now):
        figures.unclosed_restorations.append(f"{story}, declared {len(declared)} times, closed {len(closings)} times")


def _first_sign(signs: Sequence[MonitoringLog], moment: float) -> tuple[str, float]:
    """Return what made a content suspected before the alert, and when."""
    sign = [line for line in signs if line.checked_at.timestamp() <= moment][-1]
    found_by = "found by a page" if "absent_from_page" in sign.check_result else "found by a look"
    return found_by, sign.checked_at.timestamp()


def _spread(values: Sequence[float]) -> dict[str, float | int]:
    hours = sorted(values)
    if not hours:
        return {"n": 0}
    return {
        "n": len(hours),
        "median": round(statistics.median(hours), 2),
        "p95": round(hours[int(0.95 * (len(hours) - 1))], 2),
        "max": round(hours[-1], 2),
    }


def _is_excused(world: World, post: Post, absence: Absence, now: float) -> bool:
    """Tell whether nobody could know: the author has been private for most of the time since."""
    spans = world.privacy_of(post.influencer.person)
    hidden = sum(
        max(0.0, min(span.until or now, now) - max(span.since, absence.until or absence.since)) for span in spans
    )
    return now - (absence.until or absence.since) - hidden < _PATIENCE


def _alerts(notifications: Sequence[Notification]) -> Mapping[str, Mapping[NotificationEvent, list[datetime]]]:
    """Return when each content was declared deleted and restored to its advertiser."""
    found: dict[str, dict[NotificationEvent, list[datetime]]] = {}
    for notification in notifications:
        if notification.event not in (NotificationEvent.CONTENT_DELETED, NotificationEvent.CONTENT_RESTORED):
            continue
        moments = found.setdefault(notification.payload["content_id"], {}).setdefault(notification.event, [])
        moments.append(notification.created_at)
    return found


def _told(moment: float) -> str:
    return datetime.fromtimestamp(moment, KST).isoformat(timespec="minutes")
