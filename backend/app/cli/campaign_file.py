"""A campaign's requirements from a file, for commands that need nothing else of a campaign."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from app.campaigns.campaign_documents import FIELDS
from app.campaigns.entered_requirements import FIRST_DAY, LAST_DAY, checked_requirements
from app.campaigns.problems import Problem
from app.campaigns.requirements import Requirements
from app.campaigns.text_files import read_text
from app.core.errors import InvalidInput

_EXPECTED = (
    'a campaign such as {"required_hashtags": ["여름휴가"], "start_date": "2026-11-01", "end_date": "2026-11-30"}'
)


@dataclass(frozen=True, slots=True)
class CampaignOfFile:
    """A campaign's title, where it has one, and what it asks for."""

    title: str | None
    requirements: Requirements


EVERY_DAY: Mapping[str, object] = {"start_date": str(FIRST_DAY), "end_date": str(LAST_DAY)}
"""A campaign that asks for nothing, with a period that every post is in."""


def read_requirements(file: Path, *, unless_given: Mapping[str, object] = EVERY_DAY) -> Sequence[CampaignOfFile]:
    """Return the campaigns of a file: one object, a list of them, or `{"campaigns": [...]}`; tell doubts on stderr.

    `unless_given` are the fields that hold where a campaign leaves them out.

    Raises:
        InvalidInput: the file cannot be read, or something cannot be required; the message names all of it.
    """
    try:
        text = read_text(file.read_bytes(), expected=_EXPECTED)
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror or error}") from None
    if isinstance(text, Problem):
        raise InvalidInput(f"{file}: {text}")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{file} is not JSON: {error}") from None
    if isinstance(content, dict) and "campaigns" in content:
        content = content["campaigns"]
    documents = content if isinstance(content, list) else [content]
    if not documents or not all(isinstance(document, dict) for document in documents):
        raise InvalidInput(f"{file} holds no campaign; expected {_EXPECTED}")
    return [_campaign(file, document, unless_given) for document in documents]


def _campaign(file: Path, document: Mapping[str, Any], unless_given: Mapping[str, object]) -> CampaignOfFile:
    title = document.get("title") if isinstance(document.get("title"), str) else None
    where = f"{file}: {title}" if title else str(file)
    for field in document:
        if field not in FIELDS:
            typer.echo(f"{where}: '{field}' is not a field of a campaign, and is not looked at", err=True)
    given = {name: value for name, value in document.items() if value is not None}
    checked = checked_requirements({**unless_given, **given})
    for doubt in checked.warnings:
        typer.echo(f"{where}: {_place(doubt.path)}: {doubt.message}", err=True)
    if checked.requirements is None:
        raise InvalidInput("\n".join(f"{where}: {_place(fault.path)}: {fault.message}" for fault in checked.faults))
    return CampaignOfFile(title, checked.requirements)


def _place(path: Sequence[str | int]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else step for step in path)
