"""What the tasks share: the providers of a process, and the sign that the timetable is alive."""

from functools import lru_cache

from redis import Redis

from app.core import config
from app.core.clock import utc_now
from app.instagram.graph_provider import GraphProvider
from app.instagram.instagrapi_provider import InstagrapiProvider

HEARTBEAT_KEY = "tagbuy:heartbeat:{task}"


@lru_cache
def provider() -> InstagrapiProvider:
    """Return this process's provider, which keeps one client for each account."""
    settings = config.get_settings()
    return InstagrapiProvider(timeout=settings.request_timeout, ca_file=settings.instagram_ca_file)


@lru_cache
def official_provider() -> GraphProvider:
    """Return this process's provider for tokens of the official API."""
    settings = config.get_settings()
    return GraphProvider(timeout=settings.request_timeout, ca_file=settings.instagram_ca_file)


def leave_heartbeat(task: str) -> None:
    """Leave the sign by which `tagbuy doctor` sees that the timetable runs."""
    with Redis.from_url(config.redis_url(), socket_timeout=5) as redis:
        redis.set(HEARTBEAT_KEY.format(task=task), utc_now().isoformat())
