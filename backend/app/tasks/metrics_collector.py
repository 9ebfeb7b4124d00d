"""Metrics: find the contents whose sample is due, take one sample, and work out the figures of one content."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.exc import DBAPIError

from app.core.config import get_settings
from app.core.db import database_now, server_now, transaction
from app.instagram.errors import InstagramError, PermitRefused
from app.metrics import engagement_report, retention
from app.monitoring import lookups, sync_profile
from app.monitoring.requests import NoAccountFree
from app.tasks import celery_app, utils
from app.tasks.post_scanner import fetch_and_match_posts

log = structlog.get_logger(__name__)


@celery_app.task(name="update_content_metrics", autoretry_for=(DBAPIError,), retry_backoff=1, max_retries=3)
def update_content_metrics() -> int:
    """Every 10 minutes: hand out the contents whose sample is due and that no feed page will show before the next tick.

    Return how many requests that is.
    """
    settings = get_settings()
    with transaction() as session:
        due = lookups.claim_samples(session, now=server_now(session), settings=settings)
    utils.send_lookups(due, feed_task=fetch_and_match_posts, content_task=collect_single_content_metrics)
    return len(due.influencer_ids) + len(due.content_ids)


@celery_app.task(name="collect_single_content_metrics", autoretry_for=(DBAPIError,), retry_backoff=1, max_retries=3)
def collect_single_content_metrics(content_id: str) -> None:
    """Look at one content's post and record a sample; a failed look is due again when its lease ends."""
    try:
        lookups.look_at_content(transaction, utils.provider(), UUID(content_id), settings=get_settings())
    except (NoAccountFree, PermitRefused, InstagramError) as failure:
        log.info("sample.put_off", reason=str(failure))


@celery_app.task(name="calculate_engagement_metrics", ignore_result=False)
def calculate_engagement_metrics(content_id: str) -> dict[str, Any]:
    """Return the figures of one content as they follow from its samples; docs/reference/metrics.md defines each."""
    with transaction() as session:
        report = engagement_report.report_content(session, UUID(content_id), now=server_now(session))
    return report.as_document()


@celery_app.task(name="thin_content_metrics", autoretry_for=(DBAPIError,), retry_backoff=1, max_retries=3)
def thin_content_metrics() -> None:
    """At 04:30 KST: keep of samples that have become old the last of each day."""
    detail = timedelta(days=get_settings().metrics_detail_days)
    thinned = retention.thin_samples(transaction, now=database_now(), detail=detail, is_whole=False, is_dry_run=False)
    log.info("metrics.thinned", contents=thinned.contents, samples=thinned.samples)


@celery_app.task(name="sync_influencer_profiles", autoretry_for=(DBAPIError,), retry_backoff=1, max_retries=3)
def sync_influencer_profiles() -> int:
    """Every 10 minutes from 03:00 to 07:00 KST: hand out an even share of the profiles that are due this night."""
    with transaction() as session:
        influencer_ids = sync_profile.claim_profiles(session, now=server_now(session), settings=get_settings())
    for influencer_id in influencer_ids:
        sync_influencer_profile.apply_async(
            kwargs={"influencer_id": str(influencer_id)}, expires=sync_profile.PROFILE_TICK.total_seconds()
        )
    return len(influencer_ids)


@celery_app.task(name="sync_influencer_profile", autoretry_for=(DBAPIError,), retry_backoff=1, max_retries=3)
def sync_influencer_profile(influencer_id: str) -> None:
    """Read one influencer's profile: followers, name, private or not, gone."""
    problem = sync_profile.sync_profile(transaction, utils.provider(), UUID(influencer_id), settings=get_settings())
    if problem is not None:
        log.info("profile.not_read", reason=problem)
