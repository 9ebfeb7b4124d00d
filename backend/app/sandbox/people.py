"""The people of the world: those who post, the brands they post for, and the accounts that read them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import Any


class Kind(Enum):
    """What a post is, in Instagram's two numbers: media type and product type."""

    PHOTO = (1, "feed")
    ALBUM = (8, "carousel_container")
    REEL = (2, "clips")
    VIDEO = (2, "feed")

    @property
    def media_type(self) -> int:
        """1 photo, 2 video, 8 album."""
        return self.value[0]

    @property
    def product_type(self) -> str:
        """`clips` is a reel."""
        return self.value[1]

    def satisfies(self, content_type: str) -> bool:
        """Say whether a campaign that asks for `content_type` accepts it; `video` is every video, a reel as well."""
        accepted = {"photo": {Kind.PHOTO}, "video": {Kind.REEL, Kind.VIDEO}, "reel": {Kind.REEL}, "album": {Kind.ALBUM}}
        return content_type == "any" or self in accepted.get(content_type, set())


@dataclass(frozen=True, slots=True)
class Person:
    """An account that others can see."""

    pk: int
    username: str
    full_name: str
    biography: str
    follower_count: int
    following_count: int
    is_business: bool = False
    is_verified: bool = False

    @property
    def graph_id(self) -> str:
        """The id that the official API uses for the account, which is not the private API's."""
        return str(17_841_400_000_000_000 + self.pk % 10**12)


@dataclass(frozen=True, slots=True)
class Habit:
    """How somebody posts."""

    locale: str
    topic: str
    posts_per_day: float
    hour_weights: tuple[int, ...]
    """Relative frequency of each hour of the day in Korea."""
    kind_weights: tuple[int, ...]
    """Relative frequency of each `Kind`, in its order."""
    hidden_likes_ratio: float
    engagement_ratio: float
    """Likes that a typical post gets in the end, per follower."""


@dataclass(frozen=True, slots=True)
class Influencer:
    """A person who takes part in campaigns."""

    person: Person
    habit: Habit

    @property
    def username(self) -> str:
        """The name, unique in the world."""
        return self.person.username


@dataclass(frozen=True, slots=True)
class Campaign:
    """An advertiser's order. Hashtags are without `#`, mentions without `@`; both days belong to the period."""

    title: str
    brand: Person
    product: str
    advertiser_email: str
    hashtags: tuple[str, ...]
    mentions: tuple[str, ...]
    content_type: str
    start_date: date
    end_date: date
    retention_days: int
    participants: tuple[str, ...]

    def as_document(self) -> dict[str, Any]:
        """Return it in the format of `tagbuy import campaigns`."""
        return {
            "title": self.title,
            "advertiser_email": self.advertiser_email,
            "status": "active",
            "required_hashtags": [f"#{tag}" for tag in self.hashtags],
            "required_mentions": [f"@{name}" for name in self.mentions],
            "content_type": self.content_type,
            "start_date": self.start_date.isoformat(),
            "end_date": self.end_date.isoformat(),
            "retention_days": self.retention_days,
            "influencers": list(self.participants),
        }


@dataclass(frozen=True, slots=True)
class Reader:
    """A login with which Instagram is read, as the client's own settings."""

    username: str
    pk: int
    session_id: str = field(repr=False)
    settings: Mapping[str, Any] = field(repr=False)
    password: str = field(repr=False)
    second_factor: str | None
    """`totp` (the app's codes) or `email`; None for a password alone."""
    totp_seed: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class GraphReader:
    """A token of the official API, and the professional account of ours through which it reads others."""

    username: str
    access_token: str = field(repr=False)
    ig_user_id: str
    expires_at: datetime
    brand: Person | None = None
    """Whose token it is, where it is a brand's: it also shows who tags and mentions the brand."""

    @property
    def settings(self) -> Mapping[str, str]:
        """The token as an account's settings hold it."""
        return {
            "access_token": self.access_token,
            "ig_user_id": self.ig_user_id,
            "expires_at": self.expires_at.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody and every order."""

    influencers: tuple[Influencer, ...]
    campaigns: tuple[Campaign, ...]
    friends: tuple[Person, ...]
    """Bystanders who are tagged now and then."""
    readers: tuple[Reader, ...]
    graph_readers: tuple[GraphReader, ...] = ()

    @property
    def reader_names(self) -> Sequence[str]:
        """Every login and token that reads."""
        return [*(reader.username for reader in self.readers), *(reader.username for reader in self.graph_readers)]
