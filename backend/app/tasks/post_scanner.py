"""Scanning: hand out the feeds that are due, and scan one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.exc import DBAPIError

from app.core.config import get_settings
from app.core.db import database_now, server_now, transaction
from app.monitoring import plan, post_details, scan
from app.tasks import celery_app, utils
from app.tasks.notifications import deliver_notifications

log = structlog.get_logger(__name__)


@celery_app.task(name="scan_active_campaigns", autoretry_for=(DBAPIError,), retry_backoff=1, max_retries=3)
def scan_active_campaigns() -> int:
    """Every minute: hand each due feed to the Instagram queue, and return how many."""
    settings = get_settings()
    with transaction() as session:
        feeds = plan.claim_feeds(session, now=server_now(session), settings=settings)
    for feed in feeds:
        fetch_and_match_posts.apply_async(
            kwargs={
                "influencer_id": str(feed.influencer_id),
                "campaign_ids": [str(campaign_id) for campaign_id in feed.campaign_ids],
                "claim": feed.claim.isoformat(),
            },
            expires=settings.scan_lease.total_seconds(),
        )
    utils.leave_heartbeat("scan_active_campaigns")
    return len(feeds)


@celery_app.task(name="tune_request_price", autoretry_for=(DBAPIError,), retry_backoff=1, max_retries=3)
def tune_request_price() -> None:
    """Every minute: tune the price of a request, if ten minutes have passed since it was tuned."""
    with transaction() as session:
        plan.tune_price(session, now=server_now(session), settings=get_settings())


@celery_app.task(name="fetch_and_match_posts", autoretry_for=(DBAPIError,), retry_backoff=1, max_retries=3)
def fetch_and_match_posts(influencer_id: str, campaign_ids: Sequence[str] = (), claim: str | None = None) -> None:
    """Scan one feed: match its posts with the influencer's running campaigns, and with `campaign_ids`.

    `claim` comes from `scan_active_campaigns`; a call without it scans at once.
    """
    report = scan.scan_feed(
        transaction,
        utils.provider(),
        UUID(influencer_id),
        now=database_now(),
        settings=get_settings(),
        # The planner's list is a hint for people; what is not running any more is matched only when a person asks.
        campaign_ids=[] if claim else [UUID(campaign_id) for campaign_id in campaign_ids],
        claim=datetime.fromisoformat(claim) if claim else None,
        official=utils.official_provider(),
    )
    if report is not None and report.registered_content_ids:
        deliver_notifications.delay()


@celery_app.task(name="get_post_details", ignore_result=False)
def get_post_details(media_pk: str) -> dict[str, Any]:
    """Look at one post now, match it, and return what was found and why it does or does not count."""
    details = post_details.get_post_details(transaction, utils.provider(), media_pk, settings=get_settings())
    if any(verdict.is_registered for verdict in details.verdicts):
        deliver_notifications.delay()
    return details.as_document()
