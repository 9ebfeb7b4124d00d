"""`tagbuy bench …`: measurements that the documentation quotes, as JSON."""

import json
from typing import Annotated

import typer

from app.bench import match, start

app = typer.Typer(no_args_is_help=True)


@app.command(name="start")
def bench_start(
    runs: Annotated[int, typer.Option(min=1, help="How many times the demo is started.")] = 3,
) -> None:
    """Measure the demo's start, first announcement and memory, each run in an empty state directory."""
    typer.echo(json.dumps(start.measure_start(runs=runs), indent=2))


@app.command(name="match")
def bench_match(
    rounds: Annotated[int, typer.Option(min=1, help="How many times each way is measured.")] = 7,
    campaigns: Annotated[int, typer.Option(min=20, help="How many campaigns one post is held against.")] = 10_000,
) -> None:
    """Measure scanning and matching on one core, beside the plain way with regular expressions."""
    typer.echo(json.dumps(match.measure_match(rounds=rounds, campaigns=campaigns), indent=2))
