"""What the account commands ask and say on the terminal. Questions go to stderr, so that stdout stays the answer."""

import json
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import typer
from rich.console import Console
from rich.text import Text

from app.core.errors import InvalidInput, TagBuyError
from app.instagram.login import CodeKind

_QUESTIONS = {
    CodeKind.TOTP: "Code of the authenticator app",
    CodeKind.SMS: "Code that came by SMS",
    CodeKind.BACKUP: "Backup code",
    CodeKind.EMAIL: "Code that Instagram sent by e-mail",
}


def read_text(file: Path) -> str:
    """Return the text of a file, or of standard input where it is `-`."""
    try:
        content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidInput(f"{file} is not a text in UTF-8; a session file is.") from None
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}. Give the path of a session file.") from None


def ask_password(empty_means: str) -> str:
    """Return a password that was typed without echo."""
    return ask_hidden(f"Password (empty: {empty_means})")


def ask_hidden(question: str) -> str:
    """Return what was typed without echo; may be empty."""
    answer: str = typer.prompt(question, default="", hide_input=True, show_default=False, err=True)
    return answer


def ask_token() -> str | None:
    """Return a token of the official API as JSON, asked for without echo; None where it was left empty."""
    access_token = ask_hidden("Access token (empty: import it later)").strip()
    if not access_token:
        return None
    ig_user_id: str = typer.prompt("Number of your own Instagram account (ig_user_id)", err=True)
    ends: str = typer.prompt(
        "Ends at (2026-03-01T09:00+09:00, or seconds as debug_token tells them; empty: never)",
        default="",
        show_default=False,
        err=True,
    ).strip()
    expires_at = int(ends) if ends.isdecimal() else ends or None
    return json.dumps({"access_token": access_token, "ig_user_id": ig_user_id.strip(), "expires_at": expires_at})


def ask_code(kind: CodeKind) -> str:
    """Return the code that a person reads from app, message or e-mail."""
    code: str = typer.prompt(_QUESTIONS[kind], err=True)
    return code.strip()


def pause(span: timedelta) -> None:
    """Wait, and show that."""
    with Console(stderr=True).status("Waiting for the account's next permit …"):
        threading.Event().wait(max(span.total_seconds(), 0.01))


def say(message: str, style: str = "") -> None:
    """Print one line to stdout."""
    Console().print(Text(message, style=style), soft_wrap=True)


def for_each(usernames: Sequence[str], change: Callable[[str], None]) -> None:
    """Change each account; one that cannot be changed is told and keeps none of the others. Exit code 1 then."""
    has_failed = False
    for username in usernames:
        try:
            change(username)
        except TagBuyError as error:
            has_failed = True
            Console(stderr=True).print(Text(str(error), style="red"), soft_wrap=True)
    if has_failed:
        raise typer.Exit(1)
