"""The migrations make what the models say, and can be undone."""

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import inspect

from app.core.db import TransactionFactory, engine
from app.models import Base
from app.runtime.migrations import alembic_config


@pytest.fixture
def config(own_database: TransactionFactory) -> Config:  # noqa: ARG001 - a database of the test's own
    return alembic_config()


def tables() -> set[str]:
    return set(inspect(engine()).get_table_names()) - {"alembic_version"}


def test_the_migrated_schema_is_what_the_models_say(config: Config) -> None:
    command.check(config)

    assert tables() == set(Base.metadata.tables)


def test_every_migration_can_be_undone_and_done_again(config: Config) -> None:
    command.downgrade(config, "base")
    undone = tables()
    command.upgrade(config, "head")

    assert undone == set()
    assert tables() == set(Base.metadata.tables)
