"""The libraries `limits` and `pyrate-limiter` on Valkey, used as their documentation shows, with the real limits.

Neither knows of a pool: each account is a key of its own, and a process tries one account after the other, going on
behind the one that it was granted last. `limits` knows whole seconds only, so it is not its limits that are scaled but
the clock, which runs faster by 1 / scale; for fairness so is the clock of `pyrate-limiter`, which knows milliseconds.
"""

import time
from collections.abc import Callable, Sequence

import limits.storage.redis
from limits import RateLimitItemPerSecond
from limits.strategies import MovingWindowRateLimiter
from pyrate_limiter import Rate, RateItem, RedisBucket
from redis import Redis

from app.bench.contenders import Grant, Limiter
from app.bench.window_check import scaled_windows

_SECOND_NS = 1_000_000_000
_MILLISECOND_NS = 1_000_000
_REAL_LIMITS = scaled_windows(1)
_PAUSES_IN_A_SPACING = 10


class FastClock:
    """The wall clock, running faster; it can stand for the module `time`."""

    def __init__(self, scale: float) -> None:
        self._scale = scale

    def time(self) -> float:
        """Return the seconds since 1970 that this clock shows."""
        return time.time() / self._scale


def limits_library(scale: float, usernames: Sequence[str], redis_url: str, *, key_prefix: str) -> Limiter:
    """Return `limits` with a moving window for each limit: all are tested, then all are hit."""
    storage = limits.storage.redis.RedisStorage(redis_url, key_prefix=key_prefix)
    vars(limits.storage.redis)["time"] = FastClock(scale)
    limiter = MovingWindowRateLimiter(storage)
    items = [RateLimitItemPerSecond(limit.most, limit.span_ns // _SECOND_NS) for limit in _REAL_LIMITS]

    def try_account(username: str) -> bool:
        if not all(limiter.test(item, username) for item in items):
            return False
        return all(limiter.hit(item, username) for item in items)

    return _AccountsInTurn(scale, usernames, try_account)


def pyrate_limiter_library(scale: float, usernames: Sequence[str], redis_url: str, *, key_prefix: str) -> Limiter:
    """Return `pyrate-limiter` with one RedisBucket for each account, which checks all limits in one script."""
    redis = Redis.from_url(redis_url)
    clock = FastClock(scale)
    rates = [Rate(limit.most, limit.span_ns // _MILLISECOND_NS) for limit in _REAL_LIMITS]
    buckets = {name: RedisBucket.init(rates, redis, f"{key_prefix}:{name}") for name in usernames}

    def try_account(username: str) -> bool:
        return bool(buckets[username].put(RateItem(username, int(clock.time() * 1000))))

    return _AccountsInTurn(scale, usernames, try_account)


class _AccountsInTurn:
    """Asks the limiter of one account after the other; where all refuse, waits a tenth of the spacing."""

    def __init__(self, scale: float, usernames: Sequence[str], try_account: Callable[[str], bool]) -> None:
        self._pause_seconds = _REAL_LIMITS[0].span_ns / _SECOND_NS * scale / _PAUSES_IN_A_SPACING
        self._usernames = usernames
        self._try_account = try_account
        self._next = 0

    def lease(self) -> Grant | float:
        """Return the first account that the library grants."""
        count = len(self._usernames)
        for position in range(self._next, self._next + count):
            username = self._usernames[position % count]
            if self._try_account(username):
                self._next = (position + 1) % count
                return Grant(username, spend=_nothing, release=_nothing)
        return self._pause_seconds


def _nothing() -> None:
    """Do nothing: neither library knows a release."""
