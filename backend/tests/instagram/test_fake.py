"""The fake pages, pins and fails as Instagram does."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.instagram.errors import AccountCooling, PermitRefused, TargetUnavailable
from app.instagram.fake import FakeInstagram, SinglePermit, make_post, make_profile
from app.instagram.port import DiscoveryProvider, Provider, ReaderAccount, Target

START = datetime(2026, 3, 1, tzinfo=UTC)
ANA = Target("7", "ana")
ACCOUNT = ReaderAccount(id=UUID(int=1), username="reader", settings={}, proxy=None)


def test_a_feed_comes_in_pages_of_twelve_with_pinned_posts_first() -> None:
    posts = [make_post(str(n), taken_at=START + timedelta(hours=n), is_pinned=n == 3) for n in range(1, 15)]
    instagram: Provider = FakeInstagram({"7": posts})

    first = instagram.fetch_feed_page(ACCOUNT, SinglePermit(), ANA, None)
    second = instagram.fetch_feed_page(ACCOUNT, SinglePermit(), ANA, first.next_cursor)

    assert [post.media_pk for post in first.posts] == ["3", *(str(n) for n in range(14, 3, -1))]
    assert [post.media_pk for post in second.posts] == ["2", "1"]
    assert second.next_cursor is None


def test_a_failure_is_raised_after_the_permit_was_spent() -> None:
    instagram = FakeInstagram({"7": []}, failures={"7": AccountCooling("please_wait")})
    permit = SinglePermit()

    with pytest.raises(AccountCooling):
        instagram.fetch_feed_page(ACCOUNT, permit, ANA, None)

    assert permit.is_spent
    assert [(call.kind, call.target) for call in instagram.calls] == [("feed", "7")]


def test_a_spent_permit_sends_nothing() -> None:
    instagram = FakeInstagram(profiles={"ana": make_profile("ana")})
    permit = SinglePermit()
    instagram.fetch_profile(ACCOUNT, permit, "ana")

    with pytest.raises(PermitRefused):
        instagram.fetch_profile(ACCOUNT, permit, "ana")
    with pytest.raises(TargetUnavailable):
        instagram.fetch_profile(ACCOUNT, SinglePermit(), "nobody")

    assert len(instagram.calls) == 2


def test_what_shows_posts_beyond_the_feeds_is_scripted_by_whom_or_what_it_is_about() -> None:
    posts = [make_post(str(n), taken_at=START + timedelta(hours=n)) for n in range(1, 5)]
    fake = FakeInstagram(
        tagged={"7": posts[:1]}, hashtags={"여름": posts[1:2]}, timelines={"reader": posts[2:]}, reels={"7": posts[3:]}
    )
    instagram: DiscoveryProvider = fake

    pages = [
        instagram.fetch_tagged_page(ACCOUNT, SinglePermit(), "7"),
        instagram.fetch_hashtag_page(ACCOUNT, SinglePermit(), "여름"),
        instagram.fetch_timeline_page(ACCOUNT, SinglePermit()),
        instagram.fetch_reels_page(ACCOUNT, SinglePermit(), "7"),
        instagram.fetch_hashtag_page(ACCOUNT, SinglePermit(), "겨울"),
    ]

    assert [[post.media_pk for post in page.posts] for page in pages] == [["1"], ["2"], ["4", "3"], ["4"], []]
    assert [(call.kind, call.target) for call in fake.calls] == [
        ("tagged", "7"),
        ("hashtag", "여름"),
        ("timeline", "reader"),
        ("reels", "7"),
        ("hashtag", "겨울"),
    ]
    assert fake.fetch_post(ACCOUNT, SinglePermit(), "2").media_pk == "2"
