"""The official provider with a brand's own token against the sandbox: who tags and who mentions the brand."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.instagram.errors import AccountCooling, TargetUnavailable, TransientFailure
from app.instagram.fake import SinglePermit
from app.instagram.graph_provider import GraphProvider
from app.instagram.port import ReaderAccount, Target
from tests.sandbox_process import SandboxClient, running_sandbox


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxClient]:
    with running_sandbox(tmp_path_factory.mktemp("sandbox"), speed=0, history_days=30) as running:
        yield running


@pytest.fixture(scope="module")
def cast(sandbox: SandboxClient) -> Mapping[str, Any]:
    return sandbox.cast()


@pytest.fixture
def graph(sandbox: SandboxClient) -> Iterator[GraphProvider]:
    sandbox.clear_faults()
    yield GraphProvider(timeout=timedelta(seconds=2), ca_file=Path(sandbox.ca_file))
    sandbox.clear_faults()


def account_of(token: Mapping[str, Any]) -> ReaderAccount:
    return ReaderAccount(UUID(int=7), token["username"], settings=token["settings"], proxy=token["proxy"])


@pytest.fixture
def brand(cast: Mapping[str, Any]) -> ReaderAccount:
    return account_of(cast["brand_tokens"][0])


@pytest.fixture
def influencer(cast: Mapping[str, Any]) -> str:
    """A personal account: what it publishes is found no other way."""
    return next(str(person["username"]) for person in cast["influencers"] if not person["is_business"])


def test_every_brand_of_a_campaign_has_a_token_and_they_are_told_apart_from_our_own(cast: Mapping[str, Any]) -> None:
    names = {token["username"] for token in cast["brand_tokens"]}

    assert len(names) == len(cast["campaigns"])
    assert [token["username"] for token in cast["graph_tokens"]] == ["graph01", "graph02"]


def test_a_brand_sees_the_visible_posts_of_others_that_tag_it(
    sandbox: SandboxClient, graph: GraphProvider, brand: ReaderAccount, influencer: str
) -> None:
    older = sandbox.publish(influencer, caption="오늘", usertags=[brand.username])["media_pk"]
    removed = sandbox.publish(influencer, caption="지울 글", usertags=[brand.username])["media_pk"]
    untagged = sandbox.publish(influencer, caption=f"@{brand.username} 좋아요")["media_pk"]
    newest = sandbox.publish(influencer, caption="릴스", kind="reel", usertags=[brand.username])["media_pk"]
    sandbox.remove(removed)

    page = graph.fetch_tags_page(brand, SinglePermit())

    found = [post.media_pk for post in page.posts]
    assert found[:2] == [newest, older]
    assert not {removed, untagged} & set(found)
    assert page.posts[0].owner_username == influencer
    assert (page.posts[0].owner_pk, page.posts[0].product_type) == ("", "clips")
    assert page.usage is not None


def test_a_private_author_and_the_brands_own_posts_are_not_shown(
    sandbox: SandboxClient, graph: GraphProvider, brand: ReaderAccount, influencer: str
) -> None:
    hidden = sandbox.publish(influencer, caption="비공개", usertags=[brand.username])
    own = sandbox.publish(
        influencer, caption=f"@{brand.username}", usertags=[brand.username], collab_with=brand.username
    )
    sandbox.set_private(influencer)

    found = {post.media_pk for post in graph.fetch_tags_page(brand, SinglePermit()).posts}
    sandbox.set_private(influencer, False)
    found_again = {post.media_pk for post in graph.fetch_tags_page(brand, SinglePermit()).posts}

    assert hidden["media_pk"] not in found
    assert hidden["media_pk"] in found_again
    assert own["media_pk"] not in found_again
    with pytest.raises(TargetUnavailable, match="media_not_found"):
        graph.fetch_mentioned_post(brand, SinglePermit(), own["graph_id"])


def test_a_mentioned_post_is_shown_to_the_brand_that_it_mentions_and_to_nobody_else(
    sandbox: SandboxClient, graph: GraphProvider, cast: Mapping[str, Any], brand: ReaderAccount, influencer: str
) -> None:
    published = sandbox.publish(influencer, caption=f"써봤어요 @{brand.username} #좋아요")
    longer = sandbox.publish(influencer, caption=f"@{brand.username}_fans")
    other, ours = account_of(cast["brand_tokens"][1]), account_of(cast["graph_tokens"][0])

    post = graph.fetch_mentioned_post(brand, SinglePermit(), published["graph_id"])

    assert (post.media_pk, post.code) == (published["media_pk"], published["code"])
    assert (post.owner_username, post.owner_pk, post.are_mentions_known) == (influencer, "", False)
    assert post.caption == f"써봤어요 {brand.username} #좋아요"
    for reader, media_id in (
        (other, published["graph_id"]),
        (ours, published["graph_id"]),
        (brand, longer["graph_id"]),
    ):
        with pytest.raises(TargetUnavailable, match="media_not_found"):
            graph.fetch_mentioned_post(reader, SinglePermit(), media_id)
    sandbox.remove(published["media_pk"])
    with pytest.raises(TargetUnavailable, match="media_not_found"):
        graph.fetch_mentioned_post(brand, SinglePermit(), published["graph_id"])


def test_a_token_of_our_own_is_tagged_by_nobody_and_a_brands_token_reads_professional_accounts(
    graph: GraphProvider, cast: Mapping[str, Any], brand: ReaderAccount
) -> None:
    name = next(person["username"] for person in cast["influencers"] if person["is_business"])

    ours = graph.fetch_tags_page(account_of(cast["graph_tokens"][0]), SinglePermit())

    assert (ours.posts, ours.rejects) == ((), ())
    assert graph.fetch_feed_page(brand, SinglePermit(), Target(None, name), None).posts


def test_faults_of_the_official_api_reach_these_requests_too(
    sandbox: SandboxClient, graph: GraphProvider, brand: ReaderAccount, influencer: str
) -> None:
    published = sandbox.publish(influencer, caption=f"@{brand.username}", usertags=[brand.username])
    sandbox.add_fault("graph_limit", endpoint="/tags")
    sandbox.add_fault("drifted", endpoint="/tags")
    sandbox.add_fault("no_items", endpoint="/tags")
    sandbox.add_fault("no_items", endpoint="mentioned_media")

    with pytest.raises(TransientFailure, match="mention_without_post"):
        graph.fetch_mentioned_post(brand, SinglePermit(), published["graph_id"])
    with pytest.raises(AccountCooling, match="graph_limit"):
        graph.fetch_tags_page(brand, SinglePermit())
    drifted = graph.fetch_tags_page(brand, SinglePermit())
    with pytest.raises(TransientFailure, match="page_without_media"):
        graph.fetch_tags_page(brand, SinglePermit())

    assert len(drifted.rejects) == 1
    assert sandbox.violations()["total"] == 0
