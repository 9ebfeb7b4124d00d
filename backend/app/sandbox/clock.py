"""The world's clock: how fast things happen, and at which real instant each of them happened."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Segment:
    """From the wall instant `wall` on, world time runs `speed` times as fast, beginning at `world`."""

    wall: float
    world: float
    speed: float


class WorldClock:
    """A piecewise linear map between wall time and world time, both in seconds since 1970.

    Before the start both are the same, so history has its true scale. Afterwards world time runs at a speed that can
    change; an instant that has passed keeps its wall time for ever.
    """

    def __init__(self, started_at: float, speed: float) -> None:
        self._segments = [Segment(started_at, started_at, speed)]

    @property
    def started_at(self) -> float:
        """The instant, the same in both times, at which the world began to be watched."""
        return self._segments[0].wall

    @property
    def speed(self) -> float:
        """World seconds per wall second at present; 0 stands still."""
        return self._segments[-1].speed

    def world_at(self, wall: float) -> float:
        """Return the world time of a wall instant."""
        segment = next((known for known in reversed(self._segments) if known.wall <= wall), None)
        return wall if segment is None else segment.world + (wall - segment.wall) * segment.speed

    def wall_at(self, world: float) -> float | None:
        """Return when a world time was or will be reached at the present speed; None where the clock stands still."""
        if world <= self._segments[0].world:
            return world
        for segment, following in zip(self._segments, self._segments[1:], strict=False):
            if segment.speed > 0 and world <= following.world:
                return segment.wall + (world - segment.world) / segment.speed
        last = self._segments[-1]
        return None if last.speed <= 0 else last.wall + (world - last.world) / last.speed

    def set_speed(self, speed: float, *, at: float) -> None:
        """Run at `speed` from the wall instant `at` on."""
        self._segments.append(Segment(at, self.world_at(at), speed))
