"""`tagbuy bench case`: the design document's case, end to end over virtual days, beside its own three loops.

10 campaigns, 100 influencers, about 200 contents: the production planner, scans, sweeps and profile sync on real
PostgreSQL and the sandbox's Instagram, with as many accounts as the budget asks for, each under its own daily limit.
The document's loops are played on the same world's truth (`app.bench.document_loops`).
"""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update

from app.bench import case_figures, document_loops
from app.bench.database import own_server
from app.bench.document_loops import Content, Interval, Span
from app.bench.existence import START, Scenario, World
from app.core.clock import KST
from app.core.db import transaction
from app.models import (
    CampaignContent,
    ContentMetrics,
    InfluencerPost,
    InstagramAccount,
    InstagramRequest,
    MonitoringLog,
)
from app.models.states import MonitoringEvent
from app.monitoring.sync_profile import QUIET_FROM, QUIET_UNTIL
from app.sandbox.world import World as Truth

_CHECKS_EVERY, _SAMPLES_EVERY, _PROFILES_EVERY = timedelta(minutes=5), timedelta(minutes=10), timedelta(minutes=10)
"""As Beat's timetable has them."""
_LEAST_ACCOUNTS = 2
"""A removal needs two witnesses."""
_ACCOUNT_PER_DAY = 1000


@dataclass(frozen=True, slots=True)
class Case:
    """How large, how long, and how busy its people are."""

    influencers: int = 100
    campaigns: int = 10
    posts_per_day: float = 0.43
    """Of a median influencer, as in the reference's histories of real accounts."""
    warm_up: timedelta = timedelta(days=2)
    """Feeds are walked back to their campaigns' beginnings first, and that is not counted."""
    measured: timedelta = timedelta(days=3)
    afterwards: timedelta = timedelta(hours=12)
    """The run goes on for so long, so that what was published last can be found: no feed waits longer."""
    removed_every: timedelta = timedelta(hours=3, minutes=50)
    """A registered post of any age is removed so often, at ever other times of the document's six hours."""
    tick: timedelta = timedelta(minutes=1)
    seed: int = 5

    @property
    def span(self) -> Span:
        """Return what is counted of the run."""
        since = START + self.warm_up
        until = since + self.measured
        moments = (START, since, until, until + self.afterwards)
        return Span(*(moment.timestamp() for moment in moments))


def measure_case(case: Case, budgets: Sequence[int], *, say: Callable[[str], None]) -> dict[str, Any]:
    """Return the figures of each budget (requests a day), each in a database of its own, and of the document."""
    ours: dict[str, Any] = {}
    document: dict[str, Any] = {}
    for budget in budgets:
        say(f"{budget} requests a day …")
        with own_server() as directory:
            ours[str(budget)], truth = run(case, budget, directory)
        document = document or {
            "feeds every 30, 60 or 180 minutes": _document(truth, case.span, document_loops.by_priority(truth)),
            "feeds every 30 minutes": _document(truth, case.span, document_loops.every_half_hour),
        }
    return {"case": _case_figures(truth, case.span), "document": document, "ours": ours}


