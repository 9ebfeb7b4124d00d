"""A worker of the fault tests: sends requests through the production code, and fails at the step that it is told.

Its receiver is the benchmark's. The steps lie in the transactions and in the call that the production code is handed,
so nothing of it is changed but the length of its minute, hour and day.
"""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from threading import Event

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, configure_mappers

from app.bench.arrivals import Address, Sender
from app.core import db
from app.core.config import get_settings
from app.instagram.errors import PermitRefused, TransientFailure
from app.instagram.port import Permit, ReaderAccount
from app.models.states import RequestKind
from app.monitoring import requests
from app.monitoring.requests import NoAccountFree
from app.scheduling import allowance
from app.scheduling.account_pool import Errand
from app.scheduling.allowance import Urgency

configure_mappers()
# Urgent, so that the whole of the limits is used.
ERRAND = Errand(RequestKind.FEED, "1", Urgency.URGENT)
_SHORT_PAUSE_SECONDS = 0.03


class Step(StrEnum):
    """Where a worker can fail, in the order of one request."""

    BEFORE_LEASE = "before the lease"
    LEASE_WRITTEN = "lease written, not committed"
    LEASED = "lease committed"
    CHECKED = "permit checked, not sent"
    SENT = "sent, not answered"
    ANSWERED = "answered"
    RELEASE_WRITTEN = "release written, not committed"
    RELEASED = "release committed"
    STORE_WRITTEN = "result written, not committed"
    STORED = "result committed"


@dataclass(frozen=True, slots=True)
class Fate:
    """What happens to a worker, and how often it must have come by that step."""

    step: Step
    signal: signal.Signals
    after: int = 1


@dataclass(frozen=True, slots=True)
class Job:
    """What one worker process is told."""

    name: str
    environment: Mapping[str, str]
    receiver: Address
    spans: tuple[timedelta, timedelta, timedelta]
    """Length of the minute, the hour and the day."""
    ends_at: float
    """By `time.monotonic`."""
    longest_pause_seconds: float = 0
    """Between two requests; 0 asks for more than the limits let through."""
    fates: Sequence[Fate] = ()
    """One after the other, as far as the worker lives."""
    is_watched: bool = True
    """False makes the watchdog's alarm a dead letter, to show what it is for."""


def work(job: Job) -> None:
    """Lease, send, release and store, until the fate comes or the time is over."""
    os.environ.update(job.environment)
    get_settings.cache_clear()
    allowance._MINUTE, allowance._HOUR, allowance._DAY = job.spans
    if not job.is_watched:
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
    worker = _Worker(job, Sender(job.receiver))
    with suppress(DBAPIError):
        # A first request that takes longer than these short leases would end every life at once.
        db.database_now()
    while time.monotonic() < job.ends_at:
        try:
            worker.send_one()
        except (NoAccountFree, DBAPIError, PermitRefused, TransientFailure):
            # The limits are used up, the server restarts, or this process was held up. What it held is in the log.
            Event().wait(_SHORT_PAUSE_SECONDS)
        Event().wait(random.random() * job.longest_pause_seconds)


class _Worker:
    """One life: the requests of a worker until its fate comes."""

    def __init__(self, job: Job, sender: Sender) -> None:
        self._job = job
        self._sender = sender
        self._fates = list(job.fates)
        self._passed = Counter[Step]()
        self._steps_of_transaction = Step.LEASE_WRITTEN, Step.LEASED

    def send_one(self) -> None:
        self._reach(Step.BEFORE_LEASE)
        self._steps_of_transaction = Step.LEASE_WRITTEN, Step.LEASED
        requests.send_request(self._transaction, self._call, ERRAND, settings=get_settings())
        self._steps_of_transaction = Step.STORE_WRITTEN, Step.STORED
        with self._transaction() as session:
            session.execute(text("INSERT INTO stored (worker) VALUES (:worker)"), {"worker": self._job.name})

    def _call(self, account: ReaderAccount, permit: Permit) -> None:
        self._steps_of_transaction = Step.RELEASE_WRITTEN, Step.RELEASED
        permit.spend()
        self._reach(Step.CHECKED)
        try:
            self._sender.write(account.username, self._job.name)
            self._reach(Step.SENT)
            self._sender.read_answer()
        except OSError as error:
            raise TransientFailure(f"no answer: {error}") from error
        self._reach(Step.ANSWERED)

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        """A real transaction, which comes by two steps where it has written something."""
        with db.transaction() as session:
            yield session
            has_written = session.scalar(text("SELECT pg_current_xact_id_if_assigned() IS NOT NULL"))
            written, committed = self._steps_of_transaction if has_written else (None, None)
            self._reach(written)
        self._reach(committed)

    def _reach(self, step: Step | None) -> None:
        if step is None:
            return
        self._passed[step] += 1
        if self._fates and self._fates[0].step is step and self._fates[0].after <= self._passed[step]:
            os.kill(os.getpid(), self._fates.pop(0).signal)
