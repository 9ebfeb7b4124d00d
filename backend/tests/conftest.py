"""Real servers for every test that asks: PostgreSQL and Valkey, started once per session in a temporary directory."""

import base64
import contextlib
import logging
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql
from sqlalchemy.orm import Session

from app.core.config import get_settings
from app.core.db import TransactionFactory, engine
from app.core.db import transaction as committed_transaction
from app.runtime.migrations import migrate
from app.runtime.postgres import DATABASE
from app.runtime.servers import ServerUrls, running_servers

# The same examples each time, and no clock: a busy machine must not fail a build.
settings.register_profile("tagbuy", deadline=None, derandomize=True, database=None)
settings.load_profile("tagbuy")


def forget_settings() -> None:
    """Make the next reader of the settings see the present environment."""
    if engine.cache_info().currsize:
        engine().dispose()
    engine.cache_clear()
    get_settings.cache_clear()


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    """Take away what a command under test made of the logging: its streams are closed with the test."""
    handlers, level = list(logging.root.handlers), logging.root.level
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


@pytest.fixture(scope="session", autouse=True)
def _no_running_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep away from the state directory of the checkout, where a demo may be running."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TAGBUY_STATE_DIR", str(tmp_path_factory.mktemp("no-state")))
        yield


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerUrls]:
    """PostgreSQL with the present schema, and Valkey; the settings of this process point to them."""
    state_dir = tmp_path_factory.mktemp("state")
    with pytest.MonkeyPatch.context() as environment, running_servers(state_dir) as urls:
        environment.setenv("DATABASE_URL", urls.database_url)
        environment.setenv("REDIS_URL", urls.redis_url)
        environment.setenv("TAGBUY_STATE_DIR", str(state_dir))
        environment.setenv("TAGBUY_SECRET_KEY", base64.b64encode(secrets.token_bytes(32)).decode())
        forget_settings()
        migrate()
        yield urls
        forget_settings()
    get_settings.cache_clear()


@pytest.fixture
def transaction(servers: ServerUrls) -> Iterator[TransactionFactory]:  # noqa: ARG001 - must be running
    """A factory of transactions on one connection; everything they commit is undone after the test."""
    with engine().connect() as connection:
        outer = connection.begin()

        @contextlib.contextmanager
        def joined() -> Iterator[Session]:
            with (
                Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session,
                session.begin(),
            ):
                yield session

        yield joined
        outer.rollback()


@pytest.fixture
def own_database(servers: ServerUrls, monkeypatch: pytest.MonkeyPatch) -> Iterator[TransactionFactory]:
    """`app.core.db.transaction` on a database of the test's own, for tests that need several connections or processes.

    DATABASE_URL names it, so that processes started by the test use it too.
    """
    name = f"test_{secrets.token_hex(6)}"
    # A template must have no connections.
    forget_settings()
    _administer(servers, sql.SQL("CREATE DATABASE {} TEMPLATE {}"), name, DATABASE)
    monkeypatch.setenv("DATABASE_URL", servers.database_url.removesuffix(DATABASE) + name)
    try:
        yield committed_transaction
    finally:
        forget_settings()
        _administer(servers, sql.SQL("DROP DATABASE {} WITH (FORCE)"), name)
        monkeypatch.undo()
        forget_settings()


@pytest.fixture
def new_state_dir(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Return a maker of empty state directories, for tests that run servers of their own."""
    return lambda: tmp_path_factory.mktemp("own-state")


def _administer(servers: ServerUrls, statement: sql.SQL, *names: str) -> None:
    url = servers.database_url.replace("+psycopg", "").removesuffix(DATABASE) + "postgres"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.format(*(sql.Identifier(name) for name in names)))
