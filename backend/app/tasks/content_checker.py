"""Existence: find the contents whose proof is stale, and prove one."""

from uuid import UUID

from sqlalchemy.exc import DBAPIError

from app.core.config import get_settings
from app.core.db import server_now, transaction
from app.models.states import Existence
from app.monitoring import lookups, verify_existence
from app.tasks import celery_app, utils
from app.tasks.notifications import deliver_notifications
from app.tasks.post_scanner import fetch_and_match_posts


@celery_app.task(name="check_content_existence", autoretry_for=(DBAPIError,), retry_backoff=1, max_retries=3)
def check_content_existence() -> int:
    """Every 5 minutes: hand out the contents whose proof of existence is stale, and return how many requests that is.

    Contents that the first page of a feed shows are handed out as one scan of that feed.
    """
    settings = get_settings()
    with transaction() as session:
        due = lookups.claim_checks(session, now=server_now(session), settings=settings)
    utils.send_lookups(due, feed_task=fetch_and_match_posts, content_task=verify_content_exists)
    return len(due.influencer_ids) + len(due.content_ids)


@celery_app.task(name="verify_content_exists", autoretry_for=(DBAPIError,), retry_backoff=1, max_retries=3)
def verify_content_exists(content_id: str) -> None:
    """Find out whether a content's post exists, and write down the evidence."""
    state = verify_existence.verify_content(transaction, utils.provider(), UUID(content_id), settings=get_settings())
    if state in (Existence.DELETED, Existence.RESTORED):
        deliver_notifications.delay()
