"""The port of the scan policies: from what is stored of an influencer and the moment, when to look next and why."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from app.models.states import ScanPriority
from app.scheduling.rhythm import Rhythm

WEIGHTS = {ScanPriority.HIGH: 4.0, ScanPriority.MEDIUM: 2.0, ScanPriority.LOW: 1.0}
"""What an hour of delay is worth; the interval goes with 1 / sqrt(weight)."""


@dataclass(frozen=True, slots=True)
class Promise:
    """So large a share of the posts is found within that time of being published."""

    share: float
    within: timedelta


@dataclass(frozen=True, slots=True)
class Target:
    """What is stored of one influencer, as far as a policy looks at it."""

    priority: ScanPriority
    rhythm: Rhythm
    weight: float
    promise: Promise | None = None
    proofs: float = 0.0
    """What the page will prove of known contents, in weighted hours an hour (`app.scheduling.looks`)."""
    wanted_at: datetime | None = None
    """When something else that a feed page answers (a sample, a proof of existence) is due."""


class Reason(StrEnum):
    """What decided when a feed is due."""

    INTERVAL = "interval"
    PRICE = "price"
    PROMISE = "promise"
    BOUND = "bound"
    WANTED = "wanted"
    HINT = "hint"
    """Another source showed a new post."""
    UNWATCHED = "unwatched"
    """No policy: nobody waits for a post, so the row sleeps until somebody does."""


@dataclass(frozen=True, slots=True)
class Due:
    """When to look next, and what decided it."""

    at: datetime
    reason: Reason


class Policy(Protocol):
    """When to look at a feed next."""

    def next_due(self, target: Target, *, now: datetime) -> Due:
        """Return when to look again, after a look at `now`."""
