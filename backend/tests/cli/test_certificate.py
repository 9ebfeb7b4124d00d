"""`tagbuy certificate`: issued from the stored checks, verified from a file."""

import json
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select, update
from typer.testing import CliRunner

from app.cli.certificate import app
from app.content import registration, seen_posts
from app.core.db import TransactionFactory, server_now
from app.core.errors import InvalidInput, NotFound, TagBuyError
from app.instagram.fake import make_post
from app.models import CampaignContent, InfluencerPost, RetentionCheck
from app.monitoring.upkeep import look_after_contents
from tests.builders import make_influencer, saved_participation
from tests.monitoring.test_scan import SETTINGS


@pytest.fixture
def content_id(own_database: TransactionFactory) -> UUID:
    """A content that was registered two days ago, and seen on each of the three days."""
    influencer = make_influencer("ana")
    campaign_id = saved_participation(own_database, influencer, title="여름 캠페인")
    with own_database() as session:
        registered_at = server_now(session) - timedelta(days=2)
        post = make_post("3000000000000000001", taken_at=registered_at, caption="#광고 #여름휴가")
        seen_posts.store_posts(session, influencer.id, [post], now=registered_at)
        row = session.scalars(select(InfluencerPost)).one()
        registered = registration.register_content(
            session,
            row,
            campaign_id=campaign_id,
            post_type="photo",
            match={},
            retention=timedelta(days=180),
            now=registered_at,
        )
        assert registered is not None
    for day in range(3):
        with own_database() as session:
            now = registered_at + timedelta(days=day)
            look_after_contents(session, seen=[row.id], registered=[], now=now, settings=SETTINGS)
    return registered


def test_a_certificate_is_written_and_verified(content_id: UUID, tmp_path: Path) -> None:
    page, document = tmp_path / "certificate.html", tmp_path / "certificate.json"

    issued = CliRunner().invoke(app, [str(content_id), "--html", str(page), "--json", str(document)])
    verified = CliRunner().invoke(app, ["verify", str(document)])

    assert (issued.exit_code, verified.exit_code) == (0, 0)
    certificate = json.loads(document.read_text(encoding="utf-8"))
    assert certificate["summary"]["status"] == "running"
    assert certificate["summary"]["days_seen"] == 3
    assert certificate["seal"] in issued.stdout
    assert certificate["seal"] in verified.stdout.replace("\n", "")
    assert "유지 기간 중" in page.read_text(encoding="utf-8")


def test_a_confirmed_removal_breaks_the_certificate(content_id: UUID, own_database: TransactionFactory) -> None:
    with own_database() as session:
        session.get_one(CampaignContent, content_id).removal_count = 1

    issued = CliRunner().invoke(app, [str(content_id)])

    assert "broken" in issued.stdout


def test_the_address_of_the_post_names_the_content_too(content_id: UUID) -> None:
    outcome = CliRunner().invoke(app, ["https://www.instagram.com/p/C0000000001?igsh=x"])

    assert outcome.exit_code == 0
    assert "여름 캠페인" in outcome.stdout
    assert content_id.version == 7


def test_a_changed_file_is_refused(content_id: UUID, tmp_path: Path) -> None:
    document = tmp_path / "certificate.json"
    CliRunner().invoke(app, [str(content_id), "--json", str(document)])
    document.write_text(document.read_text(encoding="utf-8").replace("여름 캠페인", "겨울 캠페인"), encoding="utf-8")

    outcome = CliRunner().invoke(app, ["verify", str(document)])

    assert isinstance(outcome.exception, InvalidInput)
    assert "is not as it was issued:\n  the seal does not fit" in str(outcome.exception)


def test_changed_rows_get_no_certificate(content_id: UUID, own_database: TransactionFactory) -> None:
    with own_database() as session:
        session.execute(update(RetentionCheck).where(RetentionCheck.sequence == 2).values(removed=["#x"]))

    outcome = CliRunner().invoke(app, [str(content_id)])

    assert isinstance(outcome.exception, TagBuyError)
    assert "check 2" in str(outcome.exception)


@pytest.mark.usefixtures("servers")
def test_an_unknown_content_is_named() -> None:
    outcome = CliRunner().invoke(app, ["https://www.instagram.com/p/nobody/"])

    assert isinstance(outcome.exception, NotFound)
    assert "p/nobody" in str(outcome.exception)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [(["verify"], "Which file?"), (["verify", "/nowhere/x.json"], "cannot be read"), (["x", "y"], "--json FILE")],
)
def test_a_wrong_call_says_what_is_right(arguments: list[str], problem: str) -> None:
    outcome = CliRunner().invoke(app, arguments)

    assert isinstance(outcome.exception, InvalidInput)
    assert problem in str(outcome.exception)
