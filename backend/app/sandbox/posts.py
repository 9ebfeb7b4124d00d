"""Posts of the world: what was published when, how it was edited since, and whether it can be seen."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from app.core.clock import kst_date
from app.sandbox.counts import Growth
from app.sandbox.people import Campaign, Influencer, Kind, Person

# The epoch of Instagram's ids, in milliseconds since 1970; an id is these milliseconds shifted left by 23 bits.
_ID_EPOCH = 1_314_220_021_721
_CODE_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@dataclass(frozen=True, slots=True)
class Revision:
    """A caption from `at` on (seconds since 1970), and the titles of the campaigns that it has everything for."""

    at: float
    caption: str
    carries: frozenset[str]


@dataclass(slots=True)
class Absence:
    """A span in which a post could not be seen; `until` is None while it lasts."""

    since: float
    until: float | None
    reason: str


@dataclass(slots=True, eq=False)
class Post:
    """A published post. Times are wall seconds since 1970, except `world_time`, which counts for the growth."""

    key: str
    """Stable name of the post in its world, from which its details are drawn."""
    influencer: Influencer
    owner: Person
    """Who published it: the influencer, or for a collab post the brand."""
    kind: Kind
    media_pk: int
    published_at: float
    world_time: float
    growth: Growth
    revisions: list[Revision]
    intention: str
    is_pinned: bool = False
    is_on_grid: bool = True
    """False for a reel that was not shared to the profile's grid: the reels tab alone shows it."""
    tagged: tuple[Person, ...] = ()
    """Photo tags; in an album they sit on its pictures only."""
    is_paid_partnership: bool = False
    sponsor: Person | None = None
    absences: list[Absence] = field(default_factory=list)

    @property
    def code(self) -> str:
        """The short code of the post's address."""
        return code_of(self.media_pk)

    @property
    def graph_id(self) -> str:
        """The id that the official API uses for the post, which is not the private API's."""
        return str(17_900_000_000_000_000 + self.media_pk % 99_999_999_999_999)

    @property
    def caption(self) -> str:
        """The caption as it reads now."""
        return self.revisions[-1].caption

    @property
    def absence(self) -> Absence | None:
        """The present absence, if the post is removed or archived now."""
        return self.absences[-1] if self.absences and self.absences[-1].until is None else None

    @property
    def is_collab(self) -> bool:
        """Say whether somebody else published it with the influencer as co-author."""
        return self.owner.pk != self.influencer.person.pk

    def meets(self, campaign: Campaign, revision: Revision | None = None) -> bool:
        """Say whether the post satisfies the campaign with this caption (the present one by default)."""
        day = kst_date(datetime.fromtimestamp(int(self.published_at), UTC))
        return (
            campaign.title in (revision or self.revisions[-1]).carries
            and self.influencer.username in campaign.participants
            and self.kind.satisfies(campaign.content_type)
            and campaign.start_date <= day <= campaign.end_date
        )


def media_pk_at(published_at: float, salt: int) -> int:
    """Return an id as Instagram makes them: the later the post, the greater its id."""
    return (int(published_at * 1000) - _ID_EPOCH) << 23 | salt & 0x7FFFFF


def code_of(media_pk: int) -> str:
    """Return the short code that belongs to an id."""
    code = ""
    while media_pk:
        media_pk, digit = divmod(media_pk, 64)
        code = _CODE_ALPHABET[digit] + code
    return code
