"""Notifications: deliver what is in the outbox."""

from sqlalchemy.exc import DBAPIError

from app.core.config import get_settings
from app.core.db import database_now, transaction
from app.notifications import delivery
from app.notifications.channels import configured_channels
from app.tasks import celery_app


@celery_app.task(name="deliver_notifications", autoretry_for=(DBAPIError,), retry_backoff=1, max_retries=3)
def deliver_notifications() -> None:
    """Every minute, and after each registration: send the notifications that are due."""
    settings = get_settings()
    delivery.deliver_due(transaction, configured_channels(settings), clock=database_now, settings=settings)
