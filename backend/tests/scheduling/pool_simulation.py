"""The account pool in virtual time on a real PostgreSQL: days of requests in seconds, with everything that goes wrong.

The code that leases and releases is the production's, with its statements and its transactions. What is simulated is
time (PostgreSQL's `clock_timestamp()` is replaced by a function that reads a variable, and each worker has a host
clock of its own), the network, and the end of a process. A worker is a generator: wherever it yields, other workers
go on, and it may be stopped, or die. The same seed gives the same run.

Taken for true: of PostgreSQL's clock and the workers' clocks one is wrong at a time.
"""

import heapq
import random
import signal
from collections import Counter, defaultdict
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.bench.window_check import Window, count_violations, most_permitted
from app.core import db
from app.core.clock import HostClock
from app.core.errors import ClockRefused
from app.instagram.errors import PermitRefused
from app.models.states import RequestKind, RequestOutcome
from app.runtime.postgres import Postgres
from app.scheduling import account_pool
from app.scheduling.account_pool import Errand, Lease, LeasePermit
from app.scheduling.allowance import Limits, Urgency

START = datetime(2026, 11, 2, tzinfo=UTC)
Steps = Generator[float, None, None]
"""What somebody does; each value is how many seconds pass until the next step."""

VIRTUAL_CLOCK = """
CREATE SCHEMA virtual;
CREATE FUNCTION virtual.clock_timestamp() RETURNS timestamptz LANGUAGE sql
AS $$ SELECT current_setting('virtual.now')::timestamptz $$;
"""


class Removed(StrEnum):
    """A guard that a run does without, to show that it is needed."""

    DURABLE_LOG = "durable_log"
    DEADLINE_STAMP = "deadline_stamp"
    CLOCK_GUARD = "clock_guard"
    WATCHDOG = "watchdog"


class Died(Exception):
    """The process is gone; whatever it knew is lost."""


@dataclass(slots=True)
class Worker:
    """One worker process and the clocks of its machine."""

    name: int
    wall_error: float = 0.0


