"""Health: is the process alive, and is everything it stands on there?"""

from fastapi import APIRouter, Response, status
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.core import config
from app.core.db import engine

router = APIRouter(prefix="/health", tags=["health"])


@router.get("/live")
def live() -> dict[str, str]:
    """Answer that this process runs; it asks nobody else."""
    return {"status": "ok"}


@router.get("/ready")
def ready(response: Response) -> dict[str, str]:
    """Answer 200 when PostgreSQL and Redis answer and the tables are there, else 503 with what is missing."""
    checks = {"database": _database_state(), "broker": _broker_state()}
    if any(state != "ok" for state in checks.values()):
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    return checks


def _database_state() -> str:
    try:
        with engine().connect() as connection:
            version = connection.scalar(text("SELECT version_num FROM alembic_version"))
    except SQLAlchemyError as error:
        return f"unreachable or not migrated ({type(error).__name__})"
    return "ok" if version else "not migrated"


def _broker_state() -> str:
    try:
        with Redis.from_url(config.redis_url(), socket_timeout=1, socket_connect_timeout=1) as redis:
            redis.ping()
    except RedisError as error:
        return f"unreachable ({type(error).__name__})"
    return "ok"
