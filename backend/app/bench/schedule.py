"""`tagbuy bench schedule`: policies on the same replayed histories at the same requests a day."""

import csv
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.bench import players
from app.bench.histories import DAY, HOUR, WEEK, History, require_writable
from app.bench.replay import Outcome, Player, replay
from app.core.errors import TagBuyError
from app.scheduling.policy import WEIGHTS

POLICIES = ("adaptive", "tiers", "uniform", "miniflux", "nutch")
_RUN_IN = 2 * DAY
"""The policies begin so long before the test, so that queues and prices have settled; it is not counted."""


def compare_policies(
    histories: Sequence[History],
    *,
    history_days: float,
    test_days: float,
    requests_per_day: int,
    policies: Sequence[str] = POLICIES,
    truth: Mapping[str, Sequence[float]] | None = None,
    polls_out: Path | None = None,
    seed: int = 1,
    halve_after_days: float = math.inf,
) -> dict[str, Any]:
    """Return each policy's use and delays over the test, the last `test_days` of the histories.

    Raises:
        TagBuyError: a policy is not known, or `polls_out` cannot be written.
    """
    if polls_out is not None:
        require_writable(polls_out)
    histories = share_window(histories, days=history_days + test_days)
    ends = math.ceil(max(history.posts[-1] for history in histories) / HOUR) * HOUR
    counts_from = ends - test_days * DAY
    begins = counts_from - min(_RUN_IN, history_days / 2 * DAY)
    known_from, halve_at = counts_from - history_days * DAY, counts_from + halve_after_days * DAY
    outcomes = {}
    for name in policies:
        player = _make_player(
            name, histories, per_day=requests_per_day, known_from=known_from, begins=begins, truth=truth, seed=seed
        )
        outcomes[name] = replay(
            histories,
            player,
            per_day=requests_per_day,
            begins=begins,
            counts_from=counts_from,
            ends=ends,
            halve_at=halve_at,
        )
    if polls_out is not None:
        _write_polls(polls_out, histories, outcomes)
    return {
        "accounts": len(histories),
        "requests_per_day": requests_per_day,
        "test_from": counts_from,
        "test_until": ends,
        "policies": {
            name: _figures(histories, outcome, test_from=counts_from, test_days=test_days)
            for name, outcome in outcomes.items()
        },
    }


def share_window(histories: Sequence[History], *, days: float) -> Sequence[History]:
    """Return the histories as they are, or side by side where most of them do not reach into the last `days`.

    A file may hold accounts that were recorded in different years: each is then moved by whole weeks to end in the
    same week as the latest.
    """
    latest = max(history.posts[-1] for history in histories)
    absent = sum(history.posts[-1] < latest - days * DAY for history in histories)
    if absent * 2 <= len(histories):
        return histories
    moved = []
    for history in histories:
        shift = (latest - history.posts[-1]) // WEEK * WEEK
        moved.append(replace(history, posts=[post + shift for post in history.posts]))
    return moved


def _make_player(
    name: str,
    histories: Sequence[History],
    *,
    per_day: float,
    known_from: float,
    begins: float,
    truth: Mapping[str, Sequence[float]] | None,
    seed: int,
) -> Player:
    def adaptive(rates: Mapping[str, Sequence[float]] | None) -> Player:
        return players.AdaptivePlayer(
            histories, per_day=per_day, known_from=known_from, begins=begins, seed=seed, truth=rates
        )

    makers: dict[str, Callable[[], Player]] = {
        "adaptive": lambda: adaptive(None),
        "tiers": lambda: players.TiersPlayer(histories, begins=begins, seed=seed),
        "uniform": lambda: players.UniformPlayer(histories, per_day=per_day, seed=seed),
        "miniflux": lambda: players.MinifluxPlayer(per_day=per_day, seed=seed),
        "nutch": lambda: players.NutchPlayer(histories, per_day=per_day, seed=seed),
    }
    if truth is not None:
        if unknown := sorted({history.account for history in histories} - truth.keys()):
            raise TagBuyError(f"--truth has no rates of {unknown[0]}; it must be of the same population as --posts")
        makers["oracle"] = lambda: adaptive(truth)
    if name not in makers:
        known = ", ".join(makers) + ("" if truth else "; oracle needs --truth")
        raise TagBuyError(f"there is no policy {name!r}; there are {known}")
    return makers[name]()


def _figures(histories: Sequence[History], outcome: Outcome, *, test_from: float, test_days: float) -> dict[str, Any]:
    waits = sorted((delay / 60, WEIGHTS[histories[account].tier]) for account, delay in outcome.found + outcome.unfound)
    delays = [delay for delay, _ in waits]
    by_day = [0] * math.ceil(test_days)
    for _, moment in outcome.polls:
        by_day[int((moment - test_from) // DAY)] += 1
    return {
        "requests_used_per_day": round(len(outcome.polls) / test_days, 1),
        "requests_by_day": by_day,
        "posts": len(delays),
        "posts_unseen_at_end": len(outcome.unfound),
        "mean_delay_minutes": _rounded(sum(delays), len(delays)),
        "weighted_mean_delay_minutes": _rounded(
            sum(delay * weight for delay, weight in waits), sum(weight for _, weight in waits)
        ),
        "median_delay_minutes": _quantile(delays, 0.5),
        "p95_delay_minutes": _quantile(delays, 0.95),
        "p99_delay_minutes": _quantile(delays, 0.99),
        **{
            f"share_within_{minutes}_minutes": _rounded(sum(delay <= minutes for delay in delays), len(delays), 4)
            for minutes in (30, 60, 180)
        },
    }


def _rounded(total: float, number: float, digits: int = 2) -> float | None:
    return round(total / number, digits) if number else None


def _quantile(values: Sequence[float], share: float) -> float | None:
    return round(values[min(int(len(values) * share), len(values) - 1)], 2) if values else None


def _write_polls(path: Path, histories: Sequence[History], outcomes: Mapping[str, Outcome]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("policy", "account", "ts"))
        for name, outcome in outcomes.items():
            writer.writerows((name, histories[account].account, f"{moment:.3f}") for account, moment in outcome.polls)
