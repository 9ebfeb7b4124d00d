"""What is agreed about time, as a person enters it: the promised freshness and the upload windows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.campaigns import texts
from app.campaigns.entered_fields import Fault, unknown_fields
from app.campaigns.json_lines import Path
from app.campaigns.texts import quoted
from app.scheduling.agreements import MINUTES, SHARES, USUAL_SHARE, is_between

AGREEMENT_FIELDS = ("promise", "upload_windows")


@dataclass(slots=True)
class EnteredAgreements:
    """What is good in an entry, as `campaigns.settings` keeps it, and what is wrong with the rest.

    What is left out stays as it is stored; an empty object or list takes back what was agreed.
    """

    settings: dict[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def checked_agreements(entered: Mapping[str, object], *, time_zone: str) -> EnteredAgreements:
    """Return what was entered. Times without an offset are in `time_zone`, the campaign's."""
    checked = EnteredAgreements()
    if (promise := entered.get("promise")) is not None:
        checked.settings["promise"] = _promise(promise, checked.faults)
    if (windows := entered.get("upload_windows")) is not None:
        checked.settings["upload_windows"] = _windows(windows, ZoneInfo(time_zone), checked.faults)
    return checked


def merged_settings(stored: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored settings with what is given now; what is given empty is taken out."""
    taken_back = {name for name in AGREEMENT_FIELDS if name in given and not given[name]}
    return {name: value for name, value in {**stored, **given}.items() if name not in taken_back}


def _promise(entered: object, faults: list[Fault]) -> Mapping[str, Any]:
    if not isinstance(entered, dict):
        faults.append(Fault(("promise",), texts.NOT_A_PROMISE.format(found=texts.kind_of(entered))))
        return {}
    faults += unknown_fields(entered, ("minutes", "share"), ("promise",), "a promise")
    if not entered:
        return {}
    minutes, share = entered.get("minutes"), entered.get("share", USUAL_SHARE)
    if not is_between(minutes, MINUTES):
        message = texts.NOT_PROMISED_MINUTES.format(value=quoted(minutes), least=MINUTES[0], most=MINUTES[1])
        faults.append(Fault(("promise", "minutes"), message))
    if not is_between(share, SHARES):
        message = texts.NOT_A_PROMISED_SHARE.format(value=quoted(share), least=SHARES[0], most=SHARES[1])
        faults.append(Fault(("promise", "share"), message))
    return {"minutes": minutes, "share": share}


def _windows(entered: object, zone: ZoneInfo, faults: list[Fault]) -> Sequence[Mapping[str, str]]:
    if not isinstance(entered, list):
        message = texts.NOT_A_LIST.format(expected=texts.UPLOAD_WINDOWS, found=texts.kind_of(entered))
        faults.append(Fault(("upload_windows",), message))
        return []
    return [_window(window, ("upload_windows", position), zone, faults) for position, window in enumerate(entered)]


def _window(entered: object, path: Path, zone: ZoneInfo, faults: list[Fault]) -> Mapping[str, str]:
    if not isinstance(entered, dict):
        message = texts.NOT_A_WINDOW.format(expected=texts.UPLOAD_WINDOW, found=texts.kind_of(entered))
        faults.append(Fault(path, message))
        return {}
    faults += unknown_fields(entered, ("from", "until"), path, "an upload window")
    begin, end = (_moment(entered.get(name), (*path, name), zone, faults) for name in ("from", "until"))
    if begin is None or end is None:
        return {}
    if end <= begin:
        message = texts.WINDOW_BACKWARDS.format(until=quoted(entered["until"]), begin=quoted(entered["from"]))
        faults.append(Fault((*path, "until"), message))
    return {"from": begin.isoformat(), "until": end.isoformat()}


def _moment(entered: object, path: Path, zone: ZoneInfo, faults: list[Fault]) -> datetime | None:
    if entered is None:
        faults.append(Fault(path, texts.MISSING.format(expected=texts.MOMENT)))
        return None
    try:
        moment = datetime.fromisoformat(entered if isinstance(entered, str) else "")
    except ValueError:
        faults.append(Fault(path, texts.NOT_A_MOMENT.format(value=quoted(entered), expected=texts.MOMENT)))
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
