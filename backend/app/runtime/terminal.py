"""What `tagbuy up` shows: where to look, and the few events that a person wants to know."""

import contextlib
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape

from app.core.clock import utc_now


class Terminal:
    """Lines for a person. A terminal that was closed is no reason to fail."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False, soft_wrap=True)

    def note(self, text: str) -> None:
        """Show an event that needs no action."""
        self._line(escape(text))

    def alarm(self, text: str) -> None:
        """Show an event that a person must see."""
        self._line(f"[red]{escape(text)}[/red]")

    def milestone(self, text: str) -> None:
        """Show something good that was waited for."""
        self._line(f"[green]{escape(text)}[/green]")

    def summary(self, rows: Sequence[tuple[str, str, str]]) -> None:
        """Show rows of name, place and remark, set apart by an empty line before and after."""
        name_width = max(len(name) for name, _, _ in rows)
        place_width = max(len(place) for _, place, _ in rows)
        lines = [
            f"  [bold]{escape(name.ljust(name_width))}[/bold]  {escape(place.ljust(place_width))}"
            f"  [dim]{escape(remark)}[/dim]"
            for name, place, remark in rows
        ]
        with contextlib.suppress(OSError):
            self._console.print("", *lines, "", sep="\n")

    def _line(self, markup: str) -> None:
        with contextlib.suppress(OSError):
            self._console.print(f"[dim]{utc_now().astimezone():%H:%M:%S}[/dim]  {markup}")
