"""`tagbuy certificate`: issue the certificate of a content's retention, or verify one."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from app.compliance.certificate import faults_in
from app.compliance.certificate_page import certificate_page
from app.compliance.certificates import issue_certificate
from app.core.db import server_now, transaction
from app.core.errors import InvalidInput, TagBuyError

app = typer.Typer()


@app.command()
def certificate(
    name: Annotated[
        str, typer.Argument(metavar="CONTENT_ID", help="A content's id or its post's address; or the word `verify`.")
    ],
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="With `verify`: the JSON file to check.")
    ] = None,
    html_file: Annotated[Path | None, typer.Option("--html", help="Write the page to read and print.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the document with all checks.")] = None,
) -> None:
    """Tell what is proven about a content's retention, and write its certificate; or verify one that was written."""
    if name == "verify":
        _verify(file)
    elif file is not None:
        raise InvalidInput(f"What is {file} for? Write the certificate with --html FILE or --json FILE.")
    else:
        _issue(name, html_file, json_file)


def _issue(name: str, html_file: Path | None, json_file: Path | None) -> None:
    with transaction() as session:
        document = issue_certificate(session, name, now=server_now(session))
    if faults := faults_in(document):
        raise TagBuyError("The stored checks were tampered with; no certificate is issued:\n  " + "\n  ".join(faults))
    if json_file is not None:
        _write(json_file, json.dumps(document, ensure_ascii=False, indent=2) + "\n")
    if html_file is not None:
        _write(html_file, certificate_page(document))
    _print(document)


def _print(document: dict[str, Any]) -> None:
    content, summary = document["content"], document["summary"]
    console = Console()
    for label, value in (
        ("post", f"{content['post_url']} by @{content['influencer']}"),
        ("campaign", content["campaign"]),
        ("status", summary["status"]),
        (
            "seen",
            f"on {summary['days_seen']} of {summary['days']} days, longest gap {summary['longest_gap_days']} days",
        ),
        ("removed", ", ".join(summary["removed"]) or "nothing"),
        ("disclosure", f"{summary['last_verdict'] or 'not judged'} {summary['last_rule'] or ''}".rstrip()),
        ("seal", document["seal"]),
    ):
        console.print(Text(f"{label:<11}{value}"), soft_wrap=True)


def _verify(file: Path | None) -> None:
    if file is None:
        raise InvalidInput("Which file? tagbuy certificate verify FILE")
    try:
        document = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{file} is not JSON: {error}") from None
    if faults := faults_in(document):
        raise InvalidInput(f"{file} is not as it was issued:\n  " + "\n  ".join(faults))
    Console().print(f"{len(document['checks'])} checks fit together; the seal is {document['seal']}", soft_wrap=True)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror or error}") from None
