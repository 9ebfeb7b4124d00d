"""The design document's three loops on the truth of a sandbox world, each look on time, at once and without a limit.

Feeds by its priorities (or all of them every 30 minutes, as its own sum of 9,600 requests a day has it), the counts of
each content every hour, the existence of each content every 6 hours, the profiles once a day.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.core.clock import kst_date
from app.sandbox.people import Campaign, Influencer
from app.sandbox.posts import Absence, Post
from app.sandbox.world import World
from app.scheduling.tiers import SCAN_PRIORITY
from app.scheduling.worth import priority_of

_HOUR = 3600.0
_EXISTENCE_EVERY = 6 * _HOUR
_EVERY = timedelta(minutes=30).total_seconds()

Interval = Callable[[Influencer, float, Mapping[str, bool]], float]
"""Seconds until the next look at an influencer: at which moment, and which campaigns have their post."""


@dataclass(frozen=True, slots=True)
class Span:
    """What is counted of a run: from `since` until `until`; the run itself ends at `ends`. Seconds since 1970."""

    begins: float
    since: float
    until: float
    ends: float

    @property
    def days(self) -> float:
        """Return how many days are counted."""
        return (self.until - self.since) / (24 * _HOUR)


@dataclass(frozen=True, slots=True)
class Content:
    """A post registered for a campaign, when that was, and when its counts were read."""

    post: Post
    registered_at: float
    sampled_at: Sequence[float]


@dataclass(frozen=True, slots=True)
class Play:
    """What the loops did and saw."""

    requests: Mapping[str, int]
    """In the counted span, by kind."""
    found_at: Mapping[int, float]
    """When each post was seen first, by its id."""
    contents: Sequence[Content]


def by_priority(world: World) -> Interval:
    """Return the document's intervals of 30, 60 and 180 minutes, by the highest priority of the running campaigns."""

    def interval(influencer: Influencer, at: float, submitted: Mapping[str, bool]) -> float:
        today = kst_date(datetime.fromtimestamp(at, UTC))
        priorities = [
            priority_of(campaign.start_date, campaign.end_date, today=today, is_submitted=submitted[campaign.title])
            for campaign in _campaigns_of(world, influencer)
            if campaign.start_date <= today <= campaign.end_date
        ]
        return min((SCAN_PRIORITY[priority] for priority in priorities), default=timedelta(days=1)).total_seconds()

    return interval


def every_half_hour(_influencer: Influencer, _at: float, _submitted: Mapping[str, bool]) -> float:
    """Return the interval with which the document adds up its requests."""
    return _EVERY


def play(world: World, span: Span, interval: Interval) -> Play:
    """Return what the loops do in a world whose story is known until `span.ends`."""
    found_at: dict[int, float] = {}
    contents: list[Content] = []
    feeds = 0
    posts_of: dict[str, list[Post]] = {}
    for post in sorted(world.posts.values(), key=lambda post: post.published_at):
        posts_of.setdefault(post.influencer.username, []).append(post)
    for influencer in world.cast.influencers:
        campaigns = _campaigns_of(world, influencer)
        waiting = list(posts_of.get(influencer.username, ()))
        wanted = [
            (campaign, post, since) for campaign in campaigns for post in waiting if (since := _met(post, campaign))
        ]
        submitted = {campaign.title: False for campaign in campaigns}
        at = span.begins
        while at < span.ends:
            feeds += span.since <= at < span.until
            seen = [post for post in waiting if post.published_at <= at and is_visible(world, post, at)]
            found_at |= {post.media_pk: at for post in seen}
            waiting = [post for post in waiting if post.media_pk not in found_at]
            registered = [want for want in wanted if want[2] <= at and is_visible(world, want[1], at)]
            for campaign, post, _ in registered:
                submitted[campaign.title] = True
                contents.append(_content(world, post, at, span))
            wanted = [want for want in wanted if want not in registered]
            at += interval(influencer, at, submitted)
    counted = [_counted(content, span) for content in contents]
    requests = {
        "feed": feeds,
        "metrics": sum(metrics for metrics, _ in counted),
        "existence": sum(existence for _, existence in counted),
        "profile": round(len(world.cast.influencers) * span.days),
    }
    return Play(requests | {"total": sum(requests.values())}, found_at, contents)


def first_check_of(absence: Absence, span: Span) -> float | None:
    """Return when the existence loop meets an absence; None where it was over by then, or the run was."""
    passed = (absence.since - span.begins) // _EXISTENCE_EVERY
    at = span.begins + (passed + 1) * _EXISTENCE_EVERY
    return at if at < min(absence.until or span.ends, span.ends) else None


def is_visible(world: World, post: Post, at: float) -> bool:
    """Tell whether a published post could be seen at a moment."""
    spans = (*post.absences, *world.privacy_of(post.influencer.person))
    return not any(absence.since <= at < (absence.until or at + 1) for absence in spans)


def _campaigns_of(world: World, influencer: Influencer) -> Sequence[Campaign]:
    return [campaign for campaign in world.cast.campaigns if influencer.username in campaign.participants]


def _met(post: Post, campaign: Campaign) -> float | None:
    """Return since when a post satisfies a campaign."""
    return next((revision.at for revision in post.revisions if post.meets(campaign, revision)), None)


def _content(world: World, post: Post, registered_at: float, span: Span) -> Content:
    hours = range(int((span.ends - registered_at) // _HOUR) + 1)
    moments = [registered_at + hour * _HOUR for hour in hours]
    return Content(post, registered_at, [at for at in moments if is_visible(world, post, at)])


def _counted(content: Content, span: Span) -> tuple[int, int]:
    """Return how many requests of the hourly and the 6-hourly loop a content costs in the counted span."""
    ends = span.until
    for absence in content.post.absences:
        known_at = first_check_of(absence, span)
        if absence.since > content.registered_at and known_at is not None:
            ends = min(ends, known_at + 1)  # the document stops at the first answer "not found"
    since = max(span.since, content.registered_at + _HOUR)
    metrics = sum(
        since <= content.registered_at + hour * _HOUR < ends
        for hour in range(int((ends - content.registered_at) // _HOUR) + 1)
    )
    checks = range(int((ends - span.begins) // _EXISTENCE_EVERY) + 1)
    existence = sum(max(span.since, content.registered_at) <= span.begins + n * _EXISTENCE_EVERY < ends for n in checks)
    return metrics, existence
