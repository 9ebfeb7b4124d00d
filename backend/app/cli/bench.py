"""`tagbuy bench …`: measurements that the documentation quotes, as JSON."""

import json
from typing import Annotated

import typer

from app.bench import start

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _root() -> None:
    """Make Typer build a group while there is one benchmark."""


@app.command(name="start")
def bench_start(
    runs: Annotated[int, typer.Option(min=1, help="How many times the demo is started.")] = 3,
) -> None:
    """Measure the demo's start, first announcement and memory, each run in an empty state directory."""
    typer.echo(json.dumps(start.measure_start(runs=runs), indent=2))
