"""`tagbuy bench …`: measurements that the documentation quotes, as JSON."""

import json
import math
import random
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from app.bench import (
    case,
    discovery,
    existence,
    histories,
    match,
    metrics,
    planner,
    pool,
    schedule,
    start,
    volume,
)
from app.bench.database import own_server
from app.bench.existence import Scenario
from app.core.logging import set_up_logging

app = typer.Typer(no_args_is_help=True)
_USUAL, _CASE = Scenario(), case.Case()


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
        policies=[name.strip() for name in policies.split(",")],
        truth=json.loads(truth.read_text(encoding="utf-8")) if truth else None,
        polls_out=polls_out,
        seed=seed,
        halve_after_days=halve_after_days,
    )
    typer.echo(json.dumps(figures, indent=2))


@app.command(name="discovery")
def bench_discovery(
    posts: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="CSV: account,ts[,tier].")],
    requests_per_day: Annotated[int, typer.Option(min=1, help="The budget, for feeds and places together.")],
    places: Annotated[int, typer.Option(min=1, help="Among so many places the accounts are divided.")] = 1,
    recall: Annotated[str, typer.Option(help="Which share of the posts a place shows; several with commas.")] = "0.5",
    page: Annotated[int, typer.Option(min=1, help="How many posts a place shows at once.")] = 12,
    seed: Annotated[int, typer.Option(help="Draws which posts are shown.")] = 1,
) -> None:
    """Measure what places beyond the feeds are worth on replayed histories, at the same requests a day."""
    try:
        recalls = [float(share) for share in recall.split(",")]
    except ValueError:
        raise typer.BadParameter(f"{recall!r} is no list of shares; write them like 0.2,0.8") from None
    if not all(0 <= share <= 1 for share in recalls):
        raise typer.BadParameter("a share is a number from 0 to 1")
    figures = discovery.measure_places(
        histories.read_histories(posts),
        history_days=56,
        test_days=14,
        requests_per_day=requests_per_day,
        places=places,
        recalls=recalls,
        page=page,
        seed=seed,
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
    shared_buffers: Annotated[str, typer.Option(help="Memory of the PostgreSQL; 1,000,000 need 2 GB.")] = "2GB",
) -> None:
    """Measure a planner's tick, survey and a row's update on a PostgreSQL of its own, and show the query plan."""
    numbers = [int(size) for size in sizes.split(",")]
    figures = planner.measure_planner(
        numbers, shared_buffers=shared_buffers, say=lambda line: typer.echo(line, err=True)
    )
    typer.echo(json.dumps(figures, indent=2))


@app.command(name="case")
def bench_case(
    requests_per_day: Annotated[str, typer.Option(help="Budgets, with commas; each is a run of its own.")] = (
        "1000,1300,2000,5000"
    ),
    days: Annotated[float, typer.Option(min=0.1, help="Virtual days that are counted.")] = 3,
    posts_per_day: Annotated[float, typer.Option(min=0.01, help="Of a median influencer.")] = _CASE.posts_per_day,
    influencers: Annotated[int, typer.Option(min=2, help="People in the world.")] = _CASE.influencers,
    campaigns: Annotated[int, typer.Option(min=1, help="Their orders.")] = _CASE.campaigns,
    seed: Annotated[int, typer.Option(help="Another world.")] = _CASE.seed,
) -> None:
    """Run the design document's case end to end over virtual days, and its own three loops beside it."""
    set_up_logging("ERROR")
    wanted = case.Case(
        influencers=influencers,
        campaigns=campaigns,
        posts_per_day=posts_per_day,
        measured=timedelta(days=days),
        seed=seed,
    )
    budgets = [int(budget) for budget in requests_per_day.split(",")]
    typer.echo(json.dumps(case.measure_case(wanted, budgets, say=lambda line: typer.echo(line, err=True)), indent=2))


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
