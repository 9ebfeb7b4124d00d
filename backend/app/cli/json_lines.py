"""JSON lines on standard input and output: a record a line, and a bad line stops nothing."""

import codecs
import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

import typer

from app.core.errors import InvalidInput

# JSON allows them inside a text, but many readers of JSON lines split there.
_LINE_SEPARATORS = (("\x85", "\\u0085"), ("\u2028", "\\u2028"), ("\u2029", "\\u2029"))


def answer_lines(answer: Callable[[Any], Mapping[str, object]]) -> None:
    """Print the answer to each line of standard input; tell on stderr which lines are bad, and then exit with 1.

    `answer` raises `InvalidInput` for a record that it cannot use. A bad line has no answer.
    """
    has_bad_line = False
    for number, line in enumerate(_standard_input().split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            print_line(answer(_record(line)))
        except InvalidInput as error:
            has_bad_line = True
            typer.echo(f"line {number}: {error}", err=True)
    if has_bad_line:
        raise typer.Exit(1)


def standard_input() -> str:
    """Return standard input as text."""
    return _standard_input().decode("utf-8", "replace")


def print_line(record: Mapping[str, object]) -> None:
    """Print one line of JSON."""
    line = json.dumps(record, ensure_ascii=False)
    for separator, escaped in _LINE_SEPARATORS:
        line = line.replace(separator, escaped)
    # Half of a surrogate pair is JSON, but not UTF-8: it is printed as its escape.
    typer.echo(line.encode("utf-8", "backslashreplace"))


def _standard_input() -> bytes:
    # Bytes: a terminal's own encoding must not decide how a recording reads. Windows editors add a mark.
    return sys.stdin.buffer.read().removeprefix(codecs.BOM_UTF8)


def _record(line: bytes) -> Any:
    try:
        return json.loads(line.decode("utf-8"))
    except UnicodeDecodeError:
        raise InvalidInput("not UTF-8: save the file as UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"not JSON: {error}") from None
