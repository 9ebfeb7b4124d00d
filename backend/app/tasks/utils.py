"""What the tasks share: the providers of a process, how looks are handed out, and the timetable's sign of life."""

from functools import lru_cache
from typing import Any

from celery import Task
from redis import Redis

from app.core import config
from app.core.clock import utc_now
from app.instagram.graph_provider import GraphProvider
from app.instagram.instagrapi_provider import InstagrapiProvider
from app.monitoring.lookups import Lookups

HEARTBEAT_KEY = "tagbuy:heartbeat:{task}"


@lru_cache
def provider() -> InstagrapiProvider:
    """Return this process's provider, which keeps one client for each account."""
    return InstagrapiProvider.from_settings(config.get_settings())


@lru_cache
def official_provider() -> GraphProvider:
    """Return this process's provider for tokens of the official API."""
    return GraphProvider.from_settings(config.get_settings())


def send_lookups(due: Lookups, *, feed_task: Task[..., Any], content_task: Task[..., Any]) -> None:
    """Send a task for each feed and each content; what is not taken before its lease ends is due again, and dropped."""
    expires = config.get_settings().lookup_lease.total_seconds()
    for influencer_id in due.influencer_ids:
        feed_task.apply_async(kwargs={"influencer_id": str(influencer_id)}, expires=expires)
    for content_id in due.content_ids:
        content_task.apply_async(kwargs={"content_id": str(content_id)}, expires=expires)


def leave_heartbeat(task: str) -> None:
    """Leave the sign by which `tagbuy doctor` sees that the timetable runs."""
    with Redis.from_url(config.redis_url(), socket_timeout=5) as redis:
        redis.set(HEARTBEAT_KEY.format(task=task), utc_now().isoformat())
