"""Every request that reached the sandbox's Instagram, in an append-only file that survives a kill."""

import json
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.sandbox.journal import append_line, read_lines

RECENT_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request; `status` is None where no answer was given at once, `account` where the session is unknown."""

    seq: int
    at: float
    account: str | None
    endpoint: str
    path: str
    status: int | None
    fault: str | None
    violations: tuple[str, ...]


class RequestLog:
    """The file and its recent lines."""

    def __init__(self, path: Path) -> None:
        known = [_request(line) for line in read_lines(path)]
        self.statuses = Counter(str(request.status) for request in known)
        self.total = len(known)
        self._recent = deque(known, maxlen=RECENT_KEPT)
        self._next_seq = known[-1].seq + 1 if known else 1
        self._file = path.open("a", encoding="utf-8")

    def append(self, **fields: Any) -> None:
        """Write a line before the answer leaves."""
        request = LoggedRequest(seq=self._next_seq, **fields)
        self._next_seq += 1
        self.total += 1
        self.statuses[str(request.status)] += 1
        self._recent.append(request)
        append_line(self._file, asdict(request))

    def since(self, seq: int) -> Sequence[LoggedRequest]:
        """Return the requests after number `seq`, oldest first, as far as they are kept in memory (20,000)."""
        return [request for request in self._recent if request.seq > seq]

    def recent(self) -> Sequence[LoggedRequest]:
        """Return all requests that are kept in memory, oldest first."""
        return tuple(self._recent)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _request(line: dict[str, Any]) -> LoggedRequest:
    return LoggedRequest(**{**line, "violations": tuple(line["violations"])})


def as_json(request: LoggedRequest) -> dict[str, Any]:
    """Return a request as JSON values."""
    values: dict[str, Any] = json.loads(json.dumps(asdict(request)))
    return values
