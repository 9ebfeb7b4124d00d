"""The scheduling benchmark: honest about what a policy can know, and about the budget."""

import csv
import json
import random
from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.bench import histories as posting
from app.bench import schedule
from app.bench.histories import DAY, HOUR, WEEK, History
from app.bench.replay import Limiter, replay
from app.cli import app
from app.core.errors import TagBuyError
from app.models.states import ScanPriority

REAL_POSTS = Path(__file__).resolve().parents[4] / "shared" / "data" / "posts_train.csv"


class Noted:
    """Looks every hour, and notes what it was shown."""

    is_paced = False

    def __init__(self) -> None:
        self.shown: list[tuple[float, list[float], list[float]]] = []

    def first_due(self, account: int, now: float) -> float:
        return now + account

    def next_due(self, account: int, new_posts: Sequence[float], page: Sequence[float], now: float) -> float:  # noqa: ARG002 - the port's
        self.shown.append((now, list(new_posts), list(page)))
        return now + HOUR

    def put_off(self, account: int, now: float) -> float:  # noqa: ARG002 - the port's
        return now

    def change_budget(self, per_day: float) -> None:
        pass

    def tick(self, now: float, *, called: int) -> None:
        pass


@pytest.fixture
def made() -> list[History]:
    population, _ = posting.make_population(accounts=12, days=28, chance=random.Random(5))
    return [history for history in population if history.posts]


def test_a_policy_sees_only_what_is_published_and_twelve_posts_a_page() -> None:
    player = Noted()
    posts = [index * 10 * 60.0 for index in range(200)]

    replay([History("a", posts)], player, per_day=1000, begins=HOUR, counts_from=2 * HOUR, ends=10 * HOUR)

    assert all(max(page) <= now for now, _, page in player.shown)
    assert {len(page) for _, _, page in player.shown[1:]} == {12}
    assert [post for _, new, _ in player.shown for post in new] == [post for post in posts if HOUR <= post <= 9 * HOUR]


def test_a_burst_longer_than_a_page_costs_a_request_more() -> None:
    posts = [HOUR + minute for minute in range(30)]

    outcome = replay([History("a", posts)], Noted(), per_day=1000, begins=0.0, counts_from=0.0, ends=2.5 * HOUR)

    assert len(outcome.polls) == 1 + 1 + 3
    assert len(outcome.found) + len(outcome.unfound) == 30


def test_the_pages_of_a_burst_wait_for_the_budget_as_well() -> None:
    posts = [HOUR + minute for minute in range(30)]

    outcome = replay([History("a", posts)], Noted(), per_day=1, begins=2 * HOUR, counts_from=0.0, ends=2.5 * DAY)
    begun = replay([History("a", posts)], Noted(), per_day=1, begins=0.0, counts_from=0.0, ends=2.5 * DAY)

    assert [moment for _, moment in outcome.polls] == [2 * HOUR, 2 * HOUR + DAY, 2 * HOUR + 2 * DAY]
    assert [moment for _, moment in begun.polls] == [0.0, DAY, 2 * DAY]
    assert (len(begun.found), len(begun.unfound)) == (24, 6)


@pytest.mark.parametrize("is_paced", [True, False])
def test_no_day_and_no_hour_holds_more_than_it_may(is_paced: bool) -> None:
    limiter, sent, now = Limiter(100, is_paced=is_paced), [], 0.0
    while now < 4 * DAY:
        now = max(now, limiter.free_at())
        limiter.send(now)
        sent.append(now)

    assert max(bisect_left(sent, start + DAY) - place for place, start in enumerate(sent)) == 100
    assert max(bisect_left(sent, start + HOUR) - place for place, start in enumerate(sent)) <= 20


def test_anyone_can_recompute_the_delays_from_the_polls(made: list[History], tmp_path: Path) -> None:
    result = schedule.compare_policies(
        made, history_days=21, test_days=7, requests_per_day=150, polls_out=tmp_path / "polls.csv"
    )

    polls: dict[tuple[str, str], list[float]] = {}
    with (tmp_path / "polls.csv").open() as file:
        for row in csv.DictReader(file):
            polls.setdefault((row["policy"], row["account"]), []).append(float(row["ts"]))
    for policy, figures in result["policies"].items():
        delays = []
        for history in made:
            looks = polls.get((policy, history.account), [])
            for post in history.posts[bisect_left(history.posts, result["test_from"]) :]:
                place = bisect_left(looks, post - 0.001)
                delays.append((looks[place] if place < len(looks) else result["test_until"]) - post)
        assert figures["mean_delay_minutes"] == pytest.approx(sum(delays) / len(delays) / 60, abs=0.01)
        assert sum(figures["requests_by_day"]) == sum(
            len(looks) for (name, _), looks in polls.items() if name == policy
        )


