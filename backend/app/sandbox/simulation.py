"""A world that lives in a directory: the same directory is the same world again, also after a kill.

`world.json` holds what the world was made from, `journal.jsonl` what people did to it; the rest follows from the seed
and the clock. While nothing serves the world, it stands still: `alive` is touched every few seconds, and a gap longer
than a minute becomes a pause.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.core.clock import kst_date
from app.core.errors import ConfigurationError, InvalidInput
from app.sandbox.captions import Draft
from app.sandbox.cast import WorldSize, build_cast
from app.sandbox.clock import WorldClock
from app.sandbox.journal import append_line, read_lines, write_atomically
from app.sandbox.people import Kind
from app.sandbox.posts import Post
from app.sandbox.world import NewPost, World

HEARTBEAT_SECONDS = 5.0
# Longer than any answer that could have shown something after the last heartbeat.
PAUSE_MARGIN_SECONDS = 30.0
PAUSE_AFTER_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class WorldPlan:
    """What a world is made from."""

    seed: int
    size: WorldSize
    speed: float
    started_at: float


class Simulation:
    """The world of a directory and the present instant."""

    def __init__(self, directory: Path, *, seed: int, size: WorldSize, speed: float) -> None:
        self._offset = time.time() - time.monotonic()
        self._directory = directory
        self._alive = directory / "alive"
        self.plan = _remembered_plan(directory, WorldPlan(seed, size, speed, self.now()))
        today = kst_date(datetime.fromtimestamp(self.plan.started_at, UTC))
        cast = build_cast(size, seed=seed, today=today)
        clock = WorldClock(self.plan.started_at, self.plan.speed)
        self.world = World(cast, clock, seed=seed, history_days=size.history_days)
        self.logged_out: set[str] = set()
        journal = directory / "journal.jsonl"
        for line in read_lines(journal):
            self._replay(line)
        self._journal = journal.open("a", encoding="utf-8")
        self._pause_for_the_gap()
        if speed not in {self.plan.speed, self.world.clock.speed}:
            self.perform("speed", {"speed": speed})

    def now(self) -> float:
        """Return the wall clock in seconds since 1970; it never runs backwards within a process."""
        return self._offset + time.monotonic()

    def present(self) -> World:
        """Return the world as it is at this instant."""
        self.world.advance(self.now())
        return self.world

    def perform(self, action: str, arguments: Mapping[str, Any]) -> Post | None:
        """Do something to the world now and write it down; return the post concerned.

        Raises:
            InvalidInput: the action is impossible.
            NotFound: what it is done to does not exist.
        """
        world = self.present()
        post = self._apply(action, arguments, at=world.now)
        append_line(self._journal, {"at": world.now, "action": action, **arguments})
        return post

    def beat(self) -> None:
        """Note that the world is being served."""
        self._alive.touch()

    def close(self) -> None:
        """Close the journal."""
        self.beat()
        self._journal.close()

    def _replay(self, line: dict[str, Any]) -> None:
        at, action = line.pop("at"), line.pop("action")
        self.world.advance(at)
        self._apply(action, line, at=at)

    def _pause_for_the_gap(self) -> None:
        now = self.now()
        if not self._alive.exists():
            return
        stopped_at = max(self._alive.stat().st_mtime + PAUSE_MARGIN_SECONDS, self.world.now)
        if now - stopped_at < PAUSE_AFTER_SECONDS - PAUSE_MARGIN_SECONDS:
            return
        speed = self.world.clock.speed
        for at, present_speed in ((stopped_at, 0.0), (now, speed)):
            line = {"at": at, "action": "speed", "speed": present_speed}
            append_line(self._journal, line)
            self._replay(line)

    def _apply(self, action: str, arguments: Mapping[str, Any], *, at: float) -> Post | None:
        match action:
            case "publish":
                return self.world.publish(_new_post(self.world, arguments), at=at)
            case "edit" | "remove" | "archive" | "restore":
                return self._change(action, arguments, at=at)
            case "private" | "public":
                person = self.world.influencer(arguments["username"]).person
                self.world.set_private(person, action == "private", at=at)
            case "speed":
                self.world.clock.set_speed(arguments["speed"], at=at)
            case "logout":
                self.logged_out.add(arguments["account"])
            case "login":
                self.logged_out.discard(arguments["account"])
            case _:
                raise InvalidInput(f"{action!r} is not an action of the sandbox")
        return None

    def _change(self, action: str, arguments: Mapping[str, Any], *, at: float) -> Post:
        post = self.world.post(int(arguments["media_pk"]))
        if action == "edit":
            self.world.edit(post, Draft(arguments["caption"], frozenset(arguments["carries"])), at=at)
        elif action == "restore":
            self.world.restore(post, at=at)
        else:
            self.world.hide(post, "removed" if action == "remove" else "archived", at=at)
        return post


def _new_post(world: World, arguments: Mapping[str, Any]) -> NewPost:
    collab_with = arguments.get("collab_with")
    return NewPost(
        username=arguments["username"],
        kind=Kind[arguments["kind"]],
        draft=Draft(arguments["caption"], frozenset(arguments["carries"])),
        intention=arguments.get("intention", "manual"),
        tagged=tuple(world.named_person(name) for name in arguments.get("usertags", ())),
        is_collab_with=None if collab_with is None else world.named_person(collab_with),
        is_pinned=arguments.get("is_pinned", False),
        is_like_hidden=arguments.get("is_like_hidden"),
        is_on_grid=arguments.get("is_on_grid", True),
    )


def _remembered_plan(directory: Path, wanted: WorldPlan) -> WorldPlan:
    path = directory / "world.json"
    if not path.exists():
        write_atomically(path, asdict(wanted))
        return wanted
    stored = json.loads(path.read_text(encoding="utf-8"))
    plan = WorldPlan(stored["seed"], WorldSize(**stored["size"]), stored["speed"], stored["started_at"])
    if replace(plan, speed=wanted.speed, started_at=wanted.started_at) != wanted:
        raise ConfigurationError(
            f"{directory} holds another world (seed {plan.seed}, {plan.size}). Start it with the same numbers, "
            "or give another --dir, or remove the directory."
        )
    return plan
