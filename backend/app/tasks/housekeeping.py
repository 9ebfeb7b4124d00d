"""Housekeeping: what keeps the tables from growing for ever."""

from sqlalchemy.exc import DBAPIError

from app.core.config import get_settings
from app.core.db import database_now, transaction
from app.scheduling import log_retention
from app.tasks import celery_app


@celery_app.task(name="prune_logs", autoretry_for=(DBAPIError,), retry_backoff=1, max_retries=3)
def prune_logs() -> int:
    """Every night: delete the lines of the request and scan logs that are older than their retention."""
    settings = get_settings()
    return log_retention.prune_logs(transaction, before=database_now() - settings.request_log_retention)
