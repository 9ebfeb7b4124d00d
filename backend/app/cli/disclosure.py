"""`tagbuy disclosure`: judge captions by the Korean disclosure rules, without a server."""

from collections.abc import Mapping
from typing import Any

import typer

from app.cli.json_lines import answer_lines
from app.compliance import cases
from app.compliance.placement import fold_of
from app.core.config import get_settings

app = typer.Typer()


@app.command()
def disclosure() -> None:
    """Print {"verdict", "rule", "evidence", "message"} for each line {"caption", "context", "published_at"} on stdin.

    The verdict is compliant, non-compliant or unclear (a person decides). It is an aid, not legal advice. Exit code 1
    when a line could not be used; the others are judged.
    """
    fold = fold_of(get_settings())

    def answer(record: Any) -> Mapping[str, object]:
        return cases.judge_case(cases.read_case(record), fold)

    answer_lines(answer)
