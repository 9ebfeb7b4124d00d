"""A replay of posting histories against a policy: what it asks for, when, and how long each post waited.

A policy sees only what its polls showed: the newest twelve posts at that moment, and the next page where all twelve
were new. Requests are limited like the pool's: no more than the budget in any 24 hours, a fifth of it in any hour.
"""

import heapq
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Protocol

from app.bench.histories import DAY, HOUR, History

PAGE = 12
_HOUR_SHARE = 0.2
"""An account of the pool may send 1,000 a day and 200 an hour."""


class Player(Protocol):
    """A policy in the replay. Times are seconds since 1970; `account` is the number of a history."""

    is_paced: bool
    """Whether its requests are spread evenly over the day, because it knows no other way to stay within the budget."""

    def first_due(self, account: int, now: float) -> float:
        """Return when to look first."""

    def next_due(self, account: int, new_posts: Sequence[float], page: Sequence[float], now: float) -> float:
        """Return when to look again, after a look that showed `page`, of which `new_posts` were not seen before."""

    def put_off(self, account: int, now: float) -> float:
        """Return `now` where an account that is due is still worth a look, otherwise when it will be."""

    def change_budget(self, per_day: float) -> None:
        """Go on with another budget."""

    def tick(self, now: float, *, called: int) -> None:
        """Take note of how many looks became due since the last tick."""


@dataclass(slots=True)
class Outcome:
    """Polls and, for each post of the test, how long it waited."""

    polls: list[tuple[int, float]] = field(default_factory=list)
    found: list[tuple[int, float]] = field(default_factory=list)
    """Account and delay in seconds, in the order of finding."""
    unfound: list[tuple[int, float]] = field(default_factory=list)
    """Account and the time waited so far, of posts that nobody had found when the test ended."""


class Limiter:
    """At most `per_day` requests in any day, a fifth in any hour, and evenly where `is_paced`."""

    def __init__(self, per_day: float, *, is_paced: bool) -> None:
        self._windows = [(int(per_day), DAY), (max(1, int(per_day * _HOUR_SHARE)), HOUR)]
        self._sent: deque[float] = deque(maxlen=int(per_day))
        self._slot = DAY / per_day if is_paced else 0.0

    def free_at(self) -> float:
        """Return the first moment at which one more request may be sent."""
        free = 0.0
        for most, span in self._windows:
            if len(self._sent) >= most:
                free = max(free, self._sent[-most] + span)
        if self._sent and self._slot:
            free = max(free, self._sent[-1] + self._slot)
        return free

    def send(self, now: float) -> None:
        """Note a request."""
        self._sent.append(now)

    def halve(self) -> None:
        """Go on with every second account of a pool that was used evenly."""
        kept = list(self._sent)[::2]
        self._windows = [(max(1, most // 2), span) for most, span in self._windows]
        self._sent = deque(kept, maxlen=self._windows[0][0])
        self._slot *= 2


def replay(
    histories: Sequence[History],
    player: Player,
    *,
    per_day: float,
    begins: float,
    counts_from: float,
    ends: float,
    tick: float = 600.0,
    halve_at: float = inf,
) -> Outcome:
    """Let `player` watch the histories from `begins` to `ends`; only what happens after `counts_from` is told.

    At `halve_at` the pool loses half of its accounts.
    """
    outcome = Outcome()
    limiter = Limiter(per_day, is_paced=player.is_paced)
    seen = [bisect_left(history.posts, begins) for history in histories]
    queue = [(player.first_due(account, begins), account) for account in range(len(histories))]
    heapq.heapify(queue)
    next_tick, called, late = begins + tick, 0, 0
    while True:
        due, account = queue[0]
        now = max(due, limiter.free_at())
        while next_tick <= now and next_tick < ends:
            backlog = sum(other <= next_tick for other, _ in queue)
            player.tick(next_tick, called=called + backlog - late)
            if next_tick - tick < halve_at <= next_tick:
                limiter.halve()
                player.change_budget(per_day / 2)
            next_tick, called, late = next_tick + tick, 0, backlog
        if now >= ends:
            break
        if now < (later := player.put_off(account, now)):
            heapq.heapreplace(queue, (later, account))
            continue
        called += _look(histories, account, player, outcome, limiter, seen, queue, now, counts_from, ends)
    for account, history in enumerate(histories):
        for post in history.posts[max(seen[account], bisect_left(history.posts, counts_from)) :]:
            if post < ends:
                outcome.unfound.append((account, ends - post))
    return outcome


def _look(
    histories: Sequence[History],
    account: int,
    player: Player,
    outcome: Outcome,
    limiter: Limiter,
    seen: list[int],
    queue: list[tuple[float, int]],
    now: float,
    counts_from: float,
    ends: float,
) -> int:
    """Look at the account at the head of the queue, and return how many requests that took."""
    posts = histories[account].posts
    visible = bisect_right(posts, now)
    new = posts[seen[account] : visible]
    requests = 1 + max(0, len(new) - 1) // PAGE
    for number in range(requests):
        at = max(now, limiter.free_at())
        limiter.send(at)
        shown = new[max(0, len(new) - PAGE * (number + 1)) : len(new) - PAGE * number]
        counted = [post for post in shown if post >= counts_from]
        if at >= ends:
            outcome.unfound += [(account, ends - post) for post in counted]
            continue
        if at >= counts_from:
            outcome.polls.append((account, at))
        outcome.found += [(account, at - post) for post in counted]
    page = posts[max(0, visible - PAGE * requests) : visible]
    seen[account] = visible
    heapq.heapreplace(queue, (player.next_due(account, new, page, now), account))
    return requests
