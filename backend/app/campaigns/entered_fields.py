"""What is wrong with a field that a person entered."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.campaigns import texts
from app.campaigns.json_lines import Path
from app.campaigns.texts import quoted


@dataclass(frozen=True, slots=True)
class Fault:
    """Why something cannot be entered, or should not; `path` leads to it: the field, then the place in its list."""

    path: Path
    message: str


def unknown_fields(entered: Mapping[str, object], known: Sequence[str], path: Path, owner: str) -> Sequence[Fault]:
    """Return a fault for each field that `owner` does not have, with the one that may be meant."""
    missing = [name for name in known if name not in entered]
    faults = []
    for field in entered:
        if field in known:
            continue
        close = difflib.get_close_matches(field.lower(), missing, n=1, cutoff=0.5)
        hint = (
            texts.DID_YOU_MEAN.format(suggestion=quoted(close[0]))
            if close
            else texts.KNOWN_FIELDS.format(fields=texts.alternatives(list(known)))
        )
        faults.append(Fault((*path, field), f"{quoted(field)} {texts.UNKNOWN_FIELD.format(owner=owner)}{hint}"))
    return faults
