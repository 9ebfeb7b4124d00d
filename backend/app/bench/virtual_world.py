"""Weeks in minutes: the production code on real PostgreSQL and the sandbox's Instagram, both on one virtual clock.

PostgreSQL rules the time of everything that is due, so it is PostgreSQL that is told another one: in the bench's own
database `clock_timestamp()` is found first in the schema `virtual`, where a sequence counts microseconds. The pool
refuses a machine whose clock differs, so this process's wall clock is told the same time. No other production code is
replaced; requests go to the sandbox's own ASGI application, in this process.
"""

import asyncio
import base64
import json
from collections.abc import Callable, Mapping, MutableMapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import update

from app.core.clock import HOST
from app.core.config import Settings, database_url
from app.core.db import engine, transaction
from app.instagram import parsing
from app.instagram.classification import classify, failure
from app.instagram.errors import InstagramError, TransientFailure
from app.instagram.parsing import UnreadableAnswer
from app.instagram.port import FeedPage, Permit, Post, Profile, ReaderAccount, Target
from app.models import Influencer
from app.runtime import demo
from app.sandbox.cast import WorldSize
from app.sandbox.faults import Faults
from app.sandbox.instagram_face import InstagramFace
from app.sandbox.police import Limits, Police
from app.sandbox.replay import Replay
from app.sandbox.request_log import RequestLog
from app.sandbox.simulation import Simulation
from app.scheduling import sources

_ANSWER_TIME = timedelta(milliseconds=400)
_CLOCK = """
    CREATE SCHEMA virtual;
    CREATE SEQUENCE virtual.microseconds INCREMENT 50 MINVALUE 0;
    CREATE FUNCTION virtual.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
        AS $$ SELECT timestamptz 'epoch' + pg_catalog.nextval('virtual.microseconds') * interval '1 microsecond' $$;
"""
FAST = {"request_spacing": timedelta(microseconds=1), "request_jitter": timedelta(microseconds=1)}
"""Settings that a virtual run needs: the spacing is kept by waiting in real time, and is tested elsewhere."""


