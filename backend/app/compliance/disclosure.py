"""Whether a post discloses its sponsorship as the KFTC guideline asks: pure rules, an aid and not legal advice."""

from datetime import date

from app.compliance import weak_phrases
from app.compliance.caption_rules import NO_WORDS, judge_caption
from app.compliance.context import Inside, PostContext
from app.compliance.finding import Evidence, Finding, compliant, non_compliant, unclear
from app.compliance.normal_text import NormalText, normalise
from app.compliance.placement import Fold, Place, ShownText
from app.compliance.rule_sets import RuleSet, rule_set_for
from app.models.states import DisclosureVerdict

_UNTRUE = frozenset({"W-DENY", "W-CONTRADICT", "W-MISMATCH"})
"""What no label and no picture puts right."""


def judge_disclosure(caption: str, context: PostContext, *, published_on: date | None, fold: Fold) -> Finding:
    """Return the verdict on a post by the rules of the Korean day on which it was published (None: the strictest)."""
    rule_set = rule_set_for(published_on)
    finding = _judge_post(caption, context, rule_set, fold)
    if finding.verdict is not DisclosureVerdict.NON_COMPLIANT:
        return finding
    for earlier in context.previous_captions:
        before = judge_caption(earlier, context.as_first_published(), rule_set, fold)
        if before.verdict is DisclosureVerdict.COMPLIANT and _is_worse(finding):
            return non_compliant("E-REMOVED", finding.evidence)
    return finding


def _is_worse(finding: Finding) -> bool:
    return not finding.rule.startswith("AI-")


def _judge_post(caption: str, context: PostContext, rule_set: RuleSet, fold: Fold) -> Finding:
    normal = normalise(caption)
    must_name_virtual_person = rule_set.asks_for_virtual_person and context.is_virtual_person is True
    if must_name_virtual_person and (experience := weak_phrases.EXPERIENCE.search(normal.text)):
        return non_compliant("AI-FAKEEXP", _evidence(normal, experience.start(), experience.end()))
    finding = _with_label(_with_media(judge_caption(caption, context, rule_set, fold), context), context)
    if finding.verdict is DisclosureVerdict.NON_COMPLIANT:
        return finding
    if must_name_virtual_person:
        return _with_virtual_person(finding, normal, fold)
    if rule_set.asks_for_virtual_person and context.is_ai_generated and context.is_virtual_person is None:
        return unclear("AI-MISSING", finding.evidence)
    if context.is_virtual_person and finding.verdict is DisclosureVerdict.COMPLIANT:
        return compliant("AI-DATE", finding.evidence)
    return finding


def _with_media(finding: Finding, context: PostContext) -> Finding:
    if finding.rule in _UNTRUE:
        return finding
    if context.media == "story":
        return _in_story(context)
    if context.is_video:
        return _in_video(finding, context)
    return _in_pictures(finding, context)


def _in_story(context: PostContext) -> Finding:
    inside = context.in_pictures or context.in_video or Inside.NONE
    if inside is Inside.NONE:
        return non_compliant("M-STORY")
    return compliant("M-STORY") if inside is Inside.VERIFIED else unclear("M-STORY")


def _in_video(finding: Finding, context: PostContext) -> Finding:
    inside = context.in_video or Inside.NONE
    if finding.verdict is DisclosureVerdict.COMPLIANT:
        verdict = compliant if inside is Inside.VERIFIED else unclear
        return verdict("M-REELS", finding.evidence)
    if finding.verdict is DisclosureVerdict.UNCLEAR:
        return finding
    if inside is not Inside.NONE:
        return unclear("M-REELS", finding.evidence)
    return non_compliant("M-REELS") if finding.rule == "W-MISSING" else finding


def _in_pictures(finding: Finding, context: PostContext) -> Finding:
    inside = context.in_pictures or Inside.NONE
    if finding.verdict is DisclosureVerdict.COMPLIANT or inside is Inside.NONE:
        return finding
    if inside is Inside.VERIFIED:
        return compliant("M-INIMAGE")
    if finding.verdict is DisclosureVerdict.UNCLEAR:
        return finding
    if inside is Inside.PART:
        return non_compliant("P-CAROUSEL") if finding.rule in NO_WORDS else finding
    return unclear("M-INIMAGE", finding.evidence)


def _with_label(finding: Finding, context: PostContext) -> Finding:
    if not context.has_paid_partnership_label or finding.rule in _UNTRUE:
        return finding
    if finding.verdict is DisclosureVerdict.NON_COMPLIANT:
        return unclear("B-LABELONLY", finding.evidence)
    is_plain = finding.verdict is DisclosureVerdict.COMPLIANT and finding.rule.startswith("P-")
    return compliant("B-BOTH", finding.evidence) if is_plain else finding


def _with_virtual_person(finding: Finding, normal: NormalText, fold: Fold) -> Finding:
    named = weak_phrases.VIRTUAL_PERSON.search(normal.text)
    if named is None:
        otherwise = weak_phrases.VIRTUAL_PERSON_OTHERWISE.search(normal.text)
        if otherwise is None:
            return non_compliant("AI-MISSING", finding.evidence)
        return unclear("AI-MISSING", _evidence(normal, otherwise.start(), otherwise.end()))
    place = ShownText(normal.text, fold).zone(named.start())
    evidence = _evidence(normal, named.start(), named.end())
    if place is Place.HIDDEN:
        return non_compliant("AI-MISSING", evidence)
    if place is Place.BORDER:
        return unclear("AI-MISSING", evidence)
    return compliant("AI-LABEL", evidence) if finding.verdict is DisclosureVerdict.COMPLIANT else finding


def _evidence(normal: NormalText, start: int, end: int) -> Evidence:
    first, last = normal.original_span(start, end)
    return Evidence(normal.original[first:last], first, last)
