"""Days of the pool in virtual time: nothing that goes wrong breaks a limit, and each guard is needed."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from app.core.config import Settings
from app.core.db import engine, transaction
from app.runtime.migrations import migrate
from app.runtime.postgres import Postgres
from app.runtime.servers import postgres_of
from app.scheduling import accounts
from app.scheduling.allowance import Limits, Urgency
from tests.builders import saved_account
from tests.conftest import forget_settings
from tests.scheduling.pool_simulation import VIRTUAL_CLOCK, Removed, Simulation, crash

LIMITS = replace(Limits.from_settings(Settings(), accounts.PROVIDER), jitter=timedelta(0))
"""The real ones, without the random part of the spacing: a seed gives the same run."""
SHORT_WINDOWS = ((20, timedelta(minutes=1)), (80, timedelta(minutes=10)), (250, timedelta(hours=1)))
SHORT = timedelta(hours=1.5)
"""So long that each of the short windows is full several times."""
LONG_RUNS = range(int(os.environ.get("TAGBUY_LONG_RUNS", "0")))
"""Days in virtual time with the real limits: minutes each, so `make soak` asks for them."""

NO_FAULTS = {"fault_rate": 0.0, "restarts_per_day": 1e-9, "clock_steps_per_day": 1e-9}
RARE = {"fault_rate": 0.005, "restarts_per_day": 4, "clock_steps_per_day": 24}
DENSE = {"fault_rate": 0.01, "restarts_per_day": 48, "clock_steps_per_day": 192}
_PROVOKED = {
    Removed.DURABLE_LOG: {"fault_rate": 0.0},
    Removed.DEADLINE_STAMP: {"fault_rate": 0.05},
    # With one worker every other step is one of PostgreSQL's clock.
    Removed.CLOCK_GUARD: {"fault_rate": 0.0, "workers": 1, "clock_steps_per_day": 2000, "seed": 2},
    Removed.WATCHDOG: {"fault_rate": 0.05},
}
"""What shows soon that a guard is missing."""


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A server of its own whose default is to lose what it acknowledged last when it crashes."""
    with pytest.MonkeyPatch.context() as environment:
        server = postgres_of(tmp_path_factory.mktemp("virtual"))
        with server.running() as url:
            environment.setenv("DATABASE_URL", url)
            environment.setenv("TAGBUY_SECRET_KEY", "A" * 43 + "=")
            forget_settings()
            migrate()
            with transaction() as session:
                session.execute(text(VIRTUAL_CLOCK))
                session.execute(text("ALTER DATABASE tagbuy SET search_path = virtual, pg_catalog, public"))
            with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("ALTER SYSTEM SET synchronous_commit = off"))
                connection.execute(text("ALTER SYSTEM SET wal_writer_delay = '10s'"))
            crash(server)
            yield server
            forget_settings()
    forget_settings()


@pytest.fixture
def simulation(postgres: Postgres) -> Callable[..., Simulation]:
    """Return a maker of simulations with two new accounts each."""

    def make(*, accounts: int = 2, **changes: object) -> Simulation:
        with transaction() as session:
            session.execute(text("TRUNCATE instagram_accounts CASCADE"))
        for _ in range(accounts):
            saved_account(transaction)
        defaults = {"limits": replace(LIMITS, windows=SHORT_WINDOWS), "urgent_ratio": 0.7, "seed": 1}
        return Simulation(postgres, **defaults | DENSE | changes)  # type: ignore[arg-type]

    return make


@pytest.mark.parametrize("seed", range(2))
def test_no_fault_breaks_a_limit(simulation: Callable[..., Simulation], seed: int) -> None:
    run = simulation(seed=seed)

    run.run(SHORT)

    print(f"seed {seed}: {run.count} requests, {run.faults.total()} faults {dict(run.faults)}")
    assert run.violations().total() == 0
    assert run.count > 200
    assert len(+run.faults) >= 10


@pytest.mark.parametrize("seed", LONG_RUNS)
def test_no_fault_of_several_days_breaks_a_limit(simulation: Callable[..., Simulation], seed: int) -> None:
    run = simulation(seed=seed, limits=LIMITS, **RARE)

    run.run(timedelta(days=2))

    print(f"seed {seed}: {run.count} requests, {run.faults.total()} faults {dict(run.faults)}")
    assert run.violations().total() == 0


@pytest.mark.parametrize("removed", Removed)
def test_each_guard_is_needed(simulation: Callable[..., Simulation], removed: Removed) -> None:
    run = simulation(removed=removed, **_PROVOKED[removed])

    run.run(SHORT)

    print(f"without {removed}: {dict(run.violations())} in {run.count} requests")
    assert run.violations().total() > 0


def test_a_day_with_too_much_work_uses_the_budget_evenly_and_urgent_requests_wait_for_seconds(
    simulation: Callable[..., Simulation],
) -> None:
    run = simulation(accounts=1, workers=2, limits=LIMITS, urgent_ratio=0.01, **NO_FAULTS)
    day = timedelta(days=1)

    run.run(day)

    [moments] = run.arrivals.values()
    early = sum(moment < 8 * 3600 for moment in moments) / len(moments)
    longest_wait = max(run.waits[Urgency.URGENT])
    print(f"used {run.utilisation(day, 1):.3f}, {early:.2f} in the first 8 h, urgent waits <= {longest_wait:.1f} s")
    assert run.violations().total() == 0
    assert run.utilisation(day, 1) >= 0.97
    assert early < 0.4
    assert longest_wait < 30
