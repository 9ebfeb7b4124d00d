"""Worlds for tests, made in this process."""

from datetime import UTC, datetime

from app.core.clock import kst_date
from app.sandbox.cast import WorldSize, build_cast
from app.sandbox.clock import WorldClock
from app.sandbox.world import World

START = datetime(2026, 4, 10, 6, 30, tzinfo=UTC).timestamp()
HOUR = 3600.0
DAY = 86400.0


def make_world(
    *, seed: int = 7, influencers: int = 10, campaigns: int = 4, speed: float = 1.0, history_days: int = 21
) -> World:
    """Return a world at its start."""
    size = WorldSize(influencers, campaigns, accounts=2, history_days=history_days)
    cast = build_cast(size, seed=seed, today=kst_date(datetime.fromtimestamp(START, UTC)))
    world = World(cast, WorldClock(START, speed), seed=seed, history_days=history_days)
    world.advance(START)
    return world
