"""The official provider: what it asks, what it makes of the answers, and what it does not claim."""

import traceback
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import pytest

from app.instagram.errors import (
    AccountCooling,
    AccountNeedsHuman,
    InstagramError,
    SoftwareOutdated,
    TargetUnavailable,
    TransientFailure,
)
from app.instagram.fake import SinglePermit
from app.instagram.graph_provider import GraphProvider
from app.instagram.port import BrandProvider, Provider, ReaderAccount, Target, Usage
from tests.instagram.recorded import recorded_lines, recording
from tests.wire.scripted_server import Answer, ScriptedServer, running_server

TOKEN = "EAAtest0123456789"
LUMI = Target("77", "lumi")
MEDIA = {
    "id": "17885103395504675",
    "caption": "봄 #여름 lumi_cos",
    "comments_count": 3,
    "like_count": 50,
    "media_type": "VIDEO",
    "media_product_type": "REELS",
    "permalink": "https://www.instagram.com/reel/CScld93rm4W/",
    "timestamp": "2021-08-11T19:56:42+0000",
    "view_count": 900,
}


def page_of(*media: Any, **cursors: str) -> dict[str, Any]:
    listed = {"data": list(media), "paging": {"cursors": cursors}}
    return {"business_discovery": {"id": "178", "username": "lumi", "media_count": 9, "media": listed}, "id": "1784"}


def refused(status: int, code: int, message: str = "", **more: Any) -> Answer:
    return Answer(status, {"error": {"message": message, "type": "OAuthException", "code": code, **more}})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScriptedServer]:
    with running_server(tmp_path_factory.mktemp("graph")) as running:
        yield running


@pytest.fixture
def graph(server: ScriptedServer) -> GraphProvider:
    server.answers.clear()
    server.requests.clear()
    return GraphProvider(timeout=timedelta(seconds=5), ca_file=server.ca_file)


@pytest.fixture
def account(server: ScriptedServer) -> ReaderAccount:
    settings = {"access_token": TOKEN, "ig_user_id": "1784", "expires_at": None}
    return ReaderAccount(UUID(int=1), "graph01", settings=settings, proxy=server.proxy)


def asked_fields(server: ScriptedServer) -> str:
    return parse_qs(server.requests[-1].query)["fields"][0]


