"""`tagbuy import`: influencers from CSV, campaigns from JSON; every problem of a file at once, with its line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.text import Text

from app.campaigns.import_campaigns import import_campaigns
from app.campaigns.import_influencers import import_influencers
from app.campaigns.problems import ImportReport, Problem
from app.core.clock import utc_now
from app.core.db import transaction

app = typer.Typer(no_args_is_help=True, help="Import influencers (CSV) or campaigns (JSON).")

_PROBLEMS_SHOWN = 100

SkipInvalid = Annotated[bool, typer.Option("--skip-invalid", help="Keep the good rows and list the others.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document for programs.")]


@app.command("influencers")
def influencers_from_csv(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV with the columns username, platform_uid, full_name, …")
    ],
    skip_invalid: SkipInvalid = False,
    as_json: AsJson = False,
) -> None:
    """Create or update influencers. Nothing is written unless the whole file is good."""
    content = _content(file)
    if isinstance(content, Problem):
        report = ImportReport(problems=[content])
    else:
        with _progress(is_shown=not as_json) as bar:
            report = import_influencers(
                transaction, content, skip_invalid=skip_invalid, now=utc_now(), progress=_advance(bar)
            )
    _tell(file, report, "influencers", as_json=as_json, skip_invalid=skip_invalid)


@app.command("campaigns")
def campaigns_from_json(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON: a campaign, or a list of campaigns.")],
    skip_invalid: SkipInvalid = False,
    as_json: AsJson = False,
) -> None:
    """Create or update campaigns. Nothing is written unless the whole file is good."""
    content = _content(file)
    if isinstance(content, Problem):
        report = ImportReport(problems=[content])
    else:
        with _progress(is_shown=not as_json) as bar:
            report = import_campaigns(
                transaction, content, skip_invalid=skip_invalid, now=utc_now(), progress=_advance(bar)
            )
    _tell(file, report, "campaigns", as_json=as_json, skip_invalid=skip_invalid)


def _content(file: Path) -> bytes | Problem:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        message = f"there is no file {file}; expected the path of a file"
    except IsADirectoryError:
        message = f"{file} is a folder; expected the path of a file"
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror or error}"
    return Problem(None, None, message, is_whole_file=True)


def _progress(*, is_shown: bool) -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not (is_shown and console.is_terminal))


def _advance(bar: Progress) -> Callable[[int, int], None]:
    task = bar.add_task("Reading and checking", total=None)

    def tell(done: int, total: int) -> None:
        bar.reset(task, total=total, completed=done, description="Saving")

    return tell


def _tell(file: Path, report: ImportReport, things: str, *, as_json: bool, skip_invalid: bool) -> None:
    """Print the report, and end with exit code 1 where nothing was saved."""
    if as_json:
        typer.echo(json.dumps(_document(report), ensure_ascii=False, indent=2))
    else:
        _print(file, report, things, skip_invalid=skip_invalid)
    if not report.is_saved:
        raise typer.Exit(1)


def _document(report: ImportReport) -> dict[str, object]:
    return {
        "created": report.created,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "problems": [
            {"line": problem.line, "field": problem.field, "message": problem.message} for problem in report.problems
        ],
        "notes": list(report.notes),
    }


def _print(file: Path, report: ImportReport, things: str, *, skip_invalid: bool) -> None:
    errors, console = Console(stderr=True), Console()
    for problem in report.problems[:_PROBLEMS_SHOWN]:
        errors.print(Text(str(problem), style="red"), soft_wrap=True)
    hidden = len(report.problems) - _PROBLEMS_SHOWN
    if hidden > 0:
        errors.print(f"… and {hidden} more; --json lists all of them.", highlight=False)
    for note in report.notes:
        console.print(Text(note, style="yellow"), soft_wrap=True)
    count = f"{len(report.problems)} problem" + ("" if len(report.problems) == 1 else "s")
    if report.is_saved:
        changes = f"{things}: {report.created} created, {report.updated} updated, {report.unchanged} unchanged"
        console.print(f"{changes}; {count} skipped" if report.problems else changes, highlight=False)
        return
    is_hopeless = skip_invalid or any(problem.is_whole_file for problem in report.problems)
    hint = "" if is_hopeless else " Correct the file and import it again, or keep the good rows with --skip-invalid."
    errors.print(Text(f"Nothing was imported: {count} in {file}.{hint}", style="bold"), soft_wrap=True)
