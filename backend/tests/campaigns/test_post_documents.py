from datetime import UTC, datetime
from typing import Any

import pytest

from app.campaigns.post_documents import read_post_document
from app.core.errors import InvalidInput
from app.models.states import MentionPlace

DOCUMENT = {
    "caption": "#여름",
    "media_type": 2,
    "product_type": "clips",
    "taken_at": "2026-11-10T12:00:00+09:00",
    "usertags": ["Ana", {"pk": "1", "username": "ben"}, {"user": {"username": "@cara"}}],
    "coauthors": None,
}
NOON = datetime(2026, 11, 10, 3, tzinfo=UTC)


def test_a_post_is_read_with_everybody_who_is_named() -> None:
    post = read_post_document(DOCUMENT)

    assert (post.post_type, post.taken_at, list(post.hashtags)) == ("reel", NOON, ["여름"])
    assert list(post.names[MentionPlace.USERTAG]) == ["ana", "ben", "cara"]
    assert post.names[MentionPlace.COAUTHOR] == {}


@pytest.mark.parametrize(
    "taken_at", [1794279600, 1794279600.0, "2026-11-10T03:00:00Z", "2026-11-10T03:00:00", "2026-11-10T12:00:00+09:00"]
)
def test_an_instant_may_be_written_in_several_ways(taken_at: object) -> None:
    assert read_post_document(DOCUMENT | {"taken_at": taken_at}).taken_at == NOON


def test_a_post_may_have_no_caption() -> None:
    assert read_post_document(DOCUMENT | {"caption": None}).caption == ""


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"caption": 5}, "caption is 5, expected a text or null"),
        ({"media_type": 3}, "media_type is 3, expected 1 (photo), 2 (video) or 8 (album)"),
        ({"media_type": True}, "media_type is True, expected 1"),
        ({"taken_at": None}, "taken_at is None, expected ISO 8601"),
        ({"taken_at": "yesterday"}, "taken_at is 'yesterday', expected ISO 8601"),
        ({"taken_at": 1e20}, "taken_at is 1e+20, expected ISO 8601"),
        ({"usertags": "ana"}, "usertags is not a list of usernames"),
        ({"coauthors": [{"pk": 1}]}, "coauthors is not a list of usernames"),
    ],
)
def test_what_cannot_be_read_is_told(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        read_post_document(DOCUMENT | changes)

    assert str(raised.value).startswith(message)


def test_a_post_is_an_object() -> None:
    with pytest.raises(InvalidInput, match="expected an object"):
        read_post_document(["#여름"])
