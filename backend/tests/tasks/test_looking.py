"""The tasks that hand out looks and figures, on a real broker and database; what they call is tested beside it."""

import json
from datetime import timedelta

import pytest
from redis import Redis
from sqlalchemy import select

from app.core import config
from app.core.db import TransactionFactory
from app.models import ContentMetrics, new_id
from app.models.states import MetricsSource
from app.tasks import content_checker, metrics_collector
from tests.builders import saved, saved_account
from tests.contents import Author, clock_of, post_of, saved_author, saved_content


@pytest.fixture
def ana(own_database: TransactionFactory) -> Author:
    for _ in range(3):
        saved_account(own_database)
    return saved_author(own_database, "ana")


def sent() -> list[tuple[str, str]]:
    """Take what waits in the Instagram queue: task and id."""
    messages = []
    with Redis.from_url(config.redis_url()) as redis:
        while (raw := redis.rpop("instagram_api")) is not None:
            assert isinstance(raw, bytes)
            headers = json.loads(raw)["headers"]
            messages.append((headers["task"], headers["kwargsrepr"]))
    return messages


def test_due_contents_are_handed_to_the_instagram_queue_once(own_database: TransactionFactory, ana: Author) -> None:
    now = clock_of(own_database)
    content_id = saved_content(own_database, ana, post_of(ana, 90, now=now), last_on_page_at=None)
    sent()

    counts = [content_checker.check_content_existence(), metrics_collector.update_content_metrics()]
    again = [content_checker.check_content_existence(), metrics_collector.update_content_metrics()]

    expected = f"{{'content_id': '{content_id}'}}"
    assert (counts, again) == ([1, 1], [0, 0])
    assert sent() == [("verify_content_exists", expected), ("collect_single_content_metrics", expected)]


def test_profiles_are_handed_to_the_instagram_queue(own_database: TransactionFactory, ana: Author) -> None:  # noqa: ARG001
    sent()

    count = metrics_collector.sync_influencer_profiles()

    assert count == 1
    assert sent() == [("sync_influencer_profile", f"{{'influencer_id': '{ana.id}'}}")]


def test_the_figures_of_a_content_are_plain_json(own_database: TransactionFactory, ana: Author) -> None:
    now = clock_of(own_database)
    content_id = saved_content(own_database, ana, post_of(ana, 9, now=now))
    sample = ContentMetrics(
        id=new_id(),
        content_id=content_id,
        like_count=7,
        comment_count=2,
        is_like_hidden=False,
        source=MetricsSource.MEDIA,
        recorded_at=now,
    )
    saved(own_database, sample)

    figures = json.loads(json.dumps(metrics_collector.calculate_engagement_metrics(str(content_id))))

    assert (figures["engagement"], figures["source"], figures["views"]) == (9, "media", None)


def test_the_nightly_thinning_takes_old_samples_and_keeps_young_ones(
    own_database: TransactionFactory, ana: Author
) -> None:
    now = clock_of(own_database)
    content_id = saved_content(own_database, ana, post_of(ana, 1, now=now), posted_at=now - timedelta(days=120))
    for days, minutes in [(93, 0), (93, 1), (5, 0), (5, 1)]:
        at = now.replace(hour=3, minute=minutes) - timedelta(days=days)
        saved(
            own_database,
            ContentMetrics(
                id=new_id(), content_id=content_id, is_like_hidden=False, source=MetricsSource.FEED, recorded_at=at
            ),
        )

    metrics_collector.thin_content_metrics()

    with own_database() as session:
        kept = session.scalars(select(ContentMetrics.recorded_at).order_by(ContentMetrics.recorded_at)).all()
    assert [((now - at).days >= 90, at.minute) for at in kept] == [(True, 1), (False, 0), (False, 1)]
