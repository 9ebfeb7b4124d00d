"""`tagbuy tokens`: captions in, hashtags and mentions out."""

import json

from typer.testing import CliRunner

from app.cli.tokens import app


def test_each_caption_gets_a_line_with_both_readings() -> None:
    captions = ["#여름🌊 @Lumi.cos", "", None, "half a pair: \ud83c #끝\u2028"]

    outcome = CliRunner().invoke(app, input="\n".join(json.dumps({"caption": caption}) for caption in captions))

    assert outcome.exit_code == 0
    assert [json.loads(line) for line in outcome.stdout.splitlines()] == [
        {"hashtags": ["여름"], "hashtags_strict": ["여름🌊"], "mentions": ["Lumi.cos"]},
        {"hashtags": [], "hashtags_strict": [], "mentions": []},
        {"hashtags": [], "hashtags_strict": [], "mentions": []},
        {"hashtags": ["끝"], "hashtags_strict": ["끝"], "mentions": []},
    ]


def test_a_bad_line_is_told_with_its_number_and_the_others_are_read() -> None:
    outcome = CliRunner().invoke(app, input='{"caption": "#a"}\nnope\n\n{"caption": 3}\n[]\n{"caption": "#b"}\n')

    assert outcome.exit_code == 1
    assert [json.loads(line)["hashtags"] for line in outcome.stdout.splitlines()] == [["a"], ["b"]]
    assert [line.split(":")[0] for line in outcome.stderr.splitlines()] == ["line 2", "line 4", "line 5"]
    assert 'expected an object {"caption": "…"}' in outcome.stderr


def test_a_line_in_another_encoding_is_told_and_not_guessed() -> None:
    lines = '{"caption": "#a"}\n'.encode("utf-8-sig") + '{"caption": "#여름"}\n'.encode("cp949")

    outcome = CliRunner().invoke(app, input=lines)

    assert outcome.exit_code == 1
    assert [json.loads(line)["hashtags"] for line in outcome.stdout.splitlines()] == [["a"]]
    assert "line 2: not UTF-8" in outcome.stderr
