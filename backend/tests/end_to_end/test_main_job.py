"""The main job over a world of 60 influencers and 10 campaigns, with every fault, while processes are killed."""

import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.end_to_end.stack import Stack, add_accounts, import_cast, running_stack, wait_until
from tests.sandbox_process import running_sandbox

pytestmark = pytest.mark.end_to_end

FAULTS = (
    ("429", 3),
    ("please_wait", 2),
    ("feedback", 1),
    ("5xx", 5),
    ("html", 3),
    ("truncated", 3),
    ("hang", 1),
    ("drifted", 4),
    ("empty_page", 4),
    ("no_items", 2),
)
VICTIMS = (
    "worker-instagram",
    "worker-default",
    "valkey",
    "worker-notifications",
    "worker-instagram",
    "postgresql",
    "beat",
    "worker-instagram",
)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    directory = tmp_path_factory.mktemp("end-to-end")
    world = running_sandbox(
        directory / "sandbox",
        influencers=60,
        campaigns=10,
        accounts=16,
        seed=11,
        speed=1500,
        history_days=12,
    )
    with world as sandbox, running_stack(directory / "state", sandbox) as stack:
        add_accounts(stack)
        import_cast(stack, directory)
        yield stack


@pytest.mark.timeout(600)
def test_every_post_is_found_every_match_registered_and_announced_once_whatever_dies(stack: Stack) -> None:
    chooser = random.Random(5)
    _wait_for_registrations(stack, 20)

    for kind, count in FAULTS:
        stack.sandbox.add_fault(kind, count=count, **({"hang_seconds": 8} if kind == "hang" else {}))
    stack.sandbox.add_fault("challenge", count=1)
    stack.sandbox.add_fault("login_required", count=1)
    for victim in VICTIMS:
        before = len(stack.sandbox.requests())
        wait_until(
            lambda before=before: len(stack.sandbox.requests()) > before + chooser.randrange(1, 12),  # type: ignore[misc]
            seconds=90,
            what=f"requests before {victim} is killed",
        )
        _stir(stack, chooser)
        stack.kill(victim)
    _come_to_rest(stack)

    truth = stack.sandbox.truth()
    assert _posts_not_found(stack, truth) == []
    assert _stories(stack, truth, _registered(stack) ^ _expected(truth)) == []
    assert _announced(stack) == Counter(dict.fromkeys(_registered(stack), 1))
    assert stack.sandbox.violations()["total"] == 0
    assert _limits_broken_by_the_log(stack) == []


def test_the_faults_left_their_traces_and_nothing_else(stack: Stack) -> None:
    outcomes = {row["outcome"] for row in stack.query("SELECT DISTINCT outcome FROM instagram_requests")}
    rejected = stack.query("SELECT sum(items_rejected) AS items FROM influencer_scan_logs")[0]["items"]
    set_aside = stack.query("SELECT last_error FROM instagram_accounts WHERE status = 'needs_human'")
    alerts = stack.query("SELECT dedupe_key FROM notifications WHERE event = 'account.needs_human' AND status = 'sent'")

    assert {"ok", "cooling", "needs_human", "transient"} <= outcomes
    assert rejected >= 1
    assert len(set_aside) == len(alerts) == 2
    print(_summary(stack))


def _stir(stack: Stack, chooser: random.Random) -> None:
    """Let things happen beside what the world does by itself: posts, a burst, edits, a removal, an archived post."""
    sandbox = stack.sandbox
    campaigns = sandbox.cast()["campaigns"]
    for intention in ("satisfies", "longer_tag", "missing_tag", "satisfies"):
        sandbox.publish("", campaign=chooser.choice(campaigns)["title"], intention=intention)
    visible = [post for post in sandbox.truth() if post["is_visible"]]
    for post in chooser.sample(visible, 4):
        orders = [campaign["title"] for campaign in campaigns if post["username"] in campaign["influencers"]]
        if orders:
            sandbox.edit(post["media_pk"], campaign=chooser.choice(orders))
    sandbox.remove(chooser.choice(visible)["media_pk"])
    sandbox.archive(chooser.choice(visible)["media_pk"])
    username = chooser.choice(visible)["username"]
    for number in range(15):
        sandbox.publish(username, caption=f"오늘의 기록 {number}")


