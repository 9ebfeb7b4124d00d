"""`tagbuy plan [USERNAME]`: the coming hour and the budget, or why one feed is read when it is."""

import dataclasses
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.core.clock import KST, utc_now
from app.core.config import get_settings
from app.core.db import transaction
from app.monitoring import forecast as planning
from app.monitoring import freshness as measured
from app.monitoring.forecast import Forecast
from app.monitoring.freshness import BUCKETS, Freshness

app = typer.Typer()


@app.command()
def plan(
    username: Annotated[str | None, typer.Argument(help="Why is this influencer looked at when they are?")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")] = False,
) -> None:
    """Show the coming hour, the budget and how fresh each campaign is; or why one feed is read next when it is."""
    settings, now = get_settings(), utc_now()
    with transaction() as session:
        if username is not None:
            sentence = planning.why_next(session, username, now=now, settings=settings)
            typer.echo(json.dumps({"username": username, "why": sentence}, ensure_ascii=False) if as_json else sentence)
            return
        coming = planning.forecast(session, now=now, settings=settings)
        campaigns = measured.measure_freshness(session, now=now)
    if as_json:
        document = {**dataclasses.asdict(coming), "campaigns": [dataclasses.asdict(campaign) for campaign in campaigns]}
        typer.echo(json.dumps(document, ensure_ascii=False, indent=2, default=str))
        return
    _print(Console(), coming, campaigns)


def _print(console: Console, coming: Forecast, campaigns: Sequence[Freshness]) -> None:
    price = "" if coming.price_minutes is None else f", a request must save {coming.price_minutes:.1f} weighted minutes"
    console.print(f"Policy {coming.policy}, {coming.requests_per_day:.0f} feed pages a day{price}.")
    if coming.warning is not None:
        console.print(f"[yellow]{coming.warning}[/]")
    table = Table(title=f"The coming hour: {coming.scans_in_all} scans", title_justify="left", box=None, pad_edge=False)
    for column in ("at (KST)", "influencer", "priority", "because of"):
        table.add_column(column)
    for scan in coming.scans:
        table.add_row(f"{scan.at.astimezone(KST):%H:%M}", f"@{scan.username}", scan.priority, scan.reason or "–")
    console.print(table)
    if not campaigns:
        console.print("No post of the last 14 days was published under watch.")
        return
    title = "Posts of the last 14 days, by the minutes from publication until they were seen"
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column("campaign", min_width=12)
    for column in (*(f"≤{bucket.total_seconds() / 60:g}" for bucket in BUCKETS), "later", "median", "95 %", "promise"):
        table.add_column(column, justify="right", no_wrap=True)
    for campaign in campaigns:
        counts = [str(count) for count in campaign.histogram]
        table.add_row(campaign.title, *counts, _minutes(campaign.median), _minutes(campaign.p95), _promise(campaign))
    console.print(table)


def _minutes(delay: timedelta | None) -> str:
    if delay is None:
        return "–"
    return "<1" if delay < timedelta(minutes=1) else f"{delay / timedelta(minutes=1):.0f}"


def _promise(campaign: Freshness) -> str:
    if campaign.promise is None or campaign.kept_share is None:
        return "–"
    mark = "✓" if campaign.is_kept else "✗"
    return f"{mark} {campaign.kept_share:.0%} of {campaign.promise.share:.0%}"
