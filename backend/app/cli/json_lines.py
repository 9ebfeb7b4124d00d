"""JSON lines on standard input and output: the way of every command that judges many things in one go."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping

import typer

from app.core.errors import InvalidInput

# JSON allows them inside a text, but many readers of JSON lines split there.
_LINE_SEPARATORS = (("\x85", "\\u0085"), ("\u2028", "\\u2028"), ("\u2029", "\\u2029"))


def standard_input() -> str:
    """Return standard input as text, whatever the terminal's own encoding; without the mark of Windows editors."""
    return sys.stdin.buffer.read().decode("utf-8-sig", "replace")


def answer_lines(answer: Callable[[str], Mapping[str, object]]) -> None:
    """Print the answer to each line of standard input.

    A line for which `answer` raises InvalidInput is named on stderr with its number, and the exit code is 1 in the end.
    """
    has_bad_line = False
    for number, line in _numbered(standard_input()):
        try:
            record = answer(line)
        except InvalidInput as error:
            has_bad_line = True
            typer.echo(f"line {number}: {error}", err=True)
        else:
            print_line(record)
    if has_bad_line:
        raise typer.Exit(1)


def print_line(record: Mapping[str, object]) -> None:
    """Print a record as one line of JSON in UTF-8; half a surrogate pair is printed as its escape."""
    line = json.dumps(record, ensure_ascii=False)
    for separator, escaped in _LINE_SEPARATORS:
        line = line.replace(separator, escaped)
    typer.echo(line.encode("utf-8", "backslashreplace"))


def _numbered(text: str) -> Iterator[tuple[int, str]]:
    return ((number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip())
