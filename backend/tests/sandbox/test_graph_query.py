"""The `fields` of a Business Discovery request are read as the official API reads them."""

import pytest

from app.core.errors import InvalidInput
from app.sandbox.graph_query import DiscoveryQuery, cursor_of, parse_query


def test_a_page_after_a_cursor_is_understood() -> None:
    after = cursor_of(3_776_832_898_280_228_145)

    query = parse_query(
        f"business_discovery.username(lumi){{username,media.limit(5).after({after}){{caption,like_count}},media_count}}"
    )

    assert query == DiscoveryQuery(
        username="lumi",
        profile_fields=frozenset({"id", "username", "media_count"}),
        media_fields=frozenset({"id", "caption", "like_count"}),
        before_pk=3_776_832_898_280_228_145,
        limit=5,
    )


def test_media_may_be_left_out() -> None:
    assert parse_query("business_discovery.username(lumi){followers_count}").media_fields is None


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
