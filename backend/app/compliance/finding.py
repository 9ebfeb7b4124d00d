"""The outcome of a check: a verdict, the rule that decided, and the words that decided it."""

from dataclasses import asdict, dataclass
from typing import Any

from app.models.states import DisclosureVerdict


@dataclass(frozen=True, slots=True)
class Evidence:
    """The words that decided, and their span in the caption (or in the comment or profile), in code points."""

    text: str
    start: int
    end: int
    source: str = "caption"
    """caption, first_comment or profile."""

    def as_document(self) -> dict[str, Any]:
        """Return the evidence as it is stored and printed."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Finding:
    """What the rules say; `rule` is one of `rules.RULES`."""

    verdict: DisclosureVerdict
    rule: str
    evidence: Evidence | None = None


def compliant(rule: str, evidence: Evidence | None = None) -> Finding:
    """Return a finding that needs nobody's attention."""
    return Finding(DisclosureVerdict.COMPLIANT, rule, evidence)


def non_compliant(rule: str, evidence: Evidence | None = None) -> Finding:
    """Return a finding that must be put right."""
    return Finding(DisclosureVerdict.NON_COMPLIANT, rule, evidence)


def unclear(rule: str, evidence: Evidence | None = None) -> Finding:
    """Return a finding for a person to decide."""
    return Finding(DisclosureVerdict.UNCLEAR, rule, evidence)
