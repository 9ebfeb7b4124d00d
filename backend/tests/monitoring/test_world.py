"""The sandbox's world, with its tricky captions and later edits: what is registered is exactly the truth."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.campaigns.import_campaigns import save_campaigns, validated_campaigns
from app.campaigns.import_influencers import save_influencers, validated_influencers
from app.campaigns.participations import watched_campaigns
from app.content import seen_posts
from app.core.db import TransactionFactory
from app.instagram.parsing import parse_item
from app.models import Campaign, CampaignContent, Influencer, InfluencerPost, PostMatch
from app.models.states import NearMissKind, ReviewStatus
from app.monitoring.judging import judge_posts
from app.sandbox import payloads, truth
from app.sandbox.world import World
from tests.sandbox.worlds import DAY, START, make_world

STEPS = 3
EXPECTED: Mapping[str, NearMissKind] = {
    "tag_with_particle": NearMissKind.PARTICLE,
    "broken_tag": NearMissKind.SPLIT,
    "misspelt_tag": NearMissKind.TYPO,
    "underscore_tag": NearMissKind.SCRIPT,
    "words_without_hash": NearMissKind.NO_SIGN,
    "entity_tag": NearMissKind.NO_SIGN,
    "shorter_tag": NearMissKind.TYPO,
    "longer_mention": NearMissKind.SIMILAR_ACCOUNT,
    "email_mention": NearMissKind.NO_SIGN,
}


@pytest.fixture
def world(transaction: TransactionFactory) -> World:
    """A world of 24 influencers and 10 campaigns whose feeds were seen three times within six days."""
    world = make_world(seed=4, influencers=24, campaigns=8, speed=60, history_days=10)
    influencers, faults = validated_influencers(
        [{"username": someone.username, "platform_uid": str(someone.person.pk)} for someone in world.cast.influencers]
    )
    campaigns, problems = validated_campaigns([campaign.as_document() for campaign in world.cast.campaigns])
    assert not faults
    assert not problems
    with transaction() as session:
        save_influencers(session, influencers, now=at(world))
        save_campaigns(session, campaigns, now=at(world))
    for step in range(1, STEPS + 1):
        world.advance(START + step * DAY / STEPS / 10)
        see_everything(transaction, world)
    return world


def at(world: World) -> datetime:
    return datetime.fromtimestamp(world.now, UTC)


def see_everything(transaction: TransactionFactory, world: World) -> None:
    """Scan every feed, as far back as it goes."""
    for someone in world.cast.influencers:
        if world.is_private(someone.person):
            continue
        grid, _ = world.feed(someone.person, before_pk=None, count=1000)
        posts = [parse_item(payloads.item(world, post), str(someone.person.pk)) for post in grid]
        with transaction() as session:
            influencer = session.scalars(select(Influencer).where(Influencer.username == someone.username)).one()
            stored = seen_posts.store_posts(session, influencer.id, posts, now=at(world))
            campaigns = watched_campaigns(session, influencer.id, now=at(world), grace=timedelta(days=1))
            judge_posts(
                session,
                influencer,
                campaigns,
                on_page=stored.post_ids,
                edited=stored.edited_post_ids,
                now=at(world),
            )


def visible_truth(world: World) -> list[dict[str, Any]]:
    return [record for record in truth.all_posts(world) if record["is_visible"]]


def registered(transaction: TransactionFactory) -> set[tuple[str, str]]:
    with transaction() as session:
        rows = session.execute(
            select(Campaign.title, CampaignContent.instagram_media_pk).join(
                Campaign, Campaign.id == CampaignContent.campaign_id
            )
        ).all()
    return {(row[0], row[1]) for row in rows}


def reviews(transaction: TransactionFactory) -> dict[tuple[str, str], list[str]]:
    """What is in review: the kinds of near misses by campaign and post."""
    with transaction() as session:
        rows = session.execute(
            select(Campaign.title, InfluencerPost.media_pk, PostMatch.near_misses)
            .join(Campaign, Campaign.id == PostMatch.campaign_id)
            .join(InfluencerPost, InfluencerPost.id == PostMatch.post_id)
            .where(PostMatch.review_status == ReviewStatus.OPEN)
        ).all()
    return {(row[0], row[1]): [miss["kind"] for miss in row[2]] for row in rows}


def test_what_is_registered_is_the_truth_and_near_misses_are_in_review(
    transaction: TransactionFactory, world: World
) -> None:
    posts = visible_truth(world)
    visible = {post["media_pk"] for post in posts}
    expected = {(title, post["media_pk"]) for post in posts for title in post["matches"]}
    corrected = {post["media_pk"] for post in posts if post["intention"] == "tag_added_later" and post["matches"]}
    in_review = reviews(transaction)

    found = {key for key in registered(transaction) if key[1] in visible}

    assert found == expected
    assert len(expected) > 60
    assert corrected
    assert corrected <= {pk for _, pk in found}
    assert not found & in_review.keys()
    intentions = {post["media_pk"]: post["intention"] for post in posts}
    reviewed = {(intentions[pk], kind) for (_, pk), kinds in in_review.items() if pk in visible for kind in kinds}
    assert reviewed >= {(intention, kind) for intention, kind in EXPECTED.items()}
    assert {kind for intention, kind in reviewed if intention == "unrelated"} <= {NearMissKind.OTHER_POST}
