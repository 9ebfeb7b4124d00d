"""The certificate of retention: what was seen of a content from its registration to the end, checkable by anybody."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import pairwise
from typing import Any

from app.compliance import proof_chain
from app.compliance.rules import NOT_LEGAL_ADVICE
from app.core.clock import kst_date
from app.models.states import DisclosureVerdict

FORMAT = "tagbuy-retention-certificate/1"
LONGEST_GAP_DAYS = 7
"""More days in a row without a sighting leave it open whether the post was up all the time."""


class Status(StrEnum):
    """What the checks prove."""

    RUNNING = "running"
    """The retention period has not ended yet."""
    KEPT = "kept"
    """Seen at the end, never long unseen, and nothing that was agreed was taken out."""
    BROKEN = "broken"
    """The post was removed, which two proofs confirmed, or something that was agreed was missing at a check."""
    UNPROVEN = "unproven"
    """The period has ended, but the checks do not reach to its end or leave a long gap."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What the checks say as a whole. Days are Korean calendar days."""

    status: Status
    first_check_on: str | None
    last_check_on: str | None
    days: int
    """From the registration to the end of the period, or to the day of issue."""
    days_seen: int
    longest_gap_days: int
    """Most days in a row without a sighting."""
    removed: Sequence[str]
    """Everything required that was missing at a check."""
    was_disclosure_removed: bool
    last_verdict: str | None
    last_rule: str | None


def summarise(content: Mapping[str, Any], checks: Sequence[Mapping[str, Any]], *, issued_at: datetime) -> Summary:
    """Return what the checks prove; content and checks as they stand in the certificate."""
    registered_on = _day(content["registered_at"])
    ends_at = datetime.fromisoformat(content["retention_until"])
    last_day = min(kst_date(issued_at), kst_date(ends_at))
    days_seen = sorted({_day(check["checked_at"]) for check in checks})
    removed = sorted({item for check in checks for item in check["removed"]})
    was_removed = _was_disclosure_removed([check["verdict"] for check in checks])
    gap = _longest_gap(registered_on, days_seen, last_day)
    has_end = any(datetime.fromisoformat(check["checked_at"]) >= ends_at for check in checks)
    if removed or was_removed or content["removals"]:
        status = Status.BROKEN
    elif issued_at < ends_at:
        status = Status.RUNNING
    else:
        status = Status.KEPT if has_end and gap <= LONGEST_GAP_DAYS else Status.UNPROVEN
    return Summary(
        status=status,
        first_check_on=days_seen[0].isoformat() if days_seen else None,
        last_check_on=days_seen[-1].isoformat() if days_seen else None,
        days=(last_day - registered_on).days + 1,
        days_seen=sum(registered_on <= day <= last_day for day in days_seen),
        longest_gap_days=gap,
        removed=removed,
        was_disclosure_removed=was_removed,
        last_verdict=checks[-1]["verdict"] if checks else None,
        last_rule=checks[-1]["rule"] if checks else None,
    )


def sealed_certificate(
    content: Mapping[str, Any], checks: Sequence[Mapping[str, Any]], *, issued_at: datetime
) -> dict[str, Any]:
    """Return the certificate of a content; every check carries its hash."""
    document = {
        "format": FORMAT,
        "issued_at": issued_at.isoformat(),
        "content": dict(content),
        "summary": asdict(summarise(content, checks, issued_at=issued_at)),
        "checks": [dict(check) for check in checks],
        "notice": NOT_LEGAL_ADVICE,
    }
    return document | {"seal": proof_chain.digest(document)}


def faults_in(certificate: object) -> list[str]:
    """Return what is wrong with a certificate that was read from a file; empty means that its parts fit together."""
    if not isinstance(certificate, dict) or certificate.get("format") != FORMAT:
        return [f"this is no certificate of the format {FORMAT}"]
    try:
        return _faults(certificate)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        return [f"it cannot be read: {type(error).__name__} {error}"]


def _faults(certificate: dict[str, Any]) -> list[str]:
    content, checks = certificate["content"], certificate["checks"]
    faults = _broken_links(content, checks)
    issued_at = datetime.fromisoformat(certificate["issued_at"])
    if certificate["summary"] != asdict(summarise(content, checks, issued_at=issued_at)):
        faults.append("the summary is not what the checks say")
    if certificate["seal"] != proof_chain.digest({k: v for k, v in certificate.items() if k != "seal"}):
        faults.append("the seal does not fit: something outside the checks was changed")
    return faults


def _broken_links(content: Mapping[str, Any], checks: Sequence[Mapping[str, Any]]) -> list[str]:
    previous = proof_chain.first_hash(
        content_id=content["id"],
        media_pk=content["media_pk"],
        posted_at=datetime.fromisoformat(content["posted_at"]),
    )
    faults = []
    for number, check in enumerate(checks, start=1):
        facts = {name: value for name, value in check.items() if name != "hash"}
        if check["sequence"] != number:
            faults.append(f"check {number} has the number {check['sequence']}: one is missing or out of place")
        if check["hash"] != proof_chain.next_hash(previous, facts):
            faults.append(f"check {number} ({check['checked_at']}) was changed, or what comes before it")
        previous = check["hash"]
    return faults


def _was_disclosure_removed(verdicts: Sequence[str]) -> bool:
    has_passed = False
    for verdict in verdicts:
        if has_passed and verdict == DisclosureVerdict.NON_COMPLIANT:
            return True
        has_passed = has_passed or verdict == DisclosureVerdict.COMPLIANT
    return False


def _longest_gap(first: date, days_seen: Sequence[date], last: date) -> int:
    """Return the most whole days in a row on which nobody saw the content."""
    within = [day for day in days_seen if first <= day <= last]
    if not within:
        return (last - first).days + 1
    inner = max(((later - earlier).days - 1 for earlier, later in pairwise(within)), default=0)
    return max((within[0] - first).days, inner, (last - within[-1]).days)


def _day(instant: str) -> date:
    return kst_date(datetime.fromisoformat(instant))
