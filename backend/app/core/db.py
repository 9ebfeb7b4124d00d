"""The database: one engine per process, and `transaction()`, the only place that commits."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Engine, create_engine, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.core import config

TransactionFactory = Callable[[], AbstractContextManager[Session]]


@lru_cache
def engine() -> Engine:
    """Return this process's engine. A connection that died with its server is replaced, not used."""
    return create_engine(
        config.database_url(),
        pool_size=2,
        max_overflow=3,
        pool_pre_ping=True,
        hide_parameters=True,  # they hold people's names and captions
        connect_args={
            "application_name": "tagbuy",
            "connect_timeout": 5,
            # The request log must survive a crash of the server, whatever its default (measured: `off` broke limits).
            # And a process that was stopped within a transaction must not keep an account for longer than a lease.
            "options": "-c timezone=UTC -c synchronous_commit=on -c lock_timeout=10s "
            "-c idle_in_transaction_session_timeout=20s",
        },
    )


@contextmanager
def transaction() -> Iterator[Session]:
    """Open a session, commit at the end of the block, roll back on an exception."""
    with Session(engine(), expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def sole_holder(name: str) -> Iterator[bool]:
    """Hold the lock `name` of the whole installation during the block; yield False where another process holds it.

    No transaction stays open meanwhile, and the lock ends with the process, however it ends.
    """
    key = func.hashtext(name)
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        is_held = bool(connection.scalar(select(func.pg_try_advisory_lock(key))))
        try:
            yield is_held
        finally:
            # A server that went away has forgotten the lock.
            with suppress(DBAPIError):
                if is_held:
                    connection.execute(select(func.pg_advisory_unlock(key)))


def forget_connections() -> None:
    """Drop the parent's connections without closing them; for a process that was just forked."""
    engine().dispose(close=False)


def database_now() -> datetime:
    """Return PostgreSQL's wall clock, for what several machines must agree on."""
    with transaction() as session:
        return server_now(session)


def server_now(session: Session) -> datetime:
    """Return PostgreSQL's wall clock at this moment, not at the start of the transaction."""
    now: datetime = session.scalars(text("SELECT clock_timestamp()")).one()
    return now
