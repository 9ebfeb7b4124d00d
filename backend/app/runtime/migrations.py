"""Alembic from inside the program: bring the schema up to date, and tell whether it is."""

import logging
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from app.core.db import engine
from app.core.errors import ConfigurationError

OLDEST_POSTGRESQL = 15

_BACKEND = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class MigrationState:
    """Which migration the database has, and which one the code wants."""

    current: str | None
    head: str | None
    is_known: bool
    """False for a database that a newer version has migrated."""

    @property
    def is_current(self) -> bool:
        """Tell whether nothing is left to migrate."""
        return self.current == self.head


def migrate(revision: str = "head") -> None:
    """Upgrade the database to `revision`; nothing happens when it is there already.

    Raises:
        ConfigurationError: a newer version has migrated it.
    """
    logging.getLogger("alembic").setLevel(logging.WARNING)
    state = migration_state()
    if not state.is_known:
        raise ConfigurationError(
            f"The database is at {state.current}, which this version does not know: a newer version made it. "
            "Run that version, or use another database or --state-dir."
        )
    command.upgrade(alembic_config(), revision)


def migration_state() -> MigrationState:
    """Compare the database with the code."""
    with engine().connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    scripts = ScriptDirectory.from_config(alembic_config())
    revisions = {script.revision for script in scripts.walk_revisions()}
    return MigrationState(current, scripts.get_current_head(), is_known=current is None or current in revisions)


def alembic_config() -> Config:
    """Return Alembic's configuration, wherever the process was started."""
    configuration = Config(_BACKEND / "alembic.ini")
    configuration.set_main_option("script_location", str(_BACKEND / "migrations").replace("%", "%%"))
    return configuration
