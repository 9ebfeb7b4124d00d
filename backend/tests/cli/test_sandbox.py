import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.sandbox import app
from tests.sandbox_process import SandboxClient, running_sandbox

runner = CliRunner()


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    directory = tmp_path_factory.mktemp("sandbox")
    with running_sandbox(directory, influencers=4, campaigns=2, accounts=1, speed=0):
        yield directory


def _run(directory: Path, *arguments: str) -> str:
    result = runner.invoke(app, [*arguments, "--dir", str(directory)])
    assert result.exit_code == 0, result.output
    return result.output


def test_a_post_is_published_edited_and_removed_from_the_command_line(directory: Path) -> None:
    campaign = SandboxClient.of(directory).cast()["campaigns"][0]["title"]

    published = _run(directory, "post", "--campaign", campaign, "--intention", "tag_added_later")
    media_pk = published.split()[0]
    edited = _run(directory, "edit", media_pk, "--campaign", campaign)
    _run(directory, "remove", media_pk)
    listed = json.loads(_run(directory, "truth", "--campaign", campaign, "--json"))

    assert "satisfies no campaign" in published
    assert f"satisfies {campaign}" in " ".join(edited.split())
    assert [post["is_visible"] for post in listed if post["media_pk"] == media_pk] == [False]


def test_a_reel_can_be_published_for_the_reels_tab_only(directory: Path) -> None:
    username = SandboxClient.of(directory).cast()["influencers"][0]["username"]

    published = _run(directory, "post", username, "--reels-only")
    refused = runner.invoke(app, ["post", username, "--reels-only", "--kind", "photo", "--dir", str(directory)])

    record = next(post for post in SandboxClient.of(directory).truth() if post["media_pk"] == published.split()[0])
    assert (record["username"], record["product_type"], record["is_on_grid"]) == (username, "clips", False)
    assert refused.exit_code == 2
    assert "Only a reel can be left off the grid" in refused.output


def test_faults_are_ordered_listed_and_dropped(directory: Path) -> None:
    listed = _run(directory, "fault", "challenge", "--count", "2", "--account", "reader01")
    dropped = _run(directory, "fault", "--clear")

    assert "challenge" in listed
    assert "reader01" in listed
    assert "challenge" not in dropped


def test_violations_inbox_and_clock_answer(directory: Path) -> None:
    violations = json.loads(_run(directory, "violations", "--json"))
    inbox = json.loads(_run(directory, "inbox", "--json"))
    _run(directory, "clock", "5")

    assert violations["total"] == 0
    assert inbox == []
    assert SandboxClient.of(directory).health()["speed"] == 5


def test_without_a_sandbox_the_command_says_how_to_start_one(tmp_path: Path) -> None:
    result = runner.invoke(app, ["violations", "--dir", str(tmp_path)])

    assert result.exit_code == 2
    assert "tagbuy sandbox serve --dir" in result.output
