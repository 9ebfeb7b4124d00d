import json
from pathlib import Path
from typing import Any

import pytest

from app.core.errors import ConfigurationError
from app.sandbox.replay import Replay


def _page(number: int, *, next_max_id: str | None) -> dict[str, Any]:
    page = {
        "items": [{"pk": f"100{number}", "user": {"pk": "55"}}],
        "more_available": next_max_id is not None,
        "user": {"pk": "55", "username": "ana"},
        "status": "ok",
    }
    return page if next_max_id is None else {**page, "next_max_id": next_max_id}


def _write(path: Path, document: object) -> None:
    path.write_text(json.dumps(document), encoding="utf-8")


def test_recorded_pages_follow_their_cursors_plain_or_wrapped(tmp_path: Path) -> None:
    first, second = _page(1, next_max_id="1001_55"), _page(2, next_max_id=None)
    _write(tmp_path / "feed_user_ana_p1.json", first)
    _write(tmp_path / "feed_user_ana_p2.json", {"response": second, "next_page_id": None})

    replay = Replay(tmp_path)

    assert replay.feed_page("55", None) == first
    assert replay.feed_page("55", "1001_55") == second
    assert replay.feed_page("55", "9_55") is None
    assert replay.feed_page("56", None) is None
    assert replay.users() == [{"pk": "55", "username": "ana"}]


def test_recorded_posts_and_profiles_answer_too(tmp_path: Path) -> None:
    _write(tmp_path / "feed_user_ana.json", _page(1, next_max_id=None))
    profile = {"user": {"pk": 55, "username": "ana"}, "status": "ok"}
    _write(tmp_path / "user_info_ana.json", profile)

    replay = Replay(tmp_path)

    found = replay.media_info("1001")
    assert found is not None
    assert found["items"][0]["pk"] == "1001"
    assert replay.profile(pk="55") == replay.profile(username="ana") == profile


def test_files_of_another_kind_are_named_and_left_out(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    _write(tmp_path / "list.json", [1])
    _write(tmp_path / "graph.json", {"data": []})

    replay = Replay(tmp_path)

    assert replay.ignored == ["broken.json", "graph.json", "list.json"]


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is not a folder"):
        Replay(tmp_path / "nowhere")
