"""The versions of the KFTC guideline on endorsements, by the day on which a post was published.

Source: 추천·보증 등에 관한 표시·광고 심사지침. Posts are judged by what was in force when they were published; an
amendment does not reach back.
"""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class RuleSet:
    """What differs between the versions; everything else holds in all of them."""

    in_force_since: date
    forbids_conditional_wording: bool
    """“may receive a fee” alone is no disclosure (2024-12-01); before, a person decides."""
    asks_for_virtual_person: bool
    """An endorser who does not exist must be called 가상인물, and has no experience to tell of (2026-06-01)."""

    @property
    def version(self) -> str:
        """Return the name under which verdicts are stored: the day on which the version came into force."""
        return self.in_force_since.isoformat()


RULE_SETS = (
    RuleSet(date(2020, 9, 1), forbids_conditional_wording=False, asks_for_virtual_person=False),
    RuleSet(date(2024, 12, 1), forbids_conditional_wording=True, asks_for_virtual_person=False),
    RuleSet(date(2026, 6, 1), forbids_conditional_wording=True, asks_for_virtual_person=True),
)


def rule_set_for(published_on: date | None) -> RuleSet:
    """Return the version in force on this Korean day: the strictest where the day is not known, the first before it."""
    if published_on is None:
        return RULE_SETS[-1]
    in_force = [rules for rules in RULE_SETS if rules.in_force_since <= published_on]
    return in_force[-1] if in_force else RULE_SETS[0]
