"""`tagbuy doctor`: the findings as lines for people or JSON for programs."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from app.runtime.doctor import Finding, Verdict, examine

app = typer.Typer()

_SIGNS = {Verdict.OK: "[green]✓[/green]", Verdict.WRONG: "[red]✗[/red]", Verdict.NOT_CHECKED: "[dim]·[/dim]"}


@app.command()
def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON list for programs.")] = False) -> None:
    """Tell what is wrong with the installation, and what to do. The exit code is 1 when something is."""
    findings = examine()
    if as_json:
        sys.stdout.write(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False) + "\n")
    else:
        _show(findings)
    raise typer.Exit(any(finding.verdict is Verdict.WRONG for finding in findings))


def _show(findings: Sequence[Finding]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        console.print(f"{_SIGNS[finding.verdict]} {finding.name.ljust(width)}  {escape(finding.message)}")
        if finding.advice:
            console.print(f"  {' ' * width}  [yellow]{escape(finding.advice)}[/yellow]")
