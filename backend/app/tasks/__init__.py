"""The Celery application. `celery -A app.tasks worker -Q instagram_api -c 1 -l info` starts a worker.

Celery runs things, PostgreSQL remembers things: every message is a hint that may be lost or doubled.
"""

from typing import Any

import structlog
from celery import Celery, Task
from celery.signals import celeryd_init, setup_logging, task_postrun, task_prerun, worker_process_init

from app.core import config, db
from app.core.logging import set_up_logging
from app.tasks.timetable import beat_schedule

QUEUES = ("instagram_api", "default", "notifications")

# Longer than any task may run: Redis hands a message out again after the visibility timeout.
_TASK_SECONDS = 600
_VISIBILITY_SECONDS = 1800


class Application(Celery):
    """Celery, that says at once when there is no broker to talk to, and looks again the next time."""

    def on_configure(self) -> None:  # type: ignore[override]  # a method is the documented way for subclasses
        """Raise `ConfigurationError` before Celery takes itself for configured (it would then try AMQP for ever)."""
        config.redis_url()


celery_app = Application(
    "tagbuy",
    include=[
        "app.tasks.post_scanner",
        "app.tasks.metrics_collector",
        "app.tasks.content_checker",
        "app.tasks.notifications",
        "app.tasks.accounts",
        "app.tasks.campaign_matcher",
        "app.tasks.compliance",
        "app.tasks.housekeeping",
        "app.tasks.discovery",
    ],
)


def _configuration() -> dict[str, Any]:
    settings = config.get_settings()
    return {
        "broker_url": config.redis_url(),
        "result_backend": config.redis_url(),
        "beat_schedule": beat_schedule(settings),
        "timezone": "Asia/Seoul",
        "accept_content": ["json"],
        "task_serializer": "json",
        "result_serializer": "json",
        "result_expires": 3600,
        "task_ignore_result": True,
        "task_default_queue": "default",
        "task_routes": {
            "fetch_and_match_posts": {"queue": "instagram_api"},
            "get_post_details": {"queue": "instagram_api"},
            "collect_single_content_metrics": {"queue": "instagram_api"},
            "verify_content_exists": {"queue": "instagram_api"},
            "sync_influencer_profile": {"queue": "instagram_api"},
            "look_at_source": {"queue": "instagram_api"},
            "deliver_notifications": {"queue": "notifications"},
        },
        "task_acks_late": True,
        # A child that is killed gives its message back, at most as often as the task may be retried.
        "task_retry_on_worker_lost": True,
        "task_time_limit": _TASK_SECONDS,
        "worker_prefetch_multiplier": 1,
        "worker_consumer": "app.tasks.consumer:Consumer",
        "worker_soft_shutdown_timeout": 10,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "worker_send_task_events": True,
        "task_send_sent_event": True,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        # A publisher does not hang for ever on a frozen broker; the rows are still due afterwards.
        "task_publish_retry_policy": {"max_retries": 3, "interval_start": 0.2, "interval_step": 0.5},
        "broker_transport_options": {
            "visibility_timeout": _VISIBILITY_SECONDS,
            "unacked_restore_throttle": 1,
            "socket_timeout": 30,
            "socket_connect_timeout": 5,
            "socket_keepalive": True,
            "health_check_interval": 25,
        },
    }


# Evaluated when it is first needed: importing the tasks needs no server.
celery_app.add_defaults(_configuration)


@setup_logging.connect
def _set_up_logging(loglevel: int | None = None, **_: object) -> None:
    set_up_logging(loglevel)


@celeryd_init.connect
def _name_after_queue(instance: Any, options: dict[str, Any], **_: object) -> None:
    """Give each documented worker a name of its own: Celery would call all of them `celery@host`."""
    queues = options.get("queues")
    if queues and instance.hostname.startswith("celery@"):
        names = queues if isinstance(queues, str) else ",".join(queues)
        instance.hostname = f"{names.replace(',', '+')}@{instance.hostname.removeprefix('celery@')}"


@worker_process_init.connect
def _forget_parents_connections(**_: object) -> None:
    db.forget_connections()


@task_prerun.connect
def _bind_task(task_id: str, task: Task[..., Any], kwargs: dict[str, Any], **_: object) -> None:
    ids = {name: value for name, value in kwargs.items() if name.endswith("_id")}
    structlog.contextvars.bind_contextvars(task=task.name, task_id=task_id, **ids)


@task_postrun.connect
def _unbind_task(**_: object) -> None:
    structlog.contextvars.clear_contextvars()
