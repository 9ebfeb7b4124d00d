"""Real processes, real faults: whatever happens to workers and server, the receiver never sees too much.

`TAGBUY_FAULT_SECONDS` makes each of the two long runs longer (`make soak`).
"""

import base64
import os
import secrets
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from random import Random
from threading import Event
from time import monotonic
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from app.bench.arrivals import Arrival, Recording, recording
from app.bench.window_check import Window, count_violations
from app.core.clock import utc_now
from app.core.config import Settings, get_settings
from app.core.db import server_now, transaction
from app.models import InstagramAccount, InstagramRequest
from app.models.states import AccountStatus
from app.runtime.migrations import migrate
from app.runtime.postgres import Postgres
from app.runtime.servers import postgres_of
from app.scheduling import accounts, request_log
from app.scheduling.allowance import Limits
from tests.builders import saved_account
from tests.conftest import forget_settings
from tests.faults.crew import Crew, is_stopped, resume, start
from tests.faults.pool_worker import Fate, Job, Step
from tests.runtime.waiting import eventually

SECONDS = float(os.environ.get("TAGBUY_FAULT_SECONDS", "8"))
ACCOUNTS = 5
LEASE = timedelta(seconds=1.5)
LONGEST_IDLE = timedelta(seconds=10)
"""Far more than a pause between two looks takes, on however busy a machine; an account that is stuck stays for ever."""
# The real limits, with shorter times and fewer requests, so that every window fills again and again in a short run.
SPACING = timedelta(milliseconds=20)
JITTER = timedelta(milliseconds=2)
SPANS = (timedelta(seconds=0.3), timedelta(seconds=1.5), timedelta(seconds=4))
MOST = (5, 15, 30)
SETTINGS = {
    "TAGBUY_REQUEST_SPACING": "0.02",
    "TAGBUY_REQUEST_JITTER": "0.002",
    "TAGBUY_REQUESTS_PER_MINUTE": "5",
    "TAGBUY_REQUESTS_PER_HOUR": "15",
    "TAGBUY_REQUESTS_PER_DAY": "30",
    "TAGBUY_REQUEST_LEASE": "1.5",
    "TAGBUY_REQUEST_TIMEOUT": "0.5",
    "TAGBUY_REQUEST_PATIENCE": "0.2",
    "TAGBUY_COOLDOWN_TRANSIENT": "0.1",
}
WINDOWS = [
    Window(name, most, round(span / timedelta(microseconds=1)) * 1000)
    for name, most, span in zip(("spacing", "minute", "hour", "day"), (1, *MOST), (SPACING, *SPANS), strict=True)
]
NONE = {"spacing": 0, "minute": 0, "hour": 0, "day": 0}
ALWAYS = 0.0
RARELY = 0.5
"""Longest pause of a worker, in seconds: at most 16 requests a second of 4 workers, where 45 are permitted."""


