"""`tagbuy bench …`: measurements that the documentation quotes, as JSON."""

import json
from pathlib import Path
from typing import Annotated

import typer

from app.bench import existence, match, metrics, pool, start, volume
from app.bench.database import own_server
from app.bench.existence import Scenario
from app.core.logging import set_up_logging

app = typer.Typer(no_args_is_help=True)
_USUAL = Scenario()


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


@app.command(name="metrics")
def bench_metrics(
    curves: Annotated[
        Path | None, typer.Option(help="CSV of measured curves: post, age_h, likes.", exists=True, dir_okay=False)
    ] = None,
    hours: Annotated[int, typer.Option(min=1, help="Virtual hours of the document's case.")] = 24,
) -> None:
    """Measure how well few samples rebuild a like curve, and how many requests a day collection costs."""
    set_up_logging("ERROR")
    figures = {"reconstruction": metrics.measure_reconstruction(curves)}
    with own_server() as directory:
        figures["requests_per_day"] = metrics.measure_requests(directory, hours=hours)
    typer.echo(json.dumps(figures, indent=2))


@app.command(name="existence")
def bench_existence(
    influencers: Annotated[int, typer.Option(min=2, help="People in the world.")] = _USUAL.influencers,
    campaigns: Annotated[int, typer.Option(min=1, help="Their orders.")] = _USUAL.campaigns,
    accounts: Annotated[int, typer.Option(min=2, help="Accounts that read them.")] = _USUAL.accounts,
    days: Annotated[int, typer.Option(min=2, help="Virtual days.")] = _USUAL.days,
    seed: Annotated[int, typer.Option(help="Another world.")] = _USUAL.seed,
) -> None:
    """Run virtual weeks with every fault that looks like a removal, and compare with the truth."""
    set_up_logging("ERROR")
    scenario = Scenario(influencers=influencers, campaigns=campaigns, accounts=accounts, days=days, seed=seed)
    with own_server() as directory:
        figures = existence.measure_existence(scenario, directory)
    typer.echo(json.dumps(figures.as_document(), indent=2, ensure_ascii=False))


@app.command(name="volume")
def bench_volume(
    contents: Annotated[int, typer.Option(min=1000, help="Registered contents.")] = 1_000_000,
    samples: Annotated[int, typer.Option(min=1000, help="Samples, spread evenly.")] = 50_000_000,
) -> None:
    """Measure what the pages and the sweeps ask for at this size; 50,000,000 samples need 16 GB of disk."""
    with own_server():
        typer.echo(json.dumps(volume.measure_volume(contents=contents, samples=samples), indent=2))