def _wait_for_registrations(stack: Stack, number: int) -> None:
    wait_until(
        lambda: stack.query("SELECT count(*) AS n FROM campaign_contents")[0]["n"] >= number,
        seconds=120,
        what=f"{number} registered contents",
    )


def _come_to_rest(stack: Stack) -> None:
    """Let the world stand still, and wait until every readable feed was walked since and the outbox is empty."""
    stack.sandbox.clear_faults()
    stack.sandbox.set_speed(0)
    [stopped] = stack.query("SELECT clock_timestamp() AS at")
    hidden = {
        post["username"] for post in stack.sandbox.truth() if post["owner"] == post["username"] and _is_private(post)
    }
    unread = (
        "SELECT username FROM influencers WHERE fully_walked_at IS NULL OR walk_cursor IS NOT NULL"
        f" OR fully_walked_at < '{stopped['at']}' OR scan_failures > 0"
    )
    wait_until(
        lambda: {row["username"] for row in stack.query(unread)} <= hidden,
        seconds=200,
        what="every feed to be walked once more",
    )
    wait_until(
        lambda: stack.query("SELECT count(*) AS n FROM notifications WHERE status = 'pending'")[0]["n"] == 0,
        seconds=60,
        what="the outbox to be empty",
    )


def _is_private(post: dict[str, Any]) -> bool:
    return any(span["reason"] == "private" and span["until"] is None for span in post["hidden"])


