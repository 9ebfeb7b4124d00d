"""Odd sections and odd entries of home feeds."""

import pytest

from app.instagram.discovery_parsing import parse_hashtag_page, parse_timeline_page
from app.instagram.parsing import UnreadableAnswer
from tests.instagram.items import make_item


def _node(pk: str) -> dict[str, object]:
    return {"media": make_item(pk=pk)}


def test_the_posts_of_all_shapes_of_a_section_are_read_in_order() -> None:
    large = {"one_by_two_item": {"clips": {"items": [_node("1")]}}, "fill_items": [_node("2")]}
    sections = [{"layout_content": large}, {"layout_content": {"medias": [_node("3"), _node("4")]}}]

    page = parse_hashtag_page({"sections": sections, "more_available": True, "next_max_id": "QVFE"})

    assert [post.media_pk for post in page.posts] == ["1", "2", "3", "4"]
    assert (page.rejects, page.next_cursor) == ((), "QVFE")


@pytest.mark.parametrize(
    "section",
    [
        {"layout_content": {"tiles": [_node("1")]}},
        {"layout_content": None},
        {"layout_type": "media_grid"},
        {"layout_content": {"medias": {"0": _node("1")}, "one_by_two_item": [], "fill_items": None}},
        "media_grid",
        None,
    ],
)
def test_a_section_of_an_unknown_layout_is_a_reject_and_not_silence(section: object) -> None:
    page = parse_hashtag_page({"sections": [section, {"layout_content": {"medias": [_node("2")]}}]})

    assert [post.media_pk for post in page.posts] == ["2"]
    assert [reject.raw for reject in page.rejects] == [section]


def test_an_empty_row_is_no_reject() -> None:
    page = parse_hashtag_page({"sections": [{"layout_content": {"medias": []}}]})

    assert (page.posts, page.rejects) == ((), ())


def test_a_home_feed_leaves_out_ads_suggestions_and_marks() -> None:
    entries = [
        {"media_or_ad": make_item(pk="1")},
        {"media_or_ad": make_item(pk="2", ad_id="9")},
        {"media_or_ad": make_item(pk="3", injected={"label": "Sponsored"})},
        {"media_or_ad": make_item(pk="4", product_type="ad")},
        {"explore_story": {"media_or_ad": make_item(pk="5")}},
        {"suggested_users": {"suggestions": []}},
        {"end_of_feed_demarcator": {"title": "모두 확인했습니다"}},
        {"media_or_ad": None},
    ]

    page = parse_timeline_page({"feed_items": entries})

    assert [post.media_pk for post in page.posts] == ["1"]
    assert page.rejects == ()


@pytest.mark.parametrize("entry", ["text", {"media_or_ad": "123"}, {"media_or_ad": {"pk": "1"}}])
def test_a_drifted_entry_of_a_home_feed_is_a_reject(entry: object) -> None:
    page = parse_timeline_page({"feed_items": [entry, {"media_or_ad": make_item(pk="2")}]})

    assert [post.media_pk for post in page.posts] == ["2"]
    assert len(page.rejects) == 1


@pytest.mark.parametrize("answer", [{}, {"sections": None, "feed_items": {}}])
def test_an_answer_without_its_list_says_nothing(answer: dict[str, object]) -> None:
    with pytest.raises(UnreadableAnswer, match="sections"):
        parse_hashtag_page(answer)
    with pytest.raises(UnreadableAnswer, match="feed_items"):
        parse_timeline_page(answer)
