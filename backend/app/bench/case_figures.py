"""What came out of a run of the document's case: delays, curves, removals, for whoever did the looking."""

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from statistics import fmean, median
from typing import Any, TypeVar

from app.bench.document_loops import Content, Span, is_visible
from app.metrics.curves import Curve, curve_through
from app.sandbox.counts import grown
from app.sandbox.posts import Absence, Post
from app.sandbox.world import World

K = TypeVar("K", bound=Hashable)
_GRID = 200
_LASTING = 6 * 3600.0
"""An absence shorter than the document's existence loop is nobody's duty to notice."""


def delays(world: World, span: Span, found_at: Mapping[int, float]) -> dict[str, Any]:
    """Return minutes from publication until a post was seen, of the posts published in the counted span.

    A post that nobody has seen when the run ends counts with the time it has waited; one that could not be seen by
    then (removed, or its author private) does not count.
    """
    published = [post for post in world.posts.values() if span.since <= post.published_at < span.until]
    unseen = [post for post in published if post.media_pk not in found_at and is_visible(world, post, span.ends)]
    waits = [(span.ends - post.published_at) / 60 for post in unseen]
    waits += [(found_at[post.media_pk] - post.published_at) / 60 for post in published if post.media_pk in found_at]
    return {
        "posts": len(waits),
        "missed": len(unseen),
        **_spread(waits),
        **{f"share_within_{limit}": round(fmean(wait <= limit for wait in waits), 3) for limit in (30, 60, 180)},
    }


def curve_errors(contents: Iterable[Content], span: Span) -> dict[str, Any]:
    """Return how far the rebuilt like curves are off in the counted span, in % of the count after 30 days.

    From a content's first sample to its last one: `time` weighs every hour alike, `log_time` by the age's logarithm.
    """
    by_time, by_log, samples = [], [], []
    for content in contents:
        growth = content.post.growth
        ages = [_age(content.post, at) for at in content.sampled_at]
        if growth.hidden_like_count is not None or len(ages) < 2:
            continue
        first = max(ages[0], _age(content.post, span.since))
        last = min(ages[-1], _age(content.post, span.until))
        if last <= first:
            continue
        rebuilt = curve_through([(age, grown(growth.likes, growth, age_hours=age)) for age in ages])

        def error(age: float, post: Post = content.post, rebuilt: Curve = rebuilt) -> float:
            true = grown(post.growth.likes, post.growth, age_hours=age)
            return 100 * abs(rebuilt.at(age) - true) / post.growth.likes

        steps = [(n + 0.5) / _GRID for n in range(_GRID)]
        by_time.append(fmean(error(first + (last - first) * step) for step in steps))
        low, high = math.log1p(first), math.log1p(last)
        by_log.append(fmean(error(math.expm1(low + (high - low) * step)) for step in steps))
        samples.append(sum(first <= age <= last for age in ages))
    if not samples:
        return {"contents": 0}
    return {
        "contents": len(samples),
        "time": round(fmean(by_time), 3),
        "log_time": round(fmean(by_log), 3),
        "samples_a_day": round(sum(samples) / len(samples) / span.days, 1),
    }


def removals(contents: Mapping[K, Content], span: Span) -> Sequence[tuple[K, Absence]]:
    """Return the contents that went in the counted span, while they were watched, for six hours or more."""
    return [
        (key, absence)
        for key, content in contents.items()
        for absence in content.post.absences
        if span.since <= absence.since < span.until
        and absence.since > content.registered_at
        and (absence.until or math.inf) - absence.since >= _LASTING
    ]


def waits_until(
    noticed: Mapping[K, Sequence[float]], removed: Sequence[tuple[K, Absence]], span: Span
) -> dict[str, Any]:
    """Return minutes from each removal until it was noticed; one that was not counts until the end of the run."""
    first = [next((at for at in noticed.get(key, ()) if at >= absence.since), None) for key, absence in removed]
    minutes = [
        ((span.ends if at is None else at) - absence.since) / 60
        for at, (_, absence) in zip(first, removed, strict=True)
    ]
    return {"removals": len(removed), "not_noticed": first.count(None), **_spread(minutes)}


def _age(post: Post, at: float) -> float:
    return (at - post.published_at) / 3600


def _spread(minutes: Sequence[float]) -> dict[str, float | None]:
    ordered = sorted(minutes)
    if not ordered:
        return {"mean": None, "median": None, "p95": None}
    return {
        "mean": round(fmean(ordered), 1),
        "median": round(median(ordered), 1),
        "p95": round(ordered[min(int(0.95 * len(ordered)), len(ordered) - 1)], 1),
    }
