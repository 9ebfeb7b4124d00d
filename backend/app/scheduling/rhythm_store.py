"""The rhythm as it is stored on the influencer's row: one small JSON object, under 1 kB."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.scheduling.rhythm import Rhythm

_FORM = 1


def stored_form(rhythm: Rhythm) -> dict[str, Any]:
    """Return what is written to `influencers.posting_rhythm`."""
    return {
        "form": _FORM,
        "posts": _short(rhythm.posts),
        "exposure_hours": _short(rhythm.exposure_hours),
        "punctual": _short(rhythm.punctual),
        "by_hour": [_short(count) for count in rhythm.by_hour],
        "by_day": [_short(count) for count in rhythm.by_day],
        "learned_until": rhythm.learned_until.isoformat(),
    }


def stored_rhythm(stored: Mapping[str, Any] | None) -> Rhythm | None:
    """Return what was written, or None where nothing was, or in a form that is not known any more."""
    if stored is None or stored.get("form") != _FORM:
        return None
    by_hour: Sequence[float] = stored["by_hour"]
    by_day: Sequence[float] = stored["by_day"]
    return Rhythm(
        posts=stored["posts"],
        exposure_hours=stored["exposure_hours"],
        punctual=stored["punctual"],
        by_hour=by_hour,
        by_day=by_day,
        learned_until=datetime.fromisoformat(stored["learned_until"]),
    )


def _short(value: float) -> float:
    # Enough for the small change of a look that follows the last one at once, and still a small row.
    return float(f"{value:.9g}")