def test_the_budget_is_used_and_never_exceeded(made: list[History]) -> None:
    result = schedule.compare_policies(made, history_days=21, test_days=7, requests_per_day=150)

    for figures in result["policies"].values():
        assert max(figures["requests_by_day"]) <= 150
    assert result["policies"]["adaptive"]["requests_used_per_day"] >= 0.97 * 150
    assert result["policies"]["adaptive"]["mean_delay_minutes"] < result["policies"]["tiers"]["mean_delay_minutes"]


def test_who_is_told_the_truth_is_no_worse_than_who_learns() -> None:
    population, truth = posting.make_population(accounts=25, days=70, chance=random.Random(2))

    result = schedule.compare_policies(
        [history for history in population if history.posts],
        history_days=56,
        test_days=14,
        requests_per_day=25 * 14,
        policies=["adaptive", "oracle"],
        truth=truth,
    )

    delays = {name: figures["mean_delay_minutes"] for name, figures in result["policies"].items()}
    assert delays["adaptive"] <= 1.2 * delays["oracle"]


def test_histories_of_different_years_are_put_side_by_side() -> None:
    old = History("old", [100.0, 5 * WEEK + 100.0])
    new = [History(name, [200 * WEEK, 205 * WEEK + 5.0]) for name in "ab"]
    older = History("older", [WEEK, 3 * WEEK])

    assert schedule.share_window([*new, old], days=70) == [*new, old]

    moved = schedule.share_window([*new[:1], old, older], days=70)

    assert [history.posts[-1] > 204 * WEEK for history in moved] == [True, True, True]
    assert (moved[1].posts[0] - old.posts[0]) % WEEK == 0


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (b"who,when\na,1\n", "first line"),
        (b"account,ts\na,noon\n", "line 2"),
        (b"account,ts\na,nan\n", "line 2"),
        (b"account,ts\na,1700000000000\n", "line 2"),
        (b"account,ts\n\xff,1\n", "UTF-8"),
        (b"account,ts,tier\na,1,top\n", "line 2"),
    ],
)
def test_a_file_of_another_shape_is_refused_with_its_line(tmp_path: Path, text: bytes, place: str) -> None:
    path = tmp_path / "posts.csv"
    path.write_bytes(text)

    with pytest.raises(TagBuyError, match=place):
        posting.read_histories(path)


def test_a_file_that_cannot_be_written_is_told_before_the_work(tmp_path: Path) -> None:
    out = tmp_path / "nowhere" / "out.csv"

    with pytest.raises(TagBuyError, match="cannot be written"):
        posting.write_population(posting.Kind.MADE, None, out, accounts=1, chance=random.Random(1))
    with pytest.raises(TagBuyError, match="cannot be written"):
        schedule.compare_policies([History("a", [DAY])], history_days=1, test_days=1, requests_per_day=1, polls_out=out)


def test_true_rates_of_another_population_are_refused() -> None:
    with pytest.raises(TagBuyError, match="no rates of a"):
        schedule.compare_policies([History("a", [DAY])], history_days=1, test_days=1, requests_per_day=1, truth={})


def test_windows_keep_the_hour_of_the_week() -> None:
    posts = [3 * DAY + 7 * HOUR + day * DAY for day in range(200)]

    windows = posting.cut_windows([History("a", posts)], history_days=56, test_days=14)

    assert len(windows) == 2
    assert {post % DAY for window in windows for post in window.posts} == {7 * HOUR}
    assert len({window.posts[-1] // (10 * WEEK) for window in windows}) == 1


def test_the_commands_make_a_population_and_compare_policies_on_it(tmp_path: Path) -> None:
    out = tmp_path / "made.csv"
    truth, polls = str(out.with_suffix(".truth.json")), str(tmp_path / "polls.csv")
    run = CliRunner().invoke
    assert run(app, ["bench", "population", "made", "--out", str(out), "--accounts", "10"]).exit_code == 0

    options = ["--requests-per-day", "70", "--policies", "adaptive, oracle,nutch"]
    result = run(app, ["bench", "schedule", "--posts", str(out), *options, "--truth", truth, "--polls-out", polls])

    assert result.exit_code == 0, result.output
    assert set(json.loads(result.output)["policies"]) == {"adaptive", "oracle", "nutch"}
    assert {history.tier for history in posting.read_histories(out)} <= set(ScanPriority)


@pytest.mark.skipif(not REAL_POSTS.exists(), reason="the real histories are not part of the repository")
def test_real_influencers_posts_are_found_in_half_the_time() -> None:
    windows = posting.cut_windows(posting.read_histories(REAL_POSTS), history_days=56, test_days=14)
    mix = posting.draw_population(windows, accounts=30, high_rate_share=0.3, chance=random.Random(1))

    result = schedule.compare_policies(
        mix, history_days=56, test_days=14, requests_per_day=30 * 27, policies=["adaptive", "tiers"]
    )

    delays = {name: figures["mean_delay_minutes"] for name, figures in result["policies"].items()}
    assert delays["adaptive"] <= 0.5 * delays["tiers"]
