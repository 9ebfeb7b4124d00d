"""The truth by construction, checked against a reading of the captions that shares no code with the sandbox."""

import re
import unicodedata
from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from app.sandbox import truth
from app.sandbox.captions import Intention
from app.sandbox.reading import carried_campaigns
from app.sandbox.world import World
from tests.sandbox.worlds import DAY, START, make_world

KOREA = timezone(timedelta(hours=9))


@pytest.fixture(scope="module")
def world() -> World:
    world = make_world(seed=11, influencers=60, campaigns=20, speed=200)
    world.advance(START + DAY / 10)
    return world


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).lower()


def _naive_matches(world: World, record: dict[str, Any]) -> list[str]:
    caption = _plain(record["caption"])
    tags = set(re.findall(r"(?<!&)[#＃](\w+)", caption))
    names = {name.rstrip(".") for name in re.findall(r"(?<![a-z0-9_.])[@＠]([a-z0-9_.]+)", caption)}
    day = datetime.fromtimestamp(record["taken_at"], UTC).astimezone(KOREA).date()
    kinds = {"any"} | {1: {"photo"}, 8: {"album"}, 2: {"video"}}[record["media_type"]]
    if record["product_type"] == "clips":
        kinds.add("reel")
    return [
        campaign.title
        for campaign in world.cast.campaigns
        if record["username"] in campaign.participants
        and {_plain(tag) for tag in campaign.hashtags} <= tags
        and {_plain(name) for name in campaign.mentions} <= names
        and campaign.content_type in kinds
        and campaign.start_date <= day <= campaign.end_date
    ]


def test_every_post_says_exactly_the_campaigns_that_a_plain_reading_finds(world: World) -> None:
    records = truth.all_posts(world)

    wrong = [record for record in records if record["matches"] != _naive_matches(world, record)]

    assert wrong == []
    assert len(records) > 2000


def test_the_world_has_every_kind_of_near_miss_and_every_outcome(world: World) -> None:
    records = truth.all_posts(world)
    intentions = Counter(record["intention"] for record in records)

    assert set(intentions) == {str(intention) for intention in Intention}
    assert any(len(record["matches"]) > 1 for record in records)
    assert any(record["intention"] == "satisfies" and not record["matches"] for record in records)
    assert any(record["owner"] != record["username"] and record["matches"] for record in records)
    assert any(record["removed_at"] for record in records)
    assert any(span["reason"] == "archived" and span["until"] for record in records for span in record["hidden"])
    assert any(span["reason"] == "private" for record in records for span in record["hidden"])


def test_a_post_that_is_corrected_later_matches_since_the_correction(world: World) -> None:
    corrected = [
        record for record in truth.all_posts(world) if record["intention"] == "tag_added_later" and record["matches"]
    ]

    assert corrected
    for record in corrected:
        assert record["matched_since"] == record["edits"][0]["at"] > record["published_at"]


def test_a_brand_is_never_tagged_on_a_picture_of_a_post_that_lacks_its_mention(world: World) -> None:
    """So that a matcher which also accepts photo tags as mentions agrees with the truth."""
    brands = {campaign.brand.username: campaign for campaign in world.cast.campaigns}

    tagged = [post for post in world.posts.values() if any(person.username in brands for person in post.tagged)]

    assert tagged
    assert all(post.intention == Intention.SATISFIES for post in tagged)


@pytest.mark.parametrize(
    ("ending", "is_carried"),
    [
        ("#{tag} @{name}", True),
        ("＃{tag}! ＠{name}님", True),
        ("#다른#{tag} (@{name})", True),
        ("#{tag}를 @{name}", False),
        ("#{tag} @{name}_kr", False),
        ("#{tag} hello@{name}", False),
        ("&#{tag} @{name}", False),
        ("{tag} @{name}", False),
    ],
)
def test_a_caption_written_by_hand_is_read_by_instagrams_rules(world: World, ending: str, is_carried: bool) -> None:
    campaign = next(campaign for campaign in world.cast.campaigns if campaign.mentions)
    first, *others = campaign.hashtags
    head = " ".join(f"#{tag}" for tag in others) + " " + " ".join(f"@{name}" for name in campaign.mentions[1:])

    found = carried_campaigns(f"{head} {ending.format(tag=first, name=campaign.mentions[0])}", [campaign])

    assert found == ({campaign.title} if is_carried else set())
