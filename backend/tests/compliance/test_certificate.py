"""The certificate: what checks prove, and that a change of it is noticed."""

import json
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.compliance import proof_chain
from app.compliance.certificate import Status, faults_in, sealed_certificate
from app.compliance.certificate_page import certificate_page
from app.compliance.proof_chain import Check

REGISTERED = datetime(2026, 5, 1, 3, tzinfo=UTC)
END = REGISTERED + timedelta(days=30)
CONTENT: dict[str, Any] = {
    "id": "0199-content",
    "media_pk": "3000000000000000001",
    "post_url": "https://www.instagram.com/p/C1/",
    "post_type": "photo",
    "campaign": "여름 <b>캠페인</b>",
    "influencer": "ana.kim",
    "posted_at": (REGISTERED - timedelta(hours=1)).isoformat(),
    "registered_at": REGISTERED.isoformat(),
    "retention_until": END.isoformat(),
    "removals": 0,
}


def certified(
    days: list[int],
    *,
    issued_after: int = 31,
    removed_on: int | None = None,
    verdicts: dict[int, str] | None = None,
) -> dict[str, Any]:
    """A certificate with a check on each of these days after the registration."""
    previous = proof_chain.first_hash(
        content_id=CONTENT["id"], media_pk=CONTENT["media_pk"], posted_at=datetime.fromisoformat(CONTENT["posted_at"])
    )
    checks = []
    for sequence, day in enumerate(days, start=1):
        verdict = (verdicts or {}).get(day, "compliant")
        check = Check(
            sequence=sequence,
            checked_at=REGISTERED + timedelta(days=day),
            caption_hash="0" * 64,
            removed=["#여름휴가"] if day == removed_on else [],
            verdict=verdict,
            rule="P-START" if verdict == "compliant" else "E-REMOVED",
        ).as_document()
        previous = proof_chain.next_hash(previous, check)
        checks.append(check | {"hash": previous})
    return sealed_certificate(CONTENT, checks, issued_at=REGISTERED + timedelta(days=issued_after))


@pytest.mark.parametrize(
    ("certificate", "status"),
    [
        (certified(list(range(31))), Status.KEPT),
        (certified([*range(10), *range(17, 31)]), Status.KEPT),
        (certified([*range(10), *range(18, 31)]), Status.UNPROVEN),
        (certified(list(range(29))), Status.UNPROVEN),
        (certified([]), Status.UNPROVEN),
        (certified(list(range(10)), issued_after=10), Status.RUNNING),
        (certified([], issued_after=0), Status.RUNNING),
        (certified(list(range(31)), removed_on=12), Status.BROKEN),
        (certified(list(range(5)), issued_after=5, removed_on=4), Status.BROKEN),
        (certified(list(range(31)), verdicts={20: "non-compliant"}), Status.BROKEN),
        (certified([0, *range(1, 31)], verdicts={0: "unclear"}), Status.KEPT),
        (certified(list(range(31)), verdicts=dict.fromkeys(range(31), "non-compliant")), Status.KEPT),
    ],
)
def test_the_status_is_what_the_checks_prove(certificate: dict[str, Any], status: Status) -> None:
    assert certificate["summary"]["status"] == status
    assert faults_in(certificate) == []


def test_days_without_a_sighting_are_counted() -> None:
    summary = certified([0, 1, 2, 6, 30])["summary"]

    assert (summary["days"], summary["days_seen"], summary["longest_gap_days"]) == (31, 5, 23)


def test_it_survives_being_written_and_read() -> None:
    certificate = certified(list(range(31)), removed_on=3)

    assert faults_in(json.loads(json.dumps(certificate, ensure_ascii=False))) == []


def _left_out(certificate: dict[str, Any]) -> None:
    del certificate["checks"][5]


def _changed_check(certificate: dict[str, Any]) -> None:
    certificate["checks"][5]["removed"] = []


def _changed_hash(certificate: dict[str, Any]) -> None:
    certificate["checks"][5]["hash"] = "0" * 64


def _shortened(certificate: dict[str, Any]) -> None:
    certificate["checks"].pop()


def _better_summary(certificate: dict[str, Any]) -> None:
    certificate["summary"]["status"] = "kept"


def _other_content(certificate: dict[str, Any]) -> None:
    certificate["content"]["media_pk"] = "1"


def _other_influencer(certificate: dict[str, Any]) -> None:
    certificate["content"]["influencer"] = "bora"


def _without_seal(certificate: dict[str, Any]) -> None:
    del certificate["seal"]


def _odd_time(certificate: dict[str, Any]) -> None:
    certificate["checks"][0]["checked_at"] = "soon"


def _last_day_of_all(certificate: dict[str, Any]) -> None:
    certificate["content"]["retention_until"] = "9999-12-31T23:59:59+00:00"


@pytest.mark.parametrize(
    "change",
    [
        _left_out,
        _changed_check,
        _changed_hash,
        _shortened,
        _better_summary,
        _other_content,
        _other_influencer,
        _without_seal,
        _odd_time,
        _last_day_of_all,
    ],
)
def test_a_change_is_noticed(change: Any) -> None:
    certificate = deepcopy(certified(list(range(31)), removed_on=5))

    change(certificate)

    assert faults_in(certificate) != []


@pytest.mark.parametrize("other", [None, [], {}, {"format": "tagbuy-retention-certificate/2"}, "text"])
def test_something_else_is_no_certificate(other: object) -> None:
    assert faults_in(other) == ["this is no certificate of the format tagbuy-retention-certificate/1"]


def test_the_page_shows_the_status_the_days_and_the_changes() -> None:
    page = certificate_page(certified(list(range(31)), removed_on=12, verdicts={20: "non-compliant"}))

    assert "훼손 확인" in page
    assert page.count('class="seen"') == 29
    assert page.count('class="bad"') == 2
    assert "필수 항목 빠짐: #여름휴가" in page
    assert "광고 표시 판정: 적합 → 부적합 (E-REMOVED)" in page
    assert "법률 자문이 아닙니다" in page


def test_what_others_wrote_is_no_markup_on_the_page() -> None:
    page = certificate_page(certified([0]))

    assert "여름 &lt;b&gt;캠페인&lt;/b&gt;" in page
    assert "<script" not in page


def test_the_page_needs_nothing_but_itself() -> None:
    page = certificate_page(certified([0]))

    assert "url(" not in page
    assert "src=" not in page
    assert "@import" not in page
