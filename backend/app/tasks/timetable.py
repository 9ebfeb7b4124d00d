"""Beat's timetable, in Korean time. Every entry is idempotent, so a second Beat or a lost tick does no harm."""

from datetime import timedelta
from typing import Any

from celery.schedules import crontab

from app.core.config import Settings
from app.monitoring.sync_profile import PROFILE_TICK, QUIET_FROM, QUIET_UNTIL

_SOURCES_TICK = timedelta(minutes=10)
_AN_HOUR = timedelta(hours=1)


def beat_schedule(settings: Settings) -> dict[str, dict[str, Any]]:
    """Return what Beat sends and how often; a tick that nobody took before the next one is dropped."""
    quiet_hours = crontab(minute="*/10", hour=f"{QUIET_FROM}-{QUIET_UNTIL - 1}")
    return dict(
        [
            _entry("scan_active_campaigns", settings.scan_tick),
            _entry("tune_request_price", settings.scan_tick),
            _entry("update_content_metrics", settings.metrics_tick),
            _entry("check_content_existence", settings.existence_tick),
            _entry("settle_discovery_sources", _SOURCES_TICK),
            _entry("look_beyond_feeds", settings.scan_tick),
            _entry("deliver_notifications", settings.notification_tick),
            _entry("sync_influencer_profiles", PROFILE_TICK, quiet_hours),
            # In Korea's quiet hours; Celery's time zone is Asia/Seoul.
            _entry("prune_logs", _AN_HOUR, crontab(hour=4, minute=10)),
            _entry("thin_content_metrics", _AN_HOUR, crontab(hour=4, minute=30)),
            _entry("alert_expiring_tokens", _AN_HOUR, crontab(hour=9, minute=0)),
        ]
    )


def _entry(task: str, expires: timedelta, at: crontab | None = None) -> tuple[str, dict[str, Any]]:
    """Return the entry of a task that is sent `at` these times, or whenever `expires` has passed."""
    schedule = expires if at is None else at
    return task.replace("_", "-"), {
        "task": task,
        "schedule": schedule,
        "options": {"expires": expires.total_seconds()},
    }
