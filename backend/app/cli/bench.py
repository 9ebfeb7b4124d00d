"""`tagbuy bench …`: measurements that the documentation quotes, as JSON."""

import json
from typing import Annotated

import typer

from app.bench import pool, start

app = typer.Typer(no_args_is_help=True)


@app.command(name="start")
def bench_start(
    runs: Annotated[int, typer.Option(min=1, help="How many times the demo is started.")] = 3,
) -> None:
    """Measure the demo's start, first announcement and memory, each run in an empty state directory."""
    typer.echo(json.dumps(start.measure_start(runs=runs), indent=2))


@app.command(name="pool")
def bench_pool(
    processes: Annotated[int, typer.Option(min=1, max=64, help="Processes that ask for accounts.")] = 4,
    accounts: Annotated[int, typer.Option(min=1, max=10_000, help="Accounts in the pool.")] = 10,
    seconds: Annotated[float, typer.Option(min=1, help="Measured time of each limiter.")] = 40,
    scale: Annotated[float, typer.Option(min=0.001, max=1, help="Factor of every time of the limits.")] = 0.01,
) -> None:
    """Measure the account pool beside two well-known limiters: grants, violations, utilisation and speed.

    It runs on servers of its own and counts violations at a receiving end of its own.
    """
    plan = pool.Plan(processes=processes, accounts=accounts, seconds=seconds, scale=scale)
    typer.echo(json.dumps(pool.measure_pool(plan, say=lambda line: typer.echo(line, err=True)), indent=2))