def _posts_not_found(stack: Stack, truth: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Visible posts that the monitor has not seen, since the day from which it must know the feed."""
    seen = {row["media_pk"] for row in stack.query("SELECT media_pk FROM influencer_posts")}
    known_since = {
        row["username"]: row["since"]
        for row in stack.query(
            "SELECT username, extract(epoch FROM feed_known_since)::float AS since FROM influencers"
            " WHERE feed_known_since IS NOT NULL"
        )
    }
    missing = [
        post
        for post in truth
        if post["is_visible"]
        and post["taken_at"] > known_since.get(post["username"], float("inf"))
        and post["media_pk"] not in seen
    ]
    for post in missing:
        print(post, *_feed_story(stack, post), sep="\n")
    return missing


def _feed_story(stack: Stack, post: dict[str, Any]) -> list[dict[str, Any]]:
    """What was asked of a feed, by the sandbox's log, and what became of it, by ours."""
    scans = stack.query(
        "SELECT scanned_at, posts_checked, new_posts_found, items_rejected, pages_fetched, error_message"
        " FROM influencer_scan_logs JOIN influencers ON influencers.id = influencer_id"
        f" WHERE platform_uid = '{post['user_pk']}' ORDER BY scanned_at"
    )
    state = stack.query(f"SELECT * FROM influencers WHERE platform_uid = '{post['user_pk']}'")
    asked = [request for request in stack.sandbox.requests() if post["user_pk"] in request["path"]]
    posted = [
        {"media_pk": other["media_pk"], "published_at": other["published_at"]}
        for other in stack.sandbox.truth()
        if other["username"] == post["username"] and other["taken_at"] > post["taken_at"] - 600
    ]
    return [*state, *scans, *asked, *posted]


def _expected(truth: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(title, post["media_pk"]) for post in truth for title in post["matches"] if post["is_visible"]}


def _stories(stack: Stack, truth: list[dict[str, Any]], keys: set[tuple[str, str]]) -> list[dict[str, Any]]:
    """What the world and the monitor know about posts on which they disagree."""
    stories = []
    for title, pk in sorted(keys):
        [post] = [post for post in truth if post["media_pk"] == pk]
        seen = stack.query(
            "SELECT influencer_posts.caption, first_seen_at, last_seen_at, is_match, details, matched_at,"
            " fully_walked_at, walk_cursor, walk_floor, feed_known_since FROM influencer_posts"
            " JOIN influencers ON influencers.id = influencer_id"
            " LEFT JOIN campaigns ON title = '" + title + "'"
            " LEFT JOIN post_matches ON post_id = influencer_posts.id AND campaign_id = campaigns.id"
            " WHERE media_pk = '" + pk + "'"
        )
        stories.append({"campaign": title, "world": post, "monitor": seen})
        print(stories[-1])
    return stories


def _registered(stack: Stack) -> set[tuple[str, str]]:
    """Registered contents whose post is still visible; a removed post stays registered."""
    visible = {post["media_pk"] for post in stack.sandbox.truth() if post["is_visible"]}
    rows = stack.query(
        "SELECT title, instagram_media_pk AS pk FROM campaign_contents JOIN campaigns ON campaigns.id = campaign_id"
    )
    return {(row["title"], row["pk"]) for row in rows if row["pk"] in visible}


def _announced(stack: Stack) -> Counter[tuple[str, str]]:
    """How often each registered content was announced by e-mail, by the Message-ID that a repeat shares."""
    rows = stack.query(
        "SELECT notifications.id::text, title, instagram_media_pk AS pk FROM notifications"
        " JOIN campaign_contents ON campaign_contents.id = (payload->>'content_id')::uuid"
        " JOIN campaigns ON campaigns.id = campaign_id WHERE event = 'content.registered'"
    )
    visible = {post["media_pk"] for post in stack.sandbox.truth() if post["is_visible"]}
    arrived = {message["message_id"] for message in stack.sandbox.inbox()}
    return Counter(
        (row["title"], row["pk"])
        for row in rows
        if row["pk"] in visible and any(row["id"] in message_id for message_id in arrived)
    )


def _limits_broken_by_the_log(stack: Stack) -> list[dict[str, Any]]:
    """Windows of the request log with more requests than the limits allow."""
    return stack.query(
        "SELECT account_id, sequence FROM (SELECT account_id, sequence,"
        " latest_sent_at - lag(latest_sent_at, 1) OVER w AS spacing,"
        " latest_sent_at - lag(latest_sent_at, 20) OVER w AS minute"
        " FROM instagram_requests WINDOW w AS (PARTITION BY account_id ORDER BY latest_sent_at)) AS log"
        " WHERE spacing < interval '2 s' OR minute < interval '60 s'"
    )


def _summary(stack: Stack) -> str:
    """The figures of the run, for `pytest -s`."""
    truth = stack.sandbox.truth()
    counts = {
        "posts in the world": len(truth),
        "visible": sum(post["is_visible"] for post in truth),
        "edited": sum(bool(post["edits"]) for post in truth),
        "pinned": sum(post["is_pinned"] for post in truth),
        "reels": sum(post["product_type"] == "clips" for post in truth),
        "removed or archived": sum(bool(post["removed_at"] or post["archived_at"]) for post in truth),
        "e-mails": len(stack.sandbox.inbox()),
        "requests": len(stack.sandbox.requests()),
        "violations": stack.sandbox.violations()["total"],
    }
    for name, statement in {
        "posts seen": "SELECT count(*) AS n FROM influencer_posts",
        "contents": "SELECT count(*) AS n FROM campaign_contents",
        "samples": "SELECT count(*) AS n FROM content_metrics",
        "caption revisions": "SELECT count(*) AS n FROM caption_revisions",
        "scans": "SELECT count(*) AS n FROM influencer_scan_logs",
        "failed scans": "SELECT count(*) AS n FROM influencer_scan_logs WHERE error_message IS NOT NULL",
        "requests whose holder died": "SELECT count(*) AS n FROM instagram_requests WHERE outcome = 'in_flight'",
        "notifications": "SELECT count(*) AS n FROM notifications",
    }.items():
        counts[name] = stack.query(statement)[0]["n"]
    return "\n".join(f"{name}: {count}" for name, count in counts.items())
