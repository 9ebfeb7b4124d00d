"""`tagbuy bench pool`: what the account pool and two well-known limiters let through, side by side in one run.

How each number is made, for `pool`, `limits` and `pyrate_limiter`, one after the other on the same servers:

- `grants`: lines that a TCP server of the benchmark received within the measured seconds, while so many processes lease
  an account, send one line, wait for the answer and release, as fast as they may. Every account has an idle day
  behind it, and in the pool's log 1,000 requests from before that day.
- `violations`: arrivals at that server, by its own clock, that came while a window of their account was full; exact
  sliding windows, no tolerance (`app.bench.window_check`). `worst_undercut_ms` is by how much the worst came too early.
- `utilisation`: grants / `permitted`, which is what a schedule without any delay may send in these seconds. Above 1 is
  too much. With many accounts at a small scale it says what the machine can do, not what the limiter gives away.
- `lease_p50_ms`, `lease_p99_ms`: duration of the successful leases of that work; the pool's with its commit.
- `leases_per_s`: leases with their releases a second, of all processes together, in a phase of its own without sending
  and with windows so short that no limit ever binds; the look-ups are the same.

`scale` multiplies every time of the limits, so that 0.01 plays 100 minutes in one.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from multiprocessing import get_context
from multiprocessing.connection import Connection
from statistics import quantiles
from time import monotonic

from app.bench.arrivals import Recording, recording
from app.bench.contenders import Contender
from app.bench.pool_servers import fill_pool, own_servers
from app.bench.pool_worker import Phase, Tally, work
from app.bench.window_check import count_violations, most_permitted, scaled_windows, worst_undercut_ns
from app.core.errors import ConfigurationError

_UNLIMITED_SCALE = 1e-6
_LONGEST_UNLIMITED_SECONDS = 5.0
_START_DELAY_SECONDS = 0.1
_SECOND_NS = 1_000_000_000
_MILLISECOND_NS = 1_000_000


@dataclass(frozen=True, slots=True)
class Plan:
    """The size of a run; `seconds` are real ones, for each contender."""

    processes: int
    accounts: int
    seconds: float
    scale: float


def measure_pool(plan: Plan, *, say: Callable[[str], None]) -> Mapping[str, object]:
    """Run every contender on fresh servers of the benchmark's own, and return the figures; `say` gets the progress.

    Raises:
        ConfigurationError: the libraries to compare with are not installed.
    """
    missing = [contender for contender in Contender if contender is not Contender.POOL and not find_spec(contender)]
    if missing:
        raise ConfigurationError(
            f"Not installed: {', '.join(missing)}. They are only compared with, so `make run` leaves them out; "
            "`make setup` installs them."
        )
    permitted = plan.accounts * most_permitted(scaled_windows(plan.scale), round(plan.seconds * _SECOND_NS))
    say(f"Starting servers and storing {plan.accounts} accounts with full logs …")
    with own_servers(), recording() as received:
        usernames = fill_pool(plan.accounts)
        figures: dict[str, object] = {}
        for contender in Contender:
            figures[contender] = _measure(contender, plan, usernames, received, permitted=permitted, say=say)
    return {**asdict(plan), "permitted": permitted, **figures}


def _measure(
    contender: Contender,
    plan: Plan,
    usernames: Sequence[str],
    received: Recording,
    *,
    permitted: int,
    say: Callable[[str], None],
) -> Mapping[str, object]:
    limited = Phase(contender, plan.scale, plan.seconds, usernames, received.address)
    unlimited = Phase(
        contender, _UNLIMITED_SCALE, min(plan.seconds, _LONGEST_UNLIMITED_SECONDS), usernames, receiver=None
    )
    with _processes(plan.processes, [limited, unlimited]) as pipes:
        received.arrivals.clear()
        say(f"{contender}: {plan.seconds:g} s of always more work than the limits let through …")
        start, tallies = _run(pipes)
        last_ns = round((start + plan.seconds) * _SECOND_NS)
        arrivals = received.by_account(until_ns=last_ns).values()
        say(f"{contender}: {unlimited.seconds:g} s without limits …")
        _, free_tallies = _run(pipes)
    windows = scaled_windows(plan.scale)
    found = [count_violations(moments, windows) for moments in arrivals]
    worst_ns = max((worst_undercut_ns(moments, windows) for moments in arrivals), default=0)
    grants = sum(map(len, arrivals))
    percentiles = quantiles([seconds * 1000 for tally in tallies for seconds in tally.lease_seconds], n=100)
    return {
        "grants": grants,
        "violations": {window.name: sum(of_account[window.name] for of_account in found) for window in windows},
        "worst_undercut_ms": round(worst_ns / _MILLISECOND_NS, 3),
        "utilisation": round(grants / permitted, 4),
        "leases_per_s": round(sum(tally.released for tally in free_tallies) / unlimited.seconds, 1),
        "lease_p50_ms": round(percentiles[49], 2),
        "lease_p99_ms": round(percentiles[98], 2),
    }


@contextmanager
def _processes(count: int, phases: Sequence[Phase]) -> Iterator[Sequence[Connection]]:
    """Start the processes that run the phases; a pipe leads to each."""
    context = get_context("spawn")
    pipes, processes = [], []
    try:
        for _ in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=work, args=(phases, theirs), daemon=True)
            process.start()
            theirs.close()
            pipes.append(ours)
            processes.append(process)
        yield pipes
        for process in processes:
            process.join()
    finally:
        for process in processes:
            process.kill()


def _run(pipes: Sequence[Connection]) -> tuple[float, Sequence[Tally]]:
    """Let the processes begin their next phase together; return when that was, and what each did."""
    for pipe in pipes:
        pipe.recv()
    start = monotonic() + _START_DELAY_SECONDS
    for pipe in pipes:
        pipe.send(start)
    return start, [pipe.recv() for pipe in pipes]
