"""What a page says about contents: samples, proofs of existence, and what it lacks."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app.core.db import TransactionFactory
from app.instagram.fake import FakeInstagram, make_post
from app.instagram.port import FeedPage, Post, Reject
from app.models import ContentMetrics, InfluencerPost
from app.models.states import ContentStatus, Existence, MetricsSource, MonitoringEvent
from app.monitoring import lookups, scan
from app.monitoring.requests import Answer
from app.monitoring.sightings import covered_span
from tests.builders import NOW, saved_account
from tests.contents import (
    FAST,
    Author,
    clock_of,
    content_of,
    events_of,
    instagram_of,
    post_of,
    saved_author,
    saved_content,
)


@pytest.fixture
def ana(transaction: TransactionFactory) -> Author:
    saved_account(transaction)
    return saved_author(transaction, "ana")


@pytest.fixture
def now(transaction: TransactionFactory) -> datetime:
    return clock_of(transaction)


def scanned(transaction: TransactionFactory, instagram: FakeInstagram, ana: Author) -> None:
    report = scan.scan_feed(transaction, instagram, ana.id, now=NOW, settings=FAST)
    assert report is not None


def page(*hours: float, cursor: str | None = "more", rejects: int = 0, pinned: tuple[int, ...] = ()) -> FeedPage:
    """A page of posts that are so many hours old."""
    posts = [
        make_post(str(n), taken_at=NOW - timedelta(hours=age), is_pinned=n in pinned) for n, age in enumerate(hours)
    ]
    return FeedPage(posts, [Reject("unreadable", {})] * rejects, cursor)


@pytest.mark.parametrize(
    ("shown", "cursor", "hours"),
    [
        (page(1, 2, 3, 9, 10), None, 9),  # the last two agree on it
        (page(1, 2, 10, 3), None, 3),  # one of them stands out of order
        (page(999, 1, 2, 5, 6, pinned=(0,)), None, 5),  # a pinned post tells nothing
    ],
)
def test_the_first_page_covers_what_is_newer_than_its_last_two_posts(
    shown: FeedPage, cursor: str | None, hours: float
) -> None:
    span = covered_span(shown, cursor=cursor, asked_at=NOW)

    assert span == (NOW - timedelta(hours=hours), NOW - timedelta(minutes=5))


def test_the_last_page_covers_everything_older() -> None:
    span = covered_span(page(1, 2, cursor=None), cursor=None, asked_at=NOW)

    assert span is not None
    assert span[0] < NOW - timedelta(days=100_000)


def test_a_later_page_covers_what_lies_between_its_ends() -> None:
    span = covered_span(page(4, 5, 6, 7), cursor="older", asked_at=NOW)

    assert span == (NOW - timedelta(hours=6), NOW - timedelta(hours=5))


@pytest.mark.parametrize("shown", [page(1, 2, 3, rejects=1), page(), page(5), page(1, 9, pinned=(0, 1))])
def test_a_page_with_an_unreadable_item_or_hardly_a_post_covers_nothing(shown: FeedPage) -> None:
    assert covered_span(shown, cursor=None, asked_at=NOW) is None


def test_every_page_samples_and_proves_the_contents_on_it(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    hidden = post_of(ana, 5, now=now, like_count=None, comment_count=4, is_like_hidden=True)
    fallen = post_of(ana, 6, now=now, like_count=3, play_count=900)
    content_ids = [saved_content(transaction, ana, post) for post in (hidden, fallen)]

    scanned(transaction, instagram_of([(ana, [hidden, fallen])]), ana)

    with transaction() as session:
        samples = [
            session.scalars(select(ContentMetrics).where(ContentMetrics.content_id == content_id)).one()
            for content_id in content_ids
        ]
    contents = [content_of(transaction, content_id) for content_id in content_ids]
    assert [(s.like_count, s.is_like_hidden, s.comment_count, s.play_count, s.view_count) for s in samples] == [
        (None, True, 4, None, None),
        (3, False, 1, 900, None),
    ]
    assert {sample.source for sample in samples} == {MetricsSource.FEED}
    for content in contents:
        assert content.last_seen_at == content.last_on_page_at
        assert content.next_check_at is not None
        assert content.next_metrics_at is not None
        assert min(content.next_check_at, content.next_metrics_at) > now


def neighbours(ana: Author, now: datetime) -> list[Post]:
    return [post_of(ana, hour, now=now) for hour in (1, 2, 30, 40)]


def test_a_content_that_its_page_lacks_is_suspected_and_checked_at_once(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    content_id = saved_content(transaction, ana, post_of(ana, 5, now=now))

    scanned(transaction, instagram_of([(ana, neighbours(ana, now))]), ana)

    content = content_of(transaction, content_id)
    assert content.existence is Existence.SUSPECTED
    assert content.next_check_at is not None
    assert content.next_check_at <= clock_of(transaction)
    assert events_of(transaction, content_id) == [MonitoringEvent.SUSPECTED]


def test_a_content_that_was_pushed_off_the_page_is_not_missed(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    content_id = saved_content(transaction, ana, post_of(ana, 50, now=now))
    feed = [post_of(ana, hour, now=now) for hour in range(1, 15)]

    scanned(transaction, instagram_of([(ana, [*feed, post_of(ana, 50, now=now)])]), ana)

    assert content_of(transaction, content_id).existence is Existence.PRESENT


@pytest.mark.parametrize(
    "changes",
    [
        {"last_on_page_at": None},
        {"existence": Existence.DELETED},
        {"existence": Existence.UNAVAILABLE},
        {"retention_until": NOW - timedelta(days=400)},
    ],
)
def test_a_content_that_the_page_before_did_not_show_or_nobody_waits_for_is_not_missed(
    transaction: TransactionFactory, ana: Author, now: datetime, changes: dict[str, object]
) -> None:
    content_id = saved_content(transaction, ana, post_of(ana, 5, now=now), **changes)
    before = content_of(transaction, content_id)

    scanned(transaction, instagram_of([(ana, neighbours(ana, now))]), ana)

    after = content_of(transaction, content_id)
    assert (after.existence, after.next_check_at) == (before.existence, before.next_check_at)
    assert events_of(transaction, content_id) == []


def test_a_page_of_the_official_api_samples_and_proves_and_misses_nothing(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    saved_account(transaction, provider="graph")
    shown = [post_of(ana, n, now=now, are_mentions_known=False) for n in (4, 6, 8)]
    on_page = saved_content(transaction, ana, shown[1])
    joint = saved_content(transaction, ana, post_of(ana, 5, now=now))
    official = FakeInstagram({"ana": shown}, name="graph")

    scan.scan_feed(transaction, FakeInstagram(), ana.id, now=NOW, settings=FAST, official=official)

    with transaction() as session:
        samples = session.scalars(select(ContentMetrics)).all()
    assert [(sample.content_id, sample.source) for sample in samples] == [(on_page, MetricsSource.GRAPH_FEED)]
    assert [content_of(transaction, content_id).existence for content_id in (on_page, joint)] == [
        Existence.PRESENT,
        Existence.PRESENT,
    ]
    assert events_of(transaction, joint) == []


def test_an_unreadable_item_may_be_the_content(transaction: TransactionFactory, ana: Author, now: datetime) -> None:
    content_id = saved_content(transaction, ana, post_of(ana, 5, now=now))
    instagram = instagram_of([(ana, neighbours(ana, now))])
    instagram.rejects = {ana.pk: [Reject("unreadable", {})]}

    scanned(transaction, instagram, ana)

    assert content_of(transaction, content_id).existence is Existence.PRESENT


def test_a_page_that_shows_it_again_ends_a_suspicion_and_a_removal(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    posts = [post_of(ana, 5, now=now), post_of(ana, 6, now=now)]
    suspected = saved_content(transaction, ana, posts[0], existence=Existence.SUSPECTED, missing_since=now)
    deleted = saved_content(transaction, ana, posts[1], existence=Existence.DELETED, removal_count=1)

    scanned(transaction, instagram_of([(ana, posts)]), ana)

    assert content_of(transaction, suspected).existence is Existence.PRESENT
    assert content_of(transaction, deleted).existence is Existence.RESTORED
    assert events_of(transaction, deleted) == [MonitoringEvent.RESTORED]


def test_the_last_samples_are_due_before_the_period_and_the_retention_end(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    post = post_of(ana, 900, now=now)
    until = now + timedelta(hours=2)
    content_id = saved_content(transaction, ana, post, retention_until=until)

    scanned(transaction, instagram_of([(ana, [post])]), ana)

    content = content_of(transaction, content_id)
    assert content.next_metrics_at == until - FAST.metrics_tick


def test_a_rejected_content_is_not_waited_for_any_more(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    post = post_of(ana, 5, now=now)
    content_id = saved_content(transaction, ana, post, status=ContentStatus.REJECTED)

    scanned(transaction, instagram_of([(ana, [post])]), ana)

    content = content_of(transaction, content_id)
    assert (content.next_metrics_at, content.next_check_at) == (None, None)


def test_an_answer_that_is_stored_late_takes_nothing_back(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    account_id = saved_account(transaction)
    content_id = saved_content(transaction, ana, post_of(ana, 5, now=now, caption="#여름휴가"))
    minute = timedelta(minutes=1)

    for at, likes, caption in ((now + 2 * minute, 90, "#여름휴가 #광고"), (now + minute, 80, "#여름휴가")):
        shown = post_of(ana, 5, now=now, caption=caption, like_count=likes)
        with transaction() as session:
            lookups.store_post(session, ana.id, Answer(shown, account_id, at, at), settings=FAST)

    content = content_of(transaction, content_id)
    with transaction() as session:
        row = session.get_one(InfluencerPost, content.post_id)
        samples = session.scalars(select(ContentMetrics.like_count).order_by(ContentMetrics.recorded_at)).all()
    assert (row.like_count, row.caption, content.last_seen_at) == (90, "#여름휴가 #광고", now + 2 * minute)
    assert samples == [80, 90]
    assert events_of(transaction, content_id) == [MonitoringEvent.CAPTION_EDITED]


def test_the_counts_of_every_post_are_kept_with_it(transaction: TransactionFactory, ana: Author, now: datetime) -> None:
    post = post_of(ana, 5, now=now, like_count=77, play_count=12)
    content_id = saved_content(transaction, ana, post)

    scanned(transaction, instagram_of([(ana, [post])]), ana)

    with transaction() as session:
        row = session.get_one(InfluencerPost, content_of(transaction, content_id).post_id)
    assert (row.like_count, row.play_count, row.view_count, row.is_like_hidden) == (77, 12, None, False)
