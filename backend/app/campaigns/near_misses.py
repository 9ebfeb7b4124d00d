"""Near misses: posts that do not match, but almost, so that a person should look at them.

A post is near only where every rule that it breaks has an explanation; a person who sees past all of them may register
it. What breaks a rule for good (a forbidden word, the wrong content type) is never near.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from app.campaigns.matching import MatchResult, PostReading, RuleVerdict, folded
from app.campaigns.phrases import find_phrase
from app.campaigns.requirements import Requirements
from app.core.clock import local_date
from app.models.states import MentionPlace, NearMissKind, Rule

PARTICLES = frozenset(
    {
        "은", "는", "이", "가", "을", "를", "의", "에", "에서", "에게", "께", "한테", "와", "과", "랑", "이랑",
        "하고", "로", "으로", "도", "만", "까지", "부터", "처럼", "보다", "이나", "나", "요", "님",
        "이에요", "예요", "입니다",
    }
)  # fmt: skip
"""Korean endings that people write onto a tag without a space; Instagram takes them for a part of it."""
_SHORTEST_TYPO, _SHORTEST_LATIN_TYPO = 3, 4
"""Shorter tags and names are one edit away from too many others."""
# Zero-width characters and soft hyphens too: nobody sees them, but Instagram's tag ends there.
_SPLITS = "[\\s.·\u00ad\u200b-\u200d\u2060\ufeff-]?"


@dataclass(frozen=True, slots=True)
class NearMiss:
    """Why a rule that is not met almost is: what was required, and what is there instead."""

    kind: NearMissKind
    rule: Rule | None
    required: str
    found: str


def find_near_misses(
    requirements: Requirements, post: PostReading, match: MatchResult, *, same_day: Iterable[PostReading] = ()
) -> Sequence[NearMiss]:
    """Return why a post that does not match is near, one reason a broken rule; empty where it is not.

    `same_day` are the author's other posts of that day that do not match themselves.
    """
    if match.is_match:
        return ()
    if not requirements.asks_for_something:
        is_possible = all(rule.is_met for rule in match.rules)
        return [NearMiss(NearMissKind.NOTHING_REQUIRED, None, "", "")] if is_possible else ()
    others = list(same_day)
    near = [_explain(rule, requirements, post, others) for rule in match.rules if rule.is_met is False]
    explained = [miss for miss in near if miss is not None]
    if len(explained) < len(near):
        return ()
    return [*explained, *(miss for rule in match.rules if (miss := _possible_mention(rule, post)))]


def near_misses_of(stored: Iterable[Mapping[str, Any]]) -> Sequence[NearMiss]:
    """Return near misses as they were stored."""
    return [
        NearMiss(
            NearMissKind(entry["kind"]),
            None if entry["rule"] is None else Rule(entry["rule"]),
            entry["required"],
            entry["found"],
        )
        for entry in stored
    ]


def _explain(
    broken: RuleVerdict, requirements: Requirements, post: PostReading, others: Sequence[PostReading]
) -> NearMiss | None:
    if broken.rule is Rule.HASHTAG:
        return _near_hashtag(broken, [broken.required], post, others)
    if broken.rule is Rule.ANY_HASHTAG:
        return _near_hashtag(broken, requirements.any_hashtags, post, others)
    if broken.rule is Rule.MENTION:
        return _near_mention(broken, requirements.mention_places, post, others)
    if broken.rule is Rule.PERIOD:
        return _near_period(broken, requirements, post)
    return None


def _near_hashtag(
    broken: RuleVerdict, tags: Sequence[str], post: PostReading, others: Sequence[PostReading]
) -> NearMiss | None:
    for tag in tags:
        for written, token in post.hashtags.items():
            if kind := _tag_resemblance(folded(tag), written):
                return NearMiss(kind, broken.rule, tag, post.caption[token.start : token.end])
        if split := _split_tag(tag, post.caption):
            return NearMiss(NearMissKind.SPLIT, broken.rule, tag, split)
        if len(tag) >= _SHORTEST_TYPO and (word := find_phrase(tag, _plain_words(post))):
            return NearMiss(NearMissKind.NO_SIGN, broken.rule, tag, word[0])
        for other in others:
            if found := other.hashtags.get(folded(tag)):
                return NearMiss(NearMissKind.OTHER_POST, broken.rule, tag, f"#{found.text}")
    return None


def _tag_resemblance(required: str, written: str) -> NearMissKind | None:
    if written.startswith(required) and written[len(required) :] in PARTICLES:
        return NearMissKind.PARTICLE
    if len(written) <= 3 * len(required) and _squeezed(required) == _squeezed(written):
        return NearMissKind.SCRIPT
    return NearMissKind.TYPO if _is_typo(required, written) else None


def _near_mention(
    broken: RuleVerdict, places: Sequence[MentionPlace], post: PostReading, others: Sequence[PostReading]
) -> NearMiss | None:
    name = broken.required
    for place, names in post.names.items():
        if name in names and place not in places:
            return NearMiss(NearMissKind.OTHER_PLACE, broken.rule, name, place.value)
    for names in post.names.values():
        for written, shown in names.items():
            if _is_similar_account(name, written):
                return NearMiss(NearMissKind.SIMILAR_ACCOUNT, broken.rule, name, shown)
    if len(name) >= _SHORTEST_LATIN_TYPO and (word := find_phrase(name, _plain_words(post))):
        return NearMiss(NearMissKind.NO_SIGN, broken.rule, name, word[0])
    if any(name in other.names[place] for other in others for place in places):
        return NearMiss(NearMissKind.OTHER_POST, broken.rule, name, f"@{name}")
    return None


def _possible_mention(rule: RuleVerdict, post: PostReading) -> NearMiss | None:
    """Return where the caption has the name of a mention that the source cannot show: only a person can tell."""
    word = find_phrase(rule.required, _plain_words(post)) if rule.is_met is None else None
    return NearMiss(NearMissKind.UNKNOWN_MENTION, rule.rule, rule.required, word[0]) if word else None


def _is_similar_account(required: str, written: str) -> bool:
    longer, shorter = sorted((required, written), key=len, reverse=True)
    rest = longer.removeprefix(shorter) if longer.startswith(shorter) else ""
    return (
        rest[:1] in {".", "_"}
        or rest.isdigit()
        or required.replace(".", "").replace("_", "") == written.replace(".", "").replace("_", "")
        or _is_typo(required, written)
    )


def _near_period(broken: RuleVerdict, requirements: Requirements, post: PostReading) -> NearMiss | None:
    day, one_day = local_date(post.taken_at, requirements.time_zone), timedelta(days=1)
    near: tuple[date, ...] = (requirements.start_date - one_day, requirements.end_date + one_day)
    return NearMiss(NearMissKind.DAY_OUTSIDE, broken.rule, broken.required, str(day)) if day in near else None


def _is_typo(required: str, written: str) -> bool:
    shortest = _SHORTEST_LATIN_TYPO if required.isascii() else _SHORTEST_TYPO
    if len(required) >= shortest:
        return is_one_edit(required, written)
    # Two syllables: one wrong letter within them, 여름 and 여룸.
    is_hangul = not required.isascii() and len(required) == 2 == len(written)
    return is_hangul and is_one_edit(unicodedata.normalize("NFD", required), unicodedata.normalize("NFD", written))


def is_one_edit(one: str, other: str) -> bool:
    """Return whether one letter added, left out, replaced, or two neighbours swapped lead from one to the other."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    at = next((i for i, (a, b) in enumerate(zip(longer, shorter, strict=False)) if a != b), len(shorter))
    if len(longer) > len(shorter):
        return longer[at + 1 :] == shorter[at:]
    is_swap = longer[at : at + 2] == shorter[at : at + 2][::-1] and longer[at + 2 :] == shorter[at + 2 :]
    return longer[at + 1 :] == shorter[at + 1 :] or is_swap


def _squeezed(text: str) -> str:
    """Return what is left of a tag when script and underscores do not count: ＬＵＭＩ, lumi and lu_mi are one."""
    return unicodedata.normalize("NFKC", text).casefold().replace("_", "")


def _split_tag(tag: str, caption: str) -> str | None:
    """Return how the caption writes the tag with a blank or a mark between its letters, if it does."""
    return next((match[0] for match in _split_pattern(tag).finditer(caption) if len(match[0]) > len(tag) + 1), None)


@lru_cache(maxsize=10_000)
def _split_pattern(tag: str) -> re.Pattern[str]:
    return re.compile(f"[#＃]{_SPLITS}" + _SPLITS.join(map(re.escape, tag)), re.IGNORECASE)


def _plain_words(post: PostReading) -> str:
    """Return the caption without its hashtags and mentions."""
    words, end = [], 0
    for token in sorted([*post.tokens.hashtags, *post.tokens.mentions], key=lambda token: token.start):
        words.append(post.caption[end : token.start])
        end = token.end
    return "\n".join([*words, post.caption[end:]])
