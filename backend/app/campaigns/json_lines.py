"""On which line of a JSON text each of its values begins."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Path = tuple[str | int, ...]
"""The keys and positions that lead to a value from the top: `("campaigns", 0, "title")`."""

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


@dataclass(frozen=True, slots=True)
class JsonLines:
    """The lines of the values, counted from 1, and the keys that are in their object a second time."""

    of_values: Mapping[Path, int]
    repeated: Sequence[tuple[Path, int]]


@dataclass(slots=True)
class _Container:
    path: Path
    is_list: bool
    place: str | int | None = field(default=None)
    """The key or position of the next value; None where a key must come first."""


def json_lines(text: str) -> JsonLines:
    """Return the lines of every value in `text`, which must be valid JSON with line feeds between its lines."""
    lines: dict[Path, int] = {}
    repeated: list[tuple[Path, int]] = []
    open_containers: list[_Container] = []
    line, counted = 1, 0
    for token in _TOKEN.finditer(text):
        line += text.count("\n", counted, token.start())
        counted = token.start()
        symbol = token.group()
        container = open_containers[-1] if open_containers else None
        if symbol in "}]":
            open_containers.pop()
        elif symbol == "," and container is not None:
            container.place = container.place + 1 if isinstance(container.place, int) else None
        elif symbol == ":":
            continue
        elif container is not None and container.place is None:
            container.place = json.loads(symbol)
        else:
            path: Path = () if container is None or container.place is None else (*container.path, container.place)
            if path in lines:
                repeated.append((path, line))
            lines[path] = line
            if symbol in "{[":
                open_containers.append(_Container(path, symbol == "[", 0 if symbol == "[" else None))
    return JsonLines(lines, repeated)
