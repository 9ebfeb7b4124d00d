"""Posting histories for the scheduling benchmark: read, cut into windows, or made from known rates."""

import csv
import json
import math
import random
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from app.core.errors import TagBuyError
from app.models.states import ScanPriority

HOUR, DAY, WEEK = 3600.0, 86400.0, 604800.0
TIER_SHARES = {ScanPriority.HIGH: 0.3, ScanPriority.MEDIUM: 0.5, ScanPriority.LOW: 0.2}
_HIGH_RATE_SHARE = 0.3
_LATEST = 1e10
"""In the year 2286: a larger number is no seconds."""
_LEAST_POSTS = 4
"""A window with fewer posts in its history is an account that nobody would hire."""


@dataclass(frozen=True, slots=True)
class History:
    """One account's posts, oldest first, in seconds since 1970."""

    account: str
    posts: Sequence[float]
    tier: ScanPriority = ScanPriority.MEDIUM


def read_histories(path: Path) -> Sequence[History]:
    """Return the histories of a CSV file `account,ts[,tier]`.

    Raises:
        TagBuyError: the file is not of that shape; the message names the line.
    """
    posts: dict[str, list[float]] = defaultdict(list)
    tiers: dict[str, ScanPriority] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        try:
            if not {"account", "ts"} <= set(reader.fieldnames or ()):
                raise TagBuyError(f"{path}: the first line must be account,ts or account,ts,tier")
            for row in reader:
                posts[row["account"]].append(_moment(row["ts"]))
                tiers[row["account"]] = ScanPriority(row.get("tier") or ScanPriority.MEDIUM)
        except (TypeError, ValueError):
            raise TagBuyError(
                f"{path}, line {reader.line_num}: expected UTF-8, an account, a time in seconds since 1970 and, if "
                "any, a tier (high, medium or low)"
            ) from None
    if not posts:
        raise TagBuyError(f"{path} has no posts")
    return [History(account, sorted(times), tiers[account]) for account, times in posts.items()]


def _moment(text: str) -> float:
    moment = float(text)
    if not 0 <= moment <= _LATEST:
        raise ValueError("milliseconds, or no time at all")
    return moment


def require_writable(path: Path) -> None:
    """Make the file if there is none, before the work whose result it will hold.

    Raises:
        TagBuyError: it cannot be written.
    """
    try:
        path.touch()
    except OSError as error:
        raise TagBuyError(f"{path} cannot be written: {error.strerror}") from None


def cut_windows(histories: Iterable[History], *, history_days: float, test_days: float) -> Sequence[History]:
    """Return disjoint windows of each history as accounts of their own, moved by whole weeks to the same ten weeks."""
    length = (history_days + test_days) * DAY
    step = math.ceil(length / WEEK) * WEEK
    base = 2800 * WEEK
    windows = []
    for history in histories:
        first = math.floor(history.posts[0] / WEEK) * WEEK
        for number in range(int((history.posts[-1] - first) // step)):
            start = first + number * step
            inside = history.posts[bisect_left(history.posts, start) : bisect_left(history.posts, start + length)]
            if bisect_left(inside, start + history_days * DAY) >= _LEAST_POSTS:
                moved = [post - start + base for post in inside]
                windows.append(History(f"{history.account}_{number}", moved))
    return windows


def draw_population(
    windows: Sequence[History], *, accounts: int, high_rate_share: float, chance: random.Random
) -> Sequence[History]:
    """Return so many windows with tiers drawn 30/50/20; `high_rate_share` of them from accounts whose name has gov_."""
    busy = [window for window in windows if window.account.startswith("gov_")]
    rest = [window for window in windows if not window.account.startswith("gov_")]
    busy_number = round(accounts * high_rate_share)
    chosen = _draw(busy, busy_number, chance) + _draw(rest, accounts - busy_number, chance)
    return [
        replace(window, account=f"{window.account}_{number}", tier=_draw_tier(chance))
        for number, window in enumerate(chosen)
    ]


def make_population(
    *, accounts: int, days: float, chance: random.Random
) -> tuple[Sequence[History], dict[str, Sequence[float]]]:
    """Return made histories and the true posts per hour of each account in each hour of the week.

    Rates are log-normal around 0.43 a day; each account prefers one or two hours, and some days to others.
    """
    base = 2800 * WEEK
    histories, truth = [], {}
    for number in range(accounts):
        account = f"made_{number}"
        rates = _make_rates(chance)
        posts = [
            base + hour * HOUR + chance.random() * HOUR
            for hour in range(int(days * 24))
            # 2800 weeks after 1970 began on a Thursday.
            for _ in range(_poisson(rates[(hour + 72) % 168], chance))
        ]
        histories.append(History(account, sorted(posts), _draw_tier(chance)))
        truth[account] = rates
    return histories, truth


def _make_rates(chance: random.Random) -> Sequence[float]:
    rate = min(math.exp(chance.gauss(math.log(0.43), 1.1)), 12.0) / 24
    peaks = [(chance.gauss(20, 3), 1.0), (chance.gauss(12, 3), chance.random())]
    sharpness = chance.uniform(0.5, 4)
    weekdays = [math.exp(chance.gauss(0, 0.25)) for _ in range(7)]
    shape = [
        weekdays[hour // 24]
        * (
            0.15
            + sum(
                height * math.exp(sharpness * (math.cos((hour + 0.5 - peak) * math.pi / 12) - 1))
                for peak, height in peaks
            )
        )
        for hour in range(168)
    ]
    scale = rate * 168 / sum(shape)
    return [value * scale for value in shape]


def _poisson(mean: float, chance: random.Random) -> int:
    number, left = 0, chance.expovariate(1)
    while left < mean:
        number += 1
        left += chance.expovariate(1)
    return number


def _draw(windows: Sequence[History], number: int, chance: random.Random) -> list[History]:
    """Return so many windows: each once where there are enough, otherwise some again."""
    if number and not windows:
        raise TagBuyError("the file has no accounts of that kind with enough posts")
    whole = [window for _ in range(number // len(windows)) for window in windows] if number else []
    return whole + chance.sample(list(windows), number - len(whole))


def _draw_tier(chance: random.Random) -> ScanPriority:
    return chance.choices(list(TIER_SHARES), list(TIER_SHARES.values()))[0]


class Kind(StrEnum):
    """Which accounts a population is made of."""

    MIX = "mix"
    """Three in ten from accounts whose name begins with `gov_`, which post several times a day."""
    LOW = "low"
    """None of those."""
    MADE = "made"


def write_population(kind: Kind, posts: Path | None, out: Path, *, accounts: int, chance: random.Random) -> None:
    """Write `account,ts,tier` to `out`; for made accounts the true rates to `out` with the ending `.truth.json`.

    Raises:
        TagBuyError: there are no histories to cut up, or `out` cannot be written.
    """
    require_writable(out)
    if kind is Kind.MADE:
        population, truth = make_population(accounts=accounts, days=70, chance=chance)
        out.with_suffix(".truth.json").write_text(json.dumps(truth), encoding="utf-8")
    elif posts is None:
        raise TagBuyError(f"a {kind} population is cut from real histories: name them with --posts FILE.csv")
    else:
        windows = cut_windows(read_histories(posts), history_days=56, test_days=14)
        share = _HIGH_RATE_SHARE if kind is Kind.MIX else 0.0
        population = draw_population(windows, accounts=accounts, high_rate_share=share, chance=chance)
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("account", "ts", "tier"))
        for history in population:
            writer.writerows((history.account, round(post), history.tier.value) for post in history.posts)
