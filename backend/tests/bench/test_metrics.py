"""Few samples at the right ages rebuild what was really measured."""

from pathlib import Path

import pytest

from app.bench.metrics import measured_errors

CURVES = Path(__file__).resolve().parents[4] / "shared" / "data" / "like_curves.csv"


@pytest.mark.skipif(not CURVES.exists(), reason="the measured curves are not part of this repository")
def test_measured_curves_are_rebuilt_better_than_by_daily_or_hourly_samples() -> None:
    errors = measured_errors(CURVES)

    assert errors["posts"] == 35
    assert errors["ours"]["error"] < 1.5
    assert errors["daily"]["error"] > 4
    assert errors["hourly until the samples are used up"]["error"] > 4