def test_a_page_is_asked_for_by_name_and_the_token_stays_out_of_the_address(
    server: ScriptedServer, graph: GraphProvider, account: ReaderAccount
) -> None:
    server.answers.append(Answer(body=page_of(MEDIA, after="QVFIabc=")))

    page = graph.fetch_feed_page(account, SinglePermit(), LUMI, "QVFIold")

    (seen,) = server.requests
    assert seen.path == "/v25.0/1784"
    assert asked_fields(server) == (
        "business_discovery.username(lumi){id,username,media_count,media.after(QVFIold).limit(25)"
        "{id,caption,comments_count,like_count,media_type,permalink,timestamp,media_product_type,view_count}}"
    )
    assert seen.headers["authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in seen.query
    assert page.next_cursor == "QVFIabc="


def test_posts_are_joined_by_their_short_code_and_claim_nothing_that_is_not_told(
    server: ScriptedServer, graph: GraphProvider, account: ReaderAccount
) -> None:
    hidden = {key: value for key, value in MEDIA.items() if key not in {"like_count", "view_count"}}
    server.answers.append(
        Answer(body=page_of(MEDIA, {**hidden, "permalink": "https://www.instagram.com/p/CSr71Gzlqo4/"}))
    )

    told, untold = graph.fetch_feed_page(account, SinglePermit(), LUMI, None).posts

    assert (told.media_pk, told.code, told.owner_pk) == ("2638148268750433814", "CScld93rm4W", "77")
    assert (told.like_count, told.view_count, told.play_count, told.share_count) == (50, 900, None, None)
    assert (told.is_pinned, told.is_paid_partnership, told.are_mentions_known) == (None, None, False)
    assert (untold.like_count, untold.is_like_hidden, untold.view_count) == (None, True, None)


def test_a_name_is_enough_and_no_private_pk_is_invented(
    server: ScriptedServer, graph: GraphProvider, account: ReaderAccount
) -> None:
    provider: Provider = graph
    profile_answer = {"id": "178", "username": "lumi", "name": "루미", "followers_count": 64976, "media_count": 9}
    server.answers.extend([Answer(body=page_of(MEDIA)), Answer(body={"business_discovery": profile_answer})])

    page = provider.fetch_feed_page(account, SinglePermit(), Target(None, "Lumi"), None)
    profile = provider.fetch_profile(account, SinglePermit(), "@Lumi")

    assert not provider.needs_user_pk
    assert page.posts[0].owner_pk == ""
    assert (profile.pk, profile.username, profile.full_name, profile.follower_count) == (None, "lumi", "루미", 64976)


@pytest.mark.parametrize("refused_times", [1, 2, 5])
def test_fields_that_a_token_may_not_ask_for_are_left_out_from_the_next_request_on(
    server: ScriptedServer, graph: GraphProvider, account: ReaderAccount, refused_times: int
) -> None:
    server.answers.extend([refused(400, 100, "(#100) Tried accessing nonexisting field (view_count)")] * refused_times)
    for _ in range(refused_times):
        with pytest.raises(TransientFailure, match="fields_refused"):
            graph.fetch_feed_page(account, SinglePermit(), LUMI, None)
    basic = {key: value for key, value in MEDIA.items() if key not in {"view_count", "media_product_type"}}
    server.answers.append(Answer(body=page_of(basic)))

    page = graph.fetch_feed_page(account, SinglePermit(), LUMI, None)

    assert "view_count" not in asked_fields(server)
    assert ("media_product_type" in asked_fields(server)) is (refused_times == 1)
    assert page.posts[0].product_type == "clips"
    assert len(server.requests) == refused_times + 1


def test_another_token_is_asked_for_everything(
    server: ScriptedServer, graph: GraphProvider, account: ReaderAccount
) -> None:
    server.answers.extend([refused(400, 100, "(#100) nonexisting field"), Answer(body=page_of(MEDIA))])
    with pytest.raises(TransientFailure):
        graph.fetch_feed_page(account, SinglePermit(), LUMI, None)

    graph.fetch_feed_page(replace(account, id=UUID(int=2)), SinglePermit(), LUMI, None)

    assert "view_count" in asked_fields(server)


def test_a_refused_cursor_takes_no_field_away(
    server: ScriptedServer, graph: GraphProvider, account: ReaderAccount
) -> None:
    server.answers.extend([refused(400, 100, "(#100) Invalid parameter"), Answer(body=page_of(MEDIA))])

    with pytest.raises(TransientFailure, match="cursor_refused"):
        graph.fetch_feed_page(account, SinglePermit(), LUMI, "QVFIgone")
    graph.fetch_feed_page(account, SinglePermit(), LUMI, None)

    assert "view_count" in asked_fields(server)


@pytest.mark.parametrize(
    ("answer", "kind", "error"),
    [
        (refused(403, 4, is_transient=True), AccountCooling, "graph_limit"),
        (refused(400, 17), AccountCooling, "graph_limit"),
        (refused(400, 32), AccountCooling, "graph_limit"),
        (refused(400, 613), AccountCooling, "graph_limit"),
        (refused(400, 80002), AccountCooling, "graph_limit"),
        (refused(401, 190, error_subcode=463), AccountNeedsHuman, "graph_token"),
        (refused(400, 104), AccountNeedsHuman, "graph_token"),
        (refused(403, 10), AccountNeedsHuman, "graph_permission"),
        (refused(400, 100, "Unsupported get request", error_subcode=33), AccountNeedsHuman, "own_account_refused"),
        (refused(400, 110, "Invalid user id"), TargetUnavailable, "user_not_found"),
        (refused(400, 100, "Invalid user id"), TargetUnavailable, "user_not_found"),
        (refused(400, 100, "", error_subcode=2207013), TargetUnavailable, "user_not_found"),
        (refused(400, 2635), SoftwareOutdated, "graph_version"),
        (refused(500, 2, is_transient=True), TransientFailure, "graph_unavailable"),
        (refused(200, 2), TransientFailure, "graph_unavailable"),
        (Answer(200, {"id": "1784"}), TransientFailure, "page_without_media"),
        (Answer(200, {"business_discovery": {"media_count": 3}}), TransientFailure, "page_without_media"),
        (Answer(200, b'{"business_discovery": {"media"'), TransientFailure, "invalid_json"),
        (Answer(502, b"<html></html>"), TransientFailure, "server_error"),
        (Answer(404, b"<html>Not Found</html>"), TransientFailure, "html_page"),
        (Answer(302, b"", {"location": "https://elsewhere.invalid/"}), TransientFailure, "empty_answer"),
    ],
)
def test_a_refusal_is_an_error_of_its_kind_after_one_request(
    server: ScriptedServer,
    graph: GraphProvider,
    account: ReaderAccount,
    answer: Answer,
    kind: type[InstagramError],
    error: str,
) -> None:
    server.answers.append(answer)

    with pytest.raises(kind) as raised:
        graph.fetch_feed_page(account, SinglePermit(), LUMI, None)

    assert raised.value.error == error
    assert len(server.requests) == 1
    assert TOKEN not in "".join(traceback.format_exception(raised.value))


def test_an_account_without_posts_has_an_empty_feed(
    server: ScriptedServer, graph: GraphProvider, account: ReaderAccount
) -> None:
    server.answers.append(Answer(body={"business_discovery": {"username": "lumi", "media_count": 0}}))

    page = graph.fetch_feed_page(account, SinglePermit(), LUMI, None)

    assert (page.posts, page.next_cursor) == ((), None)


def test_a_page_without_media_ends_the_feed_whatever_its_cursor_says(
    server: ScriptedServer, graph: GraphProvider, account: ReaderAccount
) -> None:
    server.answers.append(Answer(body=page_of(after="QVFIon")))

    assert graph.fetch_feed_page(account, SinglePermit(), LUMI, "QVFIx").next_cursor is None


def test_the_usage_comes_with_the_answer(server: ScriptedServer, graph: GraphProvider, account: ReaderAccount) -> None:
    header = {"x-app-usage": '{"call_count":91,"total_cputime":15,"total_time":12}'}
    server.answers.append(Answer(200, page_of(MEDIA), header))

    page = graph.fetch_feed_page(account, SinglePermit(), LUMI, None)

    assert page.usage == Usage(91, None)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"x-business-use-case-usage": '{"1": [{"call_count": 100, "estimated_time_to_regain_access": 7}]}'}, 420),
        ({"retry-after": "90", "x-app-usage": '{"call_count": 100}'}, 90),
        ({"x-app-usage": '{"call_count": 100}'}, None),
    ],
)
def test_a_throttled_token_rests_for_as_long_as_the_api_says(
    server: ScriptedServer, graph: GraphProvider, account: ReaderAccount, headers: dict[str, str], wait: int | None
) -> None:
    server.answers.append(replace(refused(400, 80002), headers=headers))

    with pytest.raises(AccountCooling) as raised:
        graph.fetch_feed_page(account, SinglePermit(), LUMI, None)

    assert raised.value.retry_after == (None if wait is None else timedelta(seconds=wait))


