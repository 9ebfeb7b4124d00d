"""`tagbuy scan USERNAME`: scan one feed now, in the foreground, and tell what was seen."""

import dataclasses
import json
import threading
import time
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.core.clock import KST, utc_now
from app.core.config import get_settings
from app.core.db import transaction
from app.core.errors import TagBuyError
from app.core.logging import set_up_logging
from app.instagram.graph_provider import GraphProvider
from app.instagram.instagrapi_provider import InstagrapiProvider
from app.monitoring import explain, scan
from app.monitoring.explain import PostExplanation
from app.monitoring.scan_report import ScanReport

app = typer.Typer()
_PATIENCE_SECONDS = 60.0


@app.command()
def scan_username(
    username: Annotated[str, typer.Argument(help="The influencer's name on Instagram.", metavar="USERNAME")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")] = False,
) -> None:
    """Scan one influencer's feed now, and tell why each post matched or not."""
    set_up_logging()
    settings = get_settings()
    provider = InstagrapiProvider.from_settings(settings)
    official = GraphProvider.from_settings(settings)

    def scan_once() -> ScanReport | None:
        return scan.scan_feed(transaction, provider, influencer_id, now=utc_now(), settings=settings, official=official)

    with transaction() as session:
        influencer_id = explain.find_influencer(session, username)
    errors = Console(stderr=True)
    with errors.status(f"Reading the feed of {username} …"):
        report = scan_once()
        give_up_at = time.monotonic() + _PATIENCE_SECONDS
        while report is not None and _wait_for_an_account(report, give_up_at):
            report = scan_once()
    if report is None:
        raise TagBuyError(f"{username} is being scanned by a worker; try again in a moment.")
    with transaction() as session:
        posts = explain.explain_posts(session, influencer_id, report.media_pks)
    if as_json:
        typer.echo(json.dumps(_document(report, posts), ensure_ascii=False, indent=2, default=str))
    else:
        _print(Console(), report, posts)
    if report.failure is not None:
        raise TagBuyError(f"The scan of {username} was not finished: {report.failure}.")


def _wait_for_an_account(report: ScanReport, give_up_at: float) -> bool:
    """Wait until an account is free, unless none is missing, or that is too far off; tell whether to try again."""
    if report.waits_until is None:
        return False
    seconds = (report.waits_until - utc_now()).total_seconds()
    if time.monotonic() + max(seconds, 0) > give_up_at:
        return False
    threading.Event().wait(max(seconds, 0.05))
    return True


def _document(report: ScanReport, posts: Sequence[PostExplanation]) -> dict[str, Any]:
    return {
        "username": report.username,
        "posts_checked": report.posts_checked,
        "new_posts": report.new_posts,
        "edited_posts": report.edited_posts,
        "registered": len(report.registered_content_ids),
        "rejects": [reject["reason"] for reject in report.rejects],
        "failure": report.failure,
        "posts": [dataclasses.asdict(post) for post in posts],
    }


def _print(console: Console, report: ScanReport, posts: Sequence[PostExplanation]) -> None:
    table = Table(title=f"@{report.username}", title_justify="left", box=None, pad_edge=False)
    table.add_column("posted (KST)", no_wrap=True)
    table.add_column("type")
    table.add_column("caption", ratio=3)
    table.add_column("campaign", ratio=2)
    table.add_column("verdict", ratio=3)
    for post in posts:
        first_line = next(iter(post.caption.splitlines()), "")
        table.add_row(
            f"{post.taken_at.astimezone(KST):%m-%d %H:%M}" + (" 📌" if post.is_pinned else ""),
            post.post_type,
            Text(first_line, overflow="ellipsis", no_wrap=True),
            Text(post.campaign_title or "–"),
            _verdict(post),
        )
    console.print(table)
    console.print(
        f"{report.posts_checked} posts seen, {report.new_posts} new, {report.edited_posts} edited, "
        f"{len(report.registered_content_ids)} registered now."
    )
    for reject in report.rejects:
        console.print(f"[yellow]An item could not be read:[/] {reject['reason']}")


def _verdict(post: PostExplanation) -> Text:
    if post.is_match is None:
        return Text("no running campaign", style="dim")
    if post.is_match:
        return Text("✓ matches, registered" if post.is_registered else "✓ matches", style="green")
    return Text("✗ " + "; ".join(post.reasons), style="red")
