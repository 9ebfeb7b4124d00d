"""How long looks at posts and profiles wait, by what a request costs."""

from datetime import UTC, datetime, timedelta

import pytest

from app.core.config import Settings
from app.scheduling import looks

SETTINGS = Settings()
HOUR = timedelta(hours=1)
USUAL = SETTINGS.existence_interval


@pytest.mark.parametrize(
    ("dearness", "hours"),
    [
        (1.0, 6),
        (4.0, 12),
        (0.25, 3),
        (1e-6, 1),  # two proofs of a removal lie an hour apart
        (1e6, 24),
    ],
)
def test_four_times_the_price_is_twice_the_time_between_proofs(dearness: float, hours: float) -> None:
    assert looks.proof_interval(USUAL, dearness, settings=SETTINGS) == hours * HOUR


def test_an_interval_below_the_bound_is_its_own_bound() -> None:
    minutes = timedelta(minutes=10)

    assert looks.proof_interval(minutes, 0.01, settings=SETTINGS) == minutes


def test_at_the_usual_price_a_proof_is_worth_its_price_after_the_usual_time() -> None:
    lost = looks.proof_rate(USUAL) * (USUAL / HOUR) ** 2 / 2

    assert lost == pytest.approx(looks.USUAL_PRICE)


def test_a_campaign_ends_with_its_last_day_and_the_grace() -> None:
    last_day = datetime(2026, 11, 20, tzinfo=UTC).date()
    end = datetime(2026, 11, 21, 15, tzinfo=UTC)  # midnight in Seoul, a day later

    before, after = (
        looks.usual_proof_interval(last_day, "Asia/Seoul", now=now, settings=SETTINGS)
        for now in (end - timedelta(seconds=1), end)
    )

    assert (before, after) == (SETTINGS.existence_interval, SETTINGS.retention_check_interval)


@pytest.mark.parametrize(("dearness", "stretch"), [(1.0, 1.0), (3.375, 1.5), (1e-6, 0.5), (1e6, 4.0)])
def test_samples_follow_the_price_more_slowly(dearness: float, stretch: float) -> None:
    assert looks.sample_stretch(dearness) == pytest.approx(stretch)


@pytest.mark.parametrize(("dearness", "nights"), [(1e-6, 1), (3.9, 1), (4.0, 2), (9.0, 3), (1e6, 7)])
def test_profiles_are_asked_for_every_night_or_up_to_once_a_week(dearness: float, nights: int) -> None:
    assert looks.nights_between_profiles(dearness) == nights