def test_what_cannot_be_asked_costs_nothing(
    server: ScriptedServer, graph: GraphProvider, account: ReaderAccount
) -> None:
    permit = SinglePermit()
    broken = replace(account, settings={"ig_user_id": "1784"})

    with pytest.raises(TargetUnavailable, match="invalid_username"):
        graph.fetch_feed_page(account, permit, Target("77", "lumi){id}"), None)
    with pytest.raises(TransientFailure, match="cursor_refused"):
        graph.fetch_feed_page(account, permit, LUMI, "x).limit(9999){id}")
    with pytest.raises(AccountNeedsHuman, match="token_unreadable"):
        graph.fetch_feed_page(broken, permit, LUMI, None)

    assert not permit.is_spent
    assert server.requests == []


def test_recorded_pages_are_read_and_end_where_they_end(
    server: ScriptedServer, graph: GraphProvider, account: ReaderAccount
) -> None:
    first = recording("payloads/graph_business_discovery_media_p1.json")
    profile = recording("payloads/graph_business_discovery_user.json")
    server.answers.extend([Answer(body=first), Answer(body=profile)])

    page = graph.fetch_feed_page(account, SinglePermit(), Target(None, "facebookfordevelopers"), None)
    found = graph.fetch_profile(account, SinglePermit(), "facebookfordevelopers")

    assert [(post.code, post.like_count, post.comment_count) for post in page.posts] == [
        ("CSr71Gzlqo4", 87, 11),
        ("CSpNPqgFxE0", 186, 16),
    ]
    assert (page.next_cursor, page.rejects) == ("after", ())
    assert (found.username, found.follower_count) == ("facebookfordevelopers", 64976)


def test_recorded_refusals_are_of_their_kind(
    server: ScriptedServer, graph: GraphProvider, account: ReaderAccount
) -> None:
    expected = {"graph_user_not_found_no": TargetUnavailable, "graph_app_limit": AccountCooling}
    recorded = {case["name"]: case for case in recorded_lines("payloads/errors.jsonl")}

    for name, kind in expected.items():
        server.answers.append(Answer(recorded[name]["http_status"], recorded[name]["body"]))
        with pytest.raises(kind):
            graph.fetch_feed_page(account, SinglePermit(), LUMI, None)


