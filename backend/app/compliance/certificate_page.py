"""The certificate as a page to read and print: one self-contained HTML file in Korean, without a script."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any

from app.compliance.certificate import LONGEST_GAP_DAYS, Status
from app.core.clock import KST, kst_date
from app.models.states import DisclosureVerdict

_STATUS = {
    Status.RUNNING: (
        "유지 기간 중",
        "유지 기간이 아직 끝나지 않았습니다. 지금까지의 확인에서 약속한 내용이 유지되고 있습니다.",
    ),
    Status.KEPT: ("유지 확인", "유지 기간이 끝날 때까지 확인할 때마다 게시물이 있었고, 약속한 내용이 유지되었습니다."),
    Status.BROKEN: (
        "훼손 확인",
        "게시물이 내려간 적이 있거나 약속한 내용이 빠진 적이 있습니다. 아래 변경 기록을 확인해 주세요.",
    ),
    Status.UNPROVEN: (
        "확인 불충분",
        f"기간 끝의 확인 기록이 없거나 {LONGEST_GAP_DAYS}일 넘게 확인하지 못한 구간이 있어, "
        "유지되었다고 단정할 수 없습니다.",
    ),
}
_VERDICTS = {
    DisclosureVerdict.COMPLIANT: "적합",
    DisclosureVerdict.NON_COMPLIANT: "부적합",
    DisclosureVerdict.UNCLEAR: "사람 확인 필요",
}
_POST_TYPES = {"photo": "사진", "video": "동영상", "reel": "릴스", "album": "여러 장(앨범)"}

_STYLE = Path(__file__).with_name("certificate.css").read_text(encoding="utf-8")


def certificate_page(certificate: Mapping[str, Any]) -> str:
    """Return the page of a certificate whose parts fit together."""
    content, summary, checks = certificate["content"], certificate["summary"], certificate["checks"]
    title, sentence = _STATUS[Status(summary["status"])]
    return (
        '<!doctype html>\n<html lang="ko"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>게시 유지 확인서 · @{escape(content['influencer'])}</title><style>{_STYLE}</style></head><body><main>"
        '<h1>게시 유지 확인서</h1><p class="soft">'
        f"TagBuy Monitor · 발급 {_instant(certificate['issued_at'])} · 모든 시각은 한국 시간</p>"
        f'<section class="status {escape(summary["status"])}"><strong>{title}</strong>{sentence}</section>'
        f"<h2>게시물</h2>{_facts(_content_facts(content))}"
        f"<h2>확인 결과</h2>{_facts(_summary_facts(summary))}{_day_map(content, checks, certificate['issued_at'])}"
        f"<h2>변경 기록</h2>{_changes(checks)}"
        f"<h2>이 확인서를 검증하는 방법</h2>{_verification(certificate)}"
        f"<h2>전체 확인 기록</h2>{_all_checks(checks)}"
        "</main></body></html>\n"
    )


def _content_facts(content: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    address = escape(content["post_url"])
    return [
        ("캠페인", escape(content["campaign"])),
        ("인플루언서", f"@{escape(content['influencer'])}"),
        ("게시물", f'<a href="{address}">{address}</a>' if address.startswith("https://") else address),
        ("형식", escape(_POST_TYPES.get(content["post_type"], content["post_type"]))),
        ("게시 시각", _instant(content["posted_at"])),
        ("등록 시각", _instant(content["registered_at"])),
        ("유지 기한", _instant(content["retention_until"])),
    ]


def _summary_facts(summary: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    verdict = summary["last_verdict"]
    shown = "없음" if verdict is None else f"{_VERDICTS[DisclosureVerdict(verdict)]} ({escape(summary['last_rule'])})"
    removed = ", ".join(map(escape, summary["removed"])) or "없음"
    return [
        ("확인한 날", f"{summary['days']}일 중 {summary['days_seen']}일"),
        ("가장 긴 공백", f"{summary['longest_gap_days']}일"),
        ("빠진 필수 항목", removed),
        ("광고 표시 삭제", "있음" if summary["was_disclosure_removed"] else "없음"),
        ("최근 광고 표시 판정", shown),
    ]


def _day_map(content: Mapping[str, Any], checks: Sequence[Mapping[str, Any]], issued_at: str) -> str:
    first = _day(content["registered_at"])
    last = min(_day(issued_at), _day(content["retention_until"]))
    seen = {_day(check["checked_at"]): "seen" for check in checks}
    seen |= {_day(check["checked_at"]): "bad" for check in checks if _is_bad(check)}
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    words = {"seen": "확인", "bad": "문제 있음", "": "확인하지 않음"}
    squares = "".join(f'<li class="{seen.get(day, "")}" title="{day} {words[seen.get(day, "")]}"></li>' for day in days)
    return (
        f'<ol class="days" aria-label="{first}부터 {last}까지 하루 한 칸">{squares}</ol>'
        f'<p class="soft">{first} – {last}, 하루 한 칸<span class="key seen"></span> 확인'
        '<span class="key bad"></span> 문제 있음<span class="key"></span> 확인하지 않은 날</p>'
    )


def _changes(checks: Sequence[Mapping[str, Any]]) -> str:
    rows = [(_instant(check["checked_at"]), escape(what)) for check, what in _changed(checks)]
    return _table(("확인 시각", "내용"), rows) if rows else "<p>등록 이후 바뀐 것이 없습니다.</p>"


def _changed(checks: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], str]]:
    for before, check in pairwise(checks):
        parts = []
        if check["caption_hash"] != before["caption_hash"]:
            parts.append("본문 수정")
        if gone := [item for item in check["removed"] if item not in before["removed"]]:
            parts.append(f"필수 항목 빠짐: {', '.join(gone)}")
        if back := [item for item in before["removed"] if item not in check["removed"]]:
            parts.append(f"필수 항목 복구: {', '.join(back)}")
        if check["verdict"] != before["verdict"]:
            was, now = (_VERDICTS[DisclosureVerdict(one["verdict"])] for one in (before, check))
            parts.append(f"광고 표시 판정: {was} → {now} ({check['rule']})")
        if parts:
            yield check, " · ".join(parts)


def _all_checks(checks: Sequence[Mapping[str, Any]]) -> str:
    if not checks:
        return "<p>아직 확인한 적이 없습니다.</p>"
    rows = [
        (
            str(check["sequence"]),
            _instant(check["checked_at"]),
            "빠짐: " + escape(", ".join(check["removed"])) if check["removed"] else "유지",
            _VERDICTS[DisclosureVerdict(check["verdict"])],
            f"<code>{escape(check['hash'][:16])}</code>",
        )
        for check in checks
    ]
    return _table(("번호", "확인 시각", "필수 항목", "광고 표시", "해시(앞 16자)"), rows)


def _verification(certificate: Mapping[str, Any]) -> str:
    return (
        "<p>각 확인 기록의 해시는 바로 앞 기록의 해시를 포함하므로, 기록을 고치거나 빼면 뒤의 해시가 모두 "
        "달라집니다. 함께 발급된 JSON 파일은 <code>tagbuy certificate verify 파일</code> 명령으로 검증할 수 있고, "
        "발급한 곳에서 다시 발급하면 같은 해시가 나와야 합니다. 확인은 게시물이 피드에 보인 시각의 기록이며, "
        "확인하지 않은 날의 상태는 알 수 없습니다.</p>"
        f"<p>봉인: <code>{escape(certificate['seal'])}</code></p>"
        f'<p class="soft">{escape(certificate["notice"])}</p>'
    )


def _facts(facts: Sequence[tuple[str, str]]) -> str:
    return "<dl>" + "".join(f"<dt>{label}</dt><dd>{value}</dd>" for label, value in facts) + "</dl>"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{name}</th>" for name in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _is_bad(check: Mapping[str, Any]) -> bool:
    return bool(check["removed"]) or check["rule"] == "E-REMOVED"


def _instant(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone(KST):%Y-%m-%d %H:%M}"


def _day(text: str) -> date:
    return kst_date(datetime.fromisoformat(text))
