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
        with postgres_of(directory).running() as url, settings_of(directory, DATABASE_URL=url):
            _spare_the_disk()
            migrate()
            yield directory


@contextmanager
def settings_of(directory: Path, **urls: str) -> Iterator[None]:
    """Let the settings of this process and its children name these servers, with a new key, for the block."""
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    own = {"TAGBUY_STATE_DIR": str(directory), "TAGBUY_SECRET_KEY": key, **urls}
    kept = {variable: os.environ.get(variable) for variable in own}
    os.environ.update(own)
    # Settings that were read before name other servers, whose rows must not be touched.
    _forget()
    try:
        yield
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
