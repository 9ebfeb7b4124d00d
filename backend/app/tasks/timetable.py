"""Beat's timetable, in Korean time. Every entry is idempotent, so a second Beat or a lost tick does no harm."""

from typing import Any

from celery.schedules import crontab

from app.core.config import Settings
from app.monitoring.sync_profile import PROFILE_TICK, QUIET_FROM, QUIET_UNTIL


def beat_schedule(settings: Settings) -> dict[str, dict[str, Any]]:
    """Return what Beat sends and how often; a tick that nobody took before the next one is dropped."""
    return {
        "scan-active-campaigns": {
            "task": "scan_active_campaigns",
            "schedule": settings.scan_tick,
            "options": {"expires": settings.scan_tick.total_seconds()},
        },
        "tune-request-price": {
            "task": "tune_request_price",
            "schedule": settings.scan_tick,
            "options": {"expires": settings.scan_tick.total_seconds()},
        },
        "update-content-metrics": {
            "task": "update_content_metrics",
            "schedule": settings.metrics_tick,
            "options": {"expires": settings.metrics_tick.total_seconds()},
        },
        "check-content-existence": {
            "task": "check_content_existence",
            "schedule": settings.existence_tick,
            "options": {"expires": settings.existence_tick.total_seconds()},
        },
        "sync-influencer-profiles": {
            "task": "sync_influencer_profiles",
            "schedule": crontab(minute="*/10", hour=f"{QUIET_FROM}-{QUIET_UNTIL - 1}"),
            "options": {"expires": PROFILE_TICK.total_seconds()},
        },
        "thin-content-metrics": {"task": "thin_content_metrics", "schedule": crontab(minute="30", hour="4")},
        "deliver-notifications": {
            "task": "deliver_notifications",
            "schedule": settings.notification_tick,
            "options": {"expires": settings.notification_tick.total_seconds()},
        },
        "prune-logs": {
            "task": "prune_logs",
            # In Korea's quiet hours; Celery's time zone is Asia/Seoul.
            "schedule": crontab(hour="4", minute="10"),
            "options": {"expires": 3600},
        },
        "settle-discovery-sources": {
            "task": "settle_discovery_sources",
            "schedule": crontab(minute="*/10"),
            "options": {"expires": 600},
        },
        "look-beyond-feeds": {
            "task": "look_beyond_feeds",
            "schedule": settings.scan_tick,
            "options": {"expires": settings.scan_tick.total_seconds()},
        },
        "alert-expiring-tokens": {"task": "alert_expiring_tokens", "schedule": crontab(hour=9, minute=0)},
    }
