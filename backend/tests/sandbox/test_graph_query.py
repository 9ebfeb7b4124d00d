"""The `fields` of a Business Discovery request are read as the official API reads them."""

import pytest

from app.core.errors import InvalidInput
from app.sandbox.graph_query import (
    DiscoveryQuery,
    MediaQuery,
    MentionQuery,
    cursor_of,
    parse_mention,
    parse_query,
    parse_tags,
)


def test_a_page_after_a_cursor_is_understood() -> None:
    after = cursor_of(3_776_832_898_280_228_145)

    query = parse_query(
        f"business_discovery.username(lumi){{username,media.limit(5).after({after}){{caption,like_count}},media_count}}"
    )

    assert query == DiscoveryQuery(
        username="lumi",
        profile_fields=frozenset({"id", "username", "media_count"}),
        media=MediaQuery(frozenset({"id", "caption", "like_count"}), before_pk=3_776_832_898_280_228_145, limit=5),
    )


def test_media_may_be_left_out() -> None:
    assert parse_query("business_discovery.username(lumi){followers_count}").media is None


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("", "nonexisting field"),
        ("id,username", "nonexisting field"),
        ("business_discovery.username(lumi){password}", "password"),
        ("business_discovery.username(lumi){media{play_count}}", "play_count"),
        ("business_discovery.username(lumi){media.since(5){id}}", "since"),
        ("business_discovery.username(lumi){media.after(nonsense!){id}}", "after"),
        ("business_discovery.username(lumi){media.limit(0){id}}", "limit"),
    ],
)
def test_what_the_api_does_not_know_is_refused(fields: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        parse_query(fields)


def test_a_page_of_tags_is_asked_for_by_fields_and_a_cursor() -> None:
    query = parse_tags({"fields": "caption,username", "after": cursor_of(376_711), "limit": "500"})

    assert query == MediaQuery(frozenset({"id", "caption", "username"}), before_pk=376_711, limit=100)


def test_a_mentioned_post_is_asked_for_by_its_id() -> None:
    assert parse_mention("mentioned_media.media_id(17900){caption}") == MentionQuery(
        "17900", frozenset({"id", "caption"})
    )
    assert parse_mention("business_discovery.username(lumi){id}") is None
    with pytest.raises(InvalidInput, match="play_count"):
        parse_mention("mentioned_media.media_id(17900){play_count}")
