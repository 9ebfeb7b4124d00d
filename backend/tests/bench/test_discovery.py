"""The benchmark of places beyond the feeds: within the budget, and worth what they show."""

import json
import random
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.bench import histories as posting
from app.bench.discovery import measure_places
from app.bench.histories import History
from app.cli import app


@pytest.fixture(scope="module")
def made() -> list[History]:
    population, _ = posting.make_population(accounts=30, days=35, chance=random.Random(5))
    return [history for history in population if history.posts]


def test_a_place_that_shows_everybody_shortens_the_wait_and_one_that_shows_nothing_costs_a_look_a_day(
    made: list[History],
) -> None:
    figures = measure_places(
        made, history_days=28, test_days=7, requests_per_day=240, places=1, recalls=[0.0, 0.8], seed=2
    )

    nothing, much, without, with_the_same_posts = figures["rows"]
    assert nothing["place_requests_per_day"] < 5
    assert nothing["mean_delay_minutes"] == pytest.approx(without["mean_delay_minutes"], rel=0.1)
    assert much["mean_delay_of_shown_posts"] < 0.5 * with_the_same_posts["mean_delay_of_shown_posts"]
    assert much["mean_delay_minutes"] < 0.7 * with_the_same_posts["mean_delay_minutes"]
    for row in figures["rows"]:
        assert row["feed_requests_per_day"] + row["place_requests_per_day"] <= 240


def test_the_command_refuses_what_is_no_share(tmp_path: Path) -> None:
    posts = tmp_path / "posts.csv"
    posts.write_text("account,ts\na,1\n", encoding="utf-8")
    base = ["bench", "discovery", "--posts", str(posts), "--requests-per-day", "9", "--recall"]

    results = [CliRunner().invoke(app, [*base, shares]) for shares in ("much", "0.5,1.5")]

    assert [result.exit_code for result in results] == [2, 2]


def test_the_command_prints_figures(tmp_path: Path, made: list[History]) -> None:
    posts = tmp_path / "posts.csv"
    lines = [f"{history.account},{post}" for history in made[:6] for post in history.posts]
    posts.write_text("\n".join(["account,ts", *lines]), encoding="utf-8")

    result = CliRunner().invoke(
        app, ["bench", "discovery", "--posts", str(posts), "--requests-per-day", "60", "--recall", "1"]
    )

    assert result.exit_code == 0, result.output
    assert [row["places"] for row in json.loads(result.stdout)["rows"]] == [1, 0]
