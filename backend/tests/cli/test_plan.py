"""`tagbuy plan`, on a database of its own."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from app.cli import plan
from app.content import seen_posts
from app.core.clock import kst_date, utc_now
from app.core.db import TransactionFactory
from app.core.errors import NotFound
from app.instagram.fake import make_post
from app.models import CampaignInfluencer, DiscoverySource
from app.models.states import DiscoveryKind
from app.scheduling.discovery import Yield, stored_yield
from tests.builders import make_influencer, saved, saved_account, saved_participation
from tests.conftest import forget_settings


@pytest.fixture
def watched(own_database: TransactionFactory) -> None:
    """@ana, watched for a day, with one post that was seen 40 minutes after its publication."""
    now = utc_now()
    today = kst_date(now)
    saved_account(own_database)
    ana = make_influencer("ana", created_at=now - timedelta(days=1), next_scan_at=now, scan_reason="price")
    period = {"start_date": today - timedelta(days=5), "end_date": today + timedelta(days=5)}
    saved_participation(own_database, ana, title="여름 캠페인", **period)
    taken_at = now - timedelta(hours=2)
    with own_database() as session:
        session.execute(update(CampaignInfluencer).values(created_at=now - timedelta(days=1)))
        seen_posts.store_posts(
            session, ana.id, [make_post("3000000000000000001", taken_at=taken_at)], now=taken_at + timedelta(minutes=40)
        )


@pytest.mark.usefixtures("watched")
def test_the_coming_hour_the_budget_and_the_freshness_are_shown() -> None:
    shown = CliRunner().invoke(plan.app, [], env={"COLUMNS": "100"})
    document = json.loads(CliRunner().invoke(plan.app, ["--json"]).stdout)

    assert "Policy adaptive" in shown.stdout
    assert "requests a day for feeds and posts" in shown.stdout
    assert "@ana" in shown.stdout
    assert "여름 캠페인" in shown.stdout
    assert [scan["username"] for scan in document["scans"]] == ["ana"]
    assert document["campaigns"][0]["histogram"] == [0, 0, 0, 1, 0, 0, 0]


@pytest.mark.usefixtures("watched")
def test_one_feed_is_explained() -> None:
    explained = CliRunner().invoke(plan.app, ["ana"])
    unknown = CliRunner().invoke(plan.app, ["nobody"])

    assert explained.stdout.startswith("@ana is looked at next at ")
    assert "a request must save" in explained.stdout
    assert isinstance(unknown.exception, NotFound)


@pytest.mark.usefixtures("own_database")
def test_a_fixed_interval_is_named(monkeypatch: pytest.MonkeyPatch, own_database: TransactionFactory) -> None:
    saved(own_database, make_influencer("ana", scan_reason="interval"))
    monkeypatch.setenv("TAGBUY_SCAN_INTERVAL", "300")
    forget_settings()

    explained = CliRunner().invoke(plan.app, ["ana"])
    shown = CliRunner().invoke(plan.app, [])

    assert "TAGBUY_SCAN_INTERVAL says every 5 minutes" in explained.stdout
    assert "No post of the last 14 days was published under watch." in shown.stdout


@pytest.mark.usefixtures("watched")
def test_sources_beyond_the_feeds_are_shown(own_database: TransactionFactory) -> None:
    known = Yield(utc_now(), requests=4.0, finds=1.0, weight=2.0, gaps=4.0, hours=8.0)
    saved(
        own_database,
        DiscoverySource(kind=DiscoveryKind.HASHTAG, key="여름[1]", yielded=stored_yield(known), last_error="limited"),
    )

    shown = CliRunner().invoke(plan.app, [], env={"COLUMNS": "100"})
    document = json.loads(CliRunner().invoke(plan.app, ["--json"]).stdout)

    assert "여름[1] 0.25 limited" in " ".join(shown.stdout.split())
    assert document["sources"][0]["finds_per_request"] == 0.25
