"""What the official API says about its own limits, beside every answer.

`X-App-Usage: {"call_count": 16, "total_cputime": 15, "total_time": 12}` counts in percent of a rolling hour, and the
API refuses at 100 (Graph API, "Rate limits", 2026-08). The number of calls behind it is not published for Business
Discovery with a user token, so this header steers. Endpoints of the business use cases report
`X-Business-Use-Case-Usage` instead, with the minutes until they answer again.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from app.instagram.parsing import count
from app.instagram.port import Usage

REST_FROM_PERCENT = 90
REST_NEAR_THE_LIMIT = timedelta(minutes=10)
REST_AT_THE_LIMIT = timedelta(hours=1)

_SHARES = ("call_count", "total_cputime", "total_time")
_MOST_MINUTES = 24 * 60


def usage_of(headers: Mapping[str, str]) -> Usage | None:
    """Return what an answer's headers report (names in lower case); None where they report nothing readable."""
    reports = [
        *_reports(headers.get("x-app-usage")),
        *_reports(headers.get("x-business-use-case-usage")),
    ]
    shares = [share for report in reports for name in _SHARES if (share := count(report.get(name))) is not None]
    if not shares:
        return None
    minutes = max((count(report.get("estimated_time_to_regain_access")) or 0 for report in reports), default=0)
    return Usage(max(shares), timedelta(minutes=min(minutes, _MOST_MINUTES)) if minutes else None)


def rest_advised(usage: Usage | None) -> timedelta | None:
    """Return how long the token should rest before it is refused; None where it may go on."""
    if usage is None or (usage.percent < REST_FROM_PERCENT and usage.regain_after is None):
        return None
    return usage.regain_after or (REST_AT_THE_LIMIT if usage.percent >= 100 else REST_NEAR_THE_LIMIT)


def _reports(header: str | None) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of either header: one, or lists of them by business id."""
    try:
        document = json.loads(header or "")
    except (ValueError, RecursionError):
        return
    if not isinstance(document, Mapping):
        return
    yield document
    for listed in document.values():
        yield from (report for report in (listed if isinstance(listed, list) else ()) if isinstance(report, Mapping))
