"""Both embedded servers of a state directory together."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from app.runtime import state
from app.runtime.plan import LOGS
from app.runtime.postgres import Postgres
from app.runtime.valkey import Valkey


@dataclass(frozen=True, slots=True)
class ServerUrls:
    """Where the servers are; both URLs hold passwords."""

    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)


def postgres_of(state_dir: Path, *, bin_dir: Path | None = None, shared_buffers: str = "64MB") -> Postgres:
    """Return the PostgreSQL server that lives in `state_dir`."""
    log_file = state.make_directory(state_dir / LOGS) / "postgresql.log"
    return Postgres(state_dir / "postgres", log_file=log_file, bin_dir=bin_dir, shared_buffers=shared_buffers)


def valkey_of(state_dir: Path) -> Valkey:
    """Return the Valkey server that lives in `state_dir`."""
    logs = state.make_directory(state_dir / LOGS)
    return Valkey(state_dir / "valkey", log_file=logs / "valkey.log")


@contextlib.contextmanager
def running_servers(state_dir: Path) -> Iterator[ServerUrls]:
    """Run real PostgreSQL and real Valkey in `state_dir` for the length of a `with` block."""
    with postgres_of(state_dir).running() as database_url, valkey_of(state_dir).running() as redis_url:
        yield ServerUrls(database_url=database_url, redis_url=redis_url)
