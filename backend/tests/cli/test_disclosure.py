"""`tagbuy disclosure`: cases in, verdicts out."""

import json
import subprocess
import sys

from typer.testing import CliRunner

from app.cli.disclosure import app


def test_each_line_is_answered() -> None:
    lines = [
        {"caption": "#광고 여름 세럼", "context": {}, "published_at": "2026-11-23T09:00:00+09:00"},
        {"caption": "여름 세럼", "published_at": None},
        {"caption": "#광고 룩북", "context": {"virtual_human": True}, "published_at": "2026-05-31T23:30:00+00:00"},
    ]

    outcome = CliRunner().invoke(app, input="\n".join(map(json.dumps, lines)))

    answers = [json.loads(line) for line in outcome.stdout.splitlines()]
    assert outcome.exit_code == 0
    assert [(answer["verdict"], answer["rule"]) for answer in answers] == [
        ("compliant", "P-START"),
        ("non-compliant", "W-MISSING"),
        ("non-compliant", "AI-MISSING"),
    ]
    assert answers[0]["evidence"] == {"text": "#광고", "start": 0, "end": 3, "source": "caption"}
    assert answers[1]["evidence"] is None
    assert "#광고" in answers[1]["message"]


def test_bad_lines_are_named_and_the_rest_goes_on() -> None:
    lines = [
        "nope",
        '{"caption": 5}',
        '{"caption": "#광고 세럼"}',
        '{"caption": "", "context": []}',
        '{"caption": "", "context": {"media": "hologram"}}',
        '{"caption": "", "context": {"virtual_human": "yes"}}',
        '{"caption": "", "published_at": "yesterday"}',
        '{"caption": "", "context": {"previous_captions": [1]}}',
        "",
        '{"caption": "\\ud800\\u2028"}',
    ]

    outcome = CliRunner().invoke(app, input="\n".join(lines))

    assert outcome.exit_code == 1
    assert [json.loads(line)["rule"] for line in outcome.stdout.splitlines()] == ["P-START", "W-MISSING"]
    problems = outcome.stderr.splitlines()
    assert [problem.split(":")[0] for problem in problems] == [f"line {number}" for number in (1, 2, 4, 5, 6, 7, 8)]
    assert "expected one of photo" in problems[3]


def test_it_starts_without_the_database_and_the_broker() -> None:
    code = "import sys, app.cli.disclosure; print({'instagrapi', 'celery', 'psycopg'} & set(sys.modules))"

    completed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert completed.stdout.strip() == "set()"
