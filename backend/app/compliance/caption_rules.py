"""What the words of a caption are worth, before pictures, labels and edits are looked at."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.compliance import clear_phrases, language
from app.compliance.clear_phrases import Interest
from app.compliance.context import PostContext
from app.compliance.finding import Evidence, Finding, compliant, non_compliant, unclear
from app.compliance.normal_text import normalise
from app.compliance.placement import Fold, Place, places_in
from app.compliance.rule_sets import RuleSet
from app.compliance.statements import Caption, Form, Kind, Statement, read_caption

_RULE_OF_INTEREST = {
    Interest.COMMISSION: "W-DEFINITE",
    Interest.PRIZE: "W-PRIZE",
    Interest.REFUND: "W-REFUND",
    Interest.DISCOUNT: "W-DISCOUNT",
    Interest.POINTS: "W-POINT",
    Interest.MODEL: "W-MODEL",
    Interest.EMPLOYMENT: "W-EMPLOY",
    Interest.SUPPORT: "W-SUPPORT",
}
_PAID_IN_MONEY = frozenset({"cash", "commission"})
_RULE_OF_PLACE = {
    Place.START: "P-START",
    Place.FIRST_TAG: "P-FIRSTTAG",
    Place.FIRST_LINE: "P-START-SENT",
    Place.BORDER: "P-BORDER",
    Place.BURIED: "P-BURIED",
    Place.HIDDEN: "P-HIDDEN",
}
NO_WORDS = frozenset({"W-MISSING", "W-BRANDONLY", "W-TRAP", "P-COMMENT", "P-PROFILE"})
"""The rules by which a caption says nothing about an interest."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """A caption that was read, with everything its rules ask about."""

    caption: Caption
    place_of: Callable[[Statement], Place]
    rule_set: RuleSet
    context: PostContext

    def evidence(self, statement: Statement) -> Evidence:
        normal = self.caption.normal
        start, end = normal.original_span(statement.start, statement.end)
        return Evidence(normal.original[start:end], start, end)

    def shown(self, *kinds: Kind) -> list[Statement]:
        """Return the statements of these kinds that are not hidden behind the fold."""
        return [found for found in self.caption.of_kind(*kinds) if self.place_of(found) is not Place.HIDDEN]


def judge_caption(caption: str, context: PostContext, rule_set: RuleSet, fold: Fold) -> Finding:
    """Return what the words say, and whether a reader meets them in time."""
    read = read_caption(normalise(caption))
    reading = _Reading(read, places_in(read, fold), rule_set, context)
    written_in = context.language or language.language_of(read.normal.text)
    if denials := read.of_kind(Kind.DENIAL):
        return _denied(reading, denials[0])
    if clear := read.of_kind(Kind.CLEAR):
        return _disclosed(reading, clear)
    if written_in == language.KOREAN:
        return _without_clear_words(reading)
    return _in_another_language(reading, written_in)


def _denied(reading: _Reading, denial: Statement) -> Finding:
    is_contradicted = any(
        statement.interest is Interest.AD or statement.form is not Form.SENTENCE
        for statement in reading.caption.of_kind(Kind.CLEAR)
    )
    return non_compliant("W-CONTRADICT" if is_contradicted else "W-DENY", reading.evidence(denial))


def _disclosed(reading: _Reading, clear: Sequence[Statement]) -> Finding:
    shown = reading.shown(Kind.CLEAR)
    if shown and (mismatch := _mismatch(reading, shown)) is not None:
        return mismatch
    best = min(clear, key=lambda statement: reading.place_of(statement).value)
    place = reading.place_of(best)
    if place.is_passing:
        rule, decisive = _telling_rule(reading, shown, best, place)
        is_hedged = reading.rule_set.forbids_conditional_wording and reading.caption.of_kind(Kind.CONDITIONAL)
        return compliant("W-COND-WARN" if is_hedged else rule, reading.evidence(decisive))
    if place is Place.BORDER:
        return unclear("P-BORDER", reading.evidence(best))
    broken = reading.shown(Kind.BROKEN_TAG, Kind.SPACED, Kind.AMBIGUOUS)
    if place is Place.HIDDEN and broken:
        return _judged_weak(reading, broken[0])
    return non_compliant(_RULE_OF_PLACE[place], reading.evidence(best))


def _telling_rule(
    reading: _Reading, shown: Sequence[Statement], best: Statement, place: Place
) -> tuple[str, Statement]:
    """Return the most telling rule: the kind of interest, then how it is spelled, then where it stands."""
    text = reading.caption.normal.text
    for statement in shown:
        if (rule := _RULE_OF_INTEREST.get(statement.interest or Interest.AD)) is not None:
            return rule, statement
        before = text[max(0, statement.start - 12) : statement.end]
        if statement.interest is Interest.MONEY and clear_phrases.VAGUE_AMOUNT.search(before):
            return "W-DEFINITE", statement
    return _spelling_rule(reading, best) or _RULE_OF_PLACE[place], best


def _spelling_rule(reading: _Reading, statement: Statement) -> str | None:
    normal = reading.caption.normal
    written, shown = reading.evidence(statement).text, normal.text[statement.start : statement.end]
    if written != shown:
        # Letter by letter, decomposed Hangul stays apart, and nothing else does.
        composed = "".join(normalise(letter).text for letter in written)
        if composed != shown:
            return "N-NFD"
        return "N-NFKC" if len(written) == len(shown) else "N-ZEROWIDTH"
    follower = normal.text[statement.end : statement.end + 1]
    ends_tag = statement.form is Form.TAG and follower and not (follower.isspace() or follower in "#@)]}|/")
    return "N-TAGEND" if ends_tag else None


def _mismatch(reading: _Reading, shown: Sequence[Statement]) -> Finding | None:
    """Return the finding where money was agreed on, and the caption tells of products only."""
    told = [*shown, *reading.caption.of_kind(Kind.CONDITIONAL)]
    is_product_only = all(statement.interest is Interest.PRODUCT for statement in told)
    if reading.context.compensation in _PAID_IN_MONEY and is_product_only:
        return non_compliant("W-MISMATCH", reading.evidence(shown[0]))
    return None


def _without_clear_words(reading: _Reading) -> Finding:
    of_kind = reading.caption.of_kind
    if loose := of_kind(Kind.LOOSE_LETTERS):
        return non_compliant("N-OBFUSC", reading.evidence(loose[0]))
    if broken := of_kind(Kind.BROKEN_TAG, Kind.SPACED):
        return _judged_weak(reading, broken[0])
    if conditional := of_kind(Kind.CONDITIONAL):
        verdict = non_compliant if reading.rule_set.forbids_conditional_wording else unclear
        return verdict("W-COND", reading.evidence(conditional[0]))
    foreign_or_weak = of_kind(Kind.FOREIGN_FULL, Kind.FOREIGN_SHORT, Kind.AMBIGUOUS)
    if foreign_or_weak:
        # What stands first is what the reader takes for the disclosure.
        first = foreign_or_weak[0]
        if first.kind is not Kind.AMBIGUOUS:
            return non_compliant("L-FOREIGN", reading.evidence(first))
        return _mismatch(reading, [first]) or _judged_weak(reading, first)
    return _without_any_words(reading)


def _judged_weak(reading: _Reading, statement: Statement) -> Finding:
    """Return `unclear` for words that may suffice, unless their place is wrong whatever they are worth."""
    place = reading.place_of(statement)
    if place in (Place.HIDDEN, Place.BURIED):
        return non_compliant(_RULE_OF_PLACE[place], reading.evidence(statement))
    rule = {Kind.BROKEN_TAG: "N-BROKENTAG", Kind.SPACED: "N-OBFUSC"}.get(statement.kind, "W-AMBIG")
    return unclear(rule, reading.evidence(statement))


def _without_any_words(reading: _Reading) -> Finding:
    for kind, rule in ((Kind.VAGUE, "W-VAGUE"), (Kind.TRAP, "W-TRAP")):
        if found := reading.caption.of_kind(kind):
            return non_compliant(rule, reading.evidence(found[0]))
    if finding := _said_elsewhere(reading):
        return finding
    if brand := _tags_in_front(reading):
        return non_compliant("W-BRANDONLY", reading.evidence(brand))
    return non_compliant("W-MISSING")


def _said_elsewhere(reading: _Reading) -> Finding | None:
    comment = read_caption(normalise(reading.context.first_comment))
    profile = read_caption(normalise(reading.context.profile_text))
    for rule, source, caption in (("P-COMMENT", "first_comment", comment), ("P-PROFILE", "profile", profile)):
        if found := caption.of_kind(Kind.CLEAR):
            start, end = caption.normal.original_span(found[0].start, found[0].end)
            return non_compliant(rule, Evidence(caption.normal.original[start:end], start, end, source))
    return None


def _tags_in_front(reading: _Reading) -> Statement | None:
    """Return the tags, where a hashtag and a mention stand in the place of a disclosure."""
    text = reading.caption.normal.text
    words = text.split()
    front = []
    for word in words:
        if word[0] not in "#@":
            break
        front.append(word)
    if {word[0] for word in front} != {"#", "@"}:
        return None
    start = text.index(front[0])
    return Statement(Kind.VAGUE, Form.TAG, start, text.index(front[-1], start) + len(front[-1]))


def _in_another_language(reading: _Reading, written_in: str) -> Finding:
    named = reading.caption.of_kind(Kind.FOREIGN_FULL, Kind.FOREIGN_SHORT)
    if written_in != language.ENGLISH:
        if named or written_in not in (language.JAPANESE, language.CHINESE):
            return unclear("L-OTHER", reading.evidence(named[0]) if named else None)
        return _without_clear_words(reading)
    return _in_english(reading) if named else _without_clear_words(reading)


def _in_english(reading: _Reading) -> Finding:
    full = reading.caption.of_kind(Kind.FOREIGN_FULL)
    candidates = full or reading.caption.of_kind(Kind.FOREIGN_SHORT)
    best = min(candidates, key=lambda statement: reading.place_of(statement).value)
    place, evidence = reading.place_of(best), reading.evidence(best)
    if place in (Place.HIDDEN, Place.BURIED):
        return non_compliant(_RULE_OF_PLACE[place], evidence)
    if not full:
        return unclear("L-SAMEABBR", evidence)
    return compliant("L-SAME", evidence) if place.is_passing else unclear("P-BORDER", evidence)
