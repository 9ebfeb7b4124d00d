"""How likes, comments and plays of a post grow: fast in the first hours, then ever more slowly to a limit."""

import math
import random
from dataclasses import dataclass

from app.sandbox.people import Influencer, Kind


@dataclass(frozen=True, slots=True)
class Growth:
    """Where the counts of a post end, and how fast they get there."""

    likes: int
    comments: int
    plays: int
    """0 for pictures, which have no plays."""
    time_scale_hours: float
    hidden_like_count: int | None
    """What Instagram reports instead of a hidden count (3 or -1: instagrapi #2010, #493); None where likes show."""


def draw_growth(rng: random.Random, influencer: Influencer, kind: Kind) -> Growth:
    """Return the growth of one post of this influencer."""
    habit = influencer.habit
    likes = int(influencer.person.follower_count * habit.engagement_ratio * rng.lognormvariate(0, 0.45)) + 5
    is_video = kind in {Kind.REEL, Kind.VIDEO}
    return Growth(
        likes=likes,
        comments=int(likes * rng.uniform(0.008, 0.05)) + rng.randrange(3),
        plays=int(likes * rng.uniform(8, 40)) if is_video else 0,
        time_scale_hours=rng.uniform(6, 26),
        hidden_like_count=rng.choice((3, 3, -1)) if rng.random() < habit.hidden_likes_ratio else None,
    )


def grown(limit: int, growth: Growth, *, age_hours: float) -> int:
    """Return a count at an age in world hours; it never falls."""
    return int(limit * -math.expm1(-((max(age_hours, 0) / growth.time_scale_hours) ** 0.75)))
