"""What an import found wrong, what it did, and how its progress is told."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

Progress = Callable[[int, int], None]
"""Told how many rows are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a file that cannot be used: where, what is wrong, and what is expected."""

    line: int | None
    """As an editor counts, from 1; None where there is no line to point at."""
    field: str | None
    message: str
    is_whole_file: bool = False
    """Nothing in the file can be used, so there are no good rows to keep."""

    def __str__(self) -> str:
        where = [] if self.line is None else [f"line {self.line}"]
        what = [] if self.field is None else [self.field]
        return ": ".join([*where, *what, self.message])


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or would have done had the file been good."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    problems: Sequence[Problem] = ()
    notes: Sequence[str] = ()
    """What a person may not expect, such as participations that are not in the file and stay."""
    is_saved: bool = False


def stops_import(problems: Sequence[Problem], *, skip_invalid: bool) -> bool:
    """Return whether nothing may be saved because of the problems."""
    return any(problem.is_whole_file or not skip_invalid for problem in problems)


def ignore_progress(_done: int, _total: int) -> None:
    """Tell nobody."""


def one_import_at_a_time(session: Session) -> None:
    """Wait until no other import is being saved, and keep others waiting until the end of the transaction."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("tagbuy.imports"))))
