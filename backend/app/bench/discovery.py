"""`tagbuy bench discovery`: what places that show many authors' posts are worth, at the same requests a day.

The feeds are played as in `bench schedule`. Beside them are places: each shows the newest posts of its share of the
accounts, as many as fit on a page, and a post with a given chance. Their looks come out of the same budget, at gaps of
the production code, and make the feeds due whose posts they show. Nothing else is known about real places: which share
of the posts each shows, only a running pool can tell.
"""

import heapq
import math
import random
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from app.bench.histories import DAY, HOUR, History
from app.bench.players import AdaptivePlayer
from app.bench.replay import PAGE, Limiter
from app.bench.schedule import share_window
from app.scheduling import discovery
from app.scheduling.discovery import SHARED, Find, Yield
from app.scheduling.policy import WEIGHTS

_RUN_IN = 4 * DAY
"""The yields are learned by then."""
_TICK = 600.0
_SHORTEST, _LONGEST = timedelta(minutes=10), timedelta(days=1)


@dataclass(slots=True)
class _Place:
    """One place: the accounts whose posts it shows, and what was learned of it."""

    accounts: Sequence[int]
    known: Yield
    next_at: float
    looks: int = 0
    finds: int = 0


@dataclass(slots=True)
class _Tally:
    """Delays in seconds, and requests, of the test."""

    shown: list[float] = field(default_factory=list)
    others: list[float] = field(default_factory=list)
    feed_requests: int = 0


def measure_places(
    histories: Sequence[History],
    *,
    history_days: float,
    test_days: float,
    requests_per_day: int,
    places: int,
    recalls: Sequence[float],
    page: int = PAGE,
    seed: int = 1,
) -> dict[str, Any]:
    """Return delays and looks for each share of the posts that the places show; `None` is without places."""
    histories = share_window(histories, days=history_days + test_days)
    ends = math.ceil(max(history.posts[-1] for history in histories) / HOUR) * HOUR
    counts_from = ends - test_days * DAY
    begins = counts_from - min(_RUN_IN, history_days / 2 * DAY)
    rows = []
    for recall, number in [*((recall, places) for recall in recalls), *((recall, 0) for recall in recalls)]:
        player = AdaptivePlayer(
            histories, per_day=requests_per_day, known_from=counts_from - history_days * DAY, begins=begins, seed=seed
        )
        game = _Game(histories, player, recall=recall, places=number, page=page, per_day=requests_per_day, seed=seed)
        tally = game.play(begins, counts_from, ends)
        rows.append({"recall": recall, "places": number, **game.figures(tally, test_days)})
    return {"accounts": len(histories), "requests_per_day": requests_per_day, "page": page, "rows": rows}


