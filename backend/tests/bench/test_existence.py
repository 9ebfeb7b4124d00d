"""The short form of `tagbuy bench existence`: days of virtual time, with every fault that looks like a removal."""

from datetime import timedelta
from pathlib import Path

import pytest

from app.bench.existence import Scenario, measure_existence
from app.core.db import TransactionFactory


@pytest.mark.usefixtures("own_database")
def test_removals_are_found_and_nothing_else_is_declared_removed(
    own_database: TransactionFactory,  # noqa: ARG001 - the settings name it
    tmp_path: Path,
) -> None:
    scenario = Scenario(
        influencers=5, campaigns=2, accounts=3, days=3, tick=timedelta(minutes=30), scan_interval=timedelta(hours=3)
    )

    figures = measure_existence(scenario, tmp_path).as_document()

    assert (figures["false_deleted"], figures["missed"], figures["restored_without_closing_message"]) == (0, 0, 0)
    assert figures["confirmed"] >= 2
    assert figures["contents"] >= 15
    assert {"5xx", "media_not_found", "not_found_page"} <= {
        kind for kind, used in figures["faults_used"].items() if used
    }
