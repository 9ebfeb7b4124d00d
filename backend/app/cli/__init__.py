"""The command `tagbuy`. Each command's module is imported when that command is run, not before."""

import sys
from collections.abc import Mapping
from importlib import import_module, util
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from app.core.errors import TagBuyError
from app.core.logging import redact_text

COMMANDS: Mapping[str, tuple[str, str]] = {
    "up": ("app.cli.up", "Start everything: servers, workers, Beat, Flower and the API. Ctrl-C stops it."),
    "doctor": ("app.cli.doctor", "Tell what is wrong with the installation, and what to do."),
    "import": ("app.cli.imports", "Import influencers (CSV) or campaigns (JSON)."),
    "scan": ("app.cli.scan", "Scan one influencer's feed now, and say why each post matched or not."),
    "plan": ("app.cli.plan", "Show the coming hour and the budget, or why one feed is read when it is."),
    "post": ("app.cli.post", "Look at one post now, and explain why it was or was not registered."),
    "account": ("app.cli.account", "Look after the accounts with which Instagram is read."),
    "provider": ("app.cli.provider", "Read saved answers of Instagram: posts, or what kind of error they are."),
    "tokens": ("app.cli.tokens", "Read captions (JSON lines): hashtags and mentions, as Instagram links them."),
    "match": ("app.cli.match", "Match posts (JSON lines) with a campaign file, without a server."),
    "review": ("app.cli.review", "See posts that nearly match, and accept or dismiss them."),
    "rematch": ("app.cli.rematch", "Change what a campaign asks for: preview, then apply to the posts already seen."),
    "disclosure": ("app.cli.disclosure", "Judge captions by the Korean disclosure rules (JSON lines on stdin)."),
    "certificate": ("app.cli.certificate", "Issue or verify the certificate that a content stayed up, unedited."),
    "retention": ("app.cli.retention", "Thin old samples to the last one of each day."),
    "bench": ("app.cli.bench", "Measure what the documentation quotes."),
    "sandbox": ("app.cli.sandbox", "Run the local Instagram on its own."),
}
"""Name: (module with a Typer application `app`, help line)."""
_COMPLETION = frozenset({"install_completion", "show_completion"})


class LazyCommands(TyperGroup):
    """A group that knows its commands by their help lines, and loads one when it is run."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, (module, help_line) in COMMANDS.items():
            if util.find_spec(module) is not None:
                self.add_command(TyperCommand(name=name, help=help_line), name)

    def resolve_command(self, ctx: typer.Context, args: list[str]) -> Any:  # type: ignore[override]
        """Return what to run; from here on the module of that command is needed."""
        if args and args[0] in self.commands:
            command = get_command(import_module(COMMANDS[args[0]][0]).app)
            command.params = [parameter for parameter in command.params if parameter.name not in _COMPLETION]
            self.add_command(command, args[0])
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=LazyCommands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # locals hold passwords
    help="TagBuy Monitor watches influencers' Instagram feeds for the posts that campaigns paid for.",
)


@app.callback()
def _root() -> None:
    """Make Typer build a group although no command is registered the usual way."""


def main() -> NoReturn:
    """Run the command line; an expected error is one message on stderr and exit code 1."""
    try:
        app()
    except TagBuyError as error:
        _refuse(str(error))
    except _database_errors() as error:
        reason = redact_text(str(getattr(error, "orig", None) or error).strip().splitlines()[0])
        _refuse(f"The database: {reason}. `tagbuy doctor` says more.")
    sys.exit(0)


def _refuse(message: str) -> NoReturn:
    Console(stderr=True).print(f"[red]{escape(message)}[/red]", highlight=False, soft_wrap=True)
    sys.exit(1)


def _database_errors() -> tuple[type[Exception], ...]:
    """Return SQLAlchemy's errors where something has imported it; it weighs more than the command line."""
    module = sys.modules.get("sqlalchemy.exc")
    return (module.SQLAlchemyError,) if module else ()
