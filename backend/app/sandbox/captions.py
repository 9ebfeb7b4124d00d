"""Captions, composed from an intention: what a post satisfies is known before a single word is written.

Nothing here reads a caption. The hashtag and mention forms used on purpose are those on which Instagram's server rule
("Emojineering part 2", 2015) and its web client (regexes of 2023-02, wan2land/instagram-pattern) agree; but for an
emoji after a tag, which belongs to no required tag.
"""

import random
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from app.sandbox import texts
from app.sandbox.people import Campaign, Habit


class Intention(StrEnum):
    """What a post is meant to be, with respect to one campaign."""

    UNRELATED = "unrelated"
    SATISFIES = "satisfies"
    TAG_ADDED_LATER = "tag_added_later"
    MISSING_TAG = "missing_tag"
    LONGER_TAG = "longer_tag"
    SHORTER_TAG = "shorter_tag"
    TAG_WITH_PARTICLE = "tag_with_particle"
    BROKEN_TAG = "broken_tag"
    MISSPELT_TAG = "misspelt_tag"
    UNDERSCORE_TAG = "underscore_tag"
    ENTITY_TAG = "entity_tag"
    WORDS_WITHOUT_HASH = "words_without_hash"
    NO_MENTION = "no_mention"
    LONGER_MENTION = "longer_mention"
    EMAIL_MENTION = "email_mention"
    WRONG_TYPE = "wrong_type"


