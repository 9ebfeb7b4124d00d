"""Workers that fail, and the one who keeps them going: restarts the dead, continues the stopped, counts the faults."""

import os
import signal
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from random import Random
from time import monotonic

import psutil

from tests.faults.pool_worker import Fate, Job, Step, work

_context = get_context("forkserver")
# A worker that is killed every second must not need a second to start.
_context.set_forkserver_preload(["__main__", "tests.faults.pool_worker"])


def start(job: Job) -> ForkServerProcess:
    """Start a worker."""
    process = _context.Process(target=work, args=(job,), daemon=True)
    process.start()
    return process


def is_stopped(process: ForkServerProcess) -> bool:
    """Tell whether the process got a SIGSTOP."""
    try:
        return psutil.Process(process.pid).status() == psutil.STATUS_STOPPED
    except psutil.NoSuchProcess:
        return False


def resume(process: ForkServerProcess) -> None:
    """Let a stopped process go on."""
    if process.pid is not None and process.is_alive():
        os.kill(process.pid, signal.SIGCONT)


@dataclass(slots=True)
class _Member:
    job: Job
    process: ForkServerProcess
    stopped_at: float | None = None
    is_struck: bool = False


class Crew:
    """So many workers with the same job. Each life is stopped at one step and killed at another, until `calm_down`."""

    def __init__(self, template: Job, *, size: int, stop_seconds: float, seed: int) -> None:
        self._random = Random(seed)
        self._stop_seconds = stop_seconds
        self._is_calm = False
        self.names = {f"worker{number}" for number in range(size)}
        self.faults = Counter[tuple[str, str]]()
        """How often each fault (signal, step) has come."""
        self._members = [self._member(replace(template, name=name)) for name in sorted(self.names)]

    def untried(self) -> set[tuple[str, str]]:
        """Return the faults that have not come yet."""
        return {(what.name, str(step)) for what in (signal.SIGSTOP, signal.SIGKILL) for step in Step} - set(self.faults)

    def look_after(self) -> None:
        """Restart the dead, and continue who was stopped for long enough."""
        for number, member in enumerate(self._members):
            if not member.process.is_alive():
                self._note_end(member)
                self._members[number] = self._member(member.job)
            elif member.stopped_at is None and is_stopped(member.process):
                member.stopped_at = monotonic()
                self._note_fault(member, signal.SIGSTOP)
            elif member.stopped_at is not None and monotonic() - member.stopped_at > self._stop_seconds:
                member.stopped_at = None
                resume(member.process)

    def strike(self) -> None:
        """Kill or stop a worker wherever it is."""
        member = self._random.choice(self._members)
        if member.process.pid is not None and member.process.is_alive():
            member.is_struck = True
            os.kill(member.process.pid, self._random.choice((signal.SIGKILL, signal.SIGSTOP)))

    def calm_down(self) -> None:
        """From now on no worker fails: those that are told to are replaced."""
        self._is_calm = True
        for member in self._members:
            member.is_struck = True
            member.process.kill()
            member.process.join()
        self.look_after()

    def dismiss(self) -> None:
        """End all workers."""
        for member in self._members:
            member.process.kill()
            member.process.join()

    def _member(self, job: Job) -> _Member:
        job = replace(job, fates=[] if self._is_calm else self._next_fates())
        return _Member(job, start(job))

    def _next_fates(self) -> Sequence[Fate]:
        """Return what happens to the next life: a stop as long as there are steps without one, then a kill."""
        untried = self.untried()
        fates = []
        for what, most_requests in ((signal.SIGSTOP, 3), (signal.SIGKILL, 12)):
            steps = [step for step in Step if (what.name, step) in untried]
            if steps or what is signal.SIGKILL:
                step = self._random.choice(steps or list(Step))
                fates.append(Fate(step, what, after=self._random.randint(1, 3 if steps else most_requests)))
        return fates

    def _note_end(self, member: _Member) -> None:
        if member.process.exitcode == -signal.SIGALRM:
            self.faults["SIGALRM", "watchdog"] += 1
        elif member.process.exitcode == -signal.SIGKILL:
            self._note_fault(member, signal.SIGKILL)
        else:
            raise AssertionError(f"{member.job.name} ended by itself: exit code {member.process.exitcode}")

    def _note_fault(self, member: _Member, what: signal.Signals) -> None:
        planned = (
            "from outside" if member.is_struck else next(fate.step for fate in member.job.fates if fate.signal is what)
        )
        self.faults[what.name, str(planned)] += 1
