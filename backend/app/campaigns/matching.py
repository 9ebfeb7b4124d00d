"""Matching: does a post meet a campaign's requirements? Pure rules with the design document's result."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Any

from app.campaigns.phrases import find_phrase
from app.campaigns.requirements import Requirements
from app.core.clock import local_date
from app.instagram import tokens
from app.instagram.tokens import Token, Tokens
from app.models.states import ContentType, MentionPlace, Rule

PHOTO, VIDEO, ALBUM = 1, 2, 8
_MOST_LISTED = 5
_REEL_PRODUCT, _STORY_PRODUCT = "clips", "story"
_UNKNOWN_TYPE = "unknown"
_TYPES = {PHOTO: ContentType.PHOTO.value, VIDEO: ContentType.VIDEO.value, ALBUM: ContentType.ALBUM.value}

# The same few tags are compared again and again.
folded = lru_cache(maxsize=50_000)(tokens.folded)


@dataclass(frozen=True, slots=True)
class PostReading:
    """A post, read once for all campaigns."""

    caption: str
    """In NFC."""
    hashtags: Mapping[str, Token]
    """By their folded text, in the order of the caption."""
    strict: Mapping[int, Token]
    """The readings with emoji that differ, by their start."""
    names: Mapping[MentionPlace, Mapping[str, str]]
    """Who is named in each place: username in lower case, and as written."""
    post_type: str
    taken_at: datetime
    tokens: Tokens
    are_mentions_known: bool
    """False where the source leaves the `@` out of captions and tells no tags: who is not named may be named."""


@dataclass(frozen=True, slots=True)
class RuleVerdict:
    """One rule, met or not, and the text that decided it."""

    rule: Rule
    required: str
    is_met: bool | None
    """None where the source cannot show it: neither found nor missing, so the post is no match yet."""
    evidence: str | None
    """What was found, as it stands in the post; for a missing tag or mention those that are there instead."""


@dataclass(frozen=True, slots=True)
class MatchResult:
    """The verdict. `score` is 0 to 100; `details` says what was required, found and missing."""

    is_match: bool
    score: float
    details: dict[str, Any]
    rules: Sequence[RuleVerdict]

    def as_document(self) -> dict[str, Any]:
        """Return the design document's dictionary."""
        return {"is_match": self.is_match, "score": self.score, "details": self.details}

    def details_with_rules(self) -> dict[str, Any]:
        """Return the details as they are stored, with every rule and what decided it as `rules`."""
        return self.details | {"rules": [asdict(rule) for rule in self.rules]}


def post_type(media_type: int, product_type: str) -> str:
    """Return `photo`, `video`, `reel`, `album` or `story`; `unknown` for a number that Instagram did not have."""
    if product_type == _STORY_PRODUCT:
        return ContentType.STORY.value
    if media_type == VIDEO and product_type == _REEL_PRODUCT:
        return ContentType.REEL.value
    return _TYPES.get(media_type, _UNKNOWN_TYPE)


@lru_cache
def accepted_types(required: ContentType) -> frozenset[str]:
    """Return the types of post that a campaign takes; `video` is every video, a reel as well."""
    if required is ContentType.ANY:
        return frozenset({kind.value for kind in ContentType} | {_UNKNOWN_TYPE})
    if required is ContentType.VIDEO:
        return frozenset({ContentType.VIDEO.value, ContentType.REEL.value})
    return frozenset({required.value})


def read_post(
    *,
    caption: str,
    media_type: int,
    product_type: str,
    taken_at: datetime,
    usertags: Iterable[str] = (),
    coauthors: Iterable[str] = (),
    are_mentions_known: bool = True,
) -> PostReading:
    """Read a post: its tokens by Instagram's rules, and who is named where. `usertags`, `coauthors` are usernames."""
    found = tokens.scan(caption)
    return PostReading(
        caption=found.caption,
        hashtags={folded(token.text): token for token in found.hashtags},
        strict={token.start: token for token in found.hashtags_strict},
        names={
            MentionPlace.CAPTION: {token.text.lower(): f"@{token.text}" for token in found.mentions},
            MentionPlace.USERTAG: {name.lower(): name for name in usertags},
            MentionPlace.COAUTHOR: {name.lower(): name for name in coauthors},
        },
        post_type=post_type(media_type, product_type),
        taken_at=taken_at,
        tokens=found,
        are_mentions_known=are_mentions_known,
    )


