"""Append-only files of JSON lines. A last line that was cut off by a kill is ignored and overwritten."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of the file, if there is one; cut it behind the last whole line."""
    if not path.exists():
        return
    whole = 0
    with path.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                break
            whole += len(line)
            yield json.loads(line)
    if whole < path.stat().st_size:
        with path.open("rb+") as file:
            file.truncate(whole)


def append_line(file: TextIO, line: dict[str, Any]) -> None:
    """Write one line through to the operating system: a killed process loses nothing, a power cut may."""
    file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
    file.flush()


def write_atomically(path: Path, document: dict[str, Any]) -> None:
    """Replace the file in one step; only its owner can read it."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    fresh.replace(path)
