"""Servers of the benchmark's own, with a pool whose accounts have a full log and an idle day behind them."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from app.bench.database import settings_of
from app.core.db import engine, transaction
from app.runtime.migrations import migrate
from app.runtime.servers import running_servers
from app.scheduling import accounts

_FULL_LOG = 1000
_OLDER_THAN_EVERY_WINDOW = timedelta(days=1)


@contextmanager
def own_servers() -> Iterator[None]:
    """Run empty servers in a temporary directory, and point this process and its children to them."""
    with (
        tempfile.TemporaryDirectory(prefix="tagbuy-bench-") as name,
        running_servers(Path(name)) as urls,
        settings_of(Path(name), DATABASE_URL=urls.database_url, REDIS_URL=urls.redis_url),
    ):
        migrate()
        yield


def fill_pool(count: int) -> Sequence[str]:
    """Store so many accounts, each with 1,000 old requests, and return their names."""
    usernames = [f"reader{number}" for number in range(count)]
    with transaction() as session:
        for username in usernames:
            accounts.save_account(session, username=username, settings={"uuids": {}}, proxy=None, is_sandbox=True)
        session.execute(
            text(
                """
                INSERT INTO instagram_requests
                    (id, account_id, sequence, kind, target, granted_at, latest_sent_at, outcome, http_status)
                SELECT gen_random_uuid(), account.id, number, 'feed', 'bench', moment, moment, 'ok', 200
                FROM instagram_accounts AS account, generate_series(1, :full) AS number,
                    LATERAL (SELECT now() - :age - (:full - number) * interval '1 minute' AS moment) AS sent
                """
            ),
            {"full": _FULL_LOG, "age": _OLDER_THAN_EVERY_WINDOW},
        )
        session.execute(text("UPDATE instagram_accounts SET last_sequence = :full"), {"full": _FULL_LOG})
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE) instagram_accounts, instagram_requests"))
    return usernames
