"""`tagbuy plan [USERNAME]`: the coming hour and the budget, or why one feed is read when it is."""

import dataclasses
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.core.clock import KST, utc_now
from app.core.config import get_settings
from app.core.db import transaction
from app.monitoring import forecast as planning
from app.monitoring import freshness as measured
from app.monitoring import source_report
from app.monitoring.forecast import Forecast
from app.monitoring.freshness import BUCKETS, Freshness
from app.monitoring.source_report import SourceReport

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
        sources = source_report.report_sources(session)
    if as_json:
        document = {
            **dataclasses.asdict(coming),
            "campaigns": [dataclasses.asdict(campaign) for campaign in campaigns],
            "sources": [dataclasses.asdict(source) for source in sources],
        }
        typer.echo(json.dumps(document, ensure_ascii=False, indent=2, default=str))
        return
    console = Console()
    _print_coming(console, coming)
    if sources:
        _print_sources(console, sources)
    _print_freshness(console, campaigns)


def _print_coming(console: Console, coming: Forecast) -> None:
    price = "" if coming.price_minutes is None else f", a request must save {coming.price_minutes:.1f} weighted minutes"
    console.print(f"Policy {coming.policy}, {coming.requests_per_day:.0f} requests a day for feeds and posts{price}.")
    console.print(
        f"A post of a running campaign that no feed page shows is looked at every {coming.proof_hours:.1f} h."
    )
    if coming.warning is not None:
        console.print(f"[yellow]{coming.warning}[/]")
    table = Table(title=f"The coming hour: {coming.scans_in_all} scans", title_justify="left", box=None, pad_edge=False)
    for column in ("at (KST)", "influencer", "priority", "because of"):
        table.add_column(column)
    for scan in coming.scans:
        table.add_row(f"{scan.at.astimezone(KST):%H:%M}", f"@{scan.username}", scan.priority, scan.reason or "–")
    console.print(table)


def _print_sources(console: Console, sources: Sequence[SourceReport]) -> None:
    table = Table(title="Beyond the feeds", title_justify="left", box=None, pad_edge=False)
    for column in ("next (KST)", "source", "of", "found first per request", "last error"):
        table.add_column(column)
    for source in sources:
        found = "–" if source.finds_per_request is None else f"{source.finds_per_request:.2f}"
        at = f"{source.next_look_at.astimezone(KST):%H:%M}"
        table.add_row(at, source.kind, escape(source.name), found, escape(source.last_error or ""))
    console.print(table)


def _print_freshness(console: Console, campaigns: Sequence[Freshness]) -> None:
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
        table.add_row(
            escape(campaign.title), *counts, _minutes(campaign.median), _minutes(campaign.p95), _promise(campaign)
        )
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
