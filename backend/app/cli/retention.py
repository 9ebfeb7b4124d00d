"""`tagbuy retention`: thin the samples that are older than their detail is kept for."""

from datetime import timedelta
from typing import Annotated

import typer

from app.core.config import get_settings
from app.core.db import database_now, transaction
from app.core.logging import set_up_logging
from app.metrics import retention

app = typer.Typer()


@app.command()
def thin_old_samples(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would go.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="From the first sample on, not only what has become old in the last 8 days.")
    ] = False,
) -> None:
    """Keep of samples older than TAGBUY_METRICS_DETAIL_DAYS the last of each day, and of each hour of the first day."""
    set_up_logging()
    thinned = retention.thin_samples(
        transaction,
        now=database_now(),
        detail=timedelta(days=get_settings().metrics_detail_days),
        is_whole=everything,
        is_dry_run=dry_run,
    )
    verb = "would go" if dry_run else "are gone"
    typer.echo(f"{thinned.samples:,} samples of {thinned.contents:,} contents {verb}.")
