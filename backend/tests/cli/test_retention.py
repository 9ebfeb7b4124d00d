from datetime import timedelta

from typer.testing import CliRunner

from app.cli.retention import app
from app.core.db import TransactionFactory
from app.models import ContentMetrics, new_id
from app.models.states import MetricsSource
from tests.builders import saved
from tests.contents import clock_of, post_of, saved_author, saved_content


def test_a_dry_run_tells_what_the_real_one_then_does(own_database: TransactionFactory) -> None:
    now = clock_of(own_database)
    ana = saved_author(own_database, "ana")
    content_id = saved_content(own_database, ana, post_of(ana, 1, now=now), posted_at=now - timedelta(days=300))
    for minutes in (1, 2, 3):
        at = now.replace(hour=3, minute=minutes) - timedelta(days=200)
        row = ContentMetrics(
            id=new_id(), content_id=content_id, is_like_hidden=False, source=MetricsSource.FEED, recorded_at=at
        )
        saved(own_database, row)

    outputs = [
        CliRunner().invoke(app, arguments).stdout for arguments in (["--all", "--dry-run"], ["--all"], ["--all"])
    ]

    assert outputs == [
        "2 samples of 1 contents would go.\n",
        "2 samples of 1 contents are gone.\n",
        "0 samples of 1 contents are gone.\n",
    ]
