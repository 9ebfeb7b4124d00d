"""`tagbuy post URL`: look at one post now, and explain why it was or was not found and registered."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from app.core.clock import KST
from app.core.config import get_settings
from app.core.db import transaction
from app.core.errors import TagBuyError
from app.core.logging import set_up_logging
from app.instagram.instagrapi_provider import InstagrapiProvider
from app.instagram.shortcodes import media_pk_of_url
from app.monitoring import post_details
from app.monitoring.post_details import PostDetails

app = typer.Typer()


@app.command()
def explain_post(
    url: Annotated[str, typer.Argument(help="The post's address, or its short code.", metavar="URL")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Look at one post now (one request), match it, and explain the outcome."""
    set_up_logging()
    settings = get_settings()
    media_pk = media_pk_of_url(url)
    provider = InstagrapiProvider.from_settings(settings)
    with Console(stderr=True).status("Asking for the post …"):
        details = post_details.get_post_details(transaction, provider, media_pk, settings=settings)
    if as_json:
        typer.echo(json.dumps(details.as_document(), ensure_ascii=False, indent=2))
    else:
        print_details(Console(), details)
    if details.post is None:
        raise TagBuyError(f"The post {media_pk} cannot be seen.")


def print_details(console: Console, details: PostDetails) -> None:
    """Print what was found, and why it does or does not count."""
    post = details.post
    if post is not None:
        author = details.username or post.owner_username or post.owner_pk
        first_line = next(iter(post.caption.splitlines()), "")
        console.print(Text(f"@{author}, {post.taken_at.astimezone(KST):%Y-%m-%d %H:%M} (KST): {first_line}"))
        likes = "hidden" if post.is_like_hidden else _number(post.like_count)
        plays, views = _number(post.play_count), _number(post.view_count)
        console.print(f"likes {likes}, comments {_number(post.comment_count)}, plays {plays}, views {views}")
    for verdict in details.verdicts:
        mark = "✓" if verdict.is_match else "✗"
        outcome = "registered" if verdict.is_registered else "; ".join(verdict.reasons) or "matches"
        console.print(Text(f"{mark} {verdict.campaign_title or 'no campaign'}: {outcome}"))
    for reason in details.reasons:
        console.print(Text(reason))


def _number(count: int | None) -> str:
    return "not reported" if count is None else f"{count:,}"
