"""Many campaigns against one post: found by what the post says, and answered with yes or no before any verdict."""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from app.campaigns.matching import PostReading, accepted_types, folded
from app.campaigns.phrases import find_phrase
from app.campaigns.requirements import Requirements

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Screen:
    """A campaign's requirements, prepared so that they are checked in less than a microsecond."""

    requirements: Requirements
    hashtags: frozenset[str]
    any_hashtags: frozenset[str]
    types: frozenset[str]
    starts_at: datetime
    ends_at: datetime

    @classmethod
    def of(cls, requirements: Requirements) -> "Screen":
        """Return the prepared requirements."""
        return cls(
            requirements,
            frozenset(map(folded, requirements.hashtags)),
            frozenset(map(folded, requirements.any_hashtags)),
            accepted_types(requirements.content_type),
            requirements.starts_at,
            requirements.ends_at,
        )

    def passes(self, post: PostReading) -> bool:
        """Return what `match_post(...).is_match` says, without saying why."""
        return (
            post.hashtags.keys() >= self.hashtags
            and self.starts_at <= post.taken_at < self.ends_at
            and post.post_type in self.types
            and not (self.any_hashtags and self.any_hashtags.isdisjoint(post.hashtags))
            and self._has_mentions_and_words(post)
        )

    def _has_mentions_and_words(self, post: PostReading) -> bool:
        asked = self.requirements
        return (
            asked.asks_for_something
            and all(any(name in post.names[place] for place in asked.mention_places) for name in asked.mentions)
            and all(find_phrase(phrase, post.caption) for phrase in asked.required_phrases)
            and not any(find_phrase(word, post.caption) for word in asked.forbidden_words)
        )


class CampaignIndex(Generic[Key]):
    """Campaigns by one token that each of them cannot do without.

    A campaign with required hashtags or mentions stands under the one that the fewest campaigns ask for; one that asks
    only for any of several hashtags stands under each of them; one that asks only for phrases is always tried.
    """

    def __init__(self, campaigns: Mapping[Key, Requirements]) -> None:
        self._screens = {key: Screen.of(required) for key, required in campaigns.items()}
        self._positions = {key: position for position, key in enumerate(campaigns)}
        self._by_token: dict[str, list[Key]] = {}
        self._without_token: list[Key] = []
        asked = Counter(token for screen in self._screens.values() for token in _needed(screen))
        for key, screen in self._screens.items():
            needed = _needed(screen)
            anchors = [min(needed, key=asked.__getitem__)] if needed else [f"#{tag}" for tag in screen.any_hashtags]
            for anchor in anchors:
                self._by_token.setdefault(anchor, []).append(key)
            if not anchors:
                self._without_token.append(key)

    def matching(self, post: PostReading) -> Sequence[Key]:
        """Return the campaigns that the post matches, in their order; `match_post` says why."""
        present = [f"#{tag}" for tag in post.hashtags] + [f"@{name}" for names in post.names.values() for name in names]
        found = {
            key
            for candidates in (self._without_token, *(self._by_token.get(token, ()) for token in present))
            for key in candidates
            if self._screens[key].passes(post)
        }
        return sorted(found, key=self._positions.__getitem__)


def _needed(screen: Screen) -> list[str]:
    return [f"#{tag}" for tag in screen.hashtags] + [f"@{name}" for name in screen.requirements.mentions]
