"""`tagbuy match`: posts in, verdicts out."""

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from app.cli.match import app

CAMPAIGN = {
    "title": "여름 캠페인",
    "required_hashtags": ["#여름휴가"],
    "required_mentions": ["@lumi"],
    "content_type": "photo",
    "start_date": "2026-11-01",
    "end_date": "2026-11-30",
}
POST = {
    "caption": "#여름휴가 @lumi",
    "media_type": 1,
    "product_type": "feed",
    "taken_at": "2026-11-30T23:59:59+09:00",
    "usertags": [],
    "coauthors": [],
}


def run(tmp_path: Path, campaign: object, *lines: str) -> Result:
    file = tmp_path / "campaign.json"
    file.write_text(json.dumps(campaign), encoding="utf-8")
    return CliRunner().invoke(app, ["--campaign", str(file)], input="\n".join(lines))


def answers(outcome: Result) -> list[Any]:
    return [json.loads(line) for line in outcome.stdout.splitlines()]


def test_a_verdict_has_the_documents_keys_and_every_rule_in_two_languages(tmp_path: Path) -> None:
    outcome = run(tmp_path, CAMPAIGN, json.dumps(POST))

    [verdict] = answers(outcome)
    assert outcome.exit_code == 0
    assert (verdict["is_match"], verdict["score"]) == (True, 100.0)
    assert set(verdict["details"]) == {"hashtags", "mentions", "content_type", "posted_within_period"}
    assert [rule["ko"] for rule in verdict["rules"]] == [
        "✓ 해시태그 #여름휴가 확인: ‘#여름휴가’",
        "✓ 멘션 @lumi 확인: @lumi",
        "✓ 게시물 형식: 사진",
        "✓ 게시일 2026-11-30: 기간(2026-11-01 ~ 2026-11-30) 안",
    ]
    assert (verdict["needs_review"], verdict["near_misses"], verdict["message"]) == (False, [], None)


def test_a_near_miss_has_reasons_and_a_message(tmp_path: Path) -> None:
    outcome = run(tmp_path, CAMPAIGN, json.dumps(POST | {"caption": "#여름휴가에 @lumi"}))

    [verdict] = answers(outcome)
    assert (verdict["is_match"], verdict["needs_review"]) == (False, True)
    assert verdict["near_misses"][0]["en"] == "‘#여름휴가에’ is #여름휴가 with an ending"
    assert "‘#여름휴가에’ → ‘#여름휴가’" in verdict["message"]


def test_a_campaign_without_requirements_asks_for_review(tmp_path: Path) -> None:
    outcome = run(tmp_path, {"content_type": "any"}, json.dumps(POST))

    [verdict] = answers(outcome)
    assert (verdict["is_match"], verdict["needs_review"]) == (False, True)
    assert "asks for review" in outcome.stderr


def test_bad_lines_are_told_and_the_others_are_answered(tmp_path: Path) -> None:
    outcome = run(tmp_path, CAMPAIGN, "nope", json.dumps(POST), json.dumps(POST | {"media_type": "x"}))

    assert outcome.exit_code == 1
    assert len(answers(outcome)) == 1
    assert [line.split(":")[0] for line in outcome.stderr.splitlines()] == ["line 1", "line 3"]


def test_several_campaigns_are_searched_for_those_that_match(tmp_path: Path) -> None:
    others = [CAMPAIGN | {"title": f"다른 {number}", "required_hashtags": [f"태그{number}"]} for number in range(9)]

    outcome = run(tmp_path, {"campaigns": [*others, CAMPAIGN]}, json.dumps(POST), json.dumps(POST | {"caption": ""}))

    first, second = answers(outcome)
    assert [match["title"] for match in first["matches"]] == ["여름 캠페인"]
    assert second == {"matches": []}


def test_what_is_wrong_with_the_campaign_is_told_at_once(tmp_path: Path) -> None:
    bad = CAMPAIGN | {"required_hashtags": ["a b"], "forbidden_words": ["lumi"], "budget": 5}

    outcome = run(tmp_path, bad, json.dumps(POST))

    assert outcome.exit_code == 1
    assert answers(outcome) == []
    assert "required_hashtags[0]: 'a b' is not one hashtag" in outcome.stderr
    assert "forbidden_words[0]: 'lumi' is forbidden and part of '@lumi'" in outcome.stderr
    assert "'budget' is not a field of a campaign" in outcome.stderr


def test_a_file_that_is_no_campaign_is_told(tmp_path: Path) -> None:
    assert "holds no campaign" in run(tmp_path, 5).stderr
    assert "holds no campaign" in run(tmp_path, []).stderr
    missing = CliRunner().invoke(app, ["--campaign", str(tmp_path / "none.json")])
    assert missing.exit_code == 1
    assert "cannot be read" in missing.stderr
