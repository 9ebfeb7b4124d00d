"""Influencers from a CSV file: read and checked as a whole, then saved with a few statements."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, String, any_, func, insert, literal, or_, select, update
from sqlalchemy.orm import Session

from app.campaigns.influencer_rows import InfluencerEntry, read_influencers, validated_influencers
from app.campaigns.problems import ImportReport, Progress, ignore_progress, one_import_at_a_time, stops_import
from app.core.db import TransactionFactory
from app.models import Influencer, new_id
from app.models.states import Platform
from app.scheduling import due_feeds

__all__ = ["InfluencerEntry", "import_influencers", "read_influencers", "save_influencers", "validated_influencers"]

_BATCH = 2000
_IMPORTED = ("platform_uid", "username", "full_name", "follower_count")


def import_influencers(
    transaction: TransactionFactory,
    content: bytes,
    *,
    skip_invalid: bool,
    now: datetime,
    progress: Progress = ignore_progress,
) -> ImportReport:
    """Save the influencers of a CSV file and return what was done.

    With a problem anywhere nothing is saved, unless `skip_invalid` asks for the good rows.
    """
    entries, problems = read_influencers(content)
    if stops_import(problems, skip_invalid=skip_invalid):
        return ImportReport(problems=problems)
    with transaction() as session:
        saved = save_influencers(session, entries, now=now, progress=progress)
    return ImportReport(saved.created, saved.updated, saved.unchanged, problems=problems, is_saved=True)


def save_influencers(
    session: Session, entries: Sequence[InfluencerEntry], *, now: datetime, progress: Progress = ignore_progress
) -> ImportReport:
    """Create the people who are new and update the others, known by `platform_uid`, else by username.

    What an entry leaves open stays as it is stored. New influencers are due as soon as they take part in something.
    Saving the same again changes nothing.
    """
    one_import_at_a_time(session)
    stored = _Stored(session, entries)
    created: list[dict[str, Any]] = []
    updated: list[dict[str, Any]] = []
    # An entry with a number decides first: a person may have given up the name that another entry has.
    for entry in sorted(entries, key=lambda entry: entry.platform_uid is None):
        person = stored.take(entry)
        if person is None:
            created.append({"id": new_id(), **due_feeds.asleep(now), **_columns(entry)})
        elif changes := _changes(person, entry):
            updated.append({"id": person["id"]} | changes)
    unchanged = len(entries) - len(created) - len(updated)
    done = unchanged
    for statement, rows in ((insert(Influencer), created), (update(Influencer), updated)):
        for start in range(0, len(rows), _BATCH):
            batch = rows[start : start + _BATCH]
            session.execute(statement, batch)
            done += len(batch)
            progress(done, len(entries))
    return ImportReport(len(created), len(updated), unchanged, is_saved=True)


class _Stored:
    """The people in the database whom the entries may mean; each is given out once."""

    def __init__(self, session: Session, entries: Sequence[InfluencerEntry]) -> None:
        numbers = [entry.platform_uid for entry in entries if entry.platform_uid]
        names = [entry.username for entry in entries]
        columns = [getattr(Influencer, name) for name in ("id", *_IMPORTED)]
        rows = session.execute(
            select(*columns)
            .where(
                Influencer.platform == Platform.INSTAGRAM,
                or_(
                    Influencer.platform_uid == any_(literal(numbers, ARRAY(String))),
                    func.lower(Influencer.username) == any_(literal(names, ARRAY(String))),
                ),
            )
            .order_by(Influencer.id)
            .with_for_update(key_share=True)
        ).mappings()
        self._by_number: dict[str, dict[str, Any]] = {}
        self._by_name: dict[str, dict[str, Any]] = {}
        self._unresolved: dict[str, dict[str, Any]] = {}
        for row in map(dict, rows):
            name = row["username"].lower()
            self._by_name[name] = row
            if row["platform_uid"] is None:
                self._unresolved[name] = row
            else:
                self._by_number[row["platform_uid"]] = row
        self._taken: set[Any] = set()

    def take(self, entry: InfluencerEntry) -> dict[str, Any] | None:
        """Return the stored person whom the entry means, or None for a new one."""
        if entry.platform_uid is None:
            person = self._by_name.get(entry.username)
        else:
            person = self._by_number.get(entry.platform_uid) or self._unresolved.get(entry.username)
        if person is None or person["id"] in self._taken:
            return None
        self._taken.add(person["id"])
        return person


def _columns(entry: InfluencerEntry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in _IMPORTED}


def _changes(person: dict[str, Any], entry: InfluencerEntry) -> dict[str, Any]:
    given = {name: value for name, value in _columns(entry).items() if value is not None}
    return {name: value for name, value in given.items() if person[name] != value}
