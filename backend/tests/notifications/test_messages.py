from typing import Any

import pytest

from app.core.errors import InvalidInput
from app.models.states import Locale, NotificationEvent
from app.notifications.channels.base import Message
from app.notifications.messages import render

REGISTERED = {
    "campaign_id": "c",
    "campaign_title": "여름 캠페인",
    "content_id": "d",
    "influencer_username": "ana.kim",
    "post_url": "https://www.instagram.com/reel/Cx1/",
    "post_type": "reel",
    "posted_at": "2026-11-22T15:05:00+00:00",
    "hashtags": ["여름휴가", "OOTD"],
    "mentions": [],
}
NEEDS_HUMAN = {"account_username": "reader1", "provider": "instagrapi", "error": "challenge_required"}


ALERT = {
    "campaign_title": "여름 캠페인",
    "influencer_username": "ana.kim",
    "post_url": "https://www.instagram.com/p/Cx1/",
    "message": "경제적 대가를 받은 사실의 표시가 없습니다. 본문 맨 앞에 다음 표시를 넣어 주세요: #광고",
    "removed": ["#여름휴가", "@lumi"],
}


def registered(locale: Locale = Locale.KO, **changes: Any) -> Message:
    return render(NotificationEvent.CONTENT_REGISTERED, REGISTERED | changes, locale)


def test_an_advertiser_reads_what_was_registered_in_korean() -> None:
    message = registered()

    assert message.subject == "[TagBuy] ‘여름 캠페인’ 캠페인에 @ana.kim 님의 게시물이 등록되었습니다"
    assert message.text == (
        "안녕하세요.\n\n"
        "‘여름 캠페인’ 캠페인의 요건을 충족하는 새 게시물을 확인하여 등록했습니다.\n\n"
        "- 캠페인: 여름 캠페인\n"
        "- 인플루언서: @ana.kim\n"
        "- 게시 시각: 2026년 11월 23일 00:05 (한국 시간)\n"
        "- 게시물 형식: 릴스\n"
        "- 확인된 해시태그: #여름휴가 #OOTD\n"
        "- 확인된 멘션: 없음\n"
        "- 게시물 보기: https://www.instagram.com/reel/Cx1/\n\n"
        "유지 기한이 끝날 때까지 이 게시물을 계속 확인합니다.\n\n"
        "TagBuy Monitor\n"
    )
    assert '<a href="https://www.instagram.com/reel/Cx1/">게시물 보기</a>' in message.html


def test_an_advertiser_reads_the_same_in_english() -> None:
    message = registered(Locale.EN)

    assert message.subject == "[TagBuy] A post by @ana.kim was registered for “여름 캠페인”"
    assert "- Posted: 2026-11-23 00:05 (Korean time)\n" in message.text
    assert "- Hashtags found: #여름휴가 #OOTD\n- Mentions found: none\n" in message.text


def test_an_operator_reads_which_account_why_and_what_to_do() -> None:
    message = render(NotificationEvent.ACCOUNT_NEEDS_HUMAN, NEEDS_HUMAN, Locale.EN)

    assert message.subject == "[TagBuy operations] The reader account @reader1 needs attention"
    assert "- Reason: it must prove its identity (challenge_required)" in message.text
    assert "log it in again with `tagbuy account login`" in message.text


@pytest.mark.parametrize(("locale", "refusal"), [(Locale.KO, "거부"), (Locale.EN, "refuse")])
def test_an_account_that_only_timed_out_was_not_refused(locale: Locale, refusal: str) -> None:
    message = render(NotificationEvent.ACCOUNT_NEEDS_HUMAN, NEEDS_HUMAN | {"error": "timeout"}, locale)

    assert refusal not in message.text
    assert "(timeout)" in message.text or ": timeout" in message.text


def test_an_advertiser_reads_what_the_disclosure_lacks_and_what_to_write() -> None:
    message = render(NotificationEvent.DISCLOSURE_MISSING, ALERT, Locale.KO)

    assert message.subject == "[TagBuy] 광고 표시를 확인해 주세요: ‘여름 캠페인’ @ana.kim"
    assert "- 점검 결과: 경제적 대가를 받은 사실의 표시가 없습니다." in message.text
    assert "다음 표시를 넣어 주세요: #광고" in message.text
    assert "법률 자문이 아닙니다" in message.text
    assert '<a href="https://www.instagram.com/p/Cx1/">게시물 보기</a>' in message.html


@pytest.mark.parametrize("locale", list(Locale))
def test_what_an_edit_removed_is_named(locale: Locale) -> None:
    disclosure = render(NotificationEvent.DISCLOSURE_REMOVED, ALERT, locale)
    requirement = render(NotificationEvent.REQUIREMENT_REMOVED, ALERT, locale)

    assert disclosure.subject != requirement.subject
    assert "#광고" in disclosure.text
    assert ": #여름휴가 @lumi\n" in requirement.text


@pytest.mark.parametrize("locale", list(Locale))
def test_an_unknown_error_is_shown_by_its_name(locale: Locale) -> None:
    payload = {"provider": "instagrapi", "error": "brand_new_error"}

    message = render(NotificationEvent.PROVIDER_OUTDATED, payload, locale)

    assert "instagrapi" in message.subject
    assert "brand_new_error" in message.text


