"""What is known about a post beside its caption. What is not known is None, and never makes a verdict compliant."""

from dataclasses import dataclass, replace
from enum import StrEnum

from app.models.states import ContentType


class Inside(StrEnum):
    """What a person, or a reader of pictures, has found inside the pictures or the video."""

    NONE = "none"
    """Nothing; also assumed where nobody looked."""
    PART = "part"
    """In the first picture only, or not from the start to the end of the video."""
    ALL = "all"
    """In all of it, but nobody has judged whether it can be read."""
    VERIFIED = "verified"
    """In all of it, and a person found it easy to see."""


@dataclass(frozen=True, slots=True)
class PostContext:
    """The circumstances of a post."""

    media: str | None = None
    """photo, album, reel, video or story."""
    language: str | None = None
    """Two letters; where None, the caption's letters tell."""
    compensation: str | None = None
    """cash, product, commission, discount, refund, points, prize or employment."""
    in_pictures: Inside | None = None
    in_video: Inside | None = None
    has_paid_partnership_label: bool | None = None
    is_virtual_person: bool | None = None
    is_ai_generated: bool | None = None
    """Of a post whose person may or may not exist."""
    first_comment: str = ""
    profile_text: str = ""
    previous_captions: tuple[str, ...] = ()

    @property
    def is_video(self) -> bool:
        """Tell whether the post moves."""
        return self.media in (ContentType.REEL, ContentType.VIDEO)

    @property
    def is_several_pictures(self) -> bool:
        """Tell whether the post has several pictures."""
        return self.media == ContentType.ALBUM

    def as_first_published(self) -> "PostContext":
        """Return the same circumstances before any edit."""
        return replace(self, previous_captions=())
