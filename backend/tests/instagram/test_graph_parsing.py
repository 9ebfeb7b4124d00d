"""Business Discovery: what this source does not know is not claimed."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.instagram.graph_parsing import parse_discovery_page
from app.instagram.parsing import UnreadableAnswer
from app.instagram.recordings import parse_recording


def _media(**changes: Any) -> dict[str, Any]:
    media: dict[str, Any] = {
        "id": "17885103395504675",
        "caption": "봄 #여름",
        "comments_count": 3,
        "like_count": 50,
        "media_type": "IMAGE",
        "permalink": "https://www.instagram.com/p/CScld93rm4W/",
        "timestamp": "2021-08-11T19:56:42+0000",
    }
    media.update(changes)
    return {key: value for key, value in media.items() if value is not ...}


def _page(*media: object) -> dict[str, Any]:
    paging = {"cursors": {"after": "next"}}
    return {"business_discovery": {"id": "178", "username": "lumi", "media": {"data": list(media), "paging": paging}}}


def test_a_media_becomes_a_post_with_the_pk_that_its_code_spells() -> None:
    page = parse_discovery_page(_page(_media()))

    (post,) = page.posts
    assert (post.media_pk, post.code) == ("2638148268750433814", "CScld93rm4W")
    assert (post.owner_pk, post.owner_username) == ("178", "lumi")
    assert post.taken_at == datetime(2021, 8, 11, 19, 56, 42, tzinfo=UTC)
    assert (post.media_type, post.product_type, post.like_count, post.comment_count) == (1, "feed", 50, 3)
    assert (post.play_count, post.is_paid_partnership, post.is_like_hidden) == (None, None, False)
    assert page.next_cursor == "next"


def test_absent_likes_are_hidden_likes() -> None:
    (post,) = parse_discovery_page(_page(_media(like_count=..., comments_count=...))).posts

    assert (post.like_count, post.comment_count, post.is_like_hidden) == (None, None, True)


@pytest.mark.parametrize(
    ("changes", "media_type", "product_type"),
    [
        ({"media_type": "VIDEO", "media_product_type": "REELS"}, 2, "clips"),
        ({"media_type": "VIDEO", "media_product_type": "FEED"}, 2, "feed"),
        ({"media_type": "CAROUSEL_ALBUM"}, 8, "carousel_container"),
    ],
)
def test_types_have_the_private_apis_names(changes: dict[str, Any], media_type: int, product_type: str) -> None:
    (post,) = parse_discovery_page(_page(_media(**changes))).posts

    assert (post.media_type, post.product_type) == (media_type, product_type)


@pytest.mark.parametrize(
    "broken",
    [
        None,
        _media(permalink=...),
        _media(permalink="https://example.com/p/CScld93rm4W/"),
        _media(media_type="HOLOGRAM"),
        _media(timestamp="yesterday"),
        _media(timestamp=5),
        _media(timestamp="2021-08-11T19:56:42"),
    ],
)
def test_a_broken_media_is_a_reject_and_the_page_survives(broken: object) -> None:
    page = parse_discovery_page(_page(broken, _media()))

    assert (len(page.posts), len(page.rejects)) == (1, 1)


@pytest.mark.parametrize(
    "answer", [{}, {"business_discovery": None}, {"business_discovery": {"media": {"data": None}}}]
)
def test_an_answer_without_media_is_not_an_empty_page(answer: dict[str, Any]) -> None:
    with pytest.raises(UnreadableAnswer):
        parse_discovery_page(answer)


def test_recordings_of_both_apis_are_told_apart() -> None:
    assert len(parse_recording(_page(_media())).posts) == 1
    assert parse_recording({"business_discovery": {"username": "lumi"}}).rejects[0].reason.startswith("it is a user")
