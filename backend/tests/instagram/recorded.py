"""Recorded answers and labelled captions that a developer's machine may have beside the repository."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
RECORDINGS = REPOSITORY.parent / "shared" / "data"


def recording(name: str) -> Any:
    """Return a recorded JSON document, or skip the test where there is none."""
    path = RECORDINGS / name
    if not path.is_file():
        pytest.skip(f"{name} is not on this machine")
    return json.loads(path.read_text(encoding="utf-8"))


def recorded_lines(name: str) -> Sequence[Any]:
    """Return the records of a file of JSON lines, or skip the test where there is none."""
    path = RECORDINGS / name
    if not path.is_file():
        pytest.skip(f"{name} is not on this machine")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