@dataclass(slots=True)
class Simulation:
    """One run. `fault_rate` is the chance of a fault at each step of a request."""

    postgres: Postgres
    limits: Limits
    seed: int
    workers: int = 4
    fault_rate: float = 0.01
    restarts_per_day: float = 4
    clock_steps_per_day: float = 24
    urgent_ratio: float = 0.3
    removed: Removed | None = None
    now: float = 0.0
    server_error: float = 0.0
    arrivals: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    faults: Counter[str] = field(default_factory=Counter)
    waits: dict[Urgency, list[float]] = field(default_factory=lambda: defaultdict(list))
    _random: random.Random = field(init=False)

    def run(self, length: timedelta) -> None:
        """Let everything happen that begins within `length`."""
        self._random = random.Random(self.seed)
        random.seed(self.seed)  # of the jitter that the pool adds
        crowd = [Worker(number) for number in range(self.workers)]
        actors: list[Steps] = [self._worker(worker) for worker in crowd]
        actors += [self._clocks(crowd), self._restarts()]
        queue = [(self._random.random(), number, actor) for number, actor in enumerate(actors)]
        heapq.heapify(queue)
        while queue[0][0] < length.total_seconds():
            self.now, number, actor = heapq.heappop(queue)
            heapq.heappush(queue, (self.now + next(actor), number, actor))

    @property
    def count(self) -> int:
        """Return how many requests arrived, or will."""
        return sum(map(len, self.arrivals.values()))

    def violations(self) -> Counter[str]:
        """Return how many requests arrived too early, by window."""
        found: Counter[str] = Counter()
        for moments in self.arrivals.values():
            found.update(count_violations([_ns(moment) for moment in moments], self._windows()))
        return +found

    def utilisation(self, length: timedelta, accounts: int) -> float:
        """Return the share of the permitted requests that arrived."""
        most = accounts * most_permitted(self._windows(), _ns(length.total_seconds()))
        return self.count / most

    def _windows(self) -> Sequence[Window]:
        spans = [("spacing", 1, self.limits.spacing), *zip("mhd", *zip(*self.limits.windows, strict=True), strict=True)]
        return [Window(str(name), int(most), _ns(span.total_seconds())) for name, most, span in spans]

    def _worker(self, worker: Worker) -> Steps:
        while True:
            try:
                yield from self._errand(worker)
            except Died:
                self.faults["killed"] += 1
                yield self._random.uniform(0.5, 20)

    def _errand(self, worker: Worker) -> Steps:
        """Send one request, from the wish to its release."""
        urgency = Urgency.URGENT if self._random.random() < self.urgent_ratio else Urgency.NORMAL
        wished_at = self.now
        while True:
            armed_at = self.now
            yield from self._may_fail(armed_at)
            lease = self._lease(worker, urgency)
            if isinstance(lease, Lease):
                break
            yield lease
        self.waits[urgency].append(self.now - wished_at)
        yield from self._may_fail(armed_at)
        try:
            lease.permit.spend()
        except PermitRefused:
            self._release(worker, lease, was_answered=False)
            return
        yield from self._may_fail(armed_at)
        is_lost = self._happens("lost_reply")
        delay = (
            self._random.uniform(0, self.limits.timeout.total_seconds()) if is_lost else self._random.uniform(0.05, 1)
        )
        self.arrivals[lease.account.username].append(self.now + delay)
        yield self.limits.timeout.total_seconds() if is_lost else delay + 0.05
        yield from self._may_fail(armed_at)
        self._release(worker, lease, was_answered=not is_lost)
        yield 0.01

    def _lease(self, worker: Worker, urgency: Urgency) -> Lease | float:
        """Return the lease, or the seconds until the next try."""
        host = self._host(worker)
        limits, errand = self.limits, Errand(RequestKind.FEED, "1", urgency)
        if self.removed is Removed.DEADLINE_STAMP:
            limits = replace(limits, lease=timedelta(microseconds=1))
        try:
            with self._transaction() as session:
                answer = account_pool.lease_account(session, errand, provider="instagrapi", limits=limits, host=host)
                now = self._server_now()
                if self._happens("rolled_back"):
                    raise Died
        except ClockRefused:
            self.faults["clock_refused"] += 1
            return 5.0
        if self._happens("committed_but_failed"):
            raise Died
        if isinstance(answer, Lease):
            if self.removed is Removed.DEADLINE_STAMP:
                seconds = (self.limits.lease - self.limits.timeout).total_seconds()
                answer = replace(answer, permit=LeasePermit(spend_before=self.now + seconds, host=host))
            return answer
        seconds = (answer.until - now).total_seconds() if answer.until else 60.0
        return max(0.01, seconds)

    def _release(self, worker: Worker, lease: Lease, *, was_answered: bool) -> None:
        if self._happens("died_before_release"):
            raise Died
        with self._transaction() as session:
            account_pool.release_lease(
                session,
                lease,
                outcome=RequestOutcome.OK if was_answered else RequestOutcome.TRANSIENT,
                was_answered=was_answered,
                host=self._host(worker),
            )
            if self._happens("release_rolled_back"):
                raise Died

    def _may_fail(self, armed_at: float) -> Steps:
        """Kill the worker, or stop it for up to a minute; one that wakes after its deadline is ended by its alarm."""
        if self._happens("died"):
            raise Died
        if not self._happens("stopped"):
            return
        yield self._random.uniform(0.1, 60)
        if self.now > armed_at + self.limits.lease.total_seconds() and self.removed is not Removed.WATCHDOG:
            self.faults["ended_by_alarm"] += 1
            raise Died

    def _clocks(self, crowd: Sequence[Worker]) -> Steps:
        """Let one clock step, and be set right again some time later."""
        while True:
            yield self._random.expovariate(self.clock_steps_per_day / 86_400)
            error = self._random.choice((-1, 1)) * 10 ** self._random.uniform(-1, 3.5)
            worker = self._random.choice([None, *crowd])
            self.faults["clock_stepped"] += 1
            self._set_clock(worker, error)
            yield self._random.uniform(5, 900)
            self._set_clock(worker, 0.0)

    def _set_clock(self, worker: Worker | None, error: float) -> None:
        if worker is None:
            self.server_error = error
        else:
            worker.wall_error = error

    def _restarts(self) -> Steps:
        """Let PostgreSQL crash and recover: what it had not written to disk is lost."""
        while True:
            yield self._random.expovariate(self.restarts_per_day / 86_400)
            self.faults["server_restarted"] += 1
            crash(self.postgres)

    def _happens(self, fault: str) -> bool:
        happens = self._random.random() < self.fault_rate
        self.faults[fault] += happens
        return happens

    def _host(self, worker: Worker) -> HostClock:
        if self.removed is Removed.CLOCK_GUARD:
            return HostClock(wall=self._server_now, steady=lambda: self.now)
        return HostClock(wall=lambda: START + timedelta(seconds=self.now + worker.wall_error), steady=lambda: self.now)

    def _server_now(self) -> datetime:
        return START + timedelta(seconds=self.now + self.server_error)

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        with db.transaction() as session:
            session.execute(text("SELECT set_config('virtual.now', :now, true)"), {"now": str(self._server_now())})
            if self.removed is Removed.DURABLE_LOG:
                session.execute(text("SET LOCAL synchronous_commit = off"))
            yield session


def crash(postgres: Postgres) -> None:
    """Stop the server at once, as `pg_ctl stop -m immediate` does, and start it again."""
    process = postgres.spawned()
    process.send_signal(signal.SIGQUIT)
    process.wait(30)
    postgres.start()


def _ns(seconds: float) -> int:
    return round(seconds * 1_000_000_000)
