from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.campaigns.import_influencers import (
    InfluencerEntry,
    import_influencers,
    read_influencers,
    save_influencers,
)
from app.core.db import TransactionFactory
from app.models import Influencer
from app.scheduling.policy import Reason
from tests.builders import make_influencer, saved

NOW = datetime(2026, 11, 10, 3, tzinfo=UTC)


def entries(content: str | bytes) -> list[InfluencerEntry]:
    found, problems = read_influencers(content.encode() if isinstance(content, str) else content)
    assert problems == []
    return found


def problems(content: str | bytes) -> list[str]:
    _, found = read_influencers(content.encode() if isinstance(content, str) else content)
    return [str(problem) for problem in found]


def people(transaction: TransactionFactory) -> Mapping[str, Influencer]:
    with transaction() as session:
        return {person.username: person for person in session.scalars(select(Influencer))}


def test_names_numbers_and_addresses_are_read() -> None:
    content = (
        "username,platform_uid,full_name,follower_count\n"
        '@Ana,123,"Kim, Ana","12,500"\n'
        "https://www.instagram.com/Ben.b/?hl=ko,,,\n"
    )

    assert entries(content) == [
        InfluencerEntry("ana", "123", "Kim, Ana", 12500, line=2),
        InfluencerEntry("ben.b", line=3),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
def test_the_encodings_of_excel_are_read(encoding: str) -> None:
    content = "username,full_name\nana,김하나\n".encode(encoding)

    assert entries(content) == [InfluencerEntry("ana", full_name="김하나", line=2)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_the_separators_of_excel_are_read(delimiter: str, line_end: str) -> None:
    content = line_end.join([f"platform_uid{delimiter}Username", f"5{delimiter}ana", ""])

    assert entries(content) == [InfluencerEntry("ana", platform_uid="5", line=2)]


def test_an_export_of_the_platforms_table_is_read() -> None:
    content = "id,platform,username,following_count,tier\n1,instagram,ana,5,micro\n"

    assert entries(content) == [InfluencerEntry("ana", line=2)]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("username,full_name\nana,A\n,B\n", "line 3: username: the row has no username; expected an Instagram"),
        ("username\nana\nbad name\n", "line 3: username: 'bad name' is not an Instagram username; expected at most 30"),
        (
            "username\nana\nhttps://www.instagram.com/p/Cx1/\n",
            "line 3: username: 'https://www.instagram.com/p/Cx1/' is",
        ),
        ("username\nana\nben\n@ANA\n", "line 4: username: 'ana' is in the file twice, first on line 2"),
        ("username,platform_uid\nana,7\nben,7\n", "line 3: platform_uid: '7' is in the file twice, first on line 2"),
        ("username,platform_uid\nana,12x\n", "line 2: platform_uid: '12x' is not Instagram's number of an account"),
        ("username,platform_uid\nana,2.5E+10\n", "line 2: platform_uid: '2.5E+10' was rounded by a spreadsheet"),
        ("username,follower_count\nana,1.2만\n", "line 2: follower_count: '1.2만' is not a number; expected a whole"),
        ("username,follower_count\nana,99999999999\n", "line 2: follower_count: '99999999999' is not a number"),
        ("username,platform\nana,tiktok\n", "line 2: platform: 'tiktok' is not watched; expected instagram"),
        ("username\nana,b\n", "line 2: 2 values under a header of 1; put"),
        ("", "line 1: the file is empty; expected a header line with the column 'username'"),
        (" \n", "line 1: the file is empty"),
        ("username\n", "line 1: there is no influencer below the header"),
        ("ana,5\nben,6\n", "line 1: username: the first line must name the columns and 'username' must be among them"),
        ("username,folower_count\nana,5\n", "line 1: folower_count: the column 'folower_count' is not known; did you"),
        ("username,username\nana,5\n", "line 1: username: the column 'username' is there twice"),
        ('username,full_name\nana,A\nben,"B\ncem,C\n', "line 3: the line cannot be read (unexpected end of data)"),
        (b"PK\x03\x04rest", "line 1: this is an Excel workbook, not a text file"),
        (b"\xff\x00\xfe", "this is not text in UTF-8 or CP949"),
    ],
)
def test_a_bad_file_is_told_with_its_line(content: str | bytes, expected: str) -> None:
    (problem,) = problems(content)

    assert problem.startswith(expected)


def test_lines_are_counted_as_an_editor_shows_them() -> None:
    content = 'username,full_name\r\nana,"two\r\nlines"\r\n\r\nbad name,\r\n'

    assert problems(content)[0].startswith("line 5: username: 'bad name'")


def test_all_problems_are_told_at_once() -> None:
    content = "username,platform_uid\n,1\nana,x\nben,3\nben,4\n"

    assert [problem.split(":")[0] for problem in problems(content)] == ["line 2", "line 3", "line 5"]


