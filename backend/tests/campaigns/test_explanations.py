from dataclasses import asdict
from datetime import UTC, date, datetime

from app.campaigns.explanations import as_documents, broken_rules, near_miss_sentence, request_message
from app.campaigns.matching import PostReading, match_post, read_post
from app.campaigns.near_misses import NearMiss, find_near_misses, near_misses_of
from app.campaigns.requirements import Requirements
from app.models.states import ContentType, Locale, MentionPlace, NearMissKind, Rule

REQUIRED = Requirements(
    hashtags=("여름휴가",),
    mentions=("lumi",),
    content_type=ContentType.REEL,
    start_date=date(2026, 11, 1),
    end_date=date(2026, 11, 30),
    any_hashtags=("바다", "산"),
    mention_places=(MentionPlace.USERTAG,),
    required_phrases=("제공",),
    forbidden_words=("내돈내산",),
)


def read(caption: str, **changes: object) -> PostReading:
    post = {"media_type": 2, "product_type": "clips", "taken_at": datetime(2026, 11, 10, tzinfo=UTC)} | changes
    return read_post(caption=caption, **post)  # type: ignore[arg-type]


def sentences(post: PostReading, locale: Locale) -> list[str]:
    match = match_post(REQUIRED, post)
    return [rule[locale.value] for rule in as_documents(match, [])["rules"]]


def test_what_is_met_is_told_with_the_text_that_meets_it() -> None:
    post = read("#여름휴가❤️ #산 제공", usertags=["lumi"])

    assert sentences(post, Locale.KO) == [
        "✓ 해시태그 #여름휴가 확인: ‘#여름휴가❤️’ (Instagram은 이모지까지 한 태그로 연결합니다)",
        "✓ 해시태그 중 하나 확인: ‘#산’",
        "✓ 멘션 @lumi 확인: 사진 태그",
        "✓ 필수 문구 확인: ‘제공’",
        "✓ 금지어 ‘내돈내산’ 없음",
        "✓ 게시물 형식: 릴스",
        "✓ 게시일 2026-11-10: 기간(2026-11-01 ~ 2026-11-30) 안",
    ]


def test_what_is_not_met_is_told_with_what_is_there_instead() -> None:
    post = read("#여름 @lumi 내돈내산", media_type=8, usertags=["ana"], taken_at=datetime(2026, 12, 10, tzinfo=UTC))

    assert sentences(post, Locale.EN) == [
        "✗ #여름휴가 is missing (there is #여름)",
        "✗ none of the hashtags #바다 #산 is there (there is #여름)",
        "✗ @lumi is missing (there is ana)",
        "✗ the phrase ‘제공’ is missing",
        "✗ the forbidden ‘내돈내산’ is there",
        "✗ type is album, not reel",
        "✗ posted on 2026-12-10, outside 2026-11-01 to 2026-11-30",
    ]


def test_a_stored_verdict_says_what_was_wrong() -> None:
    details = match_post(REQUIRED, read("#여름휴가 #바다 제공")).details_with_rules()

    assert broken_rules(details, Locale.KO) == ["멘션 @lumi 없음"]


def test_every_near_miss_has_a_sentence_in_each_language() -> None:
    misses = [NearMiss(kind, Rule.HASHTAG, "여름휴가", "#여름") for kind in NearMissKind]

    written = [near_miss_sentence(miss, locale) for miss in misses for locale in Locale]

    assert all("{" not in sentence for sentence in written)
    assert len(set(written)) == len(NearMissKind) * len(Locale)


def test_near_misses_survive_being_stored() -> None:
    misses = [NearMiss(NearMissKind.TYPO, Rule.HASHTAG, "a", "b"), NearMiss(NearMissKind.NO_LONGER, None, "", "")]

    assert near_misses_of([asdict(miss) for miss in misses]) == misses


def test_the_influencer_is_asked_in_korean_for_what_they_can_mend() -> None:
    required = Requirements(("여름휴가",), ("lumi",), ContentType.ANY, date(2026, 11, 1), date(2026, 11, 30))
    post = read("#여름휴가를 @lumi_cos")
    misses = find_near_misses(required, post, match_post(required, post))

    message = request_message(misses, campaign="여름", username="ana", url="https://www.instagram.com/p/abc/")

    assert message == (
        "안녕하세요, @ana 님. ‘여름’ 캠페인 게시물 잘 보았습니다.\n"
        "https://www.instagram.com/p/abc/\n"
        "등록을 위해 아래 내용을 수정해 주시겠어요?\n"
        "- ‘#여름휴가를’ → ‘#여름휴가’ 다음에 한 칸 띄어 주세요. 붙여 쓰면 다른 태그가 됩니다.\n"
        "- ‘@lumi_cos’ → ‘@lumi’ (비슷하지만 다른 계정입니다)\n"
        "수정하시면 자동으로 다시 확인합니다. 감사합니다."
    )


def test_nothing_is_asked_where_the_influencer_can_do_nothing() -> None:
    outside = NearMiss(NearMissKind.DAY_OUTSIDE, Rule.PERIOD, "2026-11-01/2026-11-30", "2026-12-01")

    assert request_message([outside], campaign="여름", username="ana", url=None) is None
