"""What an advertiser agreed with us about time, in `campaigns.settings`: the promised freshness, the upload windows.

`{"promise": {"minutes": 60, "share": 0.95}, "upload_windows": [{"from": ISO 8601, "until": ISO 8601}]}`. The import
writes only what is sound (`app.campaigns.entered_agreements`); the platform may write there too, so what cannot be read
counts as not agreed: one bad row must not stop the planner.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeGuard

from app.scheduling.policy import Promise

USUAL_SHARE = 0.95
SHARES = (0.5, 0.999)
"""The least share that is a promise at all, and the most that a rhythm can say anything about."""
MINUTES = (1, 10080)
"""At least a minute, at most a week."""

UploadWindow = tuple[datetime, datetime]


def promise_of(settings: Mapping[str, Any]) -> Promise | None:
    """Return a campaign's promise; None where there is none."""
    entered = settings.get("promise")
    if not isinstance(entered, Mapping):
        return None
    minutes, share = entered.get("minutes"), entered.get("share", USUAL_SHARE)
    if not (is_between(minutes, MINUTES) and is_between(share, SHARES)):
        return None
    return Promise(share=share, within=timedelta(minutes=minutes))


def upload_windows(settings: Mapping[str, Any]) -> Sequence[UploadWindow]:
    """Return when posts are due by contract."""
    entered = settings.get("upload_windows")
    windows = [_window(window) for window in entered] if isinstance(entered, list) else []
    return [window for window in windows if window is not None]


def is_between(value: object, limits: tuple[float, float]) -> TypeGuard[float]:
    """Tell whether a JSON value is a number within these limits, both included."""
    return isinstance(value, int | float) and not isinstance(value, bool) and limits[0] <= value <= limits[1]


def _window(entered: object) -> UploadWindow | None:
    if not isinstance(entered, Mapping):
        return None
    try:
        begin, end = datetime.fromisoformat(entered["from"]), datetime.fromisoformat(entered["until"])
    except (KeyError, TypeError, ValueError):
        return None
    return (begin, end) if begin.tzinfo is not None and end.tzinfo is not None and begin < end else None