CARRYING = frozenset({Intention.SATISFIES, Intention.WRONG_TYPE})
"""The intentions whose caption has everything that the campaign asks for."""
OF_MENTIONS = frozenset({Intention.NO_MENTION, Intention.LONGER_MENTION, Intention.EMAIL_MENTION})
NEAR_MISSES = tuple(
    intention
    for intention in Intention
    if intention not in {Intention.UNRELATED, Intention.SATISFIES, Intention.TAG_ADDED_LATER}
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A caption and the titles of the campaigns whose hashtags and mentions it carries, by construction."""

    text: str
    carries: frozenset[str]


def possible_near_misses(campaign: Campaign) -> tuple[Intention, ...]:
    """Return the ways in which a post can just miss this campaign."""
    return tuple(
        intention
        for intention in NEAR_MISSES
        if (campaign.mentions or intention not in OF_MENTIONS)
        and (campaign.content_type != "any" or intention is not Intention.WRONG_TYPE)
    )


def compose_unrelated(rng: random.Random, habit: Habit) -> Draft:
    """Return an everyday caption, now and then an empty one."""
    if rng.random() < 0.04:
        return Draft("", frozenset())
    parts = [rng.choice(texts.OPENINGS[habit.locale])]
    if rng.random() < 0.7:
        parts.append(rng.choice(texts.BODIES[habit.locale]))
    tags = [f"#{tag}" for tag in _everyday_tags(rng, habit, rng.randrange(0, 5))]
    return Draft(_join(rng, parts, tags), frozenset())


def compose(
    rng: random.Random, habit: Habit, campaign: Campaign, intention: Intention, *, also: Campaign | None = None
) -> Draft:
    """Return a caption for `campaign`; `also` is a second campaign which is satisfied in the same post."""
    if intention is Intention.UNRELATED:
        return compose_unrelated(rng, habit)
    name, product = campaign.brand.full_name, campaign.product
    parts = [rng.choice(texts.SPONSORED[habit.locale]).format(name=name, product=product)]
    if rng.random() < 0.5:
        parts.insert(rng.randrange(2), rng.choice(texts.OPENINGS[habit.locale]))
    if rng.random() < 0.6:
        parts.append(rng.choice(texts.BODIES[habit.locale]))
    if rng.random() < 0.6:
        parts.insert(0, rng.choice(texts.DISCLOSURES[habit.locale]))
    tags = _tags(rng, campaign, intention)
    mentions = _mentions(rng, campaign, intention, habit.locale)
    carries = {campaign.title} if intention in CARRYING else set()
    if also is not None:
        tags += [_written_tag(rng, tag) for tag in also.hashtags]
        mentions += [f"@{mention}" for mention in also.mentions]
        carries.add(also.title)
    if mentions:
        parts.insert(rng.randrange(1, len(parts) + 1), " ".join(mentions))
    tags += [f"#{tag}" for tag in _everyday_tags(rng, habit, max(0, 5 - len(tags) - rng.randrange(3)))]
    rng.shuffle(tags)
    return Draft(_join(rng, parts, tags), frozenset(carries))


def add_missing(text: str, campaign: Campaign) -> str:
    """Return the caption as its author corrects it: with every hashtag and mention of the campaign at the end."""
    return f"{text}\n{' '.join([f'@{name}' for name in campaign.mentions] + [f'#{tag}' for tag in campaign.hashtags])}"


def add_afterthought(rng: random.Random, text: str, locale: str) -> str:
    """Return the caption after an edit that changes nothing for any campaign."""
    return f"{rng.choice(texts.AFTERTHOUGHTS[locale])}\n{text}" if text else rng.choice(texts.AFTERTHOUGHTS[locale])


def _everyday_tags(rng: random.Random, habit: Habit, count: int) -> list[str]:
    _, korean, english = texts.TOPICS[habit.topic]
    known = english if habit.locale == "en" else (*korean, "일상", "daily")
    return rng.sample(known, min(count, len(known)))


def _written_tag(rng: random.Random, tag: str) -> str:
    """Write an equal tag in one of the ways in which people do: other case, fullwidth sign, decomposed Hangul."""
    ways: tuple[Callable[[], str], ...] = (
        lambda: f"#{tag}",
        lambda: f"#{tag.lower()}",
        lambda: f"#{tag.upper()}",
        lambda: f"#{unicodedata.normalize('NFD', tag)}",
        lambda: f"＃{tag}",
        lambda: f"(#{tag})",
        lambda: f"#{tag},",
        lambda: f"#{tag}!",
        lambda: f"#{tag}{rng.choice(('❤️', '🌊', '🥰', '👍🏻'))}",
        lambda: f"예뻐요#{tag}",
        lambda: f"#daily#{tag}",
    )
    return rng.choices(ways, weights=(30, 3, 2, 2, 1, 1, 1, 1, 2, 1, 1))[0]()


def _tags(rng: random.Random, campaign: Campaign, intention: Intention) -> list[str]:
    broken = rng.randrange(len(campaign.hashtags))
    return [
        written
        for position, tag in enumerate(campaign.hashtags)
        if (written := _spoilt_tag(rng, tag, intention) if position == broken else _written_tag(rng, tag))
    ]


def _spoilt_tag(rng: random.Random, tag: str, intention: Intention) -> str:
    longer = ("Event", "Review") if tag.isascii() else ("추천", "이벤트", "후기")
    spoilt = {
        Intention.MISSING_TAG: "",
        Intention.TAG_ADDED_LATER: "",
        Intention.LONGER_TAG: f"#{tag}{rng.choice(longer)}",
        Intention.SHORTER_TAG: f"#{tag[:-1]}",
        Intention.TAG_WITH_PARTICLE: f"#{tag}{rng.choice(('를', '와', '에서', '는'))}",
        Intention.BROKEN_TAG: f"#{tag[:2]}{rng.choice((' ', '-', '.'))}{tag[2:]}",
        Intention.MISSPELT_TAG: f"#{rng.choice((tag[0] + tag[2:], tag + tag[-1]))}",
        Intention.UNDERSCORE_TAG: f"#{tag[:2]}_{tag[2:]}",
        Intention.ENTITY_TAG: f"&#{tag}",
        Intention.WORDS_WITHOUT_HASH: tag,
    }
    return spoilt[intention] if intention in spoilt else _written_tag(rng, tag)


def _mentions(rng: random.Random, campaign: Campaign, intention: Intention, locale: str) -> list[str]:
    written = []
    for position, name in enumerate(campaign.mentions):
        if position > 0 or intention not in OF_MENTIONS:
            spelled = name.upper() if rng.random() < 0.08 else name
            ending = (
                rng.choice(("", "", "", "님", "와 함께", ".")) if locale == "ko" else rng.choice(("", "", ".", "!"))
            )
            sign = rng.choices(("@", "＠", "(@", "📸@"), weights=(20, 1, 1, 1))[0]
            written.append(f"{sign}{spelled}{ending}")
        elif intention is Intention.LONGER_MENTION:
            written.append(f"@{name}{rng.choice(('_kr', '.official', '2'))}")
        elif intention is Intention.EMAIL_MENTION:
            written.append(f"hello@{name}")
    return written


def _join(rng: random.Random, parts: list[str], tags: list[str]) -> str:
    text = rng.choice((" ", "\n", "\n\n")).join(parts)
    if not tags:
        return text
    return text + rng.choice(("\n", "\n.\n.\n", " ", "\n\n")) + " ".join(tags)