class _Game:
    """Feeds and places, played together within one budget."""

    def __init__(
        self,
        histories: Sequence[History],
        player: AdaptivePlayer,
        *,
        recall: float,
        places: int,
        page: int,
        per_day: int,
        seed: int,
    ) -> None:
        chance = random.Random(seed)  # noqa: S311 - a repeatable draw
        self._histories, self._player, self._page, self._per_day = histories, player, page, per_day
        self._is_shown = [[chance.random() < recall for _ in history.posts] for history in histories]
        self._limiter = Limiter(per_day, is_paced=False)
        self._numbers = [range(number, len(histories), places) for number in range(places)]
        self._places: list[_Place] = []
        self._hinted: set[int] = set()
        self._queue: list[tuple[float, int]] = []
        self._seen: list[int] = []
        self._place_requests: deque[float] = deque()
        self._usual_hours = len(histories) / per_day * DAY / HOUR

    def play(self, begins: float, counts_from: float, ends: float) -> _Tally:
        """Play until `ends`, and tell what happened to posts from `counts_from` on."""
        tally = _Tally()
        self._seen = [bisect_left(history.posts, begins) for history in self._histories]
        self._queue = [(self._player.first_due(account, begins), account) for account in range(len(self._histories))]
        self._places = [_Place(accounts, Yield(_instant(begins)), begins) for accounts in self._numbers]
        heapq.heapify(self._queue)
        next_tick, called, late = begins + _TICK, 0, 0
        while True:
            place = min(self._places, key=lambda place: place.next_at, default=None)
            is_places_turn = place is not None and place.next_at < self._queue[0][0]
            due = place.next_at if is_places_turn and place is not None else self._queue[0][0]
            now = max(due, self._limiter.free_at())
            while next_tick <= now and next_tick < ends:
                backlog = sum(other <= next_tick for other, _ in self._queue)
                self._share_budget(next_tick)
                self._player.tick(next_tick, called=called + backlog - late)
                next_tick, called, late = next_tick + _TICK, 0, backlog
            if now >= ends:
                break
            if is_places_turn and place is not None:
                self._look_at_place(place, now, is_counted=now >= counts_from)
            else:
                called += self._look_at_feed(now, tally, counts_from)
        self._count_unfound(tally, counts_from, ends)
        return tally

    def figures(self, tally: _Tally, test_days: float) -> dict[str, Any]:
        """Return means in minutes, and requests a day."""
        everything = tally.shown + tally.others
        looks = sum(place.looks for place in self._places)
        return {
            "mean_delay_minutes": _mean(everything),
            "p95_delay_minutes": round(sorted(everything)[int(len(everything) * 0.95)] / 60, 1),
            "mean_delay_of_shown_posts": _mean(tally.shown),
            "mean_delay_of_other_posts": _mean(tally.others),
            "feed_requests_per_day": round(tally.feed_requests / test_days, 1),
            "place_requests_per_day": round(looks / test_days, 1),
            "finds_per_request": round(sum(place.finds for place in self._places) / looks, 3) if looks else None,
        }

    def _share_budget(self, now: float) -> None:
        """Leave the feeds what the places did not take within the last day, as the planner does."""
        while self._place_requests and self._place_requests[0] <= now - DAY:
            self._place_requests.popleft()
        self._player.change_budget(max(self._per_day - len(self._place_requests), self._per_day / 2))

    def _look_at_place(self, place: _Place, now: float, *, is_counted: bool) -> None:
        self._limiter.send(now)
        self._place_requests.append(now)
        due = {account: at for at, account in self._queue}
        finds: list[Find] = []
        for account in self._shown_unseen(place, now):
            if due[account] > now or account in self._hinted:
                wait = max(0.0, due[account] - now) / HOUR
                finds += [Find(WEIGHTS[self._histories[account].tier], wait)] if wait else []
                due[account] = min(due[account], now)
                self._hinted.add(account)
        self._queue = [(at, account) for account, at in due.items()]
        heapq.heapify(self._queue)
        at, price = _instant(now), self._player.levels[-1]
        place.known = discovery.learned(place.known, SHARED, finds, usual_hours=self._usual_hours, now=at)
        place.next_at = now + (
            discovery.gap(
                place.known, SHARED, price, usual_hours=self._usual_hours, shortest=_SHORTEST, longest=_LONGEST
            )
            / timedelta(seconds=1)
        )
        place.looks += is_counted
        place.finds += len(finds) if is_counted else 0

    def _shown_unseen(self, place: _Place, now: float) -> Sequence[int]:
        """Return whose posts are on the page and were not seen yet, each once for each post."""
        newest: list[tuple[float, int, int]] = []
        for account in place.accounts:
            posts, shown = self._histories[account].posts, 0
            number = bisect_right(posts, now) - 1
            while number >= 0 and shown < self._page:
                if self._is_shown[account][number]:
                    newest.append((posts[number], account, number))
                    shown += 1
                number -= 1
        page = heapq.nlargest(self._page, newest)
        return [account for _, account, number in page if number >= self._seen[account]]

    def _look_at_feed(self, now: float, tally: _Tally, counts_from: float) -> int:
        """Look at the feed at the head of the queue, and return how many requests that took."""
        account = self._queue[0][1]
        if account not in self._hinted and now < (later := self._player.put_off(account, now)):
            heapq.heapreplace(self._queue, (later, account))
            return 0
        self._hinted.discard(account)
        posts, first = self._histories[account].posts, self._seen[account]
        visible = bisect_right(posts, now)
        new = posts[first:visible]
        requests = 1 + max(0, len(new) - 1) // PAGE
        for _ in range(requests):
            self._limiter.send(now)
            tally.feed_requests += now >= counts_from
        for number in range(first, visible):
            if posts[number] >= counts_from:
                (tally.shown if self._is_shown[account][number] else tally.others).append(now - posts[number])
        self._seen[account] = visible
        page = posts[max(0, visible - PAGE * requests) : visible]
        heapq.heapreplace(self._queue, (self._player.next_due(account, new, page, now), account))
        return requests

    def _count_unfound(self, tally: _Tally, counts_from: float, ends: float) -> None:
        for account, history in enumerate(self._histories):
            for number in range(max(self._seen[account], bisect_left(history.posts, counts_from)), len(history.posts)):
                if history.posts[number] < ends:
                    waited = ends - history.posts[number]
                    (tally.shown if self._is_shown[account][number] else tally.others).append(waited)


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _mean(delays: Sequence[float]) -> float | None:
    return round(sum(delays) / len(delays) / 60, 1) if delays else None
