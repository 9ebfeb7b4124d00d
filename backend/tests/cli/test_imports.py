import json
from pathlib import Path

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner, Result

from app.cli.imports import app
from app.core.db import TransactionFactory
from app.models import Campaign, Influencer

pytestmark = pytest.mark.usefixtures("own_database")

CAMPAIGN = {
    "title": "여름 캠페인",
    "advertiser_email": "brand@example.com",
    "required_hashtags": ["여름휴가"],
    "start_date": "2026-11-01",
    "end_date": "2026-11-30",
    "influencers": ["ana"],
}


def tagbuy_import(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def file_of(folder: Path, content: str) -> Path:
    path = folder / "file.txt"
    path.write_text(content, encoding="utf-8")
    return path


def count(transaction: TransactionFactory, model: type[Influencer | Campaign]) -> int:
    with transaction() as session:
        return session.scalars(select(func.count()).select_from(model)).one()


def test_influencers_and_then_campaigns_are_imported(tmp_path: Path, own_database: TransactionFactory) -> None:
    influencers = tagbuy_import("influencers", file_of(tmp_path, "username\nana\nben\n"))
    campaigns = tagbuy_import("campaigns", file_of(tmp_path, json.dumps([CAMPAIGN])))

    assert (influencers.exit_code, campaigns.exit_code) == (0, 0)
    assert "influencers: 2 created, 0 updated, 0 unchanged" in influencers.stdout
    assert "campaigns: 1 created, 0 updated, 0 unchanged" in campaigns.stdout
    assert (count(own_database, Influencer), count(own_database, Campaign)) == (2, 1)


def test_a_bad_file_ends_with_1_and_tells_every_line(tmp_path: Path, own_database: TransactionFactory) -> None:
    result = tagbuy_import("influencers", file_of(tmp_path, "username,full_name\nana,\n,B\nana,\n"))

    assert result.exit_code == 1
    assert "line 3: username: the row has no username" in result.stderr
    assert "line 4: username: 'ana' is in the file twice, first on line 2" in result.stderr
    assert "Nothing was imported: 2 problems" in result.stderr
    assert "--skip-invalid" in result.stderr
    assert count(own_database, Influencer) == 0


def test_skipping_keeps_the_good_rows_and_tells_the_others(tmp_path: Path, own_database: TransactionFactory) -> None:
    result = tagbuy_import("influencers", file_of(tmp_path, "username\nana\nb d\n"), "--skip-invalid")

    assert result.exit_code == 0
    assert "line 3: username: 'b d' is not an Instagram username" in result.stderr
    assert "1 created, 0 updated, 0 unchanged; 1 problem skipped" in result.stdout
    assert count(own_database, Influencer) == 1


def test_json_is_one_document_for_programs(tmp_path: Path) -> None:
    bad = CAMPAIGN | {"required_hashtags": list("abcdef"), "influencers": []}

    result = tagbuy_import("campaigns", file_of(tmp_path, json.dumps(bad, indent=1)), "--json")

    report = json.loads(result.stdout)
    (problem,) = report["problems"]
    assert result.exit_code == 1
    assert (report["created"], report["updated"], report["unchanged"]) == (0, 0, 0)
    assert (problem["line"], problem["field"]) == (4, "required_hashtags")
    assert problem["message"].startswith("campaign '여름 캠페인': 6 hashtags; expected at most 5")


@pytest.mark.parametrize("thing", ["influencers", "campaigns"])
def test_an_unknown_file_is_told(tmp_path: Path, thing: str) -> None:
    result = tagbuy_import(thing, tmp_path / "nothing.csv", "--skip-invalid")

    assert result.exit_code == 1
    assert f"there is no file {tmp_path / 'nothing.csv'}" in result.stderr


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    result = tagbuy_import("influencers", tmp_path, "--json")

    (problem,) = json.loads(result.stdout)["problems"]
    assert (result.exit_code, problem["line"]) == (1, None)
    assert "is a folder" in problem["message"]
