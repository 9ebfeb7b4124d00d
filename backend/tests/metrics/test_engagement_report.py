from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from app.core.db import TransactionFactory
from app.core.errors import NotFound
from app.metrics import engagement_report
from app.metrics.engagement import DEFINITIONS
from app.models import CampaignInfluencer, ContentMetrics, InfluencerPost, InfluencerProfile, new_id
from app.models.states import MetricsSource
from tests.architecture.source import BACKEND
from tests.builders import saved
from tests.contents import Author, clock_of, content_of, post_of, saved_author, saved_content


@pytest.fixture
def now(transaction: TransactionFactory) -> datetime:
    return clock_of(transaction)


@pytest.fixture
def ana(transaction: TransactionFactory) -> Author:
    return saved_author(transaction, "ana")


def sampled(
    transaction: TransactionFactory,
    content_id: UUID,
    at: datetime,
    *,
    source: MetricsSource = MetricsSource.FEED,
    **counts: int | None,
) -> None:
    columns: dict[str, Any] = {"like_count": 100, "comment_count": 10, "play_count": None, "view_count": None} | counts
    is_hidden = columns["like_count"] is None
    sample = ContentMetrics(
        id=new_id(),
        content_id=content_id,
        is_like_hidden=is_hidden,
        source=source,
        recorded_at=at,
        **columns,
    )
    saved(transaction, sample)
    with transaction() as session:
        session.execute(
            update(InfluencerPost)
            .where(InfluencerPost.media_pk == content_of(transaction, content_id).instagram_media_pk)
            .values(last_seen_at=at, is_like_hidden=is_hidden, **columns)
        )


def profiled(transaction: TransactionFactory, ana: Author, at: datetime, followers: int | None) -> None:
    saved(
        transaction,
        InfluencerProfile(
            id=new_id(),
            influencer_id=ana.id,
            username="ana",
            follower_count=followers,
            is_private=False,
            is_gone=followers is None,
            recorded_at=at,
        ),
    )


def agreed(transaction: TransactionFactory, amount: int) -> None:
    with transaction() as session:
        session.execute(update(CampaignInfluencer).values(agreed_amount=Decimal(amount)))


def reported(transaction: TransactionFactory, content_id: UUID) -> dict[str, Any]:
    with transaction() as session:
        return engagement_report.report_content(session, content_id, now=clock_of(transaction)).as_document()


def test_counts_of_two_apis_are_not_compared(transaction: TransactionFactory, ana: Author, now: datetime) -> None:
    content_id = saved_content(transaction, ana, post_of(ana, 90, now=now))
    sampled(transaction, content_id, now - timedelta(hours=4), like_count=1000, source=MetricsSource.MEDIA)
    sampled(transaction, content_id, now - timedelta(hours=3), like_count=600, source=MetricsSource.GRAPH_FEED)
    sampled(transaction, content_id, now - timedelta(hours=2), like_count=1000)
    sampled(transaction, content_id, now - timedelta(hours=1), like_count=602, source=MetricsSource.GRAPH_FEED)

    figures = reported(transaction, content_id)

    assert (figures["questions"], figures["engagement_per_hour"]) == ([], 1.0)


def test_the_figures_of_a_content(transaction: TransactionFactory, ana: Author, now: datetime) -> None:
    content_id = saved_content(transaction, ana, post_of(ana, 100, now=now))
    saved_content(transaction, ana, post_of(ana, 101, now=now))
    posted_at = now - timedelta(hours=100)
    sampled(transaction, content_id, posted_at + timedelta(hours=1), like_count=90)
    sampled(transaction, content_id, posted_at + timedelta(hours=25), like_count=300, play_count=4000)
    sampled(transaction, content_id, now, like_count=490, comment_count=10, play_count=5000)
    profiled(transaction, ana, posted_at - timedelta(days=1), 10_000)
    profiled(transaction, ana, posted_at + timedelta(days=2), 90_000)
    agreed(transaction, 200_000)

    figures = reported(transaction, content_id)

    assert (figures["engagement"], figures["followers_at_posting"]) == (500, 10_000)
    assert figures["engagement_per_follower"] == pytest.approx(0.05)
    assert figures["engagement_per_play"] == pytest.approx(0.1)
    assert figures["engagement_per_view"] is None
    assert figures["engagement_per_hour"] == pytest.approx(190 / 75)
    assert (figures["at_1h"]["likes"], figures["at_24h"]["likes"], figures["at_7d"]) == (90, 300, None)
    assert (figures["cost"], figures["cost_per_engagement"]) == (100_000, 200)
    assert figures["cost_per_view"] is None
    assert (figures["usual_engagement"], figures["times_usual"], figures["questions"]) == (None, None, [])


