"""What a campaign asks of a post."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

from app.core.clock import KST, day_start
from app.models import Campaign
from app.models.states import ContentType, MentionPlace


@dataclass(frozen=True, slots=True)
class Requirements:
    """What a post must have, and must not have. The period includes both days, in `time_zone`."""

    hashtags: tuple[str, ...]
    """All of these, without `#`, as a person wrote them."""
    mentions: tuple[str, ...]
    """All of these usernames, without `@`, in lower case."""
    content_type: ContentType
    start_date: date
    end_date: date
    any_hashtags: tuple[str, ...] = ()
    """One of these is enough, if there are any."""
    mention_places: tuple[MentionPlace, ...] = (MentionPlace.CAPTION,)
    """Where a mention counts."""
    required_phrases: tuple[str, ...] = ()
    forbidden_words: tuple[str, ...] = ()
    time_zone: str = KST.key

    @property
    def asks_for_something(self) -> bool:
        """Return whether a post can be told from any other; if not, no post matches and a person must look."""
        return bool(self.hashtags or self.any_hashtags or self.mentions or self.required_phrases)

    @property
    def starts_at(self) -> datetime:
        """Return the first instant of the period."""
        return day_start(self.start_date, self.time_zone)

    @property
    def ends_at(self) -> datetime:
        """Return the first instant after the period."""
        return day_start(self.end_date + timedelta(days=1), self.time_zone)

    @property
    def fingerprint(self) -> str:
        """Return a hash that differs where something else is asked for."""
        asked = json.dumps(asdict(self), ensure_ascii=False, default=str)
        return hashlib.sha256(asked.encode()).hexdigest()


def requirements_of(campaign: Campaign) -> Requirements:
    """Return what a stored campaign requires."""
    return Requirements(
        hashtags=tuple(campaign.required_hashtags),
        mentions=tuple(campaign.required_mentions),
        content_type=campaign.content_type,
        start_date=campaign.start_date,
        end_date=campaign.end_date,
        any_hashtags=tuple(campaign.any_hashtags),
        mention_places=tuple(MentionPlace(place) for place in campaign.mention_places),
        required_phrases=tuple(campaign.required_phrases),
        forbidden_words=tuple(campaign.forbidden_words),
        time_zone=campaign.time_zone,
    )


def columns_of(requirements: Requirements) -> dict[str, object]:
    """Return the columns of a campaign that ask for this."""
    return {
        "required_hashtags": list(requirements.hashtags),
        "required_mentions": list(requirements.mentions),
        "content_type": requirements.content_type,
        "start_date": requirements.start_date,
        "end_date": requirements.end_date,
        "any_hashtags": list(requirements.any_hashtags),
        "mention_places": [place.value for place in requirements.mention_places],
        "required_phrases": list(requirements.required_phrases),
        "forbidden_words": list(requirements.forbidden_words),
        "time_zone": requirements.time_zone,
    }
