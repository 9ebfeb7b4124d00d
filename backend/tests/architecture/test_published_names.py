"""Names that users rely on. A change here needs a migration path and a line in the CHANGELOG."""

import re

import pytest

from app.cli import COMMANDS
from app.core.config import Settings
from app.models import Base
from app.tasks import celery_app
from app.tasks.timetable import beat_schedule
from tests.architecture.source import BACKEND

DOCS = BACKEND.parent / "docs"

TASKS = {
    "alert_expiring_tokens",
    "analyze_post_compliance",
    "calculate_engagement_metrics",
    "check_content_existence",
    "collect_single_content_metrics",
    "deliver_notifications",
    "fetch_and_match_posts",
    "get_post_details",
    "look_at_source",
    "look_beyond_feeds",
    "match_post_to_campaign",
    "prune_logs",
    "scan_active_campaigns",
    "settle_discovery_sources",
    "sync_influencer_profile",
    "sync_influencer_profiles",
    "thin_content_metrics",
    "tune_request_price",
    "update_content_metrics",
    "verify_content_exists",
}
QUEUE_OF_TASK = {
    "collect_single_content_metrics": "instagram_api",
    "deliver_notifications": "notifications",
    "fetch_and_match_posts": "instagram_api",
    "get_post_details": "instagram_api",
    "look_at_source": "instagram_api",
    "sync_influencer_profile": "instagram_api",
    "verify_content_exists": "instagram_api",
}
TABLES = {
    "campaign_contents",
    "campaign_influencers",
    "campaigns",
    "caption_revisions",
    "compliance_verdicts",
    "content_metrics",
    "discovery_sources",
    "influencer_posts",
    "influencer_profiles",
    "influencer_scan_logs",
    "influencers",
    "instagram_accounts",
    "instagram_requests",
    "monitoring_logs",
    "notifications",
    "post_matches",
    "provider_notices",
    "retention_checks",
    "scan_markets",
    "users",
}


@pytest.mark.usefixtures("servers")
def test_the_tasks_are_the_published_ones() -> None:
    celery_app.loader.import_default_modules()

    own = {name for name in celery_app.tasks if not name.startswith("celery.")}

    assert own == TASKS


@pytest.mark.usefixtures("servers")
def test_each_task_goes_to_its_queue() -> None:
    queues = {task: celery_app.amqp.router.route({}, task)["queue"].name for task in TASKS}

    assert queues == {task: QUEUE_OF_TASK.get(task, "default") for task in TASKS}


def test_the_timetable_names_existing_tasks() -> None:
    scheduled = {entry["task"] for entry in beat_schedule(Settings()).values()}

    assert scheduled <= TASKS


def test_the_tables_are_the_published_ones() -> None:
    assert set(Base.metadata.tables) == TABLES


def test_every_setting_is_documented_with_its_default() -> None:
    page = (DOCS / "reference" / "settings.md").read_text(encoding="utf-8")

    missing = [row for row in map(settings_row, Settings.model_fields) if row not in page.splitlines()]

    assert missing == [], "add these rows to docs/reference/settings.md:\n" + "\n".join(missing)


def test_no_setting_is_documented_that_does_not_exist() -> None:
    page = (DOCS / "reference" / "settings.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", page, re.MULTILINE))

    assert documented == {variable(name) for name in Settings.model_fields}


def test_every_task_is_documented() -> None:
    page = (DOCS / "reference" / "tasks.md").read_text(encoding="utf-8")

    assert {name for name in TASKS if f"`{name}`" not in page} == set()


def test_every_command_is_documented() -> None:
    page = (DOCS / "reference" / "cli.md").read_text(encoding="utf-8")

    assert {name for name in COMMANDS if f"`tagbuy {name}" not in page} == set()


def test_links_between_documents_lead_somewhere() -> None:
    root = DOCS.parent
    pages = [*root.glob("*.md"), *DOCS.rglob("*.md")]
    broken = [
        f"{page.relative_to(root)}: {target}"
        for page in pages
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]

    assert broken == []


def settings_row(name: str) -> str:
    """The line of the settings page that describes a setting."""
    return f"| `{variable(name)}` | {shown_default(name)} | {Settings.model_fields[name].description} |"


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return name.upper() if name in {"database_url", "redis_url"} else f"TAGBUY_{name.upper()}"


def shown_default(name: str) -> str:
    """A default as the documentation writes it."""
    default = Settings.model_fields[name].default
    if default is None or default == ():
        return "–"
    if name == "state_dir":
        return "`.tagbuy`"
    if hasattr(default, "total_seconds"):
        return f"`{default.total_seconds():g}` s"
    return f"`{default}`"
