"""The application's source as syntax trees, for rules that no linter knows."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

BACKEND = Path(__file__).resolve().parents[2]
APP = BACKEND / "app"

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Module:
    path: Path
    tree: ast.Module
    line_count: int

    @property
    def name(self) -> str:
        return str(self.path.relative_to(BACKEND))

    def functions(self) -> Iterator[Function]:
        for node in ast.walk(self.tree):
            if isinstance(node, Function):
                yield node

    def place(self, node: ast.AST) -> str:
        return f"{self.name}:{getattr(node, 'lineno', 0)}"


@lru_cache
def modules() -> tuple[Module, ...]:
    sources = [(path, path.read_text(encoding="utf-8")) for path in sorted(APP.rglob("*.py"))]
    return tuple(Module(path, ast.parse(text), text.count("\n")) for path, text in sources)


def called_name(node: ast.AST) -> str:
    """The last part of what is called: `commit` for `session.commit()`."""
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
