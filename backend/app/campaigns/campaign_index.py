"""Many campaigns, found by what a post says: a post is held only against those whose rarest token it has."""

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from typing import Generic, TypeVar

from app.campaigns.matching import MatchResult, PostReading, folded, match_post
from app.campaigns.requirements import Requirements

Key = TypeVar("Key", bound=Hashable)


class CampaignIndex(Generic[Key]):
    """Campaigns by one token that each of them cannot do without.

    A campaign with required hashtags or mentions stands under the one that the fewest campaigns ask for; one that asks
    only for any of several hashtags stands under each of them; one that asks only for phrases is always tried.
    """

    def __init__(self, campaigns: Mapping[Key, Requirements]) -> None:
        self._campaigns = campaigns
        self._by_token: dict[str, list[Key]] = {}
        self._without_token: list[Key] = []
        asked = Counter(token for required in campaigns.values() for token in _needed(required))
        for key, required in campaigns.items():
            needed = _needed(required)
            anchors = [min(needed, key=lambda token: asked[token])] if needed else _any(required)
            for anchor in anchors:
                self._by_token.setdefault(anchor, []).append(key)
            if not anchors and required.asks_for_something:
                self._without_token.append(key)

    def matching(self, post: PostReading) -> Iterator[tuple[Key, MatchResult]]:
        """Yield the campaigns that the post matches, with the verdicts."""
        for key in self._candidates(post):
            match = match_post(self._campaigns[key], post)
            if match.is_match:
                yield key, match

    def _candidates(self, post: PostReading) -> Mapping[Key, None]:
        present = [f"#{tag}" for tag in post.hashtags] + [f"@{name}" for names in post.names.values() for name in names]
        found = dict.fromkeys(key for token in present for key in self._by_token.get(token, ()))
        return found | dict.fromkeys(self._without_token)


def _needed(required: Requirements) -> list[str]:
    return [f"#{folded(tag)}" for tag in required.hashtags] + [f"@{name}" for name in required.mentions]


def _any(required: Requirements) -> list[str]:
    return [f"#{folded(tag)}" for tag in required.any_hashtags]
