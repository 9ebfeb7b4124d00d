"""One bad item never loses the page, and what is absent is never zero."""

import copy
import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from app.instagram.parsing import UnreadableAnswer, UnreadableItem, parse_feed_page, parse_item, parse_profile
from app.instagram.port import Post, TaggedUser
from app.instagram.recordings import parse_recording
from tests.instagram.items import PROFILE_PK, make_item
from tests.instagram.recorded import recording


def test_an_item_becomes_a_post() -> None:
    item = make_item()

    post = parse_item(item, PROFILE_PK)

    assert post == Post(
        media_pk="3865659729796199935",
        code="DWllQsJCPX_",
        owner_pk="787132",
        owner_username="natgeo",
        taken_at=datetime(2026, 4, 1, 13, 0, 3, tzinfo=UTC),
        media_type=2,
        product_type="clips",
        caption="봄 #여름 @lumi",
        usertags=(TaggedUser("11", "kim"),),
        coauthors=(TaggedUser("12", "lee"),),
        sponsor_tags=(TaggedUser("13", "lumi"),),
        is_paid_partnership=True,
        is_pinned=True,
        like_count=120,
        comment_count=7,
        play_count=4000,
        view_count=None,
        share_count=5,
        is_like_hidden=False,
        raw={},
    )
    assert post.raw == item


