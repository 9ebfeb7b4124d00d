"""`tagbuy sandbox …`: serve the local Instagram and drive it."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from app.core.config import get_settings
from app.core.errors import TagBuyError
from app.sandbox.captions import Intention
from app.sandbox.cast import WorldSize
from app.sandbox.client import SandboxClient
from app.sandbox.faults import KINDS
from app.sandbox.police import Limits
from app.sandbox.server import SandboxOptions, run

SANDBOX_DIR = "sandbox"

app = typer.Typer(help="The local Instagram: try TagBuy Monitor without an account.", no_args_is_help=True)
_console = Console()

Directory = Annotated[
    Path | None, typer.Option("--dir", help="Where the world lives. Default: `sandbox` in the state directory.")
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON for programs.")]
MediaPk = Annotated[str, typer.Argument(help="The post's id, as `tagbuy sandbox truth` shows it.")]


@app.command()
def serve(
    directory: Directory = None,
    influencers: Annotated[int, typer.Option(min=1)] = 10,
    campaigns: Annotated[int, typer.Option(min=0)] = 4,
    accounts: Annotated[int, typer.Option(min=1, help="Reader accounts.")] = 8,
    graph_tokens: Annotated[int, typer.Option(min=0, help="Tokens of the official API.")] = 2,
    seed: Annotated[int, typer.Option(help="The same seed makes the same world.")] = 7,
    speed: Annotated[float, typer.Option(min=0, help="How much faster than real things happen.")] = 1.0,
    port: Annotated[int | None, typer.Option(help="Of the page; another one where it is taken.")] = None,
    history_days: Annotated[int, typer.Option(min=0)] = 21,
    replay: Annotated[Path | None, typer.Option(help="Folder with recorded pages, feed_user_*.json.")] = None,
) -> None:
    """Serve a world until Ctrl-C."""
    options = SandboxOptions(
        directory=_directory(directory).resolve(),
        size=WorldSize(influencers, campaigns, accounts, history_days, graph_tokens),
        seed=seed,
        speed=speed,
        port=get_settings().sandbox_port if port is None else port,
        limits=Limits(),
        replay=replay,
    )
    with _errors_for_people():
        run(options, announce=lambda url: _console.print(f"The sandbox is ready: [link={url}]{url}[/link]"))


@app.command()
def fault(
    kind: Annotated[str | None, typer.Argument(help=f"One of {', '.join(KINDS)}. Without it: list the faults.")] = None,
    count: Annotated[int | None, typer.Option(min=1, help="How many requests fail. Default: one.")] = None,
    seconds: Annotated[float | None, typer.Option(min=0, help="For how long requests fail.")] = None,
    probability: Annotated[float | None, typer.Option(min=0, max=1)] = None,
    account: Annotated[str | None, typer.Option(help="Only requests of this reader account.")] = None,
    target: Annotated[str | None, typer.Option(help="Only requests for this user or post id.")] = None,
    endpoint: Annotated[
        str | None, typer.Option(help="Only requests of this kind, such as feed, media or reels.")
    ] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Drop every fault.")] = False,
    directory: Directory = None,
) -> None:
    """Let requests fail, list what is to fail, or drop it all."""
    with _client(directory) as sandbox:
        if clear:
            sandbox.clear_faults()
        if kind is not None:
            conditions = {
                "count": count,
                "seconds": seconds,
                "probability": probability,
                "account": account,
                "target": target,
                "endpoint": endpoint,
            }
            sandbox.add_fault(kind, **{name: value for name, value in conditions.items() if value is not None})
        rules = sandbox.faults()
        rows = [(rule["kind"], rule["count"], rule["account"], rule["endpoint"], rule["used"]) for rule in rules]
        _table(("kind", "still", "account", "endpoint", "used"), rows)


@app.command()
def violations(directory: Directory = None, as_json: AsJson = False) -> None:
    """Show the broken request limits; exit code 1 if there are any."""
    with _client(directory) as sandbox:
        report = sandbox.violations()
    if as_json:
        _print_json(report)
    else:
        color = "red" if report["total"] else "green"
        _console.print(f"[{color}]{report['total']}[/{color}] violations {report['by_kind'] or ''}")
        _console.print(f"nearest to the limits: {report['worst']}", style="dim")
    if report["total"]:
        raise typer.Exit(1)


@app.command()
def truth(
    campaign: Annotated[
        str | None, typer.Option(help="Only posts that satisfy this campaign (a part of its title).")
    ] = None,
    directory: Directory = None,
    as_json: AsJson = False,
) -> None:
    """List what was posted and which campaigns it satisfies."""
    with _client(directory) as sandbox:
        posts = sandbox.truth()
    if campaign is not None:
        posts = [post for post in posts if any(campaign in title for title in post["matches"])]
    if as_json:
        _print_json(posts)
        return
    rows = [
        (
            post["media_pk"],
            post["published_at"][:19],
            post["username"],
            "" if post["is_visible"] else "hidden",
            ", ".join(post["matches"]) or f"({post['intention']})",
        )
        for post in posts
    ]
    _table(("post", "published (UTC)", "influencer", "", "satisfies"), rows)


@app.command()
def inbox(
    number: Annotated[int | None, typer.Argument(help="Show this message.")] = None,
    directory: Directory = None,
    as_json: AsJson = False,
) -> None:
    """List the e-mails that arrived, or show one."""
    with _client(directory) as sandbox:
        if number is not None:
            message = sandbox.message(number)
            typer.echo(json.dumps(message, ensure_ascii=False) if as_json else message["text"])
            return
        messages = sandbox.inbox()
    if as_json:
        _print_json(messages)
        return
    rows = [(m["id"], m["received_at"][:19], ", ".join(m["to"]), m["subject"]) for m in messages]
    _table(("id", "received (UTC)", "to", "subject"), rows)


@app.command()
def post(
    username: Annotated[str | None, typer.Argument(help="Who posts. Default: a participant of the campaign.")] = None,
    campaign: Annotated[str | None, typer.Option(help="Compose a caption for the campaign with this title.")] = None,
    intention: Annotated[Intention, typer.Option(help="What the caption is for the campaign.")] = Intention.SATISFIES,
    caption: Annotated[str | None, typer.Option(help="These words instead.")] = None,
    kind: Annotated[str | None, typer.Option(help="photo, album, reel or video.")] = None,
    reels_only: Annotated[bool, typer.Option("--reels-only", help="A reel that the profile's grid lacks.")] = False,
    directory: Directory = None,
) -> None:
    """Let an influencer publish a post now."""
    fields: dict[str, Any] = {
        "campaign": campaign,
        "intention": intention.value,
        "caption": caption,
        "kind": kind or ("reel" if reels_only else None),
        "is_on_grid": False if reels_only else None,
    }
    given = {name: value for name, value in fields.items() if value is not None}
    _show(directory, lambda sandbox: sandbox.publish(username, **given))


@app.command()
def edit(
    media_pk: MediaPk,
    caption: Annotated[str | None, typer.Option(help="The new caption.")] = None,
    campaign: Annotated[str | None, typer.Option(help="Add what this campaign's requirements lack.")] = None,
    directory: Directory = None,
) -> None:
    """Edit a post's caption."""
    fields = {} if campaign is None else {"campaign": campaign}
    _show(directory, lambda sandbox: sandbox.edit(media_pk, caption, **fields))


