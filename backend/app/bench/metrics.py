"""`tagbuy bench metrics`: how well few samples rebuild a like curve, and what collection costs in requests."""

import csv
import math
import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import Any

from sqlalchemy import func, select

from app.bench.existence import START, Scenario, World
from app.core.db import transaction
from app.metrics import sampling
from app.metrics.curves import curve_through
from app.models import CampaignContent, InstagramRequest

_HORIZON = 720.0
"""Hours: 30 days."""
_MADE_CURVES = 300
_WARM_UP = timedelta(hours=3)
"""Every feed is walked back to its campaign's start first."""
Likes = Callable[[float], float]


def measure_reconstruction(curves_file: Path | None) -> Mapping[str, Any]:
    """Return the error of the rebuilt curve in % of the final count, by schedule; means over all curves.

    `time` weighs every hour alike, `log_time` every hour the less the older the post is: there people look.
    """
    made = [_made_curve(random.Random(f"curve {number}")) for number in range(_MADE_CURVES)]  # noqa: S311 - repeatable
    ours = _our_ages(_HORIZON)
    schedules = {
        "hourly": [float(hour) for hour in range(1, int(_HORIZON) + 1)],
        "hourly until the samples are used up": [float(hour) for hour in range(1, len(ours) + 1)],
        "evenly spread": [_HORIZON * n / len(ours) for n in range(1, len(ours) + 1)],
        "ours (c * age^(2/3) and the marks)": ours,
    }
    figures: dict[str, Any] = {
        f"{_MADE_CURVES} made curves, 30 days": {
            name: {"samples": len(ages), **_errors(made, ages, horizon=_HORIZON)} for name, ages in schedules.items()
        }
    }
    if curves_file is not None:
        figures["measured curves, 7 days"] = measured_errors(curves_file)
    return figures


def measure_requests(directory: Path, *, hours: int) -> Mapping[str, Any]:
    """Return requests a day for 10 campaigns, 100 influencers and about 200 contents, in the bench's own database.

    The document's three loops are its own arithmetic: a feed every 30 minutes, a request for each content every hour,
    another one every 6 hours, and each profile once.
    """
    # A feed is read at the first tick after it has become due: so every 30 minutes.
    scenario = Scenario(influencers=100, campaigns=10, accounts=12, scan_interval=timedelta(minutes=25))
    world = World(scenario, directory)
    try:
        at, before = START, dict[str, int]()
        while at < START + _WARM_UP + timedelta(hours=hours):
            if at == START + _WARM_UP:
                before = _counted()
            world.tick()
            at += world.scenario.tick
            world.clock.move_to(at)
        after = _counted()
        with transaction() as session:
            contents = session.scalars(select(func.count()).select_from(CampaignContent)).one()
    finally:
        world.close()
    ours = {kind: round((number - before.get(kind, 0)) * 24 / hours) for kind, number in after.items()}
    document = {"feed": 100 * 48, "metrics": contents * 24, "existence": contents * 4, "profile": 100}
    return {
        "contents": contents,
        "document": document | {"total": sum(document.values())},
        "ours": ours | {"profile": 100, "total": sum(ours.values()) - ours.get("profile", 0) + 100},
    }


def _counted() -> dict[str, int]:
    with transaction() as session:
        rows = session.execute(select(InstagramRequest.kind, func.count()).group_by(InstagramRequest.kind)).all()
    return {row[0].value: row[1] for row in rows}


def _our_ages(horizon: float, *, first: float = 0.25) -> list[float]:
    """Return the ages in hours at which the production rule asks for samples of a post that was found after 15 min."""
    ages = [first]
    while True:
        now = START + timedelta(hours=ages[-1])
        following = (sampling.next_sample_at(START, marks=(), now=now) - START) / timedelta(hours=1)
        if following > horizon:
            return [*ages, horizon]
        ages.append(following)


def _made_curve(rng: random.Random) -> Likes:
    """Return a curve shaped like measured ones: fast and slow growth, the night, a tail, a late boost."""
    fast, slow = rng.uniform(1.0, 3.0), rng.uniform(12.0, 30.0)
    share, tail = rng.uniform(0.25, 0.5), rng.uniform(0.0, 0.05)
    phase, night = rng.uniform(0, 24), rng.uniform(0.2, 0.7)
    boost_at = rng.uniform(48, 500) if rng.random() < 0.12 else None
    boost = rng.uniform(0.1, 0.5)

    def likes(age: float) -> float:
        # Time runs slower at night: the audience sleeps.
        awake = age + night * 24 / (2 * math.pi) * (
            math.sin(2 * math.pi * (age + phase) / 24) - math.sin(2 * math.pi * phase / 24)
        )
        awake = max(awake, 0.0)
        grown = share * -math.expm1(-awake / fast) + (1 - share) * -math.expm1(-awake / slow) + tail * age / _HORIZON
        return grown + (boost * -math.expm1(-(age - boost_at) / 10) if boost_at is not None and age > boost_at else 0)

    return likes


def _errors(curves: Sequence[Likes], ages: Sequence[float], *, horizon: float) -> dict[str, float]:
    grid = [horizon * n / 2000 for n in range(1, 2001)]
    log_grid = [math.expm1(math.log1p(horizon) * n / 400) for n in range(1, 401)]
    time_errors, log_errors, worst = [], [], []
    for likes in curves:
        rebuilt = curve_through([(age, likes(age)) for age in ages])
        final = likes(horizon)
        misses = [100 * abs(rebuilt.at(age) - likes(age)) / final for age in grid]
        time_errors.append(fmean(misses))
        log_errors.append(fmean(100 * abs(rebuilt.at(age) - likes(age)) / final for age in log_grid))
        worst.append(max(misses))
    return {
        "time": round(fmean(time_errors), 3),
        "log_time": round(fmean(log_errors), 3),
        "worst_hour": round(fmean(worst), 2),
    }


def measured_errors(path: Path) -> Mapping[str, Any]:
    """Hold out the measured ages that a schedule does not ask for; the nearest one stands for one that it asks for."""
    points: dict[str, dict[float, float]] = defaultdict(dict)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            points[row["post"]][float(row["age_h"])] = float(row["likes"])
    whole = [series for series in points.values() if 168.0 in series and min(series) <= 6 and len(series) > 8]
    ours = _our_ages(168.0)
    schedules = {
        "daily": [24.0 * day for day in range(1, 8)],
        "hourly until the samples are used up": [float(hour) for hour in range(1, len(ours))] + [168.0],
        "evenly spread": [168.0 * n / len(ours) for n in range(1, len(ours) + 1)],
        "ours": ours,
    }
    return {"posts": len(whole), **{name: _held_out_error(whole, ages) for name, ages in schedules.items()}}


def _held_out_error(posts: Sequence[Mapping[float, float]], wanted: Sequence[float]) -> dict[str, float]:
    errors, used = [], []
    for series in posts:
        ages = {min(series, key=lambda age: abs(math.log(age / want))) for want in wanted}
        rebuilt = curve_through([(age, series[age]) for age in ages])
        held_out = sorted(age for age in series if age not in ages)
        used.append(len(ages))
        if held_out:
            weights = [after - before for before, after in pairwise([0.0, *held_out])]
            misses = [abs(rebuilt.at(age) - series[age]) / series[168.0] for age in held_out]
            errors.append(100 * sum(w * miss for w, miss in zip(weights, misses, strict=True)) / sum(weights))
    return {"samples": round(fmean(used), 1), "error": round(fmean(errors), 2) if errors else 0.0}
