"""The rhythm in which an influencer posts: how often, at which hours of the week, and how much of it on the hour.

How often is a Gamma-Poisson rate that forgets with a half-life. At which hours is the common shape of the week,
corrected by the influencer's own hours and days as far as their posts bear it out: the common shape, then the own
counts smoothed widely, then narrowly, each shrunk to the one before. On the hour: posts that an app publishes at a set
time come in the first minutes of an hour; a two-part mixture learns which share of an influencer's posts does.

What is stored is 24 + 7 + 3 numbers; a page updates them in a time that does not depend on the history.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import log

from app.scheduling.week import HOURS_A_DAY, HOURS_A_WEEK, Week

HALF_LIFE_HOURS = 21 * 24.0
# How many posts each thing that is assumed counts for, against what an influencer's own posts say. The predicted
# likelihood of real posts hardly moves when these are halved or doubled.
_RATE_POSTS, _WIDE_POSTS, _NARROW_POSTS, _DAY_POSTS, _PUNCTUAL_POSTS = 1.0, 8.0, 12.0, 40.0, 4.0
_PUNCTUAL_SHARE = 0.08
_MOST_OF_ONE = 20
"""An influencer who posts more than so often still counts for no more in the common shape."""
_LEAST_RATE = 1e-6

PUNCTUAL_PARTS = (
    (0.0, 1.0, 0.46),
    (1.0, 2.0, 0.145),
    (2.0, 3.0, 0.065),
    (3.0, 6.0, 0.11),
    (6.0, 12.0, 0.07),
    (12.0, 30.0, 0.03),
    (30.0, 31.0, 0.07),
    (31.0, 33.0, 0.02),
    (33.0, 60.0, 0.03),
)
"""Parts of the hour, from and to in minutes, and the share of punctual posts in each (69,000 posts of 15 accounts)."""


@dataclass(frozen=True, slots=True)
class Prior:
    """What is assumed of an influencer who is not known yet: learned from everybody else of the group."""

    posts_per_hour: float
    shape: Sequence[float]
    """168 factors of mean 1, Monday 00:00 first, in local time."""
    by_hour: Sequence[float] = field(init=False)
    """The share of the posts in each hour of the day, whatever the day; likewise `by_day`."""
    by_day: Sequence[float] = field(init=False)

    def __post_init__(self) -> None:
        # Here once, not with every page: they are needed for each of its targets.
        days = [self.shape[start : start + HOURS_A_DAY] for start in range(0, HOURS_A_WEEK, HOURS_A_DAY)]
        object.__setattr__(self, "by_day", [sum(day) / HOURS_A_WEEK for day in days])
        object.__setattr__(self, "by_hour", [sum(hour) / HOURS_A_WEEK for hour in zip(*days, strict=True)])


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What was learned of one influencer; posts and hours fade with the half-life."""

    posts: float
    exposure_hours: float
    punctual: float
    by_hour: Sequence[float]
    by_day: Sequence[float]
    learned_until: datetime


@dataclass(frozen=True, slots=True)
class Intensity:
    """Posts to be expected: per hour in each hour of the week, and the share of them that comes on the hour."""

    rates: Sequence[float]
    punctual_share: float


def new_rhythm(since: datetime) -> Rhythm:
    """Return the rhythm of somebody of whom nothing was seen before `since`."""
    return Rhythm(0.0, 0.0, 0.0, (0.0,) * HOURS_A_DAY, (0.0,) * 7, since)


def first_rhythm(posted: Iterable[datetime], week: Week, *, now: datetime) -> Rhythm:
    """Return what the first page teaches: its oldest post begins the time that was watched, and is not counted."""
    instants = sorted(posted)
    if not instants:
        return new_rhythm(now)
    rhythm = new_rhythm(instants[0])
    for instant in instants[1:]:
        rhythm = learned(rhythm, [instant], week, now=instant)
    return learned(rhythm, [], week, now=now)


