"""The campaigns of a file: reading and validation, without the database."""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, TypeVar

from app.campaigns import texts
from app.campaigns.entered_agreements import AGREEMENT_FIELDS, checked_agreements
from app.campaigns.entered_fields import unknown_fields
from app.campaigns.entered_requirements import REQUIREMENT_FIELDS, checked_requirements
from app.campaigns.json_lines import JsonLines, Path, json_lines
from app.campaigns.problems import Problem
from app.campaigns.requirements import Requirements
from app.campaigns.texts import quoted
from app.core.clock import KST
from app.instagram import tokens
from app.models.states import CampaignStatus, Compensation

FIELDS = (
    "title", "advertiser_email", "advertiser_name", "status", *REQUIREMENT_FIELDS, "retention_days", *AGREEMENT_FIELDS,
    "influencers",
)  # fmt: skip
PARTICIPANT_FIELDS = ("username", "compensation", "agreed_amount")

_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_LONGEST_TEXT = 200
_MOST_DAYS = 3650
_MOST_WON = Decimal("999999999999.99")

State = TypeVar("State", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Participant:
    """An influencer's part in a campaign. None leaves open what is stored."""

    username: str
    compensation: Compensation | None
    agreed_amount: Decimal | None
    line: int | None


@dataclass(frozen=True, slots=True)
class CampaignEntry:
    """A campaign as a file orders it. None leaves open what is stored."""

    title: str
    advertiser_email: str
    advertiser_name: str | None
    status: CampaignStatus | None
    requirements: Requirements
    retention_days: int | None
    agreements: Mapping[str, Any]
    """What is given of the promise and the upload windows; empty values take back what is stored."""
    participants: Sequence[Participant]
    line: int | None

    @property
    def identity(self) -> tuple[str, str, date]:
        """Return what makes two entries the same campaign: advertiser, title and first day."""
        return self.advertiser_email.lower(), self.title, self.requirements.start_date


@dataclass(frozen=True, slots=True)
class CampaignFile:
    """What a file holds: the good campaigns, and everything that is wrong with the others."""

    entries: Sequence[CampaignEntry]
    problems: Sequence[Problem]
    named: Sequence[tuple[str | None, Participant]] = ()
    """Every participant with the title of their campaign, those of the other campaigns too."""
    notes: Sequence[str] = ()
    """What is doubtful about the good campaigns."""


def read_campaigns(text: str) -> CampaignFile:
    """Return what a JSON text holds.

    The text is one campaign, a list of them, or `{"campaigns": [...]}`; lines end with a line feed.
    """
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        message = texts.BAD_JSON.format(column=error.colno, reason=error.msg)
        return _unusable(error.lineno, None, message)
    except (RecursionError, ValueError):
        return _unusable(1, None, texts.UNREADABLE_JSON)
    lines = json_lines(text)
    top: Path = ()
    if isinstance(content, dict) and "campaigns" in content:
        others = [key for key in content if key != "campaigns"]
        if others:
            message = texts.BESIDE_CAMPAIGNS.format(value=quoted(others[0]))
            return _unusable(lines.of_values[(others[0],)], others[0], message)
        top, content = ("campaigns",), content["campaigns"]
    elif isinstance(content, dict):
        return _validated([content], [top], lines)
    if not isinstance(content, list) or not content:
        message = texts.NOT_CAMPAIGNS.format(found=texts.kind_of(content)) if content else texts.NO_CAMPAIGNS
        return _unusable(lines.of_values.get(top, 1), None, message)
    return _validated(content, [(*top, position) for position in range(len(content))], lines)


def validated_campaigns(documents: Iterable[Mapping[str, Any]]) -> tuple[list[CampaignEntry], list[Problem]]:
    """Return the good campaigns of documents in the file's format, and everything that is wrong with the others."""
    listed = [dict(document) for document in documents]
    read = _validated(listed, [(position,) for position in range(len(listed))], JsonLines({}, ()))
    return list(read.entries), list(read.problems)


def _unusable(line: int, field: str | None, message: str) -> CampaignFile:
    return CampaignFile([], [Problem(line, field, message, is_whole_file=True)])


def _validated(documents: Sequence[object], paths: Sequence[Path], lines: JsonLines) -> CampaignFile:
    entries: list[CampaignEntry] = []
    problems: list[Problem] = []
    named: list[tuple[str | None, Participant]] = []
    notes: list[str] = []
    seen: dict[tuple[str, str, date], int | None] = {}
    for document, path in zip(documents, paths, strict=True):
        reader = _Reader(document, path, lines)
        entry = reader.read()
        if entry is not None and entry.identity in seen:
            reader.fault(("title",), texts.CAMPAIGN_TWICE.format(line=seen[entry.identity]), line=entry.line)
        elif entry is not None:
            seen[entry.identity] = entry.line
            entries.append(entry)
            notes += reader.notes
        problems += reader.problems
        named += [(reader.title, participant) for participant in reader.participants]
    return CampaignFile(entries, problems, named, notes)


def in_campaign(title: str | None, message: str) -> str:
    """Return the message with the campaign's title before it."""
    return message if title is None else texts.IN_CAMPAIGN.format(title=quoted(title), message=message)


class _Reader:
    """Reads one campaign, and collects its problems instead of stopping at the first."""

    def __init__(self, document: object, path: Path, lines: JsonLines) -> None:
        self._document = document
        self._path = path
        self._lines = lines
        self.problems: list[Problem] = []
        self.notes: list[str] = []
        self.participants: list[Participant] = []

    @property
    def title(self) -> str | None:
        """The campaign's title, as far as it can be shown."""
        title = self._document.get("title") if isinstance(self._document, dict) else None
        return title if isinstance(title, str) and title.strip() else None

    def read(self) -> CampaignEntry | None:
        """Return the campaign, or None where there are problems."""
        if not isinstance(self._document, dict):
            self.fault((), texts.NOT_A_CAMPAIGN.format(found=texts.kind_of(self._document)))
            return None
        fields: dict[str, Any] = self._document
        self._refuse_unknown(fields, FIELDS, (), "a campaign")
        self._refuse_repeated()
        title = self._text(fields, "title", expected="the campaign's name", is_required=True)
        email = self._text(fields, "advertiser_email", expected="the advertiser's e-mail address", is_required=True)
        if email and not _EMAIL.fullmatch(email):
            self.fault(("advertiser_email",), texts.NOT_AN_EMAIL.format(value=quoted(email)))
        name = self._text(fields, "advertiser_name")
        status = self._state(CampaignStatus, fields.get("status"), ("status",))
        checked = checked_requirements(fields)
        zone = checked.requirements.time_zone if checked.requirements else KST.key
        agreed = checked_agreements(fields, time_zone=zone)
        for fault in (*checked.faults, *agreed.faults):
            self.fault(fault.path, fault.message)
        self.notes += [in_campaign(self.title, f"{fault.path[0]}: {fault.message}") for fault in checked.warnings]
        days = self._days(fields.get("retention_days"))
        self.participants = self._participants(fields.get("influencers"))
        if self.problems or title is None or email is None or checked.requirements is None:
            return None
        return CampaignEntry(
            title=title,
            advertiser_email=email,
            advertiser_name=name,
            status=status,
            requirements=checked.requirements,
            retention_days=days,
            agreements=agreed.settings,
            participants=self.participants,
            line=self._line(()),
        )

    def _line(self, path: Path) -> int | None:
        """Return the line of the value, or of the nearest thing around it that is there."""
        for length in range(len(path), -1, -1):
            if (line := self._lines.of_values.get((*self._path, *path[:length]))) is not None:
                return line
        return None

    def fault(self, path: Path, message: str, *, line: int | None = None) -> None:
        """Add a problem with what `path` leads to, counted from the campaign."""
        field = ".".join(step for step in path if isinstance(step, str))
        if line is None:
            line = self._line(path)
        self.problems.append(Problem(line, field or None, in_campaign(self.title, message)))

    def _refuse_unknown(self, fields: Mapping[str, Any], known: Sequence[str], path: Path, owner: str) -> None:
        for fault in unknown_fields(fields, known, path, owner):
            self.fault(fault.path, fault.message)

    def _refuse_repeated(self) -> None:
        depth = len(self._path)
        for path, line in self._lines.repeated:
            if path[:depth] == self._path:
                self.fault(path[depth:], texts.FIELD_TWICE, line=line)

    def _text(
        self, fields: Mapping[str, Any], field: str, *, expected: str = "", is_required: bool = False
    ) -> str | None:
        value = fields.get(field)
        if value is None or (isinstance(value, str) and not value.strip()):
            if is_required:
                self.fault((field,), texts.MISSING.format(expected=expected))
            return None
        if not isinstance(value, str):
            self.fault((field,), texts.NOT_TEXT_VALUE.format(found=texts.kind_of(value)))
            return None
        value = unicodedata.normalize("NFC", value.strip())
        if any(texts.is_control(letter) for letter in value):
            self.fault((field,), texts.CONTROL_CHARACTERS)
        if len(value) > _LONGEST_TEXT:
            self.fault((field,), texts.TOO_LONG.format(found=len(value), limit=_LONGEST_TEXT))
        return value

    def _state(self, states: type[State], value: object, path: Path) -> State | None:
        if value is None:
            return None
        known = [state.value for state in states]
        if value not in known:
            message = texts.NOT_ONE_OF.format(value=quoted(value), expected=texts.alternatives(known))
            self.fault(path, message)
            return None
        return states(value)

    def _days(self, value: object) -> int | None:
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MOST_DAYS:
            self.fault(("retention_days",), texts.NOT_DAYS.format(value=quoted(value)))
            return None
        return value

    def _participants(self, entered: object) -> list[Participant]:
        if entered is None:
            return []
        if not isinstance(entered, list):
            message = texts.NOT_A_LIST.format(expected="usernames", found=texts.kind_of(entered))
            self.fault(("influencers",), message)
            return []
        participants: list[Participant] = []
        seen: dict[str, int | None] = {}
        for position, value in enumerate(entered):
            participant = self._participant(value, ("influencers", position))
            if participant is None:
                continue
            if participant.username in seen:
                first = seen[participant.username]
                message = texts.PARTICIPANT_TWICE.format(value=quoted(participant.username), line=first)
                self.fault(("influencers", position), message)
            seen.setdefault(participant.username, participant.line)
            participants.append(participant)
        return participants

    def _participant(self, entered: object, path: Path) -> Participant | None:
        if isinstance(entered, str):
            entered = {"username": entered}
        elif isinstance(entered, dict):
            self._refuse_unknown(entered, PARTICIPANT_FIELDS, path, "an influencer's part")
        else:
            self.fault(path, texts.NOT_A_PARTICIPANT.format(found=texts.kind_of(entered)))
            return None
        name = entered.get("username")
        username = tokens.whole_username(name) if isinstance(name, str) else None
        at = (*path, "username")
        if name is None or name == "":
            self.fault(at, texts.MISSING.format(expected=texts.USERNAME))
        elif username is None:
            self.fault(at, texts.NOT_A_USERNAME.format(value=quoted(name)))
        compensation = self._state(Compensation, entered.get("compensation"), (*path, "compensation"))
        amount = self._amount(entered.get("agreed_amount"), (*path, "agreed_amount"))
        return Participant(username, compensation, amount, self._line(path)) if username else None

    def _amount(self, value: object, path: Path) -> Decimal | None:
        if value is None:
            return None
        try:
            amount = Decimal(str(value)) if isinstance(value, int | float | str) else Decimal("NaN")
        except InvalidOperation:
            amount = Decimal("NaN")
        if isinstance(value, bool) or not amount.is_finite() or not 0 <= amount <= _MOST_WON:
            self.fault(path, texts.NOT_AN_AMOUNT.format(value=quoted(value)))
            return None
        return amount.quantize(Decimal("0.01"))