@pytest.fixture
def postgres(new_state_dir: Callable[[], Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Postgres]:
    """A server of the test's own, which it may restart, with an empty pool; the settings point to it."""
    forget_settings()
    server = postgres_of(new_state_dir())
    with server.running() as url:
        monkeypatch.setenv("DATABASE_URL", url)
        monkeypatch.setenv("TAGBUY_SECRET_KEY", base64.b64encode(secrets.token_bytes(32)).decode())
        for name, value in SETTINGS.items():
            monkeypatch.setenv(name, value)
        migrate()
        with transaction() as session:
            session.execute(text("CREATE TABLE stored (worker text NOT NULL)"))
        yield server
        monkeypatch.undo()
        forget_settings()


@pytest.fixture
def received() -> Iterator[Recording]:
    with recording() as received:
        yield received


def make_job(received: Recording, *, seconds: float, **changes: Any) -> Job:
    environment = {name: os.environ[name] for name in ("DATABASE_URL", "TAGBUY_SECRET_KEY", *SETTINGS)}
    job = Job("worker", environment, received.address, SPANS, ends_at=monotonic() + seconds)
    return replace(job, **changes)


def restart_at_once(server: Postgres) -> None:
    """End PostgreSQL as in a crash (`immediate`: no checkpoint, recovery from the log), and start it."""
    server.spawned().send_signal(signal.SIGQUIT)
    server.spawned().wait()
    server.start()


@pytest.mark.timeout(SECONDS + 300)
@pytest.mark.parametrize("longest_pause", [RARELY, ALWAYS], ids=["below the limits", "above the limits"])
def test_no_fault_breaks_a_limit_or_stops_the_work(
    postgres: Postgres, received: Recording, longest_pause: float
) -> None:
    for _ in range(ACCOUNTS):
        saved_account(transaction)
    job = make_job(received, seconds=SECONDS + 300, longest_pause_seconds=longest_pause)
    crew = Crew(job, size=4, stop_seconds=1.2 * LEASE.total_seconds(), seed=3)
    try:
        back_at = break_things(crew, postgres)
        crew.calm_down()
        before = len(received.arrivals)
        # Above the limits: until each account has filled its longest window once more.
        wanted = 1 if longest_pause else MOST[-1] + 1
        assert eventually(lambda: has_gone_on(crew, received.arrivals[before:], wanted=wanted), seconds=60)
    finally:
        crew.dismiss()

    print(
        f"{len(received.arrivals)} requests, {len(back_at)} restarts of PostgreSQL, {crew.faults.total()} other faults:"
    )
    print("\n".join(f"  {count} x {what} {where}" for (what, where), count in sorted(crew.faults.items())))
    assert crew.untried() == set()
    assert [count_violations(moments, WINDOWS) for moments in received.by_account().values()] == [NONE] * ACCOUNTS
    assert stored_by_worker() <= Counter(arrival.note for arrival in received.arrivals)
    if longest_pause == ALWAYS:
        assert longest_idle(back_at) < LONGEST_IDLE


def break_things(crew: Crew, postgres: Postgres) -> Sequence[datetime]:
    """Let every step fail at least once, and strike from outside; return the moments at which PostgreSQL was back."""
    random = Random(3)
    ends_at = monotonic() + SECONDS
    next_strike, next_restart = monotonic() + 1, monotonic() + SECONDS / 3
    back_at: list[datetime] = []
    while monotonic() < ends_at or (crew.untried() and monotonic() < ends_at + 120):
        crew.look_after()
        if next_strike < monotonic() < ends_at:
            crew.strike()
            next_strike += random.uniform(1, 2)
        if next_restart < monotonic() < ends_at:
            restart_at_once(postgres)
            back_at.append(utc_now())
            next_restart = monotonic() + min(SECONDS / 3, 10)
        Event().wait(0.01)
    return back_at


def has_gone_on(crew: Crew, arrivals: Sequence[Arrival], *, wanted: int) -> bool:
    """Tell whether every worker has sent since, and every account so much."""
    crew.look_after()
    counts = Counter(arrival.account for arrival in arrivals)
    return (
        {arrival.note for arrival in arrivals} == crew.names
        and len(counts) == ACCOUNTS
        and min(counts.values()) >= wanted
    )


def stored_by_worker() -> Counter[str]:
    with transaction() as session:
        return Counter(session.scalars(text("SELECT worker FROM stored")).all())


def longest_idle(back_at: Sequence[datetime]) -> timedelta:
    """Return for how long an account was free by the log, and the server up, before somebody leased it."""
    with transaction() as session:
        log = session.scalars(
            select(InstagramRequest).order_by(InstagramRequest.account_id, InstagramRequest.sequence)
        ).all()
    return max(
        idle
        for _, requests in groupby(log, key=attrgetter("account_id"))
        for idle in idle_times(list(requests), back_at)
    )


def idle_times(requests: Sequence[InstagramRequest], back_at: Sequence[datetime]) -> Iterator[timedelta]:
    for position, request in enumerate(requests):
        free_at = [
            requests[position - most].latest_sent_at + span
            for most, span in zip((1, *MOST), (SPACING, *SPANS), strict=True)
            if position >= most
        ]
        if free_at:
            yield request.granted_at - max(free_at + [moment for moment in back_at if moment <= request.granted_at])


@pytest.mark.parametrize("is_watched", [False, True], ids=["without the watchdog", "with the watchdog"])
def test_a_worker_that_was_stopped_between_check_and_send_does_not_send_late(
    postgres: Postgres,  # noqa: ARG001 - must be running
    received: Recording,
    monkeypatch: pytest.MonkeyPatch,
    is_watched: bool,
) -> None:
    """The first case is the control: it shows that there is something to be found, and that the receiver finds it."""
    spacing = Window("spacing", 1, 1_000_000_000)
    monkeypatch.setenv("TAGBUY_REQUEST_SPACING", "1")
    saved_account(transaction)
    job = make_job(received, seconds=60)
    stopped = start(replace(job, name="stopped", fates=[Fate(Step.CHECKED, signal.SIGSTOP)], is_watched=is_watched))
    assert eventually(lambda: is_stopped(stopped))
    other = start(replace(job, name="other"))
    assert eventually(lambda: len(received.arrivals) == 1)

    resume(stopped)

    if is_watched:
        stopped.join()
        assert stopped.exitcode == -signal.SIGALRM
    else:
        assert eventually(lambda: "stopped" in {arrival.note for arrival in received.arrivals})
    for process in (stopped, other):
        process.kill()
        process.join()
    [moments] = received.by_account().values()
    assert (count_violations(moments, [spacing]) == {"spacing": 0}) is is_watched


def test_a_killed_worker_keeps_its_account_until_the_end_of_its_lease_and_no_longer(
    postgres: Postgres,  # noqa: ARG001 - must be running
    received: Recording,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lease = timedelta(seconds=60)
    monkeypatch.setenv("TAGBUY_REQUEST_LEASE", "60")
    waits = {}
    for step in Step:
        account_id = saved_account(transaction)
        worker = start(make_job(received, seconds=60, fates=[Fate(step, signal.SIGKILL)]))
        worker.join()
        assert worker.exitcode == -signal.SIGKILL
        waits[step] = wait_for_account(account_id)
        with transaction() as session:
            session.get_one(InstagramAccount, account_id).status = AccountStatus.PAUSED

    kept = {step for step, wait in waits.items() if wait > SPACING + JITTER}
    assert kept == {Step.LEASED, Step.CHECKED, Step.SENT, Step.ANSWERED, Step.RELEASE_WRITTEN}
    assert max(waits.values()) <= lease + SPACING + JITTER


def wait_for_account(account_id: UUID) -> timedelta:
    """Return after what time the account may send again by its log."""
    limits = Limits.from_settings(get_settings(), accounts.PROVIDER)
    with transaction() as session:
        account = session.get_one(InstagramAccount, account_id)
        now = server_now(session)
        stamps = request_log.read_stamps(session, account, limits.windows)
        return (request_log.free_from(stamps, limits.windows, limits.spacing) or now) - now


@pytest.mark.usefixtures("servers")
def test_the_server_ends_the_transaction_of_a_stopped_process_before_a_lease_would_end() -> None:
    """A process stopped within a transaction holds its account's row, which no lease knows of."""
    with transaction() as session:
        limit = session.scalars(text("SELECT current_setting('idle_in_transaction_session_timeout')::interval")).one()

    assert timedelta(0) < limit < Settings().request_lease