def test_hidden_likes_leave_what_follows_from_them_empty(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    content_id = saved_content(transaction, ana, post_of(ana, 100, now=now))
    sampled(transaction, content_id, now, like_count=None, view_count=500)
    profiled(transaction, ana, now, 10_000)
    agreed(transaction, 0)

    figures = reported(transaction, content_id)

    assert (figures["likes"], figures["are_likes_hidden"], figures["comments"]) == (None, True, 10)
    unknown = ("engagement", "engagement_per_follower", "engagement_per_view", "cost", "cost_per_view")
    assert [figures[name] for name in unknown] == [None] * 5


def test_a_content_without_a_sample_has_no_figures(transaction: TransactionFactory, ana: Author, now: datetime) -> None:
    figures = reported(transaction, saved_content(transaction, ana, post_of(ana, 1, now=now)))

    assert {figures[name] for name in ("likes", "comments", "engagement", "engagement_per_hour", "cost")} == {None}


@pytest.mark.parametrize(("days", "is_known"), [(13, True), (15, False)])
def test_followers_are_taken_from_near_the_posting_or_not_at_all(
    transaction: TransactionFactory, ana: Author, now: datetime, days: int, *, is_known: bool
) -> None:
    content_id = saved_content(transaction, ana, post_of(ana, 24 * 20, now=now))
    profiled(transaction, ana, now - timedelta(days=20 - days), 10_000)
    profiled(transaction, ana, now - timedelta(days=20, hours=1), None)

    assert reported(transaction, content_id)["followers_at_posting"] == (10_000 if is_known else None)


def test_a_content_is_compared_with_the_influencers_own_usual_posts(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    content_id = saved_content(transaction, ana, post_of(ana, 100, now=now))
    sampled(transaction, content_id, now, like_count=960, comment_count=40)
    with transaction() as session:
        own = session.get_one(InfluencerPost, content_of(transaction, content_id).post_id)
        shared = {column.name: getattr(own, column.name) for column in InfluencerPost.__table__.columns}
        for number, (likes, hours) in enumerate([(390, 200), (190, 300), (990, 400), (5, 20)]):
            changes = {
                "id": new_id(),
                "media_pk": str(number),
                "like_count": likes,
                "comment_count": 10,
                "taken_at": now - timedelta(hours=hours),
            }
            session.add(InfluencerPost(**(shared | changes)))

    figures = reported(transaction, content_id)

    assert (figures["usual_engagement"], figures["usual_posts"]) == (400, 3)
    assert figures["times_usual"] == pytest.approx(2.5)
    assert [question["anomaly"] for question in figures["questions"]] == ["above_usual"]


def test_a_campaigns_totals_say_of_how_many_contents_they_are_made(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    first, second, hidden = (saved_content(transaction, ana, post_of(ana, hours, now=now)) for hours in (10, 20, 30))
    sampled(transaction, first, now, like_count=90, view_count=1000)
    sampled(transaction, second, now, like_count=190, play_count=4000)
    sampled(transaction, hidden, now, like_count=None)
    profiled(transaction, ana, now - timedelta(days=3), 1000)
    agreed(transaction, 300_000)

    with transaction() as session:
        totals = engagement_report.total_campaign(session, ana.campaign_id)

    assert totals.contents == 3
    assert (totals.sums["engagement"], totals.counted["engagement"]) == (300, 2)
    assert (totals.sums["views"], totals.counted["views"]) == (1000, 1)
    assert (totals.sums["plays"], totals.counted["plays"]) == (4000, 1)
    assert totals.per_follower.used == 2
    assert totals.per_follower.mean_of_posts == pytest.approx(0.15)
    assert totals.cost == pytest.approx(300_000)
    assert totals.cost_per_engagement is None  # one of the paid posts hides its likes


def test_a_campaign_whose_posts_do_not_tell_has_no_sum(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    sampled(transaction, saved_content(transaction, ana, post_of(ana, 10, now=now)), now, like_count=None)

    with transaction() as session:
        totals = engagement_report.total_campaign(session, ana.campaign_id)

    assert totals.sums == {"likes": None, "comments": 10, "plays": None, "views": None, "engagement": None}


def test_a_mark_is_empty_until_the_post_is_that_old(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    content_id = saved_content(transaction, ana, post_of(ana, 20, now=now))
    sampled(transaction, content_id, now)

    assert reported(transaction, content_id)["at_24h"] is None


def test_what_does_not_exist_has_no_figures(transaction: TransactionFactory) -> None:
    with transaction() as session, pytest.raises(NotFound):
        engagement_report.report_content(session, new_id(), now=clock_of(transaction))
    with transaction() as session, pytest.raises(NotFound):
        engagement_report.total_campaign(session, new_id())


def test_every_figure_is_documented_with_its_definition() -> None:
    page = (BACKEND.parent / "docs" / "reference" / "metrics.md").read_text(encoding="utf-8")

    rows = [f"| `{name}` | {english} | {korean} |" for name, (korean, english) in DEFINITIONS.items()]
    assert [row for row in rows if row not in page.splitlines()] == []
