"""The migrations make what the models say, and can be undone."""

from datetime import UTC, datetime

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import inspect, select, text

from app.core.db import TransactionFactory, engine
from app.models import Base, Influencer
from app.runtime.migrations import alembic_config
from app.scheduling.policy import Reason
from tests.builders import make_influencer, saved


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


def test_who_sleeps_wakes_when_the_triggers_that_would_wake_them_are_undone(
    config: Config, own_database: TransactionFactory
) -> None:
    saved(own_database, make_influencer(next_scan_at=datetime(2099, 1, 1, tzinfo=UTC), scan_reason=Reason.UNWATCHED))

    command.downgrade(config, "0008_scheduling")

    with own_database() as session:
        assert session.scalars(select(Influencer.next_scan_at <= text("now()"))).one()