def run(case: Case, budget: int, directory: Path) -> tuple[dict[str, Any], Truth]:
    """Run the case in the database of the settings, which must be its own; return its figures and the world's truth."""
    accounts = max(_LEAST_ACCOUNTS, math.ceil(budget / _ACCOUNT_PER_DAY))
    scenario = Scenario(
        influencers=case.influencers,
        campaigns=case.campaigns,
        accounts=accounts,
        tick=case.tick,
        scan_interval=None,
        history_days=90,
        posts_per_day=case.posts_per_day,
        seed=case.seed,
    )
    world = World(scenario, directory)
    try:
        with transaction() as session:
            session.execute(update(InstagramAccount).values(requests_per_day=budget // accounts))
        _play(world, case)
        return _figures(world.simulation.present(), case.span), world.simulation.world
    finally:
        world.close()


def _play(world: World, case: Case) -> None:
    chance = random.Random(f"case {case.seed}")  # noqa: S311 - repeatable
    passed, counts_from = timedelta(0), case.warm_up
    while passed < counts_from + case.measured + case.afterwards:
        now = START + passed
        world.clock.move_to(now)
        if (
            counts_from <= passed < counts_from + case.measured
            and (passed - counts_from) % case.removed_every < case.tick
        ):
            _remove_something(world, chance, now)
        world.scan_feeds()
        if passed % _CHECKS_EVERY < case.tick:
            world.check_contents()
        if passed % _SAMPLES_EVERY < case.tick:
            world.sample_contents()
        if passed % _PROFILES_EVERY < case.tick and QUIET_FROM <= now.astimezone(KST).hour < QUIET_UNTIL:
            world.sync_profiles()
        passed += case.tick


def _remove_something(world: World, chance: random.Random, now: datetime) -> None:
    """Remove a post that was registered hours ago, whatever budget watches: chosen by the truth alone."""
    truth = world.simulation.present()
    settled = now.timestamp() - timedelta(hours=12).total_seconds()
    campaigns = truth.cast.campaigns
    going = sorted(
        post.media_pk
        for post in truth.posts.values()
        if post.revisions[-1].at < settled and post.absence is None and any(map(post.meets, campaigns))
    )
    if going:
        world.simulation.perform("remove", {"media_pk": str(chance.choice(going))})


def _figures(truth: Truth, span: Span) -> dict[str, Any]:
    """Return what the database says of a run."""
    with transaction() as session:
        rows = session.execute(select(InfluencerPost.media_pk, InfluencerPost.first_seen_at)).all()
    contents = _contents(truth)
    removed = case_figures.removals(contents, span)

    def noticed(event: MonitoringEvent) -> dict[str, Any]:
        return case_figures.waits_until(_logged(event), removed, span)

    return {
        "requests_per_day": _requests(span),
        "detection_minutes": case_figures.delays(truth, span, {int(row[0]): row[1].timestamp() for row in rows}),
        "curve_error_percent": case_figures.curve_errors(contents.values(), span),
        "removal_minutes": {
            "until the first sign": noticed(MonitoringEvent.SUSPECTED),
            "until the alert": noticed(MonitoringEvent.DELETED),
        },
        "declared_removed_falsely": sum(
            document_loops.is_visible(truth, contents[content_id].post, at)
            for content_id, moments in _logged(MonitoringEvent.DELETED).items()
            for at in moments
        ),
    }


def _document(truth: Truth, span: Span, interval: Interval) -> dict[str, Any]:
    played = document_loops.play(truth, span, interval)
    contents = dict(enumerate(played.contents))
    removed = case_figures.removals(contents, span)
    checked = {
        key: [at for absence in content.post.absences if (at := document_loops.first_check_of(absence, span))]
        for key, content in contents.items()
    }
    return {
        "requests_per_day": {kind: round(number / span.days) for kind, number in played.requests.items()},
        "detection_minutes": case_figures.delays(truth, span, played.found_at),
        "curve_error_percent": case_figures.curve_errors(contents.values(), span),
        "removal_minutes": {"until the existence loop looks": case_figures.waits_until(checked, removed, span)},
    }


def _contents(truth: Truth) -> Mapping[UUID, Content]:
    with transaction() as session:
        rows = session.scalars(select(CampaignContent)).all()
        samples = session.execute(
            select(ContentMetrics.content_id, ContentMetrics.recorded_at).order_by(ContentMetrics.recorded_at)
        ).all()
    sampled: dict[UUID, list[float]] = {row.id: [] for row in rows}
    for content_id, at in samples:
        sampled[content_id].append(at.timestamp())
    return {
        row.id: Content(truth.posts[int(row.instagram_media_pk)], row.submitted_at.timestamp(), sampled[row.id])
        for row in rows
    }


def _logged(event: MonitoringEvent) -> Mapping[UUID, Sequence[float]]:
    """Return when a state was reached, by content."""
    with transaction() as session:
        lines = session.execute(
            select(MonitoringLog.content_id, MonitoringLog.checked_at)
            .where(MonitoringLog.event == event)
            .order_by(MonitoringLog.checked_at)
        ).all()
    moments: dict[UUID, list[float]] = {}
    for content_id, at in lines:
        moments.setdefault(content_id, []).append(at.timestamp())
    return moments


def _requests(span: Span) -> dict[str, int]:
    """Return the requests of the counted span a day: by kind, and of the accounts that sent most and fewest."""
    counted = (
        InstagramRequest.latest_sent_at >= datetime.fromtimestamp(span.since, UTC),
        InstagramRequest.latest_sent_at < datetime.fromtimestamp(span.until, UTC),
    )
    with transaction() as session:
        kinds = session.execute(
            select(InstagramRequest.kind, func.count()).where(*counted).group_by(InstagramRequest.kind)
        ).all()
        accounts = session.execute(
            select(InstagramRequest.account_id, func.count()).where(*counted).group_by(InstagramRequest.account_id)
        ).all()
    per_day = {kind.value: round(number / span.days) for kind, number in kinds}
    by_account = sorted(number / span.days for _, number in accounts)
    return per_day | {
        "total": round(sum(by_account)),
        "accounts": len(by_account),
        "of the busiest account": round(by_account[-1]),
        "of the idlest account": round(by_account[0]),
    }


def _case_figures(truth: Truth, span: Span) -> dict[str, Any]:
    """Return how large the case was."""
    published = [post for post in truth.posts.values() if span.since <= post.published_at < span.until]

    def contents_at(moment: float) -> int:
        return sum(
            any(post.meets(campaign, revision) for revision in post.revisions if revision.at <= moment)
            for post in truth.posts.values()
            for campaign in truth.cast.campaigns
            if document_loops.is_visible(truth, post, moment)
        )

    return {
        "influencers": len(truth.cast.influencers),
        "campaigns": len(truth.cast.campaigns),
        "contents when counting begins": contents_at(span.since),
        "contents when it ends": contents_at(span.until),
        "posts_per_day_and_influencer": round(len(published) / span.days / len(truth.cast.influencers), 2),
    }
