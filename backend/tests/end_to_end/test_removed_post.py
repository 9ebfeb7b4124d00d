"""A registered post is archived and comes back: tasks, queues, the real client and the inbox, with quick intervals."""

from collections.abc import Iterator

import pytest

from tests.end_to_end.stack import Stack, add_accounts, import_cast, running_stack, wait_until
from tests.sandbox_process import running_sandbox

pytestmark = pytest.mark.end_to_end

QUICK_PROOFS = {
    "TAGBUY_SCAN_INTERVAL": "5",
    "TAGBUY_EXISTENCE_TICK": "2",
    "TAGBUY_DELETION_DELAY": "4",
    "TAGBUY_METRICS_TICK": "2",
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    directory = tmp_path_factory.mktemp("removed")
    world = running_sandbox(
        directory / "sandbox", influencers=4, campaigns=2, accounts=4, seed=3, speed=0, history_days=8
    )
    with world as sandbox, running_stack(directory / "state", sandbox, **QUICK_PROOFS) as stack:
        add_accounts(stack)
        import_cast(stack, directory)
        yield stack


@pytest.mark.timeout(300)
def test_an_archived_post_is_told_once_and_its_return_closes_it(stack: Stack) -> None:
    shown = "SELECT instagram_media_pk AS pk FROM campaign_contents WHERE last_on_page_at IS NOT NULL"
    wait_until(lambda: len(stack.query(shown)) >= 3, seconds=90, what="registered contents on a page")
    media_pk = stack.query(shown)[0]["pk"]

    stack.sandbox.archive(media_pk)
    wait_until(lambda: _letters(stack, "더 이상 볼 수 없습니다") == 2, seconds=90, what="the letters about the removal")
    stack.sandbox.restore(media_pk)
    wait_until(lambda: _letters(stack, "다시 보입니다") == 2, seconds=90, what="the closing letters")

    events = [
        row["event"]
        for row in stack.query(
            "SELECT event FROM monitoring_logs JOIN campaign_contents ON campaign_contents.id = content_id"
            f" WHERE instagram_media_pk = '{media_pk}' AND event <> 'checked' ORDER BY checked_at, monitoring_logs.id"
        )
    ]
    witnesses = stack.query(
        "SELECT DISTINCT check_result->>'witness_id' AS id FROM monitoring_logs"
        " WHERE event IN ('unavailable', 'deleted')"
    )
    assert events[:4] == ["registered", "suspected", "unavailable", "deleted"]
    assert "restored" in events
    assert len(witnesses) == 2
    assert _letters(stack, "더 이상 볼 수 없습니다") == 2  # the advertiser and the operator
    assert stack.sandbox.violations()["total"] == 0


def test_a_pasted_address_is_explained(stack: Stack) -> None:
    posts = [post for post in stack.sandbox.truth() if post["is_visible"]]
    unmatched = next(post for post in posts if not post["matches"])

    told = stack.run("post", f"https://www.instagram.com/p/{unmatched['code']}/")

    assert f"@{unmatched['username']}" in told
    assert "is missing" in told or "posted outside the period" in told or "type is" in told


def _letters(stack: Stack, words: str) -> int:
    return sum(words in message["subject"] for message in stack.sandbox.inbox())
