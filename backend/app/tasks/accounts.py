"""Accounts: what is to be told about them in time."""

from sqlalchemy.exc import DBAPIError

from app.core.db import server_now, transaction
from app.monitoring import token_expiry
from app.tasks import celery_app


@celery_app.task(name="alert_expiring_tokens", autoretry_for=(DBAPIError,), retry_backoff=1, max_retries=3)
def alert_expiring_tokens() -> None:
    """Every morning: tell the operators which tokens of the official API end within ten days."""
    with transaction() as session:
        token_expiry.alert_expiring_tokens(session, now=server_now(session))
