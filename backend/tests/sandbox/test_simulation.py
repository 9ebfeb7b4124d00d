import os
import time
from pathlib import Path

import pytest

from app.core.errors import ConfigurationError, InvalidInput, NotFound
from app.sandbox import truth
from app.sandbox.cast import WorldSize
from app.sandbox.simulation import Simulation

SIZE = WorldSize(influencers=6, campaigns=2, accounts=1, history_days=5)


def _open(directory: Path, *, size: WorldSize = SIZE, speed: float = 4000) -> Simulation:
    return Simulation(directory, seed=3, size=size, speed=speed)


def test_a_restart_finds_the_same_world_with_everything_that_was_done_to_it(tmp_path: Path) -> None:
    first = _open(tmp_path)
    username = first.world.cast.influencers[0].username
    post = first.perform("publish", {"username": username, "kind": "REEL", "caption": "하나", "carries": []})
    assert post is not None
    pk = str(post.media_pk)
    first.perform("edit", {"media_pk": pk, "caption": "둘", "carries": [first.world.cast.campaigns[0].title]})
    first.perform("private", {"username": username})
    first.perform("public", {"username": username})
    first.perform("logout", {"account": "reader01"})
    first.perform("archive", {"media_pk": pk})
    first.perform("speed", {"speed": 0})
    before = truth.all_posts(first.present())

    again = _open(tmp_path)

    assert truth.all_posts(again.present()) == before
    assert again.logged_out == {"reader01"}
    assert again.world.clock.speed == 0


def test_a_line_that_a_kill_cut_off_is_forgotten(tmp_path: Path) -> None:
    first = _open(tmp_path, speed=0)
    username = first.world.cast.influencers[0].username
    first.perform("publish", {"username": username, "kind": "PHOTO", "caption": "온전한 글", "carries": []})
    with (tmp_path / "journal.jsonl").open("a", encoding="utf-8") as journal:
        journal.write('{"at": 1, "action": "pub')

    again = _open(tmp_path, speed=0)
    again.perform("publish", {"username": username, "kind": "PHOTO", "caption": "다음 글", "carries": []})

    captions = [post.caption for post in _open(tmp_path, speed=0).world.posts.values()][-2:]
    assert captions == ["온전한 글", "다음 글"]


def test_the_world_stands_still_while_nobody_serves_it(tmp_path: Path) -> None:
    first = _open(tmp_path, speed=1)
    first.close()
    days_ago = time.time() - 3 * 86400
    plan = (tmp_path / "world.json").read_text(encoding="utf-8")
    started_at = str(first.plan.started_at)
    (tmp_path / "world.json").write_text(plan.replace(started_at, str(days_ago)), encoding="utf-8")
    os.utime(tmp_path / "alive", (days_ago, days_ago))

    again = _open(tmp_path, speed=1)

    passed = again.world.clock.world_at(again.now()) - again.plan.started_at
    assert passed < 60
    assert again.world.clock.speed == 1


def test_another_world_in_the_same_directory_is_refused(tmp_path: Path) -> None:
    _open(tmp_path)

    with pytest.raises(ConfigurationError, match="holds another world"):
        _open(tmp_path, size=WorldSize(7, 2, 1, 5))


def test_an_impossible_order_changes_nothing_and_is_not_written_down(tmp_path: Path) -> None:
    simulation = _open(tmp_path, speed=0)
    username = simulation.world.cast.influencers[0].username
    post = simulation.perform("publish", {"username": username, "kind": "PHOTO", "caption": "", "carries": []})
    assert post is not None

    with pytest.raises(InvalidInput):
        simulation.perform("restore", {"media_pk": str(post.media_pk)})
    with pytest.raises(NotFound):
        simulation.perform("remove", {"media_pk": "17"})

    assert len((tmp_path / "journal.jsonl").read_text(encoding="utf-8").splitlines()) == 1
