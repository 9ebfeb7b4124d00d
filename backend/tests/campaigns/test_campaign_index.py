from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.campaigns.campaign_index import CampaignIndex, Screen
from app.campaigns.matching import match_post, read_post
from app.campaigns.requirements import Requirements
from app.models.states import ContentType, MentionPlace

TAGS = ("여름", "여름휴가", "OOTD", "광고")
NAMES = ("lumi", "lumi_cos")
WORDS = ("제공", "ad", "made")
PIECES = (
    "#여름",
    "#여름휴가",
    "#ootd",
    "＃광고",
    "@lumi",
    "@Lumi_cos",
    "제공",
    "AD",
    "made",
    "#여름휴가❤️",
    " ",
    "\n",
    "를",
)


def some(values: Any) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)


REQUIREMENTS = st.builds(
    Requirements,
    hashtags=some(TAGS),
    mentions=some(NAMES),
    content_type=st.sampled_from(ContentType),
    start_date=st.just(date(2026, 11, 1)),
    end_date=st.sampled_from([date(2026, 11, 1), date(2026, 11, 30)]),
    any_hashtags=some(TAGS),
    mention_places=st.sampled_from([(MentionPlace.CAPTION,), (MentionPlace.USERTAG, MentionPlace.COAUTHOR)]),
    required_phrases=some(WORDS),
    forbidden_words=some(WORDS),
    time_zone=st.sampled_from(["Asia/Seoul", "America/New_York"]),
)
POSTS = st.builds(
    read_post,
    caption=st.lists(st.sampled_from(PIECES), max_size=8).map("".join),
    media_type=st.sampled_from([1, 2, 8, 9]),
    product_type=st.sampled_from(["feed", "clips", "story"]),
    taken_at=st.integers(0, 36 * 60).map(lambda m: datetime(2026, 10, 31, 12, tzinfo=UTC) + timedelta(minutes=m)),
    usertags=some(NAMES),
    coauthors=some(NAMES),
)


@given(REQUIREMENTS, POSTS)
@settings(max_examples=500)
def test_the_quick_answer_is_that_of_the_verdict(requirements: Requirements, post: Any) -> None:
    assert Screen.of(requirements).passes(post) is match_post(requirements, post).is_match


@given(st.lists(REQUIREMENTS, max_size=12), POSTS)
@settings(max_examples=300)
def test_the_index_finds_exactly_the_campaigns_that_match(campaigns: list[Requirements], post: Any) -> None:
    found = CampaignIndex(dict(enumerate(campaigns))).matching(post)

    assert found == [number for number, asked in enumerate(campaigns) if match_post(asked, post).is_match]


def test_a_post_is_held_only_against_the_campaigns_of_its_tokens() -> None:
    common = {number: requirements(("광고", f"브랜드{number}")) for number in range(1000)}
    post = read_post(
        caption="#광고 #브랜드7", media_type=1, product_type="feed", taken_at=datetime(2026, 11, 10, tzinfo=UTC)
    )

    assert CampaignIndex(common).matching(post) == [7]


def requirements(hashtags: tuple[str, ...]) -> Requirements:
    return Requirements(hashtags, (), ContentType.ANY, date(2026, 11, 1), date(2026, 11, 30))
