"""Real scans of a sandbox world with both APIs: who reads whom, and that the same is found as the world holds."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.core.config import Settings
from app.core.db import TransactionFactory, database_now
from app.instagram.graph_provider import GraphProvider
from app.instagram.instagrapi_provider import InstagrapiProvider
from app.models import Campaign, CampaignContent, ContentMetrics, Influencer, InstagramAccount
from app.models.states import AccountStatus
from app.monitoring import scan
from app.monitoring.scan_report import ScanReport
from app.runtime.demo import seed
from app.scheduling import account_changes
from tests.sandbox_process import SandboxClient, running_sandbox

SPACING = "0.05"


def settings_for(sandbox: SandboxClient) -> Settings:
    return Settings(
        request_spacing=timedelta(seconds=float(SPACING)),
        request_jitter=timedelta(milliseconds=1),
        instagram_ca_file=Path(sandbox.ca_file),
        scan_max_pages=20,
    )


def add_tokens(transaction: TransactionFactory, cast: Mapping[str, Any]) -> None:
    for token in cast["graph_tokens"]:
        wishes = account_changes.Wishes(proxy=token["proxy"])
        with transaction() as session:
            account = account_changes.add_account(
                session, token["username"], provider="graph", wishes=wishes, now=database_now()
            )
            account_changes.store_session(session, account, token["settings"])


def scan_everybody(transaction: TransactionFactory, settings: Settings) -> Mapping[str, ScanReport]:
    private = InstagrapiProvider(timeout=settings.request_timeout, ca_file=settings.instagram_ca_file)
    official = GraphProvider(timeout=settings.request_timeout, ca_file=settings.instagram_ca_file)
    with transaction() as session:
        names = {row.id: row.username for row in session.scalars(select(Influencer))}
    reports = {}
    for influencer_id, name in names.items():
        report = scan.scan_feed(
            transaction, private, influencer_id, now=database_now(), settings=settings, official=official
        )
        assert report is not None
        reports[name] = report
    private.close()
    return reports


def test_professionals_are_read_with_tokens_and_everything_is_found(
    own_database: TransactionFactory, tmp_path: Path
) -> None:
    with running_sandbox(tmp_path, speed=0, options=("--spacing", SPACING)) as sandbox:
        cast = sandbox.cast()
        for campaign in cast["campaigns"][:3]:
            campaign["required_mentions"] = []
        asks_for_mentions = cast["campaigns"][3]
        seed(cast)
        add_tokens(own_database, cast)

        reports = scan_everybody(own_database, settings_for(sandbox))

        truths = {post["media_pk"]: post for post in sandbox.truth() if post["is_visible"]}
        endpoints = defaultdict(set)
        for request in sandbox.requests():
            endpoints[request["account"][:5]].add(request["endpoint"])
        violations = sandbox.violations()["total"]
    with own_database() as session:
        readers = {row.username: row.read_by for row in session.scalars(select(Influencer))}
        refused = {row.username for row in session.scalars(select(Influencer)) if row.graph_refused_at}
        registered = [
            (title, content.instagram_media_pk, likes)
            for title, content, likes in session.execute(
                select(Campaign.title, CampaignContent, ContentMetrics.like_count)
                .join(CampaignContent, CampaignContent.campaign_id == Campaign.id)
                .join(ContentMetrics, ContentMetrics.content_id == CampaignContent.id)
            )
        ]
    assert {report.failure for report in reports.values()} == {None}
    professionals = {person["username"] for person in cast["influencers"] if person["is_business"]}
    in_need_of_mentions = set(asks_for_mentions["influencers"])
    assert {name for name, reader in readers.items() if reader == "graph"} == professionals - in_need_of_mentions
    assert refused == set(readers) - professionals - in_need_of_mentions
    assert dict(endpoints) == {"graph": {"discovery"}, "reade": {"feed"}}
    expected = {(title, post["media_pk"]) for post in truths.values() for title in post["matches"]}
    found = {(title, pk) for title, pk, _ in registered}
    assert found >= expected > set()
    assert {pair for pair in found - expected if pair[0] == asks_for_mentions["title"]} == set()
    assert {likes for _, pk, likes in registered if truths[pk]["is_like_hidden"]} == {None}
    assert violations == 0


def test_a_token_rests_before_the_api_refuses_it(own_database: TransactionFactory, tmp_path: Path) -> None:
    options = ("--spacing", SPACING, "--graph-per-hour", "4")
    with running_sandbox(tmp_path, speed=0, graph_tokens=1, history_days=5, options=options) as sandbox:
        cast = sandbox.cast()
        seed({**cast, "accounts": []})
        add_tokens(own_database, cast)

        reports = scan_everybody(own_database, settings_for(sandbox))

        requests, violations = sandbox.requests(), sandbox.violations()["total"]
    with own_database() as session:
        token = session.scalars(select(InstagramAccount)).one()
    assert (len(requests), violations) == (4, 0)
    assert (token.status, token.last_error) == (AccountStatus.COOLING, None)
    assert sum(report.waits_until is not None for report in reports.values()) == len(reports) - 4