def test_tags_are_asked_for_on_the_edge_of_the_tokens_own_account(
    server: ScriptedServer, graph: GraphProvider, account: ReaderAccount
) -> None:
    brand: BrandProvider = graph
    tagging = {**MEDIA, "username": "hana"}
    header = {"x-business-use-case-usage": '{"1784": [{"call_count": 40}]}'}
    server.answers.append(Answer(200, {"data": [tagging, None], "paging": {"cursors": {"after": "QVFI"}}}, header))

    page = brand.fetch_tags_page(account, SinglePermit())

    (seen,) = server.requests
    (post,) = page.posts
    assert seen.path == "/v25.0/1784/tags"
    assert asked_fields(server) == (
        "id,caption,comments_count,like_count,media_type,permalink,timestamp,media_product_type,username"
    )
    assert TOKEN not in seen.query
    assert (post.media_pk, post.owner_pk, post.owner_username) == ("2638148268750433814", "", "hana")
    assert (post.product_type, post.like_count, post.are_mentions_known) == ("clips", 50, False)
    assert (len(page.rejects), page.next_cursor, page.usage) == (1, "QVFI", Usage(40, None))


def test_a_brand_that_nobody_tags_has_an_empty_page(
    server: ScriptedServer, graph: GraphProvider, account: ReaderAccount
) -> None:
    server.answers.append(Answer(body={"data": []}))

    page = graph.fetch_tags_page(account, SinglePermit())

    assert (page.posts, page.rejects, page.next_cursor) == ((), (), None)


def test_a_mentioned_post_is_asked_for_by_the_id_of_the_webhook_and_known_by_its_address(
    server: ScriptedServer, graph: GraphProvider, account: ReaderAccount
) -> None:
    told = {key: value for key, value in MEDIA.items() if key not in {"media_product_type", "view_count"}}
    server.answers.append(Answer(body={"mentioned_media": {**told, "username": "hana"}, "id": "1784"}))

    post = graph.fetch_mentioned_post(account, SinglePermit(), "17885103395504675")

    assert server.requests[-1].path == "/v25.0/1784"
    assert asked_fields(server) == (
        "mentioned_media.media_id(17885103395504675)"
        "{id,caption,comments_count,like_count,media_type,permalink,timestamp,username}"
    )
    assert (post.media_pk, post.code, post.owner_pk) == ("2638148268750433814", "CScld93rm4W", "")
    assert (post.owner_username, post.product_type, post.are_mentions_known) == ("hana", "clips", False)


@pytest.mark.parametrize(
    ("answer", "kind", "error"),
    [
        (refused(400, 80002), AccountCooling, "graph_limit"),
        (refused(401, 190), AccountNeedsHuman, "graph_token"),
        (refused(403, 10), AccountNeedsHuman, "graph_permission"),
        (refused(400, 100, "Object with ID '1784' does not exist", error_subcode=33), AccountNeedsHuman, "own_account"),
        (
            refused(400, 100, "Object with ID '99' does not exist", error_subcode=33),
            TargetUnavailable,
            "media_not_foun",
        ),
        (refused(400, 100, "nonexisting field (permalink)"), TransientFailure, "fields_refused"),
        (refused(500, 2), TransientFailure, "graph_unavailable"),
        (Answer(200, {"id": "1784"}), TransientFailure, "mention_without_post"),
        (Answer(200, {"mentioned_media": {"id": "99", "caption": "x"}}), TransientFailure, "mention_without_post"),
    ],
)
def test_a_mention_that_cannot_be_read_is_an_error_of_its_kind(
    server: ScriptedServer,
    graph: GraphProvider,
    account: ReaderAccount,
    answer: Answer,
    kind: type[InstagramError],
    error: str,
) -> None:
    server.answers.append(answer)

    with pytest.raises(kind, match=error):
        graph.fetch_mentioned_post(account, SinglePermit(), "99")

    assert len(server.requests) == 1


@pytest.mark.parametrize("media_id", ["", "1784){id}", "１７８４", "17 84", "9" * 21])
def test_an_id_that_is_no_number_is_never_sent(
    server: ScriptedServer, graph: GraphProvider, account: ReaderAccount, media_id: str
) -> None:
    permit = SinglePermit()

    with pytest.raises(TargetUnavailable, match="invalid_media_id"):
        graph.fetch_mentioned_post(account, permit, media_id)

    assert not permit.is_spent
    assert server.requests == []
