"""`tagbuy bench …`: measurements that the documentation quotes, as JSON."""

import json
import math
import random
from pathlib import Path
from typing import Annotated

import typer

from app.bench import histories, match, planner, pool, schedule, start

app = typer.Typer(no_args_is_help=True)


@app.command(name="start")
def bench_start(
    runs: Annotated[int, typer.Option(min=1, help="How many times the demo is started.")] = 3,
) -> None:
    """Measure the demo's start, first announcement and memory, each run in an empty state directory."""
    typer.echo(json.dumps(start.measure_start(runs=runs), indent=2))


@app.command(name="schedule")
def bench_schedule(
    posts: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="CSV: account,ts[,tier].")],
    requests_per_day: Annotated[int, typer.Option(min=1, help="The budget of each policy.")],
    history_days: Annotated[int, typer.Option(min=1, help="What is known before the test.")] = 56,
    test_days: Annotated[int, typer.Option(min=1, help="The test, at the end of the histories.")] = 14,
    policies: Annotated[str, typer.Option(help="Names with commas; `oracle` needs --truth.")] = ",".join(
        schedule.POLICIES
    ),
    polls_out: Annotated[Path | None, typer.Option(dir_okay=False, help="Write every look: policy,account,ts.")] = None,
    truth: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="True rates, from `bench population made`.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Decides the phases in which the looks begin.")] = 1,
    halve_after_days: Annotated[float, typer.Option(help="The pool loses half of its accounts then.")] = math.inf,
) -> None:
    """Compare scan policies on replayed posting histories: requests used, and how late each post was found."""
    figures = schedule.compare_policies(
        histories.read_histories(posts),
        history_days=history_days,
        test_days=test_days,
        requests_per_day=requests_per_day,
        policies=policies.split(","),
        truth=json.loads(truth.read_text(encoding="utf-8")) if truth else None,
        polls_out=polls_out,
        seed=seed,
        halve_after_days=halve_after_days,
    )
    typer.echo(json.dumps(figures, indent=2))


@app.command(name="population")
def bench_population(
    kind: Annotated[histories.Kind, typer.Argument(help="mix, low (no busy accounts) or made (known true rates).")],
    out: Annotated[Path, typer.Option(dir_okay=False, help="CSV to write; `made` writes OUT.truth.json beside it.")],
    posts: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="Histories to cut up.")] = None,
    accounts: Annotated[int, typer.Option(min=1, help="How many accounts.")] = 100,
    seed: Annotated[int, typer.Option(help="Another seed draws others.")] = 1,
) -> None:
    """Write accounts for `bench schedule`: ten-week windows of real histories, or made ones with known rates."""
    chance = random.Random(seed)  # noqa: S311 - a repeatable draw
    histories.write_population(kind, posts, out, accounts=accounts, chance=chance)


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


@app.command(name="planner")
def bench_planner(
    sizes: Annotated[str, typer.Option(help="Numbers of influencers, with commas.")] = "100,10000,100000,1000000",
) -> None:
    """Measure a planner's tick and a row's update on a PostgreSQL of its own, and show the query plan."""
    numbers = [int(size) for size in sizes.split(",")]
    typer.echo(json.dumps(planner.measure_planner(numbers, say=lambda line: typer.echo(line, err=True)), indent=2))
