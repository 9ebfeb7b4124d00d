"""Compliance: judge the disclosure of one content."""

from uuid import UUID

from sqlalchemy.exc import DBAPIError

from app.compliance import verdicts
from app.compliance.placement import fold_of
from app.core.config import get_settings
from app.core.db import server_now, transaction
from app.tasks import celery_app
from app.tasks.notifications import deliver_notifications


@celery_app.task(
    name="analyze_post_compliance",
    ignore_result=False,
    autoretry_for=(DBAPIError,),
    retry_backoff=1,
    max_retries=3,
)
def analyze_post_compliance(content_id: str) -> str:
    """Judge one content as it was last seen, and return the verdict; doing it again changes nothing."""
    fold = fold_of(get_settings())
    with transaction() as session:
        verdict = verdicts.analyze_content(session, UUID(content_id), fold=fold, now=server_now(session))
    deliver_notifications.delay()
    return verdict.verdict.value
