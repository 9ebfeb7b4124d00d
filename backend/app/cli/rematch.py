"""`tagbuy rematch`: change what a campaign asks for, and see first what that changes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from app.campaigns.participations import find_campaign
from app.campaigns.requirements import Requirements, columns_of, requirements_of
from app.cli.campaign_file import read_requirements
from app.core.clock import KST, utc_now
from app.core.db import transaction
from app.core.errors import InvalidInput
from app.monitoring import rematching
from app.monitoring.rematching import PostLine, RematchPreview

app = typer.Typer()


@app.command()
def rematch_campaign(
    campaign: Annotated[str, typer.Argument(metavar="CAMPAIGN", help="The campaign's title or id.")],
    file: Annotated[
        Path | None, typer.Option("--with", metavar="FILE", help="JSON: the campaign as it should ask from now on.")
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Do it; without this nothing is changed.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document for programs.")] = False,
) -> None:
    """Match every post already seen with a campaign again, by its present requirements or by those of a file.

    What the file leaves out stays as it is. Prints what would be registered (+) and what is registered but would no
    longer match (−). With --apply the campaign is changed, + is registered and announced, and − is put into review:
    `tagbuy review list`.
    """
    with transaction() as session:
        found = find_campaign(session, campaign)
        campaign_id, requirements = found.id, requirements_of(found)
        if file is not None:
            wanted = read_requirements(file, unless_given=_as_entered(requirements))
            if len(wanted) != 1:
                raise InvalidInput(f"{file} holds {len(wanted)} campaigns; expected one.")
            requirements = wanted[0].requirements
        preview = rematching.preview_rematch(session, campaign_id, requirements)
    if apply:
        rematching.apply_rematch(transaction, campaign_id, requirements, now=utc_now())
    if as_json:
        typer.echo(json.dumps({"is_applied": apply} | asdict(preview), ensure_ascii=False, indent=2, default=str))
    else:
        _print(preview, is_applied=apply)


def _as_entered(requirements: Requirements) -> Mapping[str, object]:
    days = {"start_date": str(requirements.start_date), "end_date": str(requirements.end_date)}
    return columns_of(requirements) | days


def _print(preview: RematchPreview, *, is_applied: bool) -> None:
    console = Console()
    _print_posts(console, "+", preview.added, "green")
    _print_posts(console, "−", preview.removed, "red")
    console.print(f"+{len(preview.added)}, −{len(preview.removed)}, {len(preview.near)} near misses", highlight=False)
    console.print("Applied." if is_applied else "Nothing was changed; --apply does it.", highlight=False)


def _print_posts(console: Console, sign: str, posts: Sequence[PostLine], style: str) -> None:
    for post in posts:
        line = f"{sign} {post.code}  @{post.username}  {post.taken_at.astimezone(KST):%Y-%m-%d %H:%M} (KST)"
        console.print(Text(line, style=style), soft_wrap=True)
