"""Faults on demand: which request is to fail, how, and for how long."""

import random
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from app.core.errors import InvalidInput
from app.sandbox.answers import FAULTS, Answer, json_answer
from app.sandbox.graph_answers import GRAPH_FAULTS

PAGE_FAULTS = frozenset({"truncated", "drifted", "empty_page", "no_items"})
PAGES = frozenset({"feed", "tagged", "hashtag", "timeline", "reels"})
"""The endpoints of the private API that answer with a page of posts."""
KINDS = (*FAULTS, *sorted(PAGE_FAULTS), "hang", "proxy_refuse", *GRAPH_FAULTS)
DISCOVERY = "discovery"
"""The endpoint of the official API."""
_EVERYWHERE = frozenset({"5xx", "html", "not_found_page", "hang"})
HANG_SECONDS = 60.0


@dataclass(slots=True)
class FaultRule:
    """One order to fail. Every condition that is given must hold."""

    id: int
    kind: str
    count: int | None
    """Requests still to fail; None = no bound."""
    until: float | None
    """Seconds since 1970; None = for ever."""
    probability: float
    account: str | None
    target: str | None
    """The pk of a user or of a post, or the hashtag; for the official API the username."""
    endpoint: str | None
    """One of `PAGES`, `profile`, `media` or `discovery` (the official API), or a part of the path."""
    hang_seconds: float
    used: int = 0

    def applies(self, *, account: str | None, endpoint: str, path: str, target: str | None, now: float) -> bool:
        """Say whether a request is meant, before the dice are thrown."""
        return (
            self.count != 0
            and (self.until is None or now < self.until)
            and self.account in {None, account}
            and self.target in {None, target}
            and (self.endpoint is None or self.endpoint == endpoint or self.endpoint in path)
        )


class Faults:
    """The present rules; the first that applies wins."""

    def __init__(self, *, seed: int) -> None:
        self._rng = random.Random(f"faults {seed}")
        self._rules: list[FaultRule] = []
        self._next_id = 1

    def add(self, wanted: Mapping[str, Any], *, now: float) -> FaultRule:
        """Take a rule: `kind`, and any of `count`, `until`, `seconds`, `probability`, `account`, `target`, `endpoint`.

        Without count, until, seconds and probability exactly one request fails.

        Raises:
            InvalidInput: the kind or a field is unknown, or a number is none.
        """
        known = {"kind", "count", "until", "seconds", "probability", "account", "target", "endpoint", "hang_seconds"}
        if wanted.get("kind") not in KINDS:
            raise InvalidInput(f"kind is {wanted.get('kind')!r}; expected one of {', '.join(KINDS)}")
        if unknown := set(wanted) - known:
            raise InvalidInput(
                f"A fault has no field {', '.join(sorted(unknown))}; expected {', '.join(sorted(known))}"
            )
        seconds, until = _number(wanted, "seconds"), _number(wanted, "until")
        count, probability = _number(wanted, "count"), _number(wanted, "probability")
        if seconds is not None:
            until = now + seconds
        if count is None and until is None and probability is None:
            count = 1
        hang_seconds = _number(wanted, "hang_seconds")
        rule = FaultRule(
            id=self._next_id,
            kind=str(wanted["kind"]),
            count=None if count is None else int(count),
            until=until,
            probability=1.0 if probability is None else probability,
            account=_text(wanted, "account"),
            target=_text(wanted, "target"),
            endpoint=_text(wanted, "endpoint"),
            hang_seconds=HANG_SECONDS if hang_seconds is None else hang_seconds,
        )
        self._next_id += 1
        self._rules.append(rule)
        return rule

    def pick(
        self, *, account: str | None, endpoint: str, path: str, target: str | None, now: float
    ) -> FaultRule | None:
        """Return the rule for this request and use it up by one, or None."""
        for rule in self._rules:
            if not _can_happen(rule.kind, endpoint):
                continue
            if not rule.applies(account=account, endpoint=endpoint, path=path, target=target, now=now):
                continue
            if self._rng.random() < rule.probability:
                rule.count = None if rule.count is None else rule.count - 1
                rule.used += 1
                return rule
        return None

    def clear(self) -> None:
        """Drop every rule."""
        self._rules.clear()

    def rules(self) -> tuple[FaultRule, ...]:
        """Return the rules in the order in which they are tried."""
        return tuple(self._rules)

    def as_json(self) -> list[dict[str, Any]]:
        """Return the rules with how often each was used."""
        return [asdict(rule) for rule in self._rules]


def _can_happen(kind: str, endpoint: str) -> bool:
    """Say whether the endpoint can fail in this way: each API has its own refusals."""
    if "proxy" in (endpoint, kind.partition("_")[0]):
        return (kind, endpoint) == ("proxy_refuse", "proxy")
    if endpoint == DISCOVERY:
        return kind in GRAPH_FAULTS or kind in PAGE_FAULTS or kind in _EVERYWHERE
    return kind not in GRAPH_FAULTS and (kind not in PAGE_FAULTS or endpoint in PAGES)


def spoil_page(
    kind: str, page: dict[str, Any], *, turn: int, shape: Callable[[dict[str, Any]], Mapping[str, Any]] = dict
) -> Answer:
    """Return a page with the fault `kind`; `turn` chooses among the ways in which an item can be broken.

    `page` is as a feed's; `shape` turns it into what its endpoint answers.
    """
    match kind:
        case "empty_page":
            page.pop("next_max_id", None)
            return json_answer(200, shape({**page, "items": [], "num_results": 0, "more_available": False}))
        case "no_items":
            return json_answer(200, {"num_results": 0, "more_available": False, "status": "ok"})
        case "drifted":
            return json_answer(200, shape({**page, "items": _with_broken_item(page["items"], turn)}))
        case _:
            whole = json_answer(200, shape(page))
            return Answer(200, whole.body[: len(whole.body) * 2 // 3])


def _with_broken_item(items: list[dict[str, Any]], turn: int) -> list[Any]:
    breaks: tuple[Callable[[dict[str, Any]], Any], ...] = (
        lambda item: {key: value for key, value in item.items() if key != "taken_at"},
        lambda item: {**item, "pk": None, "id": None},
        lambda item: {**item, "user": [], "owner": []},
        lambda item: {**item, "media_type": "photo", "taken_at": "soon"},
        lambda item: str(item["pk"]),
    )
    if not items:
        return items
    position = turn % len(items)
    return [*items[:position], breaks[turn % len(breaks)](items[position]), *items[position + 1 :]]


def _number(wanted: Mapping[str, Any], name: str) -> float | None:
    value = wanted.get(name)
    if value is None or value == "":
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        raise InvalidInput(f"{name} is {value!r}; expected a number") from None


def _text(wanted: Mapping[str, Any], name: str) -> str | None:
    value = wanted.get(name)
    return None if value in {None, ""} else str(value)
