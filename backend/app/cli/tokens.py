"""`tagbuy tokens`: the hashtags and mentions of captions, as Instagram reads them."""

from collections.abc import Mapping
from typing import Any

import typer

from app.cli.json_lines import answer_lines
from app.core.errors import InvalidInput
from app.instagram.tokens import scan

app = typer.Typer()


@app.command()
def read_tokens() -> None:
    """Print {"hashtags", "hashtags_strict", "mentions"} for each line {"caption"} on standard input.

    `hashtags` end at an emoji, and campaigns are matched by them; `hashtags_strict` go on with the emoji, as Instagram
    links them. Exit code 1 if a line was bad.
    """
    answer_lines(_answer)


def _answer(record: Any) -> Mapping[str, object]:
    if not isinstance(record, Mapping) or "caption" not in record:
        raise InvalidInput('expected an object {"caption": "…"}')
    caption = "" if record["caption"] is None else record["caption"]
    if not isinstance(caption, str):
        raise InvalidInput(f"caption is {type(caption).__name__}, expected a text or null")
    found = scan(caption)
    return {
        "hashtags": [token.text for token in found.hashtags],
        "hashtags_strict": [token.text for token in found.hashtags_strict],
        "mentions": [token.text for token in found.mentions],
    }
