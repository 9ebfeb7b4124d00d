"""How Alembic reaches the database: the application's own engine and models."""

from alembic import context

from app.core.db import engine
from app.models import Base


def run_migrations() -> None:
    """Run in one transaction; give up after 5 s rather than hold up the workers behind a lock."""
    with engine().connect() as connection:
        context.configure(connection=connection, target_metadata=Base.metadata, compare_server_default=True)
        with context.begin_transaction():
            connection.exec_driver_sql("SET LOCAL lock_timeout = '5s'")
            # Two processes that start together migrate one after the other.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('tagbuy.migrations'))")
            context.run_migrations()


if context.is_offline_mode():
    raise SystemExit("Migrations run against a database; `--sql` is not supported.")
run_migrations()
