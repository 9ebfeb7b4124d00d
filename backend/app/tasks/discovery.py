"""Discovery beyond the feeds: keep the list of sources, hand out those that are due, and look at one."""

from uuid import UUID

from sqlalchemy.exc import DBAPIError

from app.core.config import get_settings
from app.core.db import server_now, transaction
from app.models.states import DiscoveryKind
from app.monitoring import discovery
from app.scheduling import discovery_sources
from app.tasks import celery_app, utils
from app.tasks.notifications import deliver_notifications


@celery_app.task(name="settle_discovery_sources", autoretry_for=(DBAPIError,), retry_backoff=1, max_retries=3)
def settle_discovery_sources() -> int:
    """Every 10 minutes: add the sources that running campaigns ask for, drop the others, and return how many stay."""
    settings = get_settings()
    kinds = [DiscoveryKind(name) for name in settings.discovery_sources]
    with transaction() as session:
        now = server_now(session)
        return discovery_sources.settle_sources(session, kinds, now=now, grace=settings.scan_grace)


@celery_app.task(name="look_beyond_feeds", autoretry_for=(DBAPIError,), retry_backoff=1, max_retries=3)
def look_beyond_feeds() -> int:
    """Every minute: hand the sources that are due to the Instagram queue, and return how many."""
    settings = get_settings()
    with transaction() as session:
        due = discovery.claim_sources(session, now=server_now(session), settings=settings)
    for source_id in due:
        look_at_source.apply_async(kwargs={"source_id": str(source_id)}, expires=settings.lookup_lease.total_seconds())
    return len(due)


@celery_app.task(name="look_at_source", autoretry_for=(DBAPIError,), retry_backoff=1, max_retries=3)
def look_at_source(source_id: str) -> None:
    """Look at one source; the feeds of those whose new posts it shows are due at once."""
    has_registered = discovery.look_at_source(
        transaction, utils.provider(), utils.official_provider(), UUID(source_id), settings=get_settings()
    )
    if has_registered:
        deliver_notifications.delay()
