"""What one scan saw and did."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app.monitoring.judging import Verdict


@dataclass(slots=True)
class ScanReport:
    """What one scan saw and did."""

    influencer_id: UUID
    """Who was scanned; another row than asked for where two turned out to be one person."""
    username: str = ""
    media_pks: list[str] = field(default_factory=list)
    new_posts: int = 0
    edited_posts: int = 0
    pages: int = 0
    verdicts: list[Verdict] = field(default_factory=list)
    rejects: list[dict[str, str]] = field(default_factory=list)
    account_id: UUID | None = None
    failure: str | None = None
    waits_until: datetime | None = None

    @property
    def posts_checked(self) -> int:
        """Return how many posts the fetched pages showed."""
        return len(self.media_pks)

    @property
    def registered_content_ids(self) -> Sequence[UUID]:
        """Return the contents that this scan registered."""
        return [verdict.content_id for verdict in self.verdicts if verdict.content_id is not None]
