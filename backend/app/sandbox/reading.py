"""A plain reading of captions: of those that people write by hand, so that their truth can be told as well.

The truth of composed posts comes from their construction and never from here. Whom a caption mentions is read of all.
"""

import re
import unicodedata
from collections.abc import Sequence

from app.sandbox.people import Campaign

_MENTION = re.compile(r"(?<![A-Za-z0-9_!#$%&*@/＠])[@＠]([A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*)")


def carried_campaigns(caption: str, campaigns: Sequence[Campaign]) -> frozenset[str]:
    """Return the titles of the campaigns all of whose hashtags and mentions the caption has."""
    hashtags = {_folded(tag) for tag in _hashtags(caption)}
    mentions = mentioned_names(caption)
    return frozenset(
        campaign.title
        for campaign in campaigns
        if {_folded(tag) for tag in campaign.hashtags} <= hashtags
        and {_folded(name) for name in campaign.mentions} <= mentions
    )


def has_hashtag(caption: str, hashtag: str) -> bool:
    """Tell whether the caption has the hashtag (given without `#`)."""
    wanted = _folded(hashtag)
    # Most captions lack even the word, and spelling each one out takes long in a large world.
    return wanted in _folded(caption) and any(_folded(tag) == wanted for tag in _hashtags(caption))


def mentioned_names(caption: str) -> frozenset[str]:
    """Return the accounts that the caption mentions, in lower case."""
    return frozenset(_folded(name) for name in _MENTION.findall(caption))


def _hashtags(caption: str) -> list[str]:
    tags = []
    for start, character in enumerate(caption):
        if character in "#＃" and caption[start - 1 : start] != "&":
            end = start + 1
            while end < len(caption) and _belongs_to_tag(caption[end]):
                end += 1
            tags.append(caption[start + 1 : end])
    return tags


def _belongs_to_tag(character: str) -> bool:
    category = unicodedata.category(character)
    is_emoji_mark = "\ufe00" <= character <= "\ufe0f" or character == "\u20e3"
    return character == "_" or category[0] == "L" or category == "Nd" or (category[0] == "M" and not is_emoji_mark)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()