def match_post(requirements: Requirements, post: PostReading) -> MatchResult:
    """Return whether a post meets every requirement, and of each rule what decided it.

    Hashtags and mentions are compared as whole tokens, by Instagram's rules; the period includes both days in the
    campaign's time zone. Requirements that name no hashtag, mention or phrase match nothing: they would match all.
    """
    hashtags = [_hashtag(tag, post) for tag in requirements.hashtags]
    any_hashtag = [_any_hashtag(requirements.any_hashtags, post)] if requirements.any_hashtags else []
    mentions = [_mention(name, requirements.mention_places, post) for name in requirements.mentions]
    phrases = [_phrase(phrase, post) for phrase in requirements.required_phrases]
    forbidden = [_forbidden(word, post) for word in requirements.forbidden_words]
    content_type = _content_type(requirements.content_type, post)
    period = _period(requirements, post)
    rules = [*hashtags, *any_hashtag, *mentions, *phrases, *forbidden, content_type, period]
    graded = [hashtags, any_hashtag, mentions, phrases]
    if requirements.content_type is not ContentType.ANY:
        graded.append([content_type])
    return MatchResult(
        is_match=requirements.asks_for_something and all(rule.is_met for rule in rules),
        score=_score(graded),
        details={
            "hashtags": _found_and_missing(hashtags),
            "mentions": _found_and_missing(mentions) | _unknown(mentions),
            "content_type": {
                "required": requirements.content_type.value,
                "actual": post.post_type,
                "match": content_type.is_met,
            },
            "posted_within_period": period.is_met,
        },
        rules=rules,
    )


def _hashtag(required: str, post: PostReading) -> RuleVerdict:
    token = post.hashtags.get(folded(required))
    evidence = _others(post.hashtags.values(), post) if token is None else _as_linked(token, post)
    return RuleVerdict(Rule.HASHTAG, required, token is not None, evidence)


def _any_hashtag(required: Sequence[str], post: PostReading) -> RuleVerdict:
    found = (token for tag in required if (token := post.hashtags.get(folded(tag))))
    token = next(found, None)
    evidence = _others(post.hashtags.values(), post) if token is None else _as_linked(token, post)
    return RuleVerdict(Rule.ANY_HASHTAG, " ".join(required), token is not None, evidence)


def _as_linked(token: Token, post: PostReading) -> str:
    """Return the tag as it stands in the caption, with the emoji that Instagram takes for a part of it."""
    strict = post.strict[token.start]
    return post.caption[strict.start : strict.end]


def _others(present: Iterable[Token], post: PostReading) -> str | None:
    return _listed(post.caption[token.start : token.end] for token in present)


def _listed(present: Iterable[str]) -> str | None:
    return " ".join(islice(present, _MOST_LISTED)) or None


def _mention(required: str, places: Sequence[MentionPlace], post: PostReading) -> RuleVerdict:
    for place in places:
        if (name := post.names[place].get(required)) is not None:
            return RuleVerdict(Rule.MENTION, required, True, name if place is MentionPlace.CAPTION else place.value)
    present = (name for place in places for name in post.names[place].values())
    return RuleVerdict(Rule.MENTION, required, False if post.are_mentions_known else None, _listed(present))


def _phrase(required: str, post: PostReading) -> RuleVerdict:
    found = find_phrase(required, post.caption)
    return RuleVerdict(Rule.PHRASE, required, found is not None, found and found[0])


def _forbidden(word: str, post: PostReading) -> RuleVerdict:
    found = find_phrase(word, post.caption)
    return RuleVerdict(Rule.FORBIDDEN_WORD, word, found is None, found and found[0])


def _content_type(required: ContentType, post: PostReading) -> RuleVerdict:
    return RuleVerdict(Rule.CONTENT_TYPE, required.value, post.post_type in accepted_types(required), post.post_type)


def _period(requirements: Requirements, post: PostReading) -> RuleVerdict:
    day = local_date(post.taken_at, requirements.time_zone)
    required = f"{requirements.start_date}/{requirements.end_date}"
    return RuleVerdict(Rule.PERIOD, required, requirements.start_date <= day <= requirements.end_date, str(day))


def _found_and_missing(rules: Sequence[RuleVerdict]) -> dict[str, list[str]]:
    return {
        "required": [rule.required for rule in rules],
        "found": [rule.required for rule in rules if rule.is_met],
        "missing": [rule.required for rule in rules if rule.is_met is False],
    }


def _unknown(rules: Sequence[RuleVerdict]) -> dict[str, bool]:
    return {"unknown": True} if any(rule.is_met is None for rule in rules) else {}


def _score(graded: Sequence[Sequence[RuleVerdict]]) -> float:
    """Return the mean of the shares that were met of hashtags, mentions, phrases and content type, in percent.

    A kind of which something is unknown is left out.
    """
    known = [[rule.is_met for rule in rules if rule.is_met is not None] for rules in graded]
    shares = [sum(met) / len(met) for met, rules in zip(known, graded, strict=True) if rules and len(met) == len(rules)]
    return round(100 * sum(shares) / len(shares), 1) if shares else 0.0
