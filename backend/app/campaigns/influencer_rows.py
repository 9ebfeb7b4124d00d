"""The rows of an influencer file: reading and validation, without the database."""

import csv
import difflib
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from app.campaigns import texts
from app.campaigns.problems import Problem
from app.campaigns.text_files import read_text
from app.campaigns.texts import quoted
from app.instagram import tokens
from app.models.states import Platform

COLUMNS = ("username", "platform_uid", "full_name", "follower_count", "platform")
# The other columns of the platform's own table: an export of it can be imported as it is.
_IGNORED_COLUMNS = {
    *("id", "user_id", "profile_pic_url", "biography", "following_count", "media_count", "engagement_rate", "tier"),
    *("categories", "is_verified", "is_business", "last_synced_at", "sync_error", "created_at", "updated_at"),
}
_DELIMITERS = ",;\t"
_MOST_FOLLOWERS = 2_147_483_647
_LONGEST_NAME = 200
_ROUNDED = re.compile(r"\d+(?:[.,]\d+)?E\+?\d+", re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,20}", re.ASCII)
_COUNT = re.compile(r"\d{1,10}|\d{1,3}(?:,\d{3}){1,3}", re.ASCII)
# Addresses on instagram.com that look like a profile's.
_NOT_PROFILES = {"p", "reel", "reels", "tv", "explore", "stories", "accounts", "direct"}


@dataclass(frozen=True, slots=True)
class InfluencerEntry:
    """An influencer as a file names them. None leaves open what is stored."""

    username: str
    """In lower case, without `@`."""
    platform_uid: str | None = None
    full_name: str | None = None
    follower_count: int | None = None
    line: int | None = None


def read_influencers(content: bytes) -> tuple[list[InfluencerEntry], list[Problem]]:
    """Return the good rows of a CSV file and everything that is wrong with the others.

    The first line names the columns, in any order: `username`, and optionally `platform_uid`, `full_name`,
    `follower_count`, `platform`; others are ignored. Separated by comma, semicolon or tab; UTF-8, UTF-16 or CP949.
    """
    text = read_text(content, expected=texts.CSV_EXPECTED)
    if isinstance(text, Problem):
        return [], [text]
    problems: list[Problem] = []
    header_line = next(line for line in text.split("\n") if line.strip())
    delimiter = max(_DELIMITERS, key=header_line.count)
    rows = _rows(text, delimiter, problems)
    header_at, header = next(rows, (1, []))
    columns = [name.strip().lower() for name in header]
    problems += _header_problems(columns, header_at)
    if problems:
        return [], problems
    documents = _documents(rows, columns, problems)
    entries = _checked(documents, problems)
    if not entries and not problems:
        problems.append(Problem(header_at, None, texts.NO_ROWS, is_whole_file=True))
    return entries, sorted(problems, key=lambda problem: problem.line or 0)


def validated_influencers(documents: Iterable[Mapping[str, object]]) -> tuple[list[InfluencerEntry], list[Problem]]:
    """Return the good ones of influencers given as mappings with the columns' names, and what is wrong with others."""
    problems: list[Problem] = []
    rows = (
        (None, {name: "" if value is None else str(value) for name, value in document.items()})
        for document in documents
    )
    return _checked(rows, problems), problems


def _rows(text: str, delimiter: str, problems: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with the line on which it begins; an unreadable one is a problem and ends the file."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            problems.append(Problem(line, None, texts.BAD_CSV.format(reason=error), is_whole_file=True))
            return
        if row is None:
            return
        if row:
            yield line, row


def _header_problems(columns: list[str], line: int) -> list[Problem]:
    problems: list[Problem] = []
    for name in columns:
        close = difflib.get_close_matches(name, [known for known in COLUMNS if known not in columns], n=1, cutoff=0.6)
        if close and name not in {*COLUMNS, *_IGNORED_COLUMNS}:
            message = texts.UNKNOWN_COLUMN.format(name=quoted(name), suggestion=quoted(close[0]))
            problems.append(Problem(line, name, message, is_whole_file=True))
    problems += [
        Problem(line, name, texts.COLUMN_TWICE.format(name=quoted(name)), is_whole_file=True)
        for name in COLUMNS
        if columns.count(name) > 1
    ]
    if "username" not in columns and not problems:
        message = texts.NO_HEADER.format(found=texts.alternatives([quoted(name) for name in columns[:8]]))
        problems.append(Problem(line, "username", message, is_whole_file=True))
    return problems


def _documents(
    rows: Iterable[tuple[int, list[str]]], columns: list[str], problems: list[Problem]
) -> Iterator[tuple[int, dict[str, str]]]:
    for line, row in rows:
        if any(cell.strip() for cell in row[len(columns) :]):
            message = texts.TOO_MANY_CELLS.format(found=len(row), expected=len(columns))
            problems.append(Problem(line, None, message))
        else:
            yield line, dict(zip(columns, row, strict=False))


def _checked(
    documents: Iterable[tuple[int | None, Mapping[str, str]]], problems: list[Problem]
) -> list[InfluencerEntry]:
    entries: list[InfluencerEntry] = []
    seen: dict[tuple[str, str], int | None] = {}
    for line, document in documents:
        faults: list[Problem] = []
        entry = _entry(document, line, faults)
        for field, value in _identities(entry):
            if (field, value) in seen:
                first = seen[field, value]
                faults.append(Problem(line, field, texts.TWICE_IN_FILE.format(value=quoted(value), line=first)))
            seen.setdefault((field, value), line)
        problems += faults
        if not faults:
            entries.append(entry)
    return entries


def _identities(entry: InfluencerEntry) -> list[tuple[str, str]]:
    identities = (("username", entry.username), ("platform_uid", entry.platform_uid))
    return [(field, value) for field, value in identities if value]


def _entry(document: Mapping[str, str], line: int | None, faults: list[Problem]) -> InfluencerEntry:
    cells = {name: document.get(name, "").strip() for name in COLUMNS}

    def fault(field: str, message: str) -> None:
        faults.append(Problem(line, field, message))

    platform = cells["platform"].lower()
    if platform and platform != Platform.INSTAGRAM:
        fault("platform", texts.OTHER_PLATFORM.format(value=quoted(cells["platform"])))
    username = _username(cells["username"])
    if not cells["username"]:
        fault("username", texts.NO_USERNAME.format(expected=texts.USERNAME))
    elif username is None:
        is_address = "/" in cells["username"]
        message = texts.NOT_A_PROFILE if is_address else texts.NOT_A_USERNAME
        fault("username", message.format(value=quoted(cells["username"])))
    number = cells["platform_uid"]
    if number and not _NUMBER.fullmatch(number):
        message = texts.ROUNDED if _ROUNDED.fullmatch(number) else texts.NOT_DIGITS
        fault("platform_uid", message.format(value=quoted(number)))
    count = _count(cells["follower_count"])
    if cells["follower_count"] and count is None:
        fault("follower_count", texts.NOT_A_COUNT.format(value=quoted(cells["follower_count"])))
    full_name = " ".join(cells["full_name"].split())
    if len(full_name) > _LONGEST_NAME:
        fault("full_name", texts.TOO_LONG.format(found=len(full_name), limit=_LONGEST_NAME))
    return InfluencerEntry(username or "", number or None, full_name or None, count, line)


def _username(cell: str) -> str | None:
    username = tokens.whole_username(cell)
    return None if "/" in cell and username in _NOT_PROFILES else username


def _count(cell: str) -> int | None:
    if not _COUNT.fullmatch(cell):
        return None
    count = int(cell.replace(",", ""))
    return count if count <= _MOST_FOLLOWERS else None
