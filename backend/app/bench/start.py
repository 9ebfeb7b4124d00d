"""`tagbuy bench start`: how long the demo takes until the first announcement, and what memory it holds.

Each run starts `tagbuy up --demo` in an empty state directory; the figures are medians of the runs.
"""

import json
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

_READY = re.compile(r"Everything is ready after ([\d.]+) s")
_ANNOUNCED = re.compile(r"announced ([\d.]+) s after the start")
_PATIENCE_SECONDS = 240
_SETTLE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class StartFigures:
    """One run: seconds to readiness and to the first announcement, and each role's memory in MiB (PSS)."""

    ready_seconds: float
    announced_seconds: float
    memory_mib: dict[str, float]


def measure_start(*, runs: int) -> dict[str, object]:
    """Run the demo so many times, and return the medians."""
    figures = [_run_once() for _ in range(runs)]
    roles = sorted({role for run in figures for role in run.memory_mib})
    memory = {role: round(statistics.median(run.memory_mib.get(role, 0.0) for run in figures), 1) for role in roles}
    return {
        "runs": runs,
        "ready_seconds": statistics.median(run.ready_seconds for run in figures),
        "first_announcement_seconds": statistics.median(run.announced_seconds for run in figures),
        "memory_mib_pss": memory | {"total": round(sum(memory.values()), 1)},
    }


def _run_once() -> StartFigures:
    with tempfile.TemporaryDirectory(prefix="tagbuy-bench-") as directory, _demo(Path(directory)) as output:
        ready, announced = _wait_for(output, _READY), _wait_for(output, _ANNOUNCED)
        time.sleep(_SETTLE_SECONDS)  # noqa: TID251 - a benchmark lets the demo work for a while before it weighs it
        processes = json.loads((Path(directory) / "processes.json").read_text(encoding="utf-8"))
        return StartFigures(ready, announced, _memory(processes))


@contextmanager
def _demo(state_dir: Path) -> Iterator[Path]:
    output = state_dir.with_suffix(".log")
    with output.open("wb") as log:
        process = subprocess.Popen(
            [str(Path(sys.executable).with_name("tagbuy")), "up", "--demo", "--state-dir", str(state_dir)],
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield output
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)
            output.unlink()


def _wait_for(output: Path, pattern: re.Pattern[str]) -> float:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found = pattern.search(output.read_text(encoding="utf-8"))
        if found:
            return float(found.group(1))
        time.sleep(0.2)  # noqa: TID251 - waits for another process's output
    raise TimeoutError(f"the demo did not say {pattern.pattern!r}:\n{output.read_text(encoding='utf-8')}")


def _memory(processes: dict[str, dict[str, int]]) -> dict[str, float]:
    """Return each role's proportional memory, with its children's; the supervisor is their parent."""
    usage = {name: _tree_memory(psutil.Process(entry["pid"])) for name, entry in processes.items()}
    supervisor = psutil.Process(next(iter(processes.values()))["pid"]).parent()
    if supervisor is not None:
        usage["supervisor"] = _own_memory(supervisor)
    return usage


def _tree_memory(process: psutil.Process) -> float:
    return sum(_own_memory(member) for member in [process, *process.children(recursive=True)])


def _own_memory(process: psutil.Process) -> float:
    return float(process.memory_full_info().pss) / 2**20
