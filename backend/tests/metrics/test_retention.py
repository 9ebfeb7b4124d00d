from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.core.clock import kst_date, kst_day_start
from app.core.db import TransactionFactory
from app.metrics import retention, sampling, series
from app.metrics.engagement import Counts, at_age
from app.metrics.retention import Thinning
from app.models import ContentMetrics, new_id
from app.models.states import MetricsSource
from tests.contents import clock_of, post_of, saved_author, saved_content

DETAIL = timedelta(days=90)


@pytest.fixture
def now(transaction: TransactionFactory) -> datetime:
    return clock_of(transaction)


@pytest.fixture
def posted_at(now: datetime) -> datetime:
    """Noon in Korea, 95 days ago."""
    return kst_day_start(kst_date(now - timedelta(days=95))) + timedelta(hours=12)


@pytest.fixture
def content_id(transaction: TransactionFactory, now: datetime, posted_at: datetime) -> UUID:
    """With a sample every 20 minutes in the first 60 hours, and every 6 hours until now."""
    ana = saved_author(transaction, "ana")
    content_id = saved_content(transaction, ana, post_of(ana, 1, now=now), posted_at=posted_at)
    hours = [n / 3 for n in range(1, 181)] + [60.5 + 6 * n for n in range(int((now - posted_at).days * 4) - 10)]
    with transaction() as session:
        for hour in hours:
            at = posted_at + timedelta(hours=hour)
            session.add(
                ContentMetrics(
                    id=new_id(), content_id=content_id, is_like_hidden=False, source=MetricsSource.FEED, recorded_at=at
                )
            )
    return content_id


def ages(transaction: TransactionFactory, content_id: UUID, posted_at: datetime) -> list[float]:
    with transaction() as session:
        moments = session.scalars(
            select(ContentMetrics.recorded_at).where(ContentMetrics.content_id == content_id).order_by("recorded_at")
        ).all()
    return [round((at - posted_at) / timedelta(hours=1), 2) for at in moments]


def thinned(
    transaction: TransactionFactory, now: datetime, *, is_dry_run: bool = False, is_whole: bool = True
) -> Thinning:
    return retention.thin_samples(transaction, now=now, detail=DETAIL, is_whole=is_whole, is_dry_run=is_dry_run)


def test_old_samples_become_the_last_of_each_hour_and_then_of_each_day(
    transaction: TransactionFactory, now: datetime, posted_at: datetime, content_id: UUID
) -> None:
    before = ages(transaction, content_id, posted_at)

    outcome = thinned(transaction, now)

    after = ages(transaction, content_id, posted_at)
    first_day = [age for age in after if age < 24]
    old = [age for age in after if 24 <= age < 24 * 5 - 12]
    assert [age for age in first_day if age != 1] == [pytest.approx(hour + 2 / 3, abs=0.01) for hour in range(24)]
    assert [age for age in old if age != 24] == [pytest.approx(age, abs=0.01) for age in (35.67, 59.67, 78.5, 102.5)]
    assert [age for age in after if age > 108] == [age for age in before if age > 108]
    assert outcome == Thinning(contents=1, samples=len(before) - len(after))


def test_the_figures_at_the_marks_stay_as_they_are(
    transaction: TransactionFactory, now: datetime, posted_at: datetime, content_id: UUID
) -> None:
    def counts_at_marks() -> list[Counts | None]:
        with transaction() as session:
            samples = series.samples_of(session, content_id)
        return [at_age(samples, posted_at, age) for age in sampling.MARKS]

    before, later = counts_at_marks(), now + timedelta(days=20)

    for night in range(21):
        thinned(transaction, now + timedelta(days=night), is_whole=False)
    after_nights = counts_at_marks()
    rest = thinned(transaction, later)

    assert [round((mark.recorded_at - posted_at) / timedelta(hours=1), 1) for mark in before if mark] == [1, 24, 168.5]
    assert counts_at_marks() == after_nights == before
    assert rest.samples == 0


def test_a_dry_run_counts_and_keeps_everything(
    transaction: TransactionFactory, now: datetime, posted_at: datetime, content_id: UUID
) -> None:
    before = ages(transaction, content_id, posted_at)

    promised = thinned(transaction, now, is_dry_run=True)

    assert ages(transaction, content_id, posted_at) == before
    assert promised == thinned(transaction, now)


@pytest.mark.usefixtures("content_id")
def test_thinning_twice_changes_nothing(transaction: TransactionFactory, now: datetime) -> None:
    thinned(transaction, now)

    assert thinned(transaction, now).samples == 0


def test_a_nightly_run_leaves_what_is_much_older_alone(
    transaction: TransactionFactory, now: datetime, posted_at: datetime, content_id: UUID
) -> None:
    later = now + timedelta(days=20)
    before = ages(transaction, content_id, posted_at)

    thinned(transaction, later, is_whole=False)

    after = ages(transaction, content_id, posted_at)
    assert after[:200] == before[:200]
    assert len(after) < len(before)