def test_a_file_with_a_problem_changes_nothing(transaction: TransactionFactory) -> None:
    report = import_influencers(transaction, b"username\nana\n\xff?\n", skip_invalid=False, now=NOW)
    with_bad_row = import_influencers(transaction, b"username\nana\nb d\n", skip_invalid=False, now=NOW)

    assert (report.is_saved, with_bad_row.is_saved) == (False, False)
    assert people(transaction) == {}


def test_good_rows_are_kept_when_asked_for(transaction: TransactionFactory) -> None:
    report = import_influencers(transaction, b"username\nana\nb d\ncem\n", skip_invalid=True, now=NOW)

    assert (report.is_saved, report.created, len(report.problems)) == (True, 2, 1)
    assert set(people(transaction)) == {"ana", "cem"}


def test_a_file_that_cannot_be_read_to_its_end_is_refused_even_so(transaction: TransactionFactory) -> None:
    report = import_influencers(transaction, b'username\nana\n"ben\n', skip_invalid=True, now=NOW)

    assert not report.is_saved
    assert people(transaction) == {}


def test_a_new_influencer_sleeps_until_a_participation(transaction: TransactionFactory) -> None:
    import_influencers(transaction, b"username,follower_count\nana,7\n", skip_invalid=False, now=NOW)

    ana = people(transaction)["ana"]
    assert (ana.follower_count, ana.platform_uid) == (7, None)
    assert ana.scan_reason == Reason.UNWATCHED
    assert ana.next_scan_at > NOW


def test_importing_again_changes_nothing(transaction: TransactionFactory) -> None:
    content = b"username,platform_uid\nana,1\nben,\n"
    import_influencers(transaction, content, skip_invalid=False, now=NOW)

    report = import_influencers(transaction, content, skip_invalid=False, now=NOW + timedelta(days=1))

    assert (report.created, report.updated, report.unchanged) == (0, 0, 2)
    assert len(people(transaction)) == 2


def test_a_person_is_known_by_number_although_the_name_changed(transaction: TransactionFactory) -> None:
    ana_id = saved(transaction, make_influencer("ana", platform_uid="1", full_name="Ana", next_scan_at=NOW))

    report = import_influencers(
        transaction, b"username,platform_uid\nana.new,1\nana,2\n", skip_invalid=False, now=NOW + timedelta(days=1)
    )

    found = people(transaction)
    assert (report.created, report.updated) == (1, 1)
    assert (found["ana.new"].id, found["ana.new"].full_name, found["ana.new"].next_scan_at) == (ana_id, "Ana", NOW)
    assert found["ana"].platform_uid == "2"


@pytest.mark.parametrize("number", [None, "1"])
def test_a_person_is_known_by_name_in_any_case(transaction: TransactionFactory, number: str | None) -> None:
    ana_id = saved(transaction, make_influencer("Ana", platform_uid=number, follower_count=5))

    report = import_influencers(transaction, b"username,follower_count\nANA,9\n", skip_invalid=False, now=NOW)

    (ana,) = people(transaction).values()
    assert (report.created, report.updated) == (0, 1)
    assert (ana.id, ana.follower_count, ana.platform_uid) == (ana_id, 9, number)


def test_a_number_completes_a_person_who_was_imported_by_name(transaction: TransactionFactory) -> None:
    ana_id = saved(transaction, make_influencer("ana", platform_uid=None))

    import_influencers(transaction, b"username,platform_uid\nana,1\n", skip_invalid=False, now=NOW)

    (ana,) = people(transaction).values()
    assert (ana.id, ana.platform_uid) == (ana_id, "1")


def test_two_imports_of_one_file_at_once_double_nobody(own_database: TransactionFactory) -> None:
    content = b"username\n" + b"".join(b"user%d\n" % number for number in range(200))

    def run(_number: int) -> int:
        return import_influencers(own_database, content, skip_invalid=False, now=NOW).created

    with ThreadPoolExecutor(2) as importers:
        created = sorted(importers.map(run, range(2)))

    assert created == [0, 200]
    assert len(people(own_database)) == 200


def test_ten_thousand_rows_take_few_statements(transaction: TransactionFactory) -> None:
    found = [InfluencerEntry(f"user{number}", str(number), f"이름 {number}", number) for number in range(10_000)]
    changed = [InfluencerEntry(entry.username, follower_count=1) for entry in found]
    told: list[tuple[Any, ...]] = []

    with transaction() as session:
        created = save_influencers(session, found, now=NOW, progress=lambda *step: told.append(step))
        updated = save_influencers(session, changed, now=NOW)

    assert (created.created, updated.updated, updated.unchanged) == (10_000, 9_999, 1)
    assert told[-1] == (10_000, 10_000)
