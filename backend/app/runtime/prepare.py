"""What must be done between the start of the servers and the start of the roles, as a process of its own.

`python -m app.runtime.prepare` prints one JSON object. It ends before the roles start, so that the supervisor does not
carry the weight of SQLAlchemy and Celery's transport.
"""

import argparse
import json
import sys
from typing import Any

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.core import config, db
from app.core.errors import ConfigurationError, TagBuyError
from app.core.logging import redact_text
from app.core.secrets import make_key_file
from app.runtime.admin import create_first_admin
from app.runtime.migrations import OLDEST_POSTGRESQL, migrate

_UNACKED = "unacked"


def prepare(*, give_back: bool) -> dict[str, object]:
    """Bring key, schema, first user and broker into order, and return what there is to tell.

    Raises:
        ConfigurationError: a server cannot be reached or refuses; the message says which.
    """
    settings = config.get_settings()
    if settings.secret_key is None:
        make_key_file(settings.state_dir)
    try:
        _refuse_old_servers()
        migrate()
        with db.transaction() as session:
            admin_password = create_first_admin(session, email=settings.admin_email)
    except SQLAlchemyError as error:
        raise ConfigurationError(f"PostgreSQL: {_first_line(error)}. Check DATABASE_URL and the server.") from None
    try:
        given_back = give_back_unacked() if give_back else 0
    except RedisError as error:
        raise ConfigurationError(f"Redis: {_first_line(error)}. Check REDIS_URL and the server.") from None
    return {
        "admin_email": settings.admin_email,
        "admin_password": admin_password,
        "messages_given_back": given_back,
    }


def _refuse_old_servers() -> None:
    with db.engine().connect() as connection:
        version = int(connection.scalar(text("SHOW server_version_num")) or 0) // 10_000
    if version < OLDEST_POSTGRESQL:
        raise ConfigurationError(f"PostgreSQL {version} is too old: {OLDEST_POSTGRESQL} or later is needed")


def give_back_unacked() -> int:
    """Return messages that killed workers held to their queues, and how many there were.

    Only right while no worker lives. Without it they wait for the visibility timeout (celery #4984).
    """
    url = config.redis_url()
    with Redis.from_url(url, socket_timeout=5) as redis:
        count = redis.hlen(_UNACKED)
    if count:
        from kombu import Connection  # noqa: PLC0415 - 0.2 s, and rarely needed

        with Connection(url) as connection:
            channel: Any = connection.default_channel
            channel.visibility_timeout = 0
            channel.qos.restore_visible(num=None, interval=1)
    return int(count)


def main() -> int:
    """Prepare, and print the result or the error as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--give-back", action="store_true", help="no worker lives: return unacknowledged messages")
    try:
        answer = prepare(give_back=parser.parse_args().give_back)
    except TagBuyError as error:
        answer = {"error": str(error)}
    sys.stdout.write(json.dumps(answer) + "\n")
    return 1 if "error" in answer else 0


def _first_line(error: Exception) -> str:
    return redact_text(str(getattr(error, "orig", error)).strip().splitlines()[0])


if __name__ == "__main__":
    sys.exit(main())
