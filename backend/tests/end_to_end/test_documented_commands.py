"""The commands and the Python example of the design document, as they stand there."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from app.core.config import get_settings
from app.core.db import TransactionFactory
from app.models import CampaignContent, CampaignInfluencer, InfluencerScanLog, Notification
from app.models.states import NotificationStatus
from app.runtime.demo import seed
from app.runtime.servers import ServerUrls
from app.tasks import celery_app
from app.tasks.post_scanner import fetch_and_match_posts, scan_active_campaigns
from tests.end_to_end.stack import BACKEND, BIN, free_port, wait_until
from tests.sandbox_process import SandboxClient, running_sandbox

pytestmark = pytest.mark.end_to_end

WORKERS = ("instagram_api -c 1", "default -c 4", "notifications -c 2")


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[SandboxClient]:
    with running_sandbox(tmp_path / "sandbox", influencers=4, campaigns=2, accounts=4, seed=3) as sandbox:
        yield sandbox


@pytest.fixture
def environment(
    servers: ServerUrls, own_database: TransactionFactory, sandbox: SandboxClient, monkeypatch: pytest.MonkeyPatch
) -> Mapping[str, str]:
    """The variables with which a user starts the processes, on a database of this test's own."""
    del servers, own_database
    monkeypatch.setenv("TAGBUY_SMTP_URL", sandbox.smtp_url)
    monkeypatch.setenv("TAGBUY_INSTAGRAM_CA_FILE", sandbox.ca_file)
    monkeypatch.setenv("TAGBUY_SCAN_TICK", "3")
    get_settings.cache_clear()
    seed(sandbox.cast())
    return dict(os.environ)


@pytest.fixture
def logs(tmp_path: Path, environment: Mapping[str, str]) -> Iterator[dict[str, Path]]:
    """The documented processes, running; their logs by command."""
    port = free_port()
    commands = [f"celery -A app.tasks worker -Q {queue} -l info" for queue in WORKERS]
    commands += [
        f"celery -A app.tasks beat -l info --schedule {tmp_path / 'beat-schedule'}",
        f"celery -A app.tasks flower --port={port}",
    ]
    logs = {command: tmp_path / f"{number}.log" for number, command in enumerate(commands)}
    processes = []
    for command, log in logs.items():
        program, *arguments = command.split()
        with log.open("wb") as output:
            processes.append(
                subprocess.Popen(
                    [str(BIN / program), *arguments],
                    cwd=BACKEND,
                    env=environment,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                )
            )
    yield logs | {"port": Path(str(port))}
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait(30)


def test_the_documented_processes_run_and_the_documented_example_works(
    logs: dict[str, Path], own_database: TransactionFactory, sandbox: SandboxClient
) -> None:
    port = logs.pop("port")
    for command, log in logs.items():
        ready = "ready." if " worker " in command else "Starting" if " beat " in command else "Visit me at"
        wait_until(
            lambda log=log, ready=ready: ready in log.read_text(encoding="utf-8"),  # type: ignore[misc]
            seconds=60,
            what=f"{command}: {ready}",
        )

    names = {node.partition("@")[0] for answer in celery_app.control.ping(timeout=5) or [] for node in answer}
    assert names == {"instagram_api", "default", "notifications"}
    scan_active_campaigns.delay()
    wait_until(lambda: announced(own_database) > 0, seconds=60, what="an announced post")
    wait_until(lambda: scans(own_database) >= watched(own_database), seconds=60, what="every watched feed")
    influencer_id, campaign_id = a_participation(own_database)
    before = scans(own_database)
    fetch_and_match_posts.delay(influencer_id=influencer_id, campaign_ids=[campaign_id])
    wait_until(lambda: scans(own_database) > before, seconds=60, what="the scan of one influencer")

    with own_database() as session:
        registered = set(session.scalars(select(CampaignContent.instagram_media_pk)))
    truth = {post["media_pk"] for post in sandbox.truth() if post["matches"] and post["is_visible"]}
    assert registered == truth
    assert sandbox.violations()["total"] == 0
    assert httpx.get(f"http://127.0.0.1:{port}/").status_code == 401
    celery_app.close()


def announced(transaction: TransactionFactory) -> int:
    with transaction() as session:
        return len(session.scalars(select(Notification.id).where(Notification.status == NotificationStatus.SENT)).all())


def scans(transaction: TransactionFactory) -> int:
    with transaction() as session:
        return len(session.scalars(select(InfluencerScanLog.id)).all())


def watched(transaction: TransactionFactory) -> int:
    with transaction() as session:
        return len(session.scalars(select(CampaignInfluencer.influencer_id).distinct()).all())


def a_participation(transaction: TransactionFactory) -> tuple[str, str]:
    with transaction() as session:
        row = session.scalars(select(CampaignInfluencer).limit(1)).one()
        return str(row.influencer_id), str(row.campaign_id)
