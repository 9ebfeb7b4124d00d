"""`tagbuy provider …`: see what the parser and the classification make of recorded answers, without a server."""

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

import typer

from app.cli.json_lines import answer_lines, print_line, standard_input
from app.core.errors import InvalidInput
from app.instagram.classification import classify as classify_answer
from app.instagram.parsing import UnreadableAnswer
from app.instagram.port import Post, TaggedUser
from app.instagram.recordings import parse_recording

app = typer.Typer(name="provider", help="Read recorded answers of Instagram from standard input.", no_args_is_help=True)

APIS = ("private", "web", "graph")


@app.command()
def parse() -> None:
    """Print one JSON line for each post of the page on standard input; tell on stderr what was rejected and why."""
    try:
        page = parse_recording(json.loads(standard_input()))
    except UnreadableAnswer as error:
        raise _failed(str(error)) from None
    except (ValueError, RecursionError) as error:
        raise _failed(
            f"Standard input is not JSON: {error}. Expected one recorded answer, as Instagram sent it."
        ) from None
    for post in page.posts:
        print_line(_plain(post))
    for reject in page.rejects:
        typer.echo(f"rejected: {reject.reason}", err=True)
    typer.echo(f"{len(page.posts)} posts, {len(page.rejects)} rejected", err=True)


@app.command()
def classify() -> None:
    """Print {"kind", "error"} for each line {"http_status", "body", "api"} on standard input; exit 1 if one was bad."""
    answer_lines(_classification)


def _classification(record: Any) -> Mapping[str, object]:
    http_status, body, api = _answer(record)
    found = classify_answer(http_status, body, api)
    return {"kind": found.kind.value, "error": found.error}


def _answer(record: Any) -> tuple[int | None, object, str]:
    if not isinstance(record, Mapping) or not {"http_status", "body"} & record.keys():
        raise InvalidInput('expected an object {"http_status": 400, "body": {…}, "api": "private"}')
    http_status, api = record.get("http_status"), record.get("api") or "private"
    is_status = isinstance(http_status, int) and not isinstance(http_status, bool) and 100 <= http_status <= 599
    if http_status is not None and not is_status:
        raise InvalidInput(f"http_status is {json.dumps(http_status)}, expected a number from 100 to 599, or null")
    if api not in APIS:
        raise InvalidInput(f"api is {json.dumps(api)}, expected one of {', '.join(APIS)}")
    return http_status, record.get("body"), str(api)


def _plain(post: Post) -> Mapping[str, object]:
    return {field.name: _plain_value(getattr(post, field.name)) for field in fields(post) if field.name != "raw"}


def _plain_value(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return [asdict(member) if isinstance(member, TaggedUser) else member for member in value]
    return value


def _failed(message: str) -> typer.Exit:
    typer.echo(message, err=True)
    return typer.Exit(1)
