"""The limits, checked at arrival with exact sliding windows. A violation is counted; it never changes the answer."""

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

EXAMPLES_KEPT = 20


@dataclass(frozen=True, slots=True)
class Limits:
    """What one account may do. A window of N seconds holds the arrivals of the last N seconds, this one included."""

    spacing_seconds: float = 2.0
    per_minute: int | None = 20
    per_hour: int | None = 200
    per_day: int | None = 1000
    """None: no such limit."""

    def windows(self) -> tuple[tuple[str, float, int], ...]:
        """Return (kind of violation, seconds, most requests) of each window."""
        found = ("minute", 60.0, self.per_minute), ("hour", 3600.0, self.per_hour), ("day", 86400.0, self.per_day)
        return tuple((kind, seconds, most) for kind, seconds, most in found if most is not None)


def hourly_limits(per_hour: int) -> Limits:
    """Return the limits of a token of the official API: so many requests in any hour, in any rhythm."""
    return Limits(spacing_seconds=0.0, per_minute=None, per_hour=per_hour, per_day=None)


@dataclass(slots=True)
class _Record:
    """What is known of one account."""

    arrivals: deque[float] = field(default_factory=deque)
    in_flight: int = 0
    violations: Counter[str] = field(default_factory=Counter)


class Police:
    """Watches every account; those named in `own_limits` are held to limits of their own."""

    def __init__(self, limits: Limits, own_limits: Mapping[str, Limits] | None = None) -> None:
        self.limits = limits
        self._own_limits = dict(own_limits or {})
        self._records: dict[str, _Record] = {}
        self._smallest_gap: float | None = None
        self._most: Counter[str] = Counter()
        self._examples: deque[dict[str, Any]] = deque(maxlen=EXAMPLES_KEPT)

    def arrive(self, account: str, at: float) -> tuple[str, ...]:
        """Note a request that has arrived (seconds since 1970) and return the kinds of violations."""
        record = self._records.setdefault(account, _Record())
        found = [] if record.in_flight == 0 else ["concurrent"]
        record.in_flight += 1
        self._most["in_flight"] = max(self._most["in_flight"], record.in_flight)
        found += self._note(account, record, at)
        record.violations.update(found)
        for kind in found:
            self._examples.append({"account": account, "at": at, "kind": kind})
        return tuple(found)

    def leave(self, account: str) -> None:
        """Note that a request was answered or given up."""
        self._records[account].in_flight -= 1

    def recall(self, account: str, at: float, violations: Iterable[str]) -> None:
        """Take a request of an earlier process into the windows, with the violations that were found then."""
        record = self._records.setdefault(account, _Record())
        self._note(account, record, at)
        record.violations.update(violations)

    def share_of_hour(self, account: str, at: float) -> float:
        """Return how much of its hourly limit an account has used, the present request included; 1.0 is all of it."""
        record, limits = self._records.get(account), self._own_limits.get(account, self.limits)
        if record is None or limits.per_hour is None:
            return 0.0
        return _arrivals_since(record.arrivals, at - 3600.0) / limits.per_hour

    def report(self) -> dict[str, Any]:
        """Return the violations by kind and account, and how near to the limits the accounts came."""
        by_kind: Counter[str] = Counter()
        for record in self._records.values():
            by_kind.update(record.violations)
        return {
            "total": by_kind.total(),
            "by_kind": dict(by_kind),
            "by_account": {
                name: dict(record.violations) for name, record in self._records.items() if record.violations
            },
            "worst": {"smallest_gap_seconds": self._smallest_gap, **self._most},
            "examples": list(self._examples),
            "limits": asdict(self.limits),
        }

    def _note(self, account: str, record: _Record, at: float) -> list[str]:
        limits = self._own_limits.get(account, self.limits)
        is_common = limits is self.limits
        found = []
        if record.arrivals:
            gap = at - record.arrivals[-1]
            if is_common:
                self._smallest_gap = gap if self._smallest_gap is None else min(gap, self._smallest_gap)
            if gap < limits.spacing_seconds:
                found.append("spacing")
        record.arrivals.append(at)
        while record.arrivals[0] <= at - 86400:
            record.arrivals.popleft()
        for kind, seconds, most in limits.windows():
            count = _arrivals_since(record.arrivals, at - seconds)
            if is_common:
                self._most[kind] = max(self._most[kind], count)
            if count > most:
                found.append(kind)
        return found


def _arrivals_since(arrivals: deque[float], moment: float) -> int:
    """Count the arrivals later than `moment`, from the newest back."""
    count = 0
    for arrival in reversed(arrivals):
        if arrival <= moment:
            break
        count += 1
    return count
