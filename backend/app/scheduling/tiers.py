"""The design document's plan: a fixed interval for each priority. The reference, and the fallback.

Where the intervals ask for more than the budget, the feeds wait in a paced queue, longest overdue first.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.models.states import ScanPriority
from app.scheduling.policy import Due, Reason, Target

SCAN_PRIORITY: Mapping[ScanPriority, timedelta] = {
    ScanPriority.HIGH: timedelta(minutes=30),
    ScanPriority.MEDIUM: timedelta(minutes=60),
    ScanPriority.LOW: timedelta(minutes=180),
}


def should_scan_influencer(priority: ScanPriority, last_scanned_at: datetime | None, *, now: datetime) -> bool:
    """Tell whether the priority's interval has passed since the last scan; somebody never scanned is due."""
    return last_scanned_at is None or now - last_scanned_at >= SCAN_PRIORITY[priority]


@dataclass(frozen=True, slots=True)
class Tiers:
    """The policy of fixed intervals."""

    intervals: Mapping[ScanPriority, timedelta] = field(default_factory=lambda: SCAN_PRIORITY)

    def next_due(self, target: Target, *, now: datetime) -> Due:
        """Return the first moment at which `should_scan_influencer` says yes again."""
        return Due(now + self.intervals[target.priority], Reason.INTERVAL)