@app.command()
def remove(media_pk: MediaPk, directory: Directory = None) -> None:
    """Remove a post for good."""
    _show(directory, lambda sandbox: sandbox.remove(media_pk))


@app.command()
def archive(media_pk: MediaPk, directory: Directory = None) -> None:
    """Hide a post until it is restored."""
    _show(directory, lambda sandbox: sandbox.archive(media_pk))


@app.command()
def restore(media_pk: MediaPk, directory: Directory = None) -> None:
    """Show an archived post again."""
    _show(directory, lambda sandbox: sandbox.restore(media_pk))


@app.command()
def clock(
    speed: Annotated[float, typer.Argument(min=0, help="0 stands still, 1 is real time.")], directory: Directory = None
) -> None:
    """Let things happen faster or slower from now on."""
    with _client(directory) as sandbox:
        sandbox.set_speed(speed)


def _directory(given: Path | None) -> Path:
    return get_settings().state_dir / SANDBOX_DIR if given is None else given


@contextmanager
def _client(directory: Path | None) -> Iterator[SandboxClient]:
    with _errors_for_people():
        yield SandboxClient.of(_directory(directory))


@contextmanager
def _errors_for_people() -> Iterator[None]:
    try:
        yield
    except TagBuyError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None


def _show(directory: Path | None, order: Callable[[SandboxClient], dict[str, Any]]) -> None:
    with _client(directory) as sandbox:
        record = order(sandbox)
    satisfied = ", ".join(record["matches"]) or "no campaign"
    _console.print(f"{record['media_pk']}  {record['username']}  satisfies {satisfied}", markup=False)
    _console.print(record["caption"], style="dim", markup=False)


def _print_json(document: Any) -> None:
    typer.echo(json.dumps(document, ensure_ascii=False))


def _table(heads: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    table = Table(*heads, box=None)
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    _console.print(table)
