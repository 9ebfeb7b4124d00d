"""`tagbuy provider`: recorded answers in, JSON lines out."""

import json
import subprocess
import sys
from typing import Any

from typer.testing import CliRunner

from app.cli.provider import app
from tests.instagram.items import make_item


def test_parse_prints_a_line_for_each_post_and_counts_the_rejects() -> None:
    page = {"items": [make_item(caption={"text": "봄\u2028"}), make_item(taken_at=None)], "status": "ok"}

    outcome = CliRunner().invoke(app, ["parse"], input=json.dumps(page))

    assert outcome.exit_code == 0
    (line,) = outcome.stdout.splitlines()
    post = json.loads(line)
    assert "봄" in line
    assert post["media_pk"] == "3865659729796199935"
    assert post["taken_at"] == "2026-04-01T13:00:03+00:00"
    assert post["usertags"] == [{"pk": "11", "username": "kim"}]
    assert post["view_count"] is None
    assert "raw" not in post
    assert outcome.stderr.splitlines() == ["rejected: taken_at is null", "1 posts, 1 rejected"]


def test_parse_says_what_is_wrong_with_its_input() -> None:
    for text, problem in (
        ("nope", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("{}", "no keys"),
        ('{"items": 5}', "items"),
    ):
        outcome = CliRunner().invoke(app, ["parse"], input=text)

        assert outcome.exit_code == 1
        assert problem in outcome.stderr
        assert outcome.stdout == ""


def test_classify_answers_each_line_and_names_the_bad_ones() -> None:
    lines: list[Any] = [
        {"http_status": 404, "body": "Not Found", "api": "private"},
        {"http_status": "x", "body": {}},
        {"http_status": 400, "body": {"error": {"code": 4}}, "api": "graph"},
        {"http_status": 400, "body": {}, "api": "soap"},
        [],
    ]
    text = "\n".join([json.dumps(line) for line in lines] + ["{", ""])

    outcome = CliRunner().invoke(app, ["classify"], input=text)

    assert outcome.exit_code == 1
    assert [json.loads(line) for line in outcome.stdout.splitlines()] == [
        {"kind": "needs_human", "error": "masked_challenge"},
        {"kind": "cooling", "error": "graph_limit"},
    ]
    assert [line.split(":")[0] for line in outcome.stderr.splitlines()] == ["line 2", "line 4", "line 5", "line 6"]


def test_the_commands_start_without_the_heavy_packages() -> None:
    code = "import sys, app.cli.provider; print({'instagrapi', 'sqlalchemy', 'celery', 'requests'} & set(sys.modules))"

    completed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert completed.stdout.strip() == "set()"
