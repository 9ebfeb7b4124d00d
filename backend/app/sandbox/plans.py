"""Who will post what and when: plans drawn from the seed, in world time, before anything has happened."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from app.core.clock import kst_day_start
from app.sandbox.captions import Intention, possible_near_misses
from app.sandbox.people import Campaign, Cast, Influencer, Kind

HOUR = 3600.0
DAY = 86400.0
KINDS = tuple(Kind)


@dataclass(frozen=True, slots=True)
class PlannedPost:
    """A post that will be published at `world_time`; its words and numbers are drawn from `key` when it is."""

    key: str
    world_time: float
    influencer: Influencer
    kind: Kind
    intention: Intention
    campaign: Campaign | None = None
    also: Campaign | None = None
    is_pinned: bool = False
    is_collab: bool = False
    later: tuple[tuple[float, str], ...] = field(default=())
    """What happens to it afterwards: (world seconds after publication, verb)."""


@dataclass(frozen=True, slots=True)
class PlannedPrivacy:
    """An influencer goes private at `world_time` and comes back at `until`."""

    world_time: float
    until: float
    influencer: Influencer


class Planner:
    """Draws the plans of a world. The same seed and day always give the same plan."""

    def __init__(self, cast: Cast, *, seed: int) -> None:
        self._cast = cast
        self._seed = seed
        self._campaigns_of = {
            influencer.username: tuple(c for c in cast.campaigns if influencer.username in c.participants)
            for influencer in cast.influencers
        }

    def plan_day(self, day: date) -> Sequence[PlannedPost]:
        """Return everybody's posts of a Korean calendar day in world time."""
        start = kst_day_start(day).timestamp()
        return [post for influencer in self._cast.influencers for post in self._posts_of_day(influencer, day, start)]

    def plan_privacy(self, day: date) -> Sequence[PlannedPrivacy]:
        """Return who goes private on this day: about one account in a hundred, for a few hours."""
        rng = random.Random(f"privacy {self._seed} {day}")
        start = kst_day_start(day).timestamp()
        chosen = [influencer for influencer in self._cast.influencers if rng.random() < 0.012]
        plans = []
        for influencer in chosen:
            begin = start + rng.uniform(0, DAY)
            plans.append(PlannedPrivacy(begin, begin + rng.uniform(1, 8) * HOUR, influencer))
        return plans

    def plan_past(self, started_at: float, *, history_days: int) -> Sequence[PlannedPost]:
        """Return what must lie before the start: old pinned posts, and for each campaign posts that satisfy it."""
        posts = []
        for influencer in self._cast.influencers:
            rng = random.Random(f"pins {self._seed} {influencer.username}")
            for number in range(rng.choice((0, 0, 1, 2, 3))):
                age = rng.uniform(history_days + 20, history_days + 400) * DAY
                posts.append(self._pin(rng, influencer, number, started_at - age))
        for position, campaign in enumerate(self._cast.campaigns):
            rng = random.Random(f"first {self._seed} {position}")
            for number, influencer in enumerate(self._participants(campaign)):
                if number == 0 or rng.random() < 0.4:
                    world_time = started_at - rng.uniform(0.2, 30) * HOUR
                    kind = _fitting_kind(rng, influencer, campaign)
                    key = f"first/{position}/{influencer.username}"
                    posts.append(PlannedPost(key, world_time, influencer, kind, Intention.SATISFIES, campaign))
        return posts

    def _participants(self, campaign: Campaign) -> list[Influencer]:
        return [influencer for influencer in self._cast.influencers if influencer.username in campaign.participants]

    def _pin(self, rng: random.Random, influencer: Influencer, number: int, world_time: float) -> PlannedPost:
        campaigns = self._campaigns_of[influencer.username]
        # An old pinned post with the right tags is outside the period: it must not match.
        campaign = rng.choice(campaigns) if campaigns and rng.random() < 0.25 else None
        intention = Intention.UNRELATED if campaign is None else Intention.SATISFIES
        kind = rng.choices(KINDS, weights=influencer.habit.kind_weights)[0]
        key = f"pin/{influencer.username}/{number}"
        return PlannedPost(key, world_time, influencer, kind, intention, campaign, is_pinned=True)

    def _posts_of_day(self, influencer: Influencer, day: date, start: float) -> Sequence[PlannedPost]:
        rng = random.Random(f"day {self._seed} {influencer.username} {day}")
        mean = influencer.habit.posts_per_day
        count = int(mean) + (rng.random() < mean % 1)
        hours = rng.choices(range(24), weights=influencer.habit.hour_weights, k=count)
        return [
            self._post(rng, influencer, f"{day}/{influencer.username}/{number}", start + (hour + rng.random()) * HOUR)
            for number, hour in enumerate(hours)
        ]

    def _post(self, rng: random.Random, influencer: Influencer, key: str, world_time: float) -> PlannedPost:
        campaigns = self._campaigns_of[influencer.username]
        kind = rng.choices(KINDS, weights=influencer.habit.kind_weights)[0]
        chance = rng.random()
        if not campaigns or chance < 0.5:
            return PlannedPost(
                key, world_time, influencer, kind, Intention.UNRELATED, later=_fate(rng, Intention.UNRELATED)
            )
        campaign = rng.choice(campaigns)
        if chance < 0.74:
            intention = Intention.SATISFIES
        elif chance < 0.82:
            intention = Intention.TAG_ADDED_LATER
        else:
            intention = rng.choice(possible_near_misses(campaign))
        if intention is Intention.WRONG_TYPE:
            kind = rng.choice([kind for kind in KINDS if not kind.satisfies(campaign.content_type)])
        elif intention in {Intention.SATISFIES, Intention.TAG_ADDED_LATER}:
            kind = _fitting_kind(rng, influencer, campaign)
        others = [other for other in campaigns if other is not campaign]
        also = rng.choice(others) if others and intention is Intention.SATISFIES and rng.random() < 0.1 else None
        is_collab = intention is Intention.SATISFIES and rng.random() < 0.12
        return PlannedPost(
            key,
            world_time,
            influencer,
            kind,
            intention,
            campaign,
            also,
            is_collab=is_collab,
            later=_fate(rng, intention),
        )


def day_after(day: date) -> date:
    """Return the next calendar day."""
    return day + timedelta(days=1)


def _fitting_kind(rng: random.Random, influencer: Influencer, campaign: Campaign) -> Kind:
    fitting = [kind for kind in KINDS if kind.satisfies(campaign.content_type)]
    return rng.choices(fitting, weights=[influencer.habit.kind_weights[KINDS.index(kind)] for kind in fitting])[0]


def _fate(rng: random.Random, intention: Intention) -> tuple[tuple[float, str], ...]:
    """Draw what happens to a post later. An author who still has to correct the caption does not remove the post."""
    if intention is Intention.TAG_ADDED_LATER:
        return ((rng.uniform(0.4, 10) * HOUR, "correct"),)
    later: list[tuple[float, str]] = []
    if rng.random() < 0.06:
        later.append((rng.uniform(0.1, 20) * HOUR, "amend"))
    chance = rng.random()
    if chance < 0.03:
        later.append((rng.uniform(6, 96) * HOUR, "remove"))
    elif chance < 0.055:
        archived_after = rng.uniform(6, 72) * HOUR
        later.append((archived_after, "archive"))
        if rng.random() < 0.5:
            later.append((archived_after + rng.uniform(2, 30) * HOUR, "restore"))
    return tuple(later)
