"""A database of a benchmark's own: an embedded server in an empty directory, migrated, for this process only."""

import base64
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text

from app.core.config import get_settings
from app.core.db import engine
from app.runtime.migrations import migrate
from app.runtime.servers import postgres_of


@contextmanager
def own_server() -> Iterator[Path]:
    """Run an empty, migrated server; yield an empty directory that goes with it.

    The settings of this process name it for the length of the block. A benchmark may lose its data in a power cut.
    """
    with tempfile.TemporaryDirectory(prefix="tagbuy-bench-") as name:
        directory = Path(name)
        directory.chmod(0o711)
        with postgres_of(directory).running() as url:
            key = base64.b64encode(secrets.token_bytes(32)).decode()
            own = {"DATABASE_URL": url, "TAGBUY_STATE_DIR": name, "TAGBUY_SECRET_KEY": key}
            kept = {variable: os.environ.get(variable) for variable in own}
            os.environ.update(own)
            try:
                _forget()
                _spare_the_disk()
                migrate()
                yield directory
            finally:
                engine().dispose()
                for variable, value in kept.items():
                    os.environ.pop(variable) if value is None else os.environ.update({variable: value})
                _forget()


def _spare_the_disk() -> None:
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for setting in ("fsync", "full_page_writes"):
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))


def _forget() -> None:
    get_settings.cache_clear()
    engine.cache_clear()