class VirtualClock:
    """The time of a database that was told another one; it only moves when it is moved, and 50 µs with every look."""

    def __init__(self, start: datetime) -> None:
        self._connection = psycopg.connect(database_url().replace("+psycopg", ""), autocommit=True)
        self._connection.execute(_CLOCK)
        name = self._connection.info.dbname
        self._connection.execute(
            sql.SQL("ALTER DATABASE {} SET search_path = virtual, pg_catalog, public").format(sql.Identifier(name))
        )
        engine().dispose()
        self.move_to(start)
        self._real_wall = HOST.wall
        _tell_wall_clock(self.now)

    def now(self) -> datetime:
        """Return the present virtual instant."""
        [(microseconds,)] = self._connection.execute("SELECT last_value FROM virtual.microseconds").fetchall()
        return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=microseconds)

    def move_to(self, instant: datetime) -> None:
        """Let the time pass until `instant`; it never runs backwards."""
        self._connection.execute(
            "SELECT setval('virtual.microseconds', greatest(last_value, %s)) FROM virtual.microseconds",
            [(instant - datetime.fromtimestamp(0, UTC)) // timedelta(microseconds=1)],
        )

    def close(self) -> None:
        """Close the connection, and give this process the real time back."""
        _tell_wall_clock(self._real_wall)
        self._connection.close()


class VirtualSimulation(Simulation):
    """The sandbox's simulation by the virtual clock."""

    def __init__(self, directory: Path, clock: VirtualClock, *, seed: int, size: WorldSize) -> None:
        self._clock = clock
        super().__init__(directory, seed=seed, size=size, speed=1.0)

    def now(self) -> float:
        """Return the virtual clock in seconds since 1970."""
        return self._clock.now().timestamp()


class InProcessInstagram:
    """A provider that speaks to the sandbox's application without a network; every answer takes 0.4 virtual seconds."""

    name = sources.PRIVATE
    needs_user_pk = True

    def __init__(self, simulation: VirtualSimulation, clock: VirtualClock, directory: Path, *, seed: int) -> None:
        self.faults = Faults(seed=seed)
        self.log = RequestLog(directory / "requests.jsonl")
        self._clock = clock
        self._tokens = {reader.username: reader.session_id for reader in simulation.world.cast.readers}
        self._face = InstagramFace(
            simulation,
            police=Police(Limits(spacing_seconds=0.0)),
            faults=self.faults,
            log=self.log,
            replay=Replay(),
            account_behind=lambda _port: None,
        )
        self._loop = asyncio.new_event_loop()

    def fetch_feed_page(self, account: ReaderAccount, permit: Permit, target: Target, cursor: str | None) -> FeedPage:
        """Return a page; see the port."""
        user_pk, query = target.pk or "", f"count=12&max_id={cursor or ''}"
        answer = self._ask(account, permit, f"/api/v1/feed/user/{user_pk}/", query)
        try:
            return parsing.parse_feed_page(answer, user_pk)
        except UnreadableAnswer:
            raise TransientFailure("page_without_items", http_status=200) from None

    def fetch_profile(self, account: ReaderAccount, permit: Permit, username: str) -> Profile:
        """Return a profile; see the port."""
        return parsing.parse_profile(self._ask(account, permit, f"/api/v1/users/{username}/usernameinfo/"))

    def fetch_profile_by_pk(self, account: ReaderAccount, permit: Permit, user_pk: str) -> Profile:
        """Return a profile; see the port."""
        return parsing.parse_profile(self._ask(account, permit, f"/api/v1/users/{user_pk}/info/"))

    def fetch_post(self, account: ReaderAccount, permit: Permit, media_pk: str) -> Post:
        """Return a post; see the port."""
        return parsing.parse_post(self._ask(account, permit, f"/api/v1/media/{media_pk}/info/"), media_pk)

    def close(self) -> None:
        """Close the loop and the log."""
        self._loop.close()
        self.log.close()

    def _ask(self, account: ReaderAccount, permit: Permit, path: str, query: str = "") -> Mapping[str, Any]:
        permit.spend()
        self._clock.move_to(self._clock.now() + _ANSWER_TIME)
        status, body = self._loop.run_until_complete(self._answer(account, path, query))
        try:
            document = json.loads(body)
        except ValueError:
            document = body.decode("utf-8", errors="replace")
        if status != 200 or not isinstance(document, dict):
            raise _failed(status, document)
        return document

    async def _answer(self, account: ReaderAccount, path: str, query: str) -> tuple[int | None, bytes]:
        """Return status and body; None where the application gave no answer (it hung, and we left)."""
        sent: list[MutableMapping[str, Any]] = []
        authorization = account.settings["authorization_data"]["sessionid"]
        scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": query.encode(),
            "headers": [(b"authorization", _bearer(authorization))],
            "client": None,
        }

        async def receive() -> MutableMapping[str, Any]:
            return {"type": "http.disconnect"}

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        await self._face(scope, receive, send)
        status = next((message["status"] for message in sent if message["type"] == "http.response.start"), None)
        return status, b"".join(message.get("body", b"") for message in sent)


def seed_database(simulation: Simulation, *, now: datetime) -> None:
    """Save the world's people, orders and readers, as `tagbuy up --demo` does."""
    cast = simulation.world.cast
    demo.seed(
        {
            "influencers": [
                {
                    "username": influencer.username,
                    "platform_uid": str(influencer.person.pk),
                    "full_name": influencer.person.full_name,
                    "follower_count": influencer.person.follower_count,
                }
                for influencer in cast.influencers
            ],
            "campaigns": [campaign.as_document() for campaign in cast.campaigns],
            "accounts": [
                {"username": reader.username, "settings": reader.settings, "proxy": None} for reader in cast.readers
            ],
        }
    )
    with transaction() as session:
        session.execute(update(Influencer).values(next_scan_at=now))


def fast_settings(**changes: Any) -> Settings:
    """Return settings for a virtual run."""
    return Settings(**(FAST | {"request_patience": timedelta(microseconds=1)} | changes))


def _tell_wall_clock(wall: Callable[[], datetime]) -> None:
    object.__setattr__(HOST, "wall", wall)


def _bearer(session_id: str) -> bytes:
    return b"Bearer IGT:2:" + base64.b64encode(json.dumps({"sessionid": session_id}).encode())


def _failed(status: int | None, document: object) -> InstagramError:
    if status is None:
        return TransientFailure("timeout")
    found = classify(status, document)
    return TransientFailure(found.error, http_status=status) if status == 200 else failure(found, status)