def test_five_fields_are_enough() -> None:
    post = parse_item({"pk": 1, "code": "A", "taken_at": 1, "media_type": 1, "user": {"pk": 2}})

    assert (post.media_pk, post.owner_pk, post.owner_username, post.caption) == ("1", "2", None, "")
    assert (post.like_count, post.comment_count, post.play_count, post.share_count) == (None, None, None, None)
    assert (post.is_pinned, post.is_paid_partnership, post.is_like_hidden) == (False, None, False)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"taken_at": ...}, "taken_at is missing"),
        ({"code": None}, "code is null"),
        ({"pk": ...}, "pk is missing"),
        ({"user": {}}, "user.pk is missing"),
        ({"user": [1]}, "user is a list"),
        ({"media_type": "x"}, "media_type is 'x', expected 1, 2 or 8"),
        ({"media_type": True}, "media_type is True, expected 1, 2 or 8"),
        ({"media_type": 3}, "media_type is 3, expected 1, 2 or 8"),
        ({"pk": 3.865659729796199935e18}, "pk is a float"),
        ({"pk": "38_77"}, "pk is '38_77', expected up to 20 digits"),
        ({"pk": -5}, "pk is -5"),
        ({"taken_at": 0}, "taken_at is 0, expected seconds"),
        ({"taken_at": 1775048403000}, "taken_at is 1775048403000"),
        ({"taken_at": float("nan")}, "taken_at is nan"),
        ({"taken_at": "yesterday"}, "taken_at is 'yesterday'"),
        ({"code": "a/../b"}, "code is 'a/../b'"),
        ({"product_type": "ad"}, "it is an ad"),
        ({"ad_id": "5"}, "it is an ad"),
    ],
)
def test_an_unreadable_item_says_why(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(UnreadableItem) as refused:
        parse_item(make_item(**changes))

    assert reason in str(refused.value)


@pytest.mark.parametrize("item", [None, [], "x", 5, {"username": "natgeo", "pk": 1}])
def test_what_is_no_post_is_a_reject_and_the_page_survives(item: object) -> None:
    page = parse_feed_page({"items": [item, make_item()]})

    assert len(page.posts) == 1
    assert len(page.rejects) == 1
    assert page.rejects[0].raw == item


@pytest.mark.parametrize("pk", [3865659729796199935, "3865659729796199935"])
def test_all_nineteen_digits_of_a_pk_survive(pk: object) -> None:
    assert parse_item(make_item(pk=pk)).media_pk == "3865659729796199935"


@pytest.mark.parametrize("visible_likers", [3, -1])
def test_hidden_likes_are_no_count(visible_likers: int) -> None:
    post = parse_item(make_item(like_and_view_counts_disabled=True, like_count=visible_likers))

    assert post.like_count is None
    assert post.is_like_hidden


@pytest.mark.parametrize("value", [None, ..., -1, True, "many", {}, [], float("inf"), 2**63])
def test_a_count_that_is_no_count_is_none(value: object) -> None:
    changes = dict.fromkeys(("like_count", "comment_count", "play_count", "ig_play_count", "reshare_count"), value)

    post = parse_item(make_item(**changes))

    assert (post.like_count, post.comment_count, post.play_count, post.share_count) == (None, None, None, None)


def test_zero_likes_and_comments_are_counts() -> None:
    post = parse_item(make_item(like_count=0, comment_count=0, play_count=0, ig_play_count=...))

    assert (post.like_count, post.comment_count, post.play_count) == (0, 0, 0)


@pytest.mark.parametrize("changes", [{"media_type": 8, "like_count": 0}, {"media_type": 2, "like_count": 35859}])
def test_a_zero_of_plays_that_cannot_be_true_is_none(changes: dict[str, Any]) -> None:
    assert parse_item(make_item(play_count=0, ig_play_count=..., **changes)).play_count is None


def test_plays_and_shares_have_a_second_name() -> None:
    post = parse_item(make_item(play_count=None, ig_play_count=99, reshare_count=..., share_count=4))

    assert (post.play_count, post.share_count) == (99, 4)


@pytest.mark.parametrize(
    ("caption", "text"),
    [(None, ""), (..., ""), ({"text": None}, ""), ({}, ""), ("bare", "bare"), ([], ""), ({"text": "#a"}, "#a")],
)
def test_a_caption_may_be_absent_or_of_an_odd_shape(caption: object, text: str) -> None:
    assert parse_item(make_item(caption=caption)).caption == text


def test_tags_of_an_album_are_those_of_the_post_and_of_its_pictures_once_each() -> None:
    def tagged(pk: object, name: str) -> dict[str, Any]:
        return {"usertags": {"in": [{"user": {"pk": pk, "username": name}}]}}

    album = make_item(**tagged(11, "kim"), carousel_media=[tagged("11", "kim"), tagged(12, "lee"), {}, None, 5])

    assert parse_item(album).usertags == (TaggedUser("11", "kim"), TaggedUser("12", "lee"))


@pytest.mark.parametrize(
    "usertags",
    [
        [{"user": {"pk": 11, "username": "kim"}}],
        [{"pk": 11, "username": "kim"}],
        {"in": [{"user": {"pk": 11, "username": "kim"}}, {"user": {"username": "no pk"}}, None, "x", {"user": None}]},
    ],
)
def test_flattened_and_partly_broken_tags_are_read(usertags: object) -> None:
    assert parse_item(make_item(usertags=usertags)).usertags == (TaggedUser("11", "kim"),)


@pytest.mark.parametrize("usertags", [[], {}, None, {"in": None}, "x", ...])
def test_no_tags_are_no_tags(usertags: object) -> None:
    assert parse_item(make_item(usertags=usertags)).usertags == ()


@pytest.mark.parametrize(
    ("pinned_for", "is_pinned"), [([787132], True), (["787132"], True), ([5], False), (None, False)]
)
def test_a_post_is_pinned_on_the_profile_that_pinned_it(pinned_for: object, is_pinned: bool) -> None:
    page = {"user": {"pk": "787132"}, "items": [make_item(timeline_pinned_user_ids=pinned_for)]}

    assert parse_feed_page(page).posts[0].is_pinned is is_pinned


def test_a_collab_post_of_another_owner_is_pinned_on_our_profile() -> None:
    collab = make_item(user={"pk": 5, "username": "co"}, timeline_pinned_user_ids=[787132])

    assert parse_feed_page({"items": [collab]}, PROFILE_PK).posts[0].is_pinned
    assert parse_feed_page({"items": [collab], "user": {"pk": 787132}}).posts[0].is_pinned
    assert not parse_feed_page({"items": [collab]}).posts[0].is_pinned


@pytest.mark.parametrize(
    ("rest", "cursor"),
    [
        ({"next_max_id": "9_77", "more_available": True}, "9_77"),
        ({"next_max_id": 9}, "9"),
        ({"next_max_id": "9_77", "more_available": False}, None),
        ({"more_available": True}, None),
        ({"next_max_id": None}, None),
        ({"next_max_id": True}, None),
        ({"next_max_id": ""}, None),
        ({"paging_info": {"max_id": "QVFC", "more_available": True}}, "QVFC"),
        ({"paging_info": {"max_id": "QVFC", "more_available": False}}, None),
    ],
)
def test_the_cursor_of_the_next_page(rest: dict[str, Any], cursor: str | None) -> None:
    assert parse_feed_page({"items": [], **rest}).next_cursor == cursor


@pytest.mark.parametrize("answer", [{}, {"items": None}, {"items": {}}, {"items": "x"}])
def test_an_answer_without_a_list_of_items_is_not_an_empty_page(answer: dict[str, Any]) -> None:
    with pytest.raises(UnreadableAnswer, match="items is"):
        parse_feed_page(answer)


def test_a_post_that_is_on_the_page_twice_counts_once() -> None:
    page = parse_feed_page({"items": [make_item(), make_item()]})

    assert len(page.posts) == 1
    assert "twice" in page.rejects[0].reason


def test_what_postgresql_cannot_keep_is_replaced_in_texts_and_in_the_raw_item() -> None:
    item = make_item(caption={"text": "a\x00b\ud83d"}, extra={"k\x00": ["\udc00", float("nan")]}, user={"pk": 1})
    broken = make_item(pk=..., caption="\x00")

    page = parse_feed_page({"items": [item, broken]})

    assert page.posts[0].caption == "a\ufffdb\ufffd"
    kept = json.dumps([page.posts[0].raw, page.rejects[0].raw], ensure_ascii=False, allow_nan=False)
    assert "\x00" not in kept
    assert "\\u0000" not in kept
    assert kept.encode()


def test_an_item_nested_without_end_is_read_and_its_depths_are_not_kept() -> None:
    deep: Any = []
    for _ in range(900):
        deep = [deep]

    post = parse_item(make_item(extra=deep))

    assert json.dumps(post.raw)


def test_a_profile_is_read_with_what_it_tells() -> None:
    profile = parse_profile({"user": {"pk": 787132, "username": "natgeo", "is_private": False, "follower_count": 5}})

    assert (profile.pk, profile.username, profile.full_name, profile.follower_count) == ("787132", "natgeo", "", 5)
    for answer in ({}, {"user": None}, {"user": {"pk": 1}}, {"user": {"username": "natgeo", "pk": 1.5}}):
        with pytest.raises(UnreadableAnswer):
            parse_profile(answer)


def test_no_mutation_of_an_item_loses_the_page() -> None:
    dice = random.Random(20261110)
    for _ in range(3000):
        items = [_mutated(make_item(carousel_media=[{"usertags": {"in": []}}]), dice) for _ in range(2)]

        page = parse_feed_page({"items": [*items, make_item(pk=1)]}, PROFILE_PK)

        assert len(page.posts) + len(page.rejects) == 3
        assert "1" in {post.media_pk for post in page.posts}
        json.dumps([dict(post.raw) for post in page.posts], allow_nan=False)


@pytest.mark.parametrize(
    ("name", "posts", "rejects"),
    [
        ("feed_user_natgeo", 3, 0),
        ("feed_user_barstool_1item_2025", 1, 0),
        ("media_info_natgeo_reel_items", 1, 0),
        ("user_clips_natgeo", 3, 0),
        ("user_info_natgeo", 0, 1),
        ("graph_business_discovery_media_p1", 2, 0),
        ("graph_business_discovery_media_p2", 2, 0),
        ("graph_business_discovery_user", 0, 1),
    ],
)
def test_recorded_answers_are_read_item_by_item(name: str, posts: int, rejects: int) -> None:
    page = parse_recording(recording(f"payloads/{name}.json"))

    assert (len(page.posts), len(page.rejects)) == (posts, rejects)


_ODD: Sequence[Any] = (
    None,
    True,
    -1,
    0,
    2**70,
    1.5,
    float("nan"),
    float("inf"),
    "",
    "x",
    "\x00\ud800",
    [],
    {},
    [[]],
    [None],
    {"in": 5},
)


def _mutated(item: dict[str, Any], dice: random.Random) -> Any:
    item = copy.deepcopy(item)
    if dice.random() < 0.02:
        return copy.deepcopy(dice.choice(_ODD))
    for _ in range(dice.randint(1, 4)):
        place: Any = item
        while isinstance(place, dict | list) and place:
            key = dice.choice(list(place) if isinstance(place, dict) else range(len(place)))
            if not isinstance(place[key], dict | list) or dice.random() < 0.4:
                if dice.random() < 0.3:
                    del place[key]
                else:
                    place[key] = copy.deepcopy(dice.choice(_ODD))
                break
            place = place[key]
    return item
