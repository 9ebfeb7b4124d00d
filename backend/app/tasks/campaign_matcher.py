"""Matching, for other services: one post against one campaign."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from app.campaigns.matching import match_post
from app.campaigns.post_documents import read_post_document
from app.core.db import transaction
from app.monitoring import rematching
from app.tasks import celery_app


@celery_app.task(
    name="match_post_to_campaign",
    ignore_result=False,
    autoretry_for=(DBAPIError,),
    retry_backoff=1,
    max_retries=3,
)
def match_post_to_campaign(post_data: Mapping[str, Any], campaign_id: str) -> dict[str, Any]:
    """Return `{"is_match", "score", "details"}` of a post for a campaign. Registers nothing: scans do that.

    `post_data` is `{"caption", "media_type", "product_type", "taken_at", "usertags", "coauthors"}`.
    """
    post = read_post_document(post_data)
    with transaction() as session:
        requirements = rematching.campaign_requirements(session, UUID(campaign_id))
    return match_post(requirements, post).as_document()
