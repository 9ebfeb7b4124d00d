"""The policies in the replay: the production code of `adaptive` and `tiers`, and the rules of other programs.

The others know no budget. Each gets a factor that is tuned while it plays, so that all use the same requests.
"""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from app.bench.histories import DAY, HOUR, WEEK, History
from app.scheduling import price
from app.scheduling.adaptive import Adaptive, starvation_bound
from app.scheduling.policy import WEIGHTS, Target
from app.scheduling.price import Market
from app.scheduling.rhythm import Intensity, fit_prior, intensity_of, learned, new_rhythm
from app.scheduling.tiers import Tiers
from app.scheduling.week import HOURS_A_WEEK, Week

_WEEK = Week(ZoneInfo("UTC"))
_REFRESH = 6 * HOUR


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


class FixedPlayer:
    """A policy that stays as it is; the queue is paced."""

    is_paced = True

    def __init__(self, *, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - a repeatable spread

    def first_due(self, account: int, now: float) -> float:
        """Return a moment within the first interval."""
        return now + self._chance.random() * (self.next_due(account, [], [], now) - now)

    def next_due(self, account: int, new_posts: Sequence[float], page: Sequence[float], now: float) -> float:
        """Return when to look again."""
        raise NotImplementedError

    def put_off(self, account: int, now: float) -> float:  # noqa: ARG002 - the port's
        """Return `now`: what is due is looked at."""
        return now

    def change_budget(self, per_day: float) -> None:
        """Change nothing: the queue gets longer."""

    def tick(self, now: float, *, called: int) -> None:
        """Nothing is tuned."""


class TiersPlayer(FixedPlayer):
    """`app.scheduling.tiers`."""

    def __init__(self, histories: Sequence[History], *, begins: float, seed: int) -> None:
        super().__init__(seed=seed)
        nothing = new_rhythm(_instant(begins))
        self._targets = [Target(history.tier, nothing, WEIGHTS[history.tier]) for history in histories]

    def next_due(self, account: int, new_posts: Sequence[float], page: Sequence[float], now: float) -> float:  # noqa: ARG002 - the port's
        """Return when the priority's interval is over."""
        return Tiers().next_due(self._targets[account], now=_instant(now)).at.timestamp()


class UniformPlayer(FixedPlayer):
    """Everybody in turn."""

    def __init__(self, histories: Sequence[History], *, per_day: float, seed: int) -> None:
        super().__init__(seed=seed)
        self._interval = len(histories) / per_day * DAY

    def next_due(self, account: int, new_posts: Sequence[float], page: Sequence[float], now: float) -> float:  # noqa: ARG002 - the port's
        """Return when the turn comes again."""
        return now + self._interval


class TunedPlayer(FixedPlayer):
    """A rule without a budget, stretched so that it uses the budget."""

    def __init__(self, *, per_day: float, seed: int) -> None:
        super().__init__(seed=seed)
        self._per_day = per_day
        self._factor = 1.0
        self._ticked_at: float | None = None

    def change_budget(self, per_day: float) -> None:
        """Tune towards the new one."""
        self._per_day = per_day

    def tick(self, now: float, *, called: int) -> None:
        """Stretch where too many looks became due."""
        if self._ticked_at is not None:
            planned = self._per_day * (now - self._ticked_at) / DAY
            self._factor = min(max(self._factor * math.exp(3 * (called - planned) / self._per_day), 1e-3), 1e3)
        self._ticked_at = now


class MinifluxPlayer(TunedPlayer):
    """Miniflux, `entry_frequency`: the mean gap of the last week's posts, between 5 minutes and 24 hours."""

    def next_due(self, account: int, new_posts: Sequence[float], page: Sequence[float], now: float) -> float:  # noqa: ARG002 - the port's
        """Return when the next post is to be expected."""
        recent = [post for post in page if post > now - WEEK]
        if len(recent) < 2 or recent[-1] == recent[0]:
            return now + DAY
        weekly = math.ceil(WEEK / ((recent[-1] - recent[0]) / (len(recent) - 1)))
        return now + min(max(WEEK / weekly * self._factor, 300.0), DAY)


class NutchPlayer(TunedPlayer):
    """Nutch, `AdaptiveFetchSchedule` without `sync_delta`: shorter by 0.4 after a change, longer after none."""

    def __init__(self, histories: Sequence[History], *, per_day: float, seed: int) -> None:
        super().__init__(per_day=per_day, seed=seed)
        self._intervals = [len(histories) / per_day * DAY] * len(histories)

    def next_due(self, account: int, new_posts: Sequence[float], page: Sequence[float], now: float) -> float:  # noqa: ARG002 - the port's
        """Return when the account's own interval is over."""
        longer = 1 + 0.2 * self._factor
        interval = self._intervals[account] * (0.6 if new_posts else longer)
        self._intervals[account] = min(max(interval, 60.0), 7 * DAY)
        return now + self._intervals[account]


class AdaptivePlayer:
    """`app.scheduling.adaptive`. It knows the histories up to `begins`, and learns on from its own looks."""

    is_paced = False

    def __init__(
        self,
        histories: Sequence[History],
        *,
        per_day: float,
        known_from: float,
        begins: float,
        seed: int,
        truth: Mapping[str, Sequence[float]] | None = None,
    ) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - a repeatable spread
        known = [[_instant(post) for post in history.posts if known_from <= post < begins] for history in histories]
        start, now = _instant(known_from), _instant(begins)
        prior = fit_prior(known, _WEEK, span=now - start)
        self._targets = []
        for history, posted in zip(histories, known, strict=True):
            rhythm = new_rhythm(start)
            for instant in posted:
                rhythm = learned(rhythm, [instant], _WEEK, now=instant)
            rhythm = learned(rhythm, [], _WEEK, now=now)
            self._targets.append(Target(history.tier, rhythm, WEIGHTS[history.tier]))
        self._truth = [Intensity(truth[history.account], 0.0) for history in histories] if truth else None
        bound = starvation_bound(targets=len(histories), requests_per_day=per_day)
        self._market = Market([], per_day * price.USED_SHARE)
        self._policy = Adaptive(prior, 0.0, _WEEK, bound)
        self.levels: list[float] = []
        """The level of the price at each tick."""
        self._looked_at = [begins] * len(histories)
        self._planned_at = [0.0] * len(histories)
        self._refresh(begins)
        self._set_price(begins)

    def first_due(self, account: int, now: float) -> float:
        """Return a moment within the first gap."""
        return now + self._chance.random() * (self._plan(account, now) - now)

    def next_due(self, account: int, new_posts: Sequence[float], page: Sequence[float], now: float) -> float:  # noqa: ARG002 - the port's
        """Learn from the page, and return when the next one is worth its price."""
        posted = [_instant(post) for post in new_posts]
        target = self._targets[account]
        self._targets[account] = replace(target, rhythm=learned(target.rhythm, posted, _WEEK, now=_instant(now)))
        return self._plan(account, now)

    def put_off(self, account: int, now: float) -> float:
        """Return when a look is worth today's price, where it was planned at a lower one."""
        if not self._policy.is_out_of_date(self._planned_at[account]):
            return now
        due = self._plan(account, self._looked_at[account])
        return due if due > now + 60 else now

    def change_budget(self, per_day: float) -> None:
        """Go on with the price of the new budget."""
        self._market = replace(self._market, budget_per_day=per_day * price.USED_SHARE)

    def tick(self, now: float, *, called: int) -> None:
        """Tune the price as the planner does every ten minutes."""
        planned = (
            price.planned_requests(self._market, _WEEK.hour_of_week(_instant(self._ticked_at)))
            * (now - self._ticked_at)
            / HOUR
        )
        self._market = price.trimmed(self._market, called=called, planned=planned)
        if now - self._refreshed_at >= _REFRESH:
            self._refresh(now)
        self._set_price(now)

    def _plan(self, account: int, now: float) -> float:
        self._looked_at[account], self._planned_at[account] = now, self._policy.level
        due = self._policy.due_with(self._intensity(account), self._targets[account], now=_instant(now))
        return due.at.timestamp()

    def _intensity(self, account: int) -> Intensity:
        if self._truth is not None:
            return self._truth[account]
        return intensity_of(self._targets[account].rhythm, self._policy.prior)

    def _refresh(self, now: float) -> None:
        demand = [0.0] * HOURS_A_WEEK
        for account, target in enumerate(self._targets):
            for hour, value in enumerate(price.demand_of(self._intensity(account).rates, target.weight)):
                demand[hour] += value
        self._market = replace(self._market, demand=demand)
        self._refreshed_at = now

    def _set_price(self, now: float) -> None:
        now_price = price.price(self._market, _WEEK.hour_of_week(_instant(now)))
        self._policy = replace(self._policy, price=now_price, level=price.level(self._market))
        self.levels.append(self._policy.level)
        self._ticked_at = now
