"""`tagbuy review` and `tagbuy rematch`, on a database of their own."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.campaigns.participations import find_campaign
from app.campaigns.requirements import requirements_of
from app.cli import rematch, review
from app.core.db import TransactionFactory
from app.core.errors import NotFound
from app.models.states import ContentType
from tests.monitoring.watched_posts import PERIOD, participant, post, registered, seen

NEAR, FAR = post(1, "#여름휴가를"), post(2, "#겨울바다", days=1)


@pytest.fixture
def campaign(own_database: TransactionFactory) -> str:
    """A campaign with a near miss and another post."""
    ana, campaign_id = participant(own_database, title="여름 캠페인")
    seen(own_database, ana, NEAR, FAR)
    return str(campaign_id)


@pytest.mark.usefixtures("campaign")
def test_near_misses_are_listed_and_accepted(own_database: TransactionFactory) -> None:
    listed = CliRunner().invoke(review.app, ["list", "--messages"], env={"COLUMNS": "200"})
    accepted = CliRunner().invoke(review.app, ["accept", NEAR.code])
    left = CliRunner().invoke(review.app, ["list", "--json"])

    assert "‘#여름휴가를’ is #여름휴가 with an ending" in listed.stdout
    assert "1 to decide" in listed.stdout
    assert "다음에 한 칸 띄어 주세요" in listed.stdout
    assert accepted.stdout == f"{NEAR.code} is registered for '여름 캠페인'.\n"
    assert json.loads(left.stdout) == []
    assert registered(own_database) == {NEAR.media_pk}


def test_a_near_miss_is_dismissed(own_database: TransactionFactory, campaign: str) -> None:
    outcome = CliRunner().invoke(review.app, ["dismiss", NEAR.code, "--campaign", campaign])

    assert outcome.stdout == f"{NEAR.code} does not count for '여름 캠페인'.\n"
    assert registered(own_database) == set()


@pytest.mark.usefixtures("campaign")
def test_an_unknown_code_is_told() -> None:
    outcome = CliRunner().invoke(review.app, ["accept", "nothing"])

    assert isinstance(outcome.exception, NotFound)


@pytest.mark.usefixtures("campaign")
def test_changed_requirements_are_previewed_and_then_applied(own_database: TransactionFactory, tmp_path: Path) -> None:
    file = tmp_path / "campaign.json"
    asked = {"required_hashtags": ["겨울바다"], "start_date": "2026-11-01", "end_date": "2026-11-30"}
    file.write_text(json.dumps(asked), encoding="utf-8")
    arguments = ["여름 캠페인", "--with", str(file)]

    preview = CliRunner().invoke(rematch.app, arguments)
    before = registered(own_database)
    applied = CliRunner().invoke(rematch.app, [*arguments, "--apply", "--json"])

    assert f"+ {FAR.code}" in preview.stdout
    assert "+1, −0, 0 near misses" in preview.stdout
    assert "Nothing was changed" in preview.stdout
    assert before == set()
    assert json.loads(applied.stdout)["is_applied"] is True
    assert registered(own_database) == {FAR.media_pk}


@pytest.mark.usefixtures("campaign")
def test_what_a_file_leaves_out_stays_as_it_is(own_database: TransactionFactory, tmp_path: Path) -> None:
    file = tmp_path / "campaign.json"
    file.write_text(json.dumps({"required_mentions": ["lumi_cos"], "content_type": "photo"}), encoding="utf-8")

    applied = CliRunner().invoke(rematch.app, ["여름 캠페인", "--with", str(file), "--apply"])

    assert applied.exit_code == 0
    with own_database() as session:
        asked = requirements_of(find_campaign(session, "여름 캠페인"))
    assert (asked.hashtags, asked.mentions, asked.content_type) == (("여름휴가",), ("lumi_cos",), ContentType.PHOTO)
    assert (asked.start_date, asked.end_date) == (PERIOD["start_date"], PERIOD["end_date"])
