"""What looks at single posts and profiles are worth, in the price of the feeds.

What an hour costs for which a removal stands undiscovered, or a curve that is drawn a little wrong, nobody can say in
hours of delay. So the settings say it: at the usual price a look is worth it after the interval that they name. From
there on the loss that has gathered since the last look says how the interval follows the price:

- the hours for which a removal may have stood undiscovered grow with t²: interval ~ price^(1/2); a profile likewise,
- the error of a curve between two samples grows with gap³ / age²: gap ~ age^(2/3) · price^(1/3).

So all of them stretch alike while requests are dear, and tighten alike while some are left.
"""

from datetime import date, datetime, timedelta
from math import cbrt, sqrt

from app.core.clock import day_start
from app.core.config import Settings

USUAL_PRICE = 2 / 60
"""In weighted post-hours a request: 2 minutes, what it costs where 100 influencers have 1,000 to 2,000 a day."""
_LONGEST = 4
_SHORTEST_GAP = 0.5
_MOST_NIGHTS = 7


def proof_interval(usual: timedelta, dearness: float, *, settings: Settings) -> timedelta:
    """Return the time between two proofs that a content exists; `dearness` is the price over the usual one.

    Not shorter than two proofs of a removal lie apart, and at most four times the usual.
    """
    return min(max(usual * sqrt(dearness), min(usual, settings.deletion_delay)), _LONGEST * usual)


def usual_proof_interval(end_date: date, time_zone: str, *, now: datetime, settings: Settings) -> timedelta:
    """Return the time between two proofs at the usual price; after the campaign's period it is longer."""
    is_over = now >= day_start(end_date + timedelta(days=1), time_zone) + settings.scan_grace
    return settings.retention_check_interval if is_over else settings.existence_interval


def proof_rate(usual: timedelta) -> float:
    """Return how fast what is lost by a missing proof grows, in weighted hours an hour, as a feed's posts do."""
    return 2 * USUAL_PRICE / (usual / timedelta(hours=1)) ** 2


def sample_stretch(dearness: float) -> float:
    """Return how much longer than usual to wait for the next sample of a curve."""
    return min(max(cbrt(dearness), _SHORTEST_GAP), _LONGEST)


def nights_between_profiles(dearness: float) -> int:
    """Return every how many nights a profile is asked for: each night, or up to once a week."""
    return min(max(int(sqrt(dearness)), 1), _MOST_NIGHTS)
