"""How `tagbuy account list` shows the accounts: a table that fits 100 columns, and JSON for programs."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.core.clock import KST
from app.core.logging import redact_text
from app.models.states import AccountStatus
from app.scheduling.account_list import AccountLine

_STYLES = {
    AccountStatus.ACTIVE: "green",
    AccountStatus.COOLING: "yellow",
    AccountStatus.NEEDS_HUMAN: "red",
    AccountStatus.PAUSED: "dim",
    AccountStatus.BANNED: "red",
}
_SPANS = (timedelta(minutes=1), timedelta(hours=1), timedelta(days=1))


def as_document(line: AccountLine) -> dict[str, Any]:
    """Return the account as JSON values. Times are UTC, spans are seconds."""
    return {
        "username": line.username,
        "provider": line.provider,
        "status": line.status.value,
        "reason": _shown(line.reason),
        "advice": line.advice,
        "is_sandbox": line.is_sandbox,
        "proxy": line.proxy,
        "windows": [
            {
                "span_seconds": int(window.span.total_seconds()),
                "limit": window.limit,
                "used": window.used,
                "left": window.left,
            }
            for window in line.windows
        ],
        "warming_since": line.warming_since.isoformat() if line.warming_since else None,
        "rests_for_seconds": round(line.rests_for.total_seconds()) if line.rests_for else 0,
        "last_error": _shown(line.last_error),
        "token_expires_at": line.token_expires_at.isoformat() if line.token_expires_at else None,
        "last_succeeded_at": line.last_succeeded_at.isoformat() if line.last_succeeded_at else None,
    }


def print_accounts(console: Console, lines: Sequence[AccountLine]) -> None:
    """Print the table, and below it what is to be done about each account that is not well."""
    if not lines:
        console.print("There is no account yet. `tagbuy account add USERNAME` adds one.", highlight=False)
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("account", overflow="fold", max_width=22)
    table.add_column("status", no_wrap=True)
    table.add_column("proxy", overflow="fold", max_width=21)
    for name in ("minute", "hour", "day"):
        table.add_column(f"{name}\nused left", justify="right", no_wrap=True)
    table.add_column("rests\nfor", no_wrap=True)
    table.add_column("last good\n(KST)", no_wrap=True)
    for line in lines:
        table.add_row(*_cells(line))
    console.print(table)
    for line in lines:
        _print_note(console, line)


def _cells(line: AccountLine) -> Sequence[Text]:
    width = len(str(max(window.limit for window in line.windows)))
    by_span = {window.span: f"{window.used} {window.left:>{width}}" for window in line.windows}
    used_and_left = [Text(by_span.get(span, "–")) for span in _SPANS]
    last_good = line.last_succeeded_at.astimezone(KST).strftime("%m-%d %H:%M") if line.last_succeeded_at else "never"
    return [
        Text(line.username),
        Text(line.status.value, style=_STYLES[line.status]),
        Text(line.proxy or "none"),
        *used_and_left,
        Text(_short(line.rests_for) if line.rests_for else ""),
        Text(last_good),
    ]


def _print_note(console: Console, line: AccountLine) -> None:
    remarks = [_shown(line.reason)] if line.reason else []
    if line.last_error and line.last_error != line.reason and line.last_error not in (line.reason or ""):
        remarks.append(f"last error: {_shown(line.last_error)}")
    if line.token_expires_at:
        remarks.append(f"token of the official API, ends {line.token_expires_at.astimezone(KST):%Y-%m-%d}")
    if line.warming_since:
        remarks.append(f"warming since {line.warming_since}")
    if not remarks and not line.advice:
        return
    console.print(Text(f"{line.username}: {'; '.join(remark for remark in remarks if remark)}"), soft_wrap=True)
    if line.advice:
        console.print(Text(f"  {line.advice}", style="yellow"), soft_wrap=True)


def _shown(text: str | None) -> str | None:
    return redact_text(text) if text else None


def _short(span: timedelta) -> str:
    minutes, seconds = divmod(round(span.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d}"
    return f"{minutes} min" if minutes else f"{seconds} s"
