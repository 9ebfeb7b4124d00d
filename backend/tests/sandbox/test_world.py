from datetime import UTC, datetime

import pytest

from app.core.clock import KST
from app.sandbox import discovery, payloads, truth
from app.sandbox.captions import Draft
from app.sandbox.people import Kind, Person
from app.sandbox.posts import Post
from app.sandbox.world import NewPost, World
from tests.sandbox.worlds import DAY, HOUR, START, make_world


def test_the_same_seed_makes_the_same_world() -> None:
    worlds = [make_world(seed=5, speed=100), make_world(seed=5, speed=100)]
    for world in worlds:
        world.advance(START + HOUR)

    first, second = (truth.all_posts(world) for world in worlds)

    assert first == second
    assert truth.all_posts(make_world(seed=6)) != first


def test_it_does_not_matter_how_often_somebody_looked() -> None:
    seldom, often = make_world(speed=100), make_world(speed=100)

    seldom.advance(START + HOUR)
    for minute in range(1, 61):
        often.advance(START + minute * 60)

    assert truth.all_posts(seldom) == truth.all_posts(often)


def test_nothing_is_dated_in_the_future() -> None:
    world = make_world(speed=5000)

    world.advance(START + HOUR)

    recent = [post for post in world.posts.values() if post.published_at > START]
    assert len(recent) > 500
    assert all(post.published_at <= START + HOUR for post in recent)
    assert all(revision.at <= START + HOUR for post in recent for revision in post.revisions)


def test_every_campaign_has_a_fresh_match_on_the_first_page_of_a_participant() -> None:
    world = make_world(influencers=60, campaigns=20)

    for campaign in world.cast.campaigns:
        pages = [
            world.feed(world.influencer(name).person, before_pk=None, count=12)[0] for name in campaign.participants
        ]
        assert any(post.meets(campaign) and post.published_at > START - 2 * DAY for page in pages for post in page)


def test_pages_cover_the_grid_once_with_the_pinned_posts_first() -> None:
    world = make_world(influencers=30)
    person = next(
        influencer.person
        for influencer in world.cast.influencers
        if sum(post.is_pinned and post.influencer is influencer for post in world.posts.values()) == 3
    )

    pages = _pages(world, person)

    grid = [post.media_pk for page in pages for post in page]
    timeline = [pk for pk in grid if not world.posts[pk].is_pinned]
    assert [post.is_pinned for post in pages[0]] == [True] * 3 + [False] * 9
    assert len(grid) == len(set(grid)) == world.media_count(person)
    assert timeline == sorted(timeline, reverse=True)


def test_pages_cover_posts_that_were_published_in_one_millisecond() -> None:
    world = make_world(influencers=1, history_days=0)
    influencer = world.cast.influencers[0]
    drafts = [NewPost(influencer.username, Kind.PHOTO, Draft(f"{number}", frozenset())) for number in range(40)]

    published = {world.publish(draft, at=START).media_pk for draft in drafts}

    assert published <= {post.media_pk for page in _pages(world, influencer.person) for post in page}


def _pages(world: World, person: Person) -> list[list[Post]]:
    page, has_more = world.feed(person, before_pk=None, count=12)
    pages = [page]
    while has_more:
        page, has_more = world.feed(person, before_pk=page[-1].media_pk, count=12)
        pages.append(page)
    return pages


def test_posts_follow_the_hours_of_the_influencer_in_korea() -> None:
    world = make_world(influencers=40, history_days=60)
    hours = [
        datetime.fromtimestamp(post.published_at, UTC).astimezone(KST).hour
        for post in world.posts.values()
        if "first/" not in post.key and not post.is_pinned
    ]

    asleep = sum(2 <= hour < 6 for hour in hours) / len(hours)

    assert asleep < 0.05


def test_counts_grow_and_never_fall_and_are_absent_where_likes_are_hidden() -> None:
    world = make_world(influencers=40, speed=1)
    person = world.cast.influencers[0].person
    reel = _publish(world, person.username, Kind.REEL)
    hidden = _publish(world, person.username, Kind.REEL, is_like_hidden=True)

    samples = []
    for hour in range(0, 200, 5):
        world.advance(START + hour * HOUR)
        item = payloads.item(world, world.posts[reel])
        samples.append((item["like_count"], item["comment_count"], item["play_count"]))

    secret = payloads.item(world, world.posts[hidden])
    assert samples == sorted(samples)
    assert samples[0][0] == 0 < samples[5][0] < samples[-1][0]
    assert samples[-1][0] - samples[-2][0] < samples[1][0] - samples[0][0]
    assert secret["like_and_view_counts_disabled"] is True
    assert secret["like_count"] == 3
    assert "play_count" not in secret


def test_a_removed_post_leaves_the_grid_and_an_archived_one_comes_back() -> None:
    world = make_world()
    person = world.cast.influencers[0].person
    post = world.posts[_publish(world, person.username, Kind.PHOTO)]

    world.hide(post, "archived", at=START + 1)
    during = world.feed(person, before_pk=None, count=12)[0]
    world.restore(post, at=START + 2)
    after = world.feed(person, before_pk=None, count=12)[0]

    assert post not in during
    assert post in after


def test_a_reel_off_the_grid_is_on_no_page_of_the_grid_but_counts_as_a_post() -> None:
    world = make_world()
    person = world.cast.influencers[0].person
    count = world.media_count(person)

    reel = world.publish(NewPost(person.username, Kind.REEL, Draft("", frozenset()), is_on_grid=False), at=START)

    assert reel not in world.feed(person, before_pk=None, count=12)[0]
    assert reel not in world.own_posts(person, before_pk=None, count=12)[0]
    assert reel in discovery.reels(world, person, count=12)
    assert truth.post_record(world, reel)["is_on_grid"] is False
    assert world.media_count(person) == count + 1


@pytest.mark.parametrize("kind", list(Kind))
def test_items_have_the_shape_of_recorded_ones(kind: Kind) -> None:
    world = make_world()
    friend = world.cast.friends[0]
    username = world.cast.influencers[0].username
    new = NewPost(username, kind, Draft("안녕", frozenset()), tagged=(friend,), is_like_hidden=False)

    item = payloads.item(world, world.publish(new, at=START))

    places = item["carousel_media"] if kind is Kind.ALBUM else [item]
    tags = [tag for place in places for tag in place.get("usertags", {}).get("in", [])]
    assert item["pk"] == item["id"].split("_")[0]
    assert (item["media_type"], item["product_type"]) == kind.value
    assert item["caption"]["text"] == "안녕"
    assert [tag["user"]["username"] for tag in tags] == [friend.username]
    assert ("play_count" in item) == (kind is Kind.REEL)


def _publish(world: World, username: str, kind: Kind, *, is_like_hidden: bool = False) -> int:
    new = NewPost(username, kind, Draft("", frozenset()), is_like_hidden=is_like_hidden)
    return world.publish(new, at=START).media_pk
