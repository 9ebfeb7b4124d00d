"""What decided a verdict, in words: for the advertiser in Korean, for operators in English, and for the influencer."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.campaigns.matching import MatchResult, RuleVerdict
from app.campaigns.near_misses import NearMiss
from app.instagram import tokens
from app.models.states import Locale, NearMissKind, Rule

KO, EN = Locale.KO, Locale.EN

_MET: Mapping[Rule, Mapping[Locale, str]] = {
    Rule.HASHTAG: {KO: "해시태그 #{required} 확인: ‘{evidence}’", EN: "#{required} is there: ‘{evidence}’"},
    Rule.ANY_HASHTAG: {KO: "해시태그 중 하나 확인: ‘{evidence}’", EN: "one of the hashtags is there: ‘{evidence}’"},
    Rule.MENTION: {KO: "멘션 @{required} 확인: {evidence}", EN: "@{required} is there: {evidence}"},
    Rule.CONTENT_TYPE: {KO: "게시물 형식: {evidence}", EN: "type is {evidence}"},
    Rule.PERIOD: {KO: "게시일 {evidence}: 기간({required}) 안", EN: "posted on {evidence}, within {required}"},
    Rule.PHRASE: {KO: "필수 문구 확인: ‘{evidence}’", EN: "the phrase is there: ‘{evidence}’"},
    Rule.FORBIDDEN_WORD: {KO: "금지어 ‘{required}’ 없음", EN: "the forbidden ‘{required}’ is not there"},
}
_BROKEN: Mapping[Rule, Mapping[Locale, str]] = {
    Rule.HASHTAG: {KO: "해시태그 #{required} 없음", EN: "#{required} is missing"},
    Rule.ANY_HASHTAG: {KO: "해시태그 {required} 중 하나도 없음", EN: "none of the hashtags {required} is there"},
    Rule.MENTION: {KO: "멘션 @{required} 없음", EN: "@{required} is missing"},
    Rule.CONTENT_TYPE: {
        KO: "게시물 형식: {evidence}, 요청한 형식: {required}",
        EN: "type is {evidence}, not {required}",
    },
    Rule.PERIOD: {KO: "게시일 {evidence}: 기간({required}) 밖", EN: "posted on {evidence}, outside {required}"},
    Rule.PHRASE: {KO: "필수 문구 ‘{required}’ 없음", EN: "the phrase ‘{required}’ is missing"},
    Rule.FORBIDDEN_WORD: {KO: "금지어 사용: ‘{evidence}’", EN: "the forbidden ‘{evidence}’ is there"},
}
_UNKNOWN = {
    KO: "멘션 @{required} 확인 불가: 공식 API는 본문에서 @를 뺍니다",
    EN: "@{required} is unknown: the official API leaves the @ out of captions",
}
_MARKS = {True: "✓", False: "✗", None: "?"}
_LINKED_WITH_EMOJI = {
    KO: " (Instagram은 이모지까지 한 태그로 연결합니다)",
    EN: " (Instagram links it with the emoji)",
}
_THERE_INSTEAD = {KO: " (있는 것: {evidence})", EN: " (there is {evidence})"}
_KOREAN_NAMES = {
    "any": "모두", "photo": "사진", "video": "동영상", "reel": "릴스", "album": "여러 장(앨범)", "story": "스토리",
    "unknown": "알 수 없음", "caption": "본문", "usertag": "사진 태그", "coauthor": "공동 작성자",
}  # fmt: skip
_ENGLISH_NAMES = {"usertag": "photo tag", "coauthor": "co-author"}

_NEAR: Mapping[NearMissKind, Mapping[Locale, str]] = {
    NearMissKind.TYPO: {KO: "‘{found}’: {required} 오타로 보임", EN: "‘{found}’ is one letter away from {required}"},
    NearMissKind.PARTICLE: {KO: "‘{found}’: {required} 뒤에 조사가 붙음", EN: "‘{found}’ is {required} with an ending"},
    NearMissKind.SCRIPT: {
        KO: "‘{found}’: {required} 표기가 다름 (밑줄, 전각 문자 등)",
        EN: "‘{found}’ is {required} in another script or with underscores",
    },
    NearMissKind.SPLIT: {KO: "‘{found}’: {required} 중간이 끊어짐", EN: "‘{found}’ is {required}, broken in two"},
    NearMissKind.NO_SIGN: {
        KO: "‘{found}’: {required} 기호 없이 적힘",
        EN: "‘{found}’ is written, but not as {required}",
    },
    NearMissKind.OTHER_POST: {
        KO: "{required}: 같은 날 다른 게시물에 있음",
        EN: "{required} is in another post of the same day",
    },
    NearMissKind.DAY_OUTSIDE: {
        KO: "게시일 {found}: 기간({required})을 하루 벗어남",
        EN: "posted on {found}, one day outside {required}",
    },
    NearMissKind.SIMILAR_ACCOUNT: {
        KO: "‘{found}’: {required} 비슷한 다른 계정",
        EN: "‘{found}’ is another account than {required}, with a similar name",
    },
    NearMissKind.OTHER_PLACE: {KO: "{required}: {found}에만 있음", EN: "{required} is there only as {found}"},
    NearMissKind.UNKNOWN_MENTION: {
        KO: "‘{found}’: 공식 API가 @를 빼기 때문에 {required} 멘션인지 알 수 없음",
        EN: "‘{found}’ may be {required}: the official API leaves the @ out of captions",
    },
    NearMissKind.NOTHING_REQUIRED: {
        KO: "캠페인에 해시태그·멘션·문구 요건이 없어 사람이 확인해야 함",
        EN: "the campaign requires no hashtag, mention or phrase, so a person must decide",
    },
    NearMissKind.NO_LONGER: {
        KO: "등록된 게시물이 바뀐 요건을 더 이상 충족하지 않음",
        EN: "it is registered, but no longer meets the changed requirements",
    },
    NearMissKind.REJECTED_BEFORE: {
        KO: "반려된 게시물이 이제 요건을 충족함",
        EN: "it was rejected, but meets the requirements now",
    },
}

_FIXES: Mapping[NearMissKind, str] = {
    NearMissKind.TYPO: "‘{found}’ → ‘{required}’ (오타로 보입니다)",
    NearMissKind.PARTICLE: "‘{found}’ → ‘{required}’ 다음에 한 칸 띄어 주세요. 붙여 쓰면 다른 태그가 됩니다.",
    NearMissKind.SCRIPT: "‘{found}’ → ‘{required}’ (밑줄이나 전각 문자가 있으면 다른 태그가 됩니다)",
    NearMissKind.SPLIT: "‘{found}’ → ‘{required}’ (띄어쓰기나 기호에서 태그가 끊어집니다)",
    NearMissKind.NO_SIGN: "‘{found}’ → ‘{required}’ (기호까지 적어야 연결됩니다)",
    NearMissKind.OTHER_POST: "이 게시물에도 ‘{required}’ 표기를 넣어 주세요. 지금은 같은 날 다른 게시물에만 있습니다.",
    NearMissKind.SIMILAR_ACCOUNT: "‘{found}’ → ‘{required}’ (비슷하지만 다른 계정입니다)",
    NearMissKind.OTHER_PLACE: "‘{required}’ 계정을 안내해 드린 위치에도 넣어 주세요. 지금은 {found}에만 있습니다.",
}
"""What the influencer can do about it; about the others only we can."""
_REQUEST = (
    "안녕하세요{username}. ‘{campaign}’ 캠페인 게시물 잘 보았습니다.{url}\n등록을 위해 아래 내용을 수정해 주시겠어요?\n"
    "{fixes}\n수정하시면 자동으로 다시 확인합니다. 감사합니다."
)


def rule_sentence(rule: RuleVerdict, locale: Locale) -> str:
    """Return in words whether a rule is met, and by what."""
    if rule.is_met is None:
        return _UNKNOWN[locale].format(required=rule.required)
    template = (_MET if rule.is_met else _BROKEN)[rule.rule][locale]
    required, evidence = rule.required, rule.evidence or ""
    if rule.rule in {Rule.MENTION, Rule.CONTENT_TYPE}:
        evidence = _named(evidence, locale)
    if rule.rule is Rule.ANY_HASHTAG:
        required = " ".join(f"#{tag}" for tag in required.split())
    elif rule.rule is Rule.CONTENT_TYPE:
        required = _named(required, locale)
    elif rule.rule is Rule.PERIOD:
        required = required.replace("/", " ~ " if locale is KO else " to ")
    return template.format(required=required, evidence=evidence) + _note(rule, locale)


def near_miss_sentence(miss: NearMiss, locale: Locale) -> str:
    """Return in words why a post is near."""
    return _NEAR[miss.kind][locale].format(required=_signed(miss), found=_found(miss, locale))


def broken_rules(details: Mapping[str, Any], locale: Locale) -> Sequence[str]:
    """Return in words what a stored verdict found wrong; empty for a match."""
    # Verdicts of the first version have no rules; they are judged again when their campaign is next looked at.
    rules = [RuleVerdict(**(entry | {"rule": Rule(entry["rule"])})) for entry in details.get("rules", ())]
    return [rule_sentence(rule, locale) for rule in rules if not rule.is_met]


def request_message(misses: Sequence[NearMiss], *, campaign: str, username: str | None, url: str | None) -> str | None:
    """Return a message in which an influencer is asked to mend a post; None where they can do nothing about it."""
    fixes = [
        "- " + _FIXES[miss.kind].format(required=_signed(miss), found=_found(miss, KO))
        for miss in misses
        if miss.kind in _FIXES
    ]
    if not fixes:
        return None
    return _REQUEST.format(
        username=f", @{username} 님" if username else "",
        campaign=campaign,
        url=f"\n{url}" if url else "",
        fixes="\n".join(fixes),
    )


def as_documents(match: MatchResult, misses: Sequence[NearMiss]) -> dict[str, Any]:
    """Return the rules and near misses of a verdict with their sentences, for JSON."""
    return {
        "rules": [
            {"rule": rule.rule.value, "required": rule.required, "is_met": rule.is_met, "evidence": rule.evidence}
            | {locale.value: f"{_MARKS[rule.is_met]} {rule_sentence(rule, locale)}" for locale in Locale}
            for rule in match.rules
        ],
        "needs_review": bool(misses),
        "near_misses": [
            {"kind": miss.kind.value, "required": miss.required, "found": miss.found}
            | {locale.value: near_miss_sentence(miss, locale) for locale in Locale}
            for miss in misses
        ],
    }


def _note(rule: RuleVerdict, locale: Locale) -> str:
    """Return what an advertiser will wonder about: what is there instead, or an emoji that Instagram links as well."""
    if rule.rule not in {Rule.HASHTAG, Rule.ANY_HASHTAG, Rule.MENTION} or rule.evidence is None:
        return ""
    if not rule.is_met:
        return _THERE_INSTEAD[locale].format(evidence=rule.evidence)
    required = {tokens.folded(tag) for tag in rule.required.split()}
    is_linked_as_required = rule.rule is Rule.MENTION or tokens.folded(rule.evidence[1:]) in required
    return "" if is_linked_as_required else _LINKED_WITH_EMOJI[locale]


def _signed(miss: NearMiss) -> str:
    if miss.rule is Rule.PERIOD:
        return miss.required.replace("/", " ~ ")
    return f"@{miss.required}" if miss.rule is Rule.MENTION else f"#{miss.required}"


def _found(miss: NearMiss, locale: Locale) -> str:
    return _named(miss.found, locale) if miss.kind is NearMissKind.OTHER_PLACE else miss.found


def _named(value: str, locale: Locale) -> str:
    return (_KOREAN_NAMES if locale is KO else _ENGLISH_NAMES).get(value, value)
