"""Supervision: children are started, watched, restarted with back-off, and stopped in order."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Protocol

import psutil

from app.core.errors import ConfigurationError
from app.runtime import children, state
from app.runtime.signals import Signals, StopRequested

PROCESSES_FILE = "processes.json"
HURRY_SECONDS = 8
_LOG_BYTES = 10 * 1024 * 1024
_LOG_INTERVAL_SECONDS = 20
_CLOCK_STEP_SECONDS = 2
_ORPHAN_SECONDS = 20


class Reports(Protocol):
    """Where the supervisor tells a person what happens."""

    def note(self, text: str) -> None:
        """Tell something that needs no action."""

    def alarm(self, text: str) -> None:
        """Tell something that a person must see."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program to keep running."""

    name: str
    spawn: Callable[[], subprocess.Popen[bytes]]
    is_ready: Callable[[int], bool]
    """Asked with the pid of the running process."""
    log_file: Path
    stop_stage: int
    """Programs of a lower stage are stopped first; those of one stage together."""
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 25
    hurry_signal: signal.Signals | None = None
    """Sent to what has not ended after `HURRY_SECONDS`."""
    is_essential: bool = False
    """Without it nothing works: when it is given up, everything stops."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """How a program that dies is restarted."""

    first_seconds: float = 0.5
    longest_seconds: float = 30
    healthy_seconds: float = 30
    """A life longer than this forgives the deaths before it."""
    quick_deaths: int = 8
    """After this many deaths in a row, each after a short life, the program is given up."""

    def wait_seconds(self, deaths: int) -> float:
        """Return the wait before the start after the death number `deaths` in a row."""
        return min(self.first_seconds * 2.0 ** (deaths - 1), self.longest_seconds)


class EssentialProgramLost(Exception):
    """A program without which nothing works has been given up."""


class _Child:
    """A program and its present process."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.start_again_at: float | None = None
        self.deaths = 0
        self.is_ready = False
        self.is_given_up = False

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def send(self, number: signal.Signals | None) -> None:
        if number is not None and self.process is not None and self.is_running:
            self.process.send_signal(number)

    def kill_leftovers(self) -> None:
        """End what a dead process has left in its session, such as a worker's pool."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)


class Supervisor:
    """Keeps programs running until somebody asks to stop. All calls come from the main thread."""

    def __init__(self, state_dir: Path, signals: Signals, reports: Reports, *, backoff: Backoff | None = None) -> None:
        self._processes_file = state_dir / PROCESSES_FILE
        self._signals = signals
        self._reports = reports
        self._backoff = backoff or Backoff()
        self._children: dict[str, _Child] = {}
        self._logs_looked_at = monotonic()

    def stop_orphans(self) -> None:
        """Wait until what an earlier run has left behind has ended.

        On Linux the death of the supervisor has asked its children to end; elsewhere this does.
        """
        orphans = []
        for name, entry in state.read_json(self._processes_file).items():
            with contextlib.suppress(psutil.Error, KeyError, TypeError, ValueError):
                process = psutil.Process(int(entry["pid"]))
                if abs(process.create_time() - entry["created"]) < _CLOCK_STEP_SECONDS:
                    orphans.append((name, process))
                    if sys.platform != "linux":
                        process.send_signal(entry["stop_signal"])
        if orphans:
            self._reports.note(f"Waiting for what the last run left behind: {', '.join(name for name, _ in orphans)}")
            state.end_processes([process for _, process in orphans], grace_seconds=_ORPHAN_SECONDS)

    def start(self, program: Program) -> None:
        """Start a program and keep it running from now on."""
        child = self._children[program.name] = _Child(program)
        self._spawn(child)

    def wait_until(self, condition: Callable[[], bool], *, seconds: float, interval_seconds: float = 0.05) -> bool:
        """Watch the children until `condition` holds, and return whether it does within `seconds`.

        Raises:
            StopRequested: somebody asked to stop.
            EssentialProgramLost: a program without which nothing works was given up.
        """
        deadline = monotonic() + seconds
        while not condition():
            if monotonic() >= deadline:
                return False
            self._signals.wait(interval_seconds)
            if self._signals.stop_requests:
                raise StopRequested
            self._watch()
        return True

    def wait_until_ready(self, names: Sequence[str], *, seconds: float) -> Sequence[str]:
        """Wait for these programs, and return those that are not ready after `seconds`."""
        self.wait_until(lambda: not self._unready(names), seconds=seconds)
        return self._unready(names)

    def pids(self) -> dict[str, int]:
        """Return the process of each running program."""
        return {name: child.process.pid for name, child in self._children.items() if child.process and child.is_running}

    def stop(self) -> None:
        """Stop all children, stage by stage; a further stop request kills what does not end at once."""
        requests = self._signals.stop_requests
        for stage in sorted({child.program.stop_stage for child in self._children.values()}):
            members = [child for child in self._children.values() if child.program.stop_stage == stage]
            for child in members:
                child.send(child.program.stop_signal)
            if not self._await_end(members, requests, seconds=HURRY_SECONDS):
                for child in members:
                    child.send(child.program.hurry_signal)
                self._await_end(members, requests, seconds=_longest_stop(members) - HURRY_SECONDS)
            for child in members:
                self._kill(child)
        self._processes_file.unlink(missing_ok=True)

    def _await_end(self, members: Sequence[_Child], requests: int, *, seconds: float) -> bool:
        """Return whether all have ended. An impatient person is obeyed, except about the data of a server."""
        has_patience = any(child.program.is_essential for child in members)
        self._signals.wait_until(
            lambda: (
                not any(child.is_running for child in members)
                or (self._signals.stop_requests > requests and not has_patience)
            ),
            seconds=seconds,
        )
        return not any(child.is_running for child in members)

    def _kill(self, child: _Child) -> None:
        if child.process is not None and child.is_running:
            self._reports.alarm(f"{child.program.name} did not stop in time and was killed")
            child.process.kill()
            child.process.wait()
        child.kill_leftovers()

    def _unready(self, names: Sequence[str]) -> list[str]:
        for name in names:
            self._note_readiness(self._children[name])
        return [name for name in names if not self._children[name].is_ready and not self._children[name].is_given_up]

    def _watch(self) -> None:
        now = monotonic()
        for child in self._children.values():
            if child.is_given_up:
                continue
            if child.start_again_at is not None:
                if now >= child.start_again_at:
                    self._spawn(child)
            elif not child.is_running:
                self._bury(child, now)
            elif not child.is_ready:
                self._note_readiness(child)
        if now - self._logs_looked_at > _LOG_INTERVAL_SECONDS:
            self._logs_looked_at = now
            for child in self._children.values():
                children.shorten_log(child.program.log_file, _LOG_BYTES)

    def _note_readiness(self, child: _Child) -> None:
        if child.is_ready or child.process is None or not child.is_running:
            return
        if not child.program.is_ready(child.process.pid):
            return
        child.is_ready = True
        if child.deaths:
            self._reports.note(f"{child.program.name} runs again")

    def _spawn(self, child: _Child) -> None:
        child.is_ready = False
        child.start_again_at = None
        child.started_at = monotonic()
        try:
            child.process = child.program.spawn()
        except (OSError, subprocess.SubprocessError, ConfigurationError) as error:
            self._reports.alarm(f"{child.program.name} cannot be started: {error}")
            child.process = None
        self._write_processes()

    def _bury(self, child: _Child, now: float) -> None:
        """A child is dead: end its own children, say so, and plan its next start or give it up."""
        child.kill_leftovers()
        if now - child.started_at > self._backoff.healthy_seconds:
            child.deaths = 0
        child.deaths += 1
        end = children.how_it_ended(child.process)
        if child.deaths >= self._backoff.quick_deaths:
            child.is_given_up = True
            self._reports.alarm(
                f"{child.program.name} {end}, {child.deaths} times in a row. It is given up; "
                f"its log ends:{children.log_end(child.program.log_file)}"
            )
            if child.program.is_essential:
                raise EssentialProgramLost(child.program.name)
            return
        wait = self._backoff.wait_seconds(child.deaths)
        child.start_again_at = now + wait
        self._reports.alarm(f"{child.program.name} {end}; it is started again in {wait:g} s")

    def _write_processes(self) -> None:
        entries = {}
        for name, pid in self.pids().items():
            with contextlib.suppress(psutil.Error):
                stop_signal = int(self._children[name].program.stop_signal)
                entries[name] = {"pid": pid, "created": psutil.Process(pid).create_time(), "stop_signal": stop_signal}
        state.write_json(self._processes_file, entries)


def _longest_stop(members: Sequence[_Child]) -> float:
    return max(child.program.stop_seconds for child in members)