def learned(rhythm: Rhythm, posted: Iterable[datetime], week: Week, *, now: datetime) -> Rhythm:
    """Return the rhythm after a page that showed everything up to `now`; `posted` are the posts not seen before."""
    hours = max(0.0, (now - rhythm.learned_until) / timedelta(hours=1))
    kept = 0.5 ** (hours / HALF_LIFE_HOURS)
    by_hour = [count * kept for count in rhythm.by_hour]
    by_day = [count * kept for count in rhythm.by_day]
    posts, punctual = rhythm.posts * kept, rhythm.punctual * kept
    for instant in posted:
        day, hour = week.day_and_hour(instant)
        on_the_hour = _punctual_share(posts, punctual) * _punctual_density(instant)
        punctual += on_the_hour / (on_the_hour + 1 - _punctual_share(posts, punctual))
        posts += 1
        by_hour[hour] += 1
        by_day[day] += 1
    exposure = rhythm.exposure_hours * kept + (1 - kept) * HALF_LIFE_HOURS / log(2)
    return Rhythm(posts, exposure, punctual, by_hour, by_day, max(now, rhythm.learned_until))


def intensity_of(rhythm: Rhythm, prior: Prior) -> Intensity:
    """Return which posts to expect."""
    posts, shape = rhythm.posts, prior.shape
    rate = (_RATE_POSTS + posts) / (_RATE_POSTS / prior.posts_per_hour + rhythm.exposure_hours)
    by_hour = _shrunk(_smoothed_widely(rhythm.by_hour), prior.by_hour, posts, _WIDE_POSTS)
    by_hour = _shrunk(_smoothed(rhythm.by_hour), by_hour, posts, _NARROW_POSTS)
    hours = [own / usual for own, usual in zip(by_hour, prior.by_hour, strict=True)]
    by_day = _shrunk(rhythm.by_day, prior.by_day, posts, _DAY_POSTS)
    raw: list[float] = []
    for day, (own, usual) in enumerate(zip(by_day, prior.by_day, strict=True)):
        row = shape[day * HOURS_A_DAY : (day + 1) * HOURS_A_DAY]
        raw += [own / usual * common * hour for common, hour in zip(row, hours, strict=True)]
    scale = rate * HOURS_A_WEEK / sum(raw)
    rates = [value * scale + _LEAST_RATE for value in raw]
    return Intensity(rates, _punctual_share(posts, rhythm.punctual))


def fit_prior(histories: Sequence[Sequence[datetime]], week: Week, *, span: timedelta) -> Prior:
    """Return what a group has in common: the mean of the rates and the shape of the week, watched for `span` each."""
    counts = [0.0] * HOURS_A_WEEK
    for posted in histories:
        weight = min(1.0, _MOST_OF_ONE / max(len(posted), 1))
        for instant in posted:
            counts[week.hour_of_week(instant)] += weight
    smooth = [1.0 + count for count in _smoothed(counts)]
    mean = sum(smooth) / HOURS_A_WEEK
    rate = sum(map(len, histories)) / (len(histories) * span / timedelta(hours=1))
    return Prior(max(rate, _LEAST_RATE), [value / mean for value in smooth])


def _smoothed(counts: Sequence[float]) -> Sequence[float]:
    ring = [*counts[-1:], *counts, *counts[:1]]
    return [(ring[at] + 2 * ring[at + 1] + ring[at + 2]) / 4 for at in range(len(counts))]


def _smoothed_widely(counts: Sequence[float]) -> Sequence[float]:
    ring = [*counts[-3:], *counts, *counts[:3]]
    return [
        0.05 * (ring[at] + ring[at + 6])
        + 0.1 * (ring[at + 1] + ring[at + 5])
        + 0.2 * (ring[at + 2] + ring[at + 4])
        + 0.3 * ring[at + 3]
        for at in range(len(counts))
    ]


def _shrunk(own: Sequence[float], assumed: Sequence[float], posts: float, strength: float) -> Sequence[float]:
    return [(strength * share + count) / (strength + posts) for count, share in zip(own, assumed, strict=True)]


def _punctual_share(posts: float, punctual: float) -> float:
    return (_PUNCTUAL_POSTS * _PUNCTUAL_SHARE + punctual) / (_PUNCTUAL_POSTS + posts)


def _punctual_density(instant: datetime) -> float:
    """Return how much likelier this minute of the hour is for a punctual post than for another."""
    minute = instant.minute + instant.second / 60
    return next(share * 60 / (end - start) for start, end, share in PUNCTUAL_PARTS if minute < end)