def test_what_others_wrote_is_no_markup() -> None:
    message = registered(campaign_title='<script>alert("x")</script> & {locale}', influencer_username="<b>")

    assert "<script>" not in message.html
    assert "<b>" not in message.html
    assert "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; {locale}" in message.html


def test_only_a_web_address_becomes_a_link() -> None:
    assert "<a " not in registered(post_url="javascript:alert(1)").html
    assert '<a href="https://x/&quot;&gt;&lt;script&gt;">' in registered(post_url='https://x/"><script>').html


def test_what_others_wrote_breaks_no_line() -> None:
    message = registered(campaign_title="여름\r\nBcc: everyone@example.com\u2028x")

    assert "\n" not in message.subject
    assert "‘여름 Bcc: everyone@example.com x’" in message.subject
    assert "- 캠페인: 여름 Bcc: everyone@example.com x\n" in message.text


def test_a_long_title_is_shortened_in_the_subject_only() -> None:
    message = registered(campaign_title="가" * 150)

    assert f"‘{'가' * 59}…’" in message.subject
    assert "가" * 150 in message.text


@pytest.mark.parametrize("missing", ["campaign_title", "posted_at", "hashtags"])
def test_a_payload_that_lacks_something_is_refused(missing: str) -> None:
    payload = {name: value for name, value in REGISTERED.items() if name != missing}

    with pytest.raises(InvalidInput, match=f"content.registered cannot be used: KeyError '{missing}'"):
        render(NotificationEvent.CONTENT_REGISTERED, payload, Locale.KO)


def test_an_operator_reads_which_token_ends_when_and_what_to_do() -> None:
    payload = {"account_username": "graph01", "expires_at": "2026-11-22T15:05:00+00:00"}

    korean = render(NotificationEvent.ACCOUNT_TOKEN_EXPIRES, payload, Locale.KO)
    english = render(NotificationEvent.ACCOUNT_TOKEN_EXPIRES, payload, Locale.EN)

    assert korean.subject == "[TagBuy 운영] 공식 API 토큰(graph01)을 갱신해 주세요"
    assert "유효 기간은 2026년 11월 23일 00:05 (한국 시간)까지입니다." in korean.text
    assert english.subject == "[TagBuy operations] Renew the token graph01 of the official API"
    assert "- Valid until: 2026-11-23 00:05 (Korean time)" in english.text
    assert "Issue a new long-lived token" in english.text


def test_a_refused_token_is_renewed_and_not_logged_in_with_the_app() -> None:
    payload = NEEDS_HUMAN | {"provider": "graph", "error": "graph_token"}

    message = render(NotificationEvent.ACCOUNT_NEEDS_HUMAN, payload, Locale.EN)

    assert "the access token has expired or was revoked (graph_token)" in message.text
    assert "Issue a new long-lived token" in message.text
    assert "Log in to Instagram's app" not in message.text


REMOVED = {
    "campaign_title": "여름 캠페인",
    "influencer_username": "ana.kim",
    "post_url": "https://www.instagram.com/reel/Cx1/",
    "posted_at": "2026-11-20T15:05:00+00:00",
    "last_seen_at": "2026-11-22T00:00:00+00:00",
    "missing_since": "2026-11-22T00:10:00+00:00",
    "confirmed_at": "2026-11-22T01:20:00+00:00",
    "retention_until": "2027-05-19T15:05:00+00:00",
}


def test_an_advertiser_reads_what_is_known_about_a_removal() -> None:
    message = render(NotificationEvent.CONTENT_DELETED, REMOVED, Locale.KO)

    assert message.subject == "[TagBuy] ‘여름 캠페인’ 캠페인의 @ana.kim 님 게시물을 더 이상 볼 수 없습니다"
    assert "- 마지막으로 확인된 시각: 2026년 11월 22일 09:00 (한국 시간)\n" in message.text
    assert "- 처음 보이지 않은 시각: 2026년 11월 22일 09:10 (한국 시간)\n" in message.text
    assert "- 삭제 확정 시각: 2026년 11월 22일 10:20 (한국 시간)\n" in message.text
    assert "- 유지 기한: 2027년 05월 20일 00:05 (한국 시간)\n" in message.text


def test_a_post_that_is_back_closes_the_earlier_message() -> None:
    message = render(NotificationEvent.CONTENT_RESTORED, REMOVED | {"last_seen_at": None}, Locale.EN)

    assert message.subject == "[TagBuy] A post by @ana.kim for “여름 캠페인” is back"
    assert "The earlier alert is closed." in message.text
    assert "- Seen again: 2026-11-22 10:20 (Korean time)\n" in message.text


def test_an_instant_that_is_not_known_is_a_dash() -> None:
    message = render(NotificationEvent.CONTENT_DELETED, REMOVED | {"last_seen_at": None}, Locale.EN)

    assert "- Last seen: –\n" in message.text


@pytest.mark.parametrize("locale", list(Locale))
def test_operators_read_of_hidden_authors_and_stopped_verdicts(locale: Locale) -> None:
    hidden = {"influencer_username": "ana.kim", "hidden_since": "2026-11-01T00:00:00+00:00"}

    author = render(NotificationEvent.AUTHOR_HIDDEN, hidden, locale)
    brake = render(NotificationEvent.VERDICTS_STOPPED, {"stopped_at": "2026-11-22T01:20:00+00:00"}, locale)

    assert "@ana.kim" in author.subject
    assert "`tagbuy account list`" in brake.text
