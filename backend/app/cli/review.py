"""`tagbuy review …`: posts that nearly match, and what a person decides about them."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.core.clock import KST, utc_now
from app.core.db import transaction
from app.monitoring import reviewing

app = typer.Typer(no_args_is_help=True, help="See posts that nearly match, and accept or dismiss them.")

Code = Annotated[str, typer.Argument(metavar="CODE", help="The post's code, as in instagram.com/p/CODE.")]
Campaign = Annotated[str | None, typer.Option("--campaign", metavar="TITLE", help="The campaign's title or id.")]


@app.command("list")
def list_open(
    campaign: Campaign = None,
    messages: Annotated[bool, typer.Option("--messages", help="Also print a message to each influencer.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document for programs.")] = False,
) -> None:
    """Show what waits for a decision: the post, the campaign, and why it is near."""
    with transaction() as session:
        items = reviewing.list_reviews(session, campaign=campaign)
    if as_json:
        typer.echo(json.dumps([asdict(item) for item in items], ensure_ascii=False, indent=2, default=str))
        return
    console = Console()
    table = Table(box=None, pad_edge=False)
    for title in ("code", "posted (KST)", "influencer", "campaign", "why"):
        table.add_column(title, overflow="fold")
    for item in items:
        posted = f"{item.taken_at.astimezone(KST):%m-%d %H:%M}"
        cells = (item.code, posted, f"@{item.username}", item.campaign_title, "\n".join(item.reasons))
        table.add_row(*map(Text, cells))
    console.print(table)
    console.print(f"{len(items)} to decide: tagbuy review accept CODE, or dismiss CODE", highlight=False)
    for item in items if messages else ():
        console.print(Text(f"\n{item.code}: {item.message or 'nothing the influencer can do'}"), soft_wrap=True)


@app.command()
def accept(code: Code, campaign: Campaign = None) -> None:
    """Register the post although it only nearly matches; where it is registered already, keep it."""
    with transaction() as session:
        title = reviewing.accept_review(session, code, campaign=campaign, now=utc_now())
    typer.echo(f"{code} is registered for '{title}'.")


@app.command()
def dismiss(code: Code, campaign: Campaign = None) -> None:
    """Leave the post unregistered; where it is registered already, reject it."""
    with transaction() as session:
        title = reviewing.dismiss_review(session, code, campaign=campaign, now=utc_now())
    typer.echo(f"{code} does not count for '{title}'.")
