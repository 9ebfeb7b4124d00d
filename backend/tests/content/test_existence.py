from datetime import timedelta
from uuid import UUID

import pytest

from app.content.existence import (
    LONE_WITNESS_AFTER,
    Evidence,
    Finding,
    Rules,
    Watch,
    is_mass_vanishing,
    next_check_at,
    next_watch,
)
from app.models.states import Existence
from tests.builders import NOW

FIRST, SECOND = UUID(int=1), UUID(int=2)
HOUR = timedelta(hours=1)
RULES = Rules(
    check_interval=6 * HOUR, second_proof_after=HOUR, hidden_interval=6 * HOUR, retry_after=timedelta(minutes=5)
)
UNAVAILABLE = Watch(Existence.UNAVAILABLE, NOW, missing_since=NOW - HOUR, witness_id=FIRST)


def after(
    watch: Watch, finding: Finding, *, hours: float = 0, witness: UUID | None = None, stop: bool = False
) -> Watch:
    return next_watch(watch, Evidence(finding, NOW + hours * HOUR, witness), is_stopped=stop, rules=RULES)


@pytest.mark.parametrize("state", list(Existence))
def test_a_sighting_wins_in_every_state(state: Existence) -> None:
    watch = Watch(state, NOW - HOUR, missing_since=NOW - HOUR, witness_id=FIRST, failures=3)

    seen = after(watch, Finding.SEEN)

    assert seen.state is (Existence.RESTORED if state is Existence.DELETED else Existence.PRESENT)
    assert (seen.missing_since, seen.witness_id, seen.failures) == (None, None, 0)


def test_a_sign_suspects_and_proves_nothing_more_when_it_is_repeated() -> None:
    suspected = after(Watch(Existence.PRESENT, NOW - HOUR), Finding.ABSENT)
    again = after(suspected, Finding.ABSENT, hours=2)

    assert (suspected.state, suspected.since, suspected.missing_since) == (Existence.SUSPECTED, NOW, NOW)
    assert again == suspected


def test_two_proofs_by_two_accounts_an_hour_apart_make_a_removal() -> None:
    first = after(Watch(Existence.SUSPECTED, NOW, missing_since=NOW), Finding.MISSING, witness=FIRST)
    second = after(first, Finding.MISSING, hours=1, witness=SECOND)

    assert (first.state, first.witness_id) == (Existence.UNAVAILABLE, FIRST)
    assert (second.state, second.missing_since) == (Existence.DELETED, NOW)


@pytest.mark.parametrize(("hours", "witness"), [(0.99, SECOND), (1, FIRST), (23.9, FIRST)])
def test_a_second_proof_too_early_or_by_the_same_account_confirms_nothing(hours: float, witness: UUID) -> None:
    assert after(UNAVAILABLE, Finding.MISSING, hours=hours, witness=witness).state is Existence.UNAVAILABLE


def test_a_lone_account_confirms_itself_after_a_day() -> None:
    hours = LONE_WITNESS_AFTER / HOUR

    assert after(UNAVAILABLE, Finding.MISSING, hours=hours, witness=FIRST).state is Existence.DELETED


def test_the_brake_holds_a_removal_up() -> None:
    held = after(UNAVAILABLE, Finding.MISSING, hours=2, witness=SECOND, stop=True)

    assert (held.state, held.failures) == (Existence.UNAVAILABLE, 1)


@pytest.mark.parametrize("state", [Existence.SUSPECTED, Existence.UNAVAILABLE, Existence.PRESENT])
def test_a_hidden_author_is_no_removal(state: Existence) -> None:
    watch = Watch(state, NOW, missing_since=NOW, witness_id=FIRST)

    hidden = after(watch, Finding.AUTHOR_HIDDEN, hours=5, witness=FIRST)

    assert (hidden.state, hidden.missing_since, hidden.witness_id) == (Existence.AUTHOR_HIDDEN, None, None)


def test_an_author_who_is_hidden_from_the_second_witness_only_may_have_blocked_it() -> None:
    contradicted = after(UNAVAILABLE, Finding.AUTHOR_HIDDEN, hours=2, witness=SECOND)

    assert (contradicted.state, contradicted.witness_id, contradicted.failures) == (Existence.UNAVAILABLE, FIRST, 1)


def test_after_a_hidden_author_the_proof_begins_anew() -> None:
    hidden = Watch(Existence.AUTHOR_HIDDEN, NOW)

    assert after(hidden, Finding.MISSING, hours=9, witness=FIRST).state is Existence.UNAVAILABLE


@pytest.mark.parametrize("finding", [Finding.ABSENT, Finding.MISSING, Finding.AUTHOR_HIDDEN, Finding.UNPROVED])
def test_only_a_sighting_ends_a_removal(finding: Finding) -> None:
    deleted = Watch(Existence.DELETED, NOW, missing_since=NOW)

    assert after(deleted, finding, hours=5, witness=SECOND).state is Existence.DELETED


def test_a_check_that_proves_nothing_is_repeated_ever_more_slowly_up_to_an_hour() -> None:
    waits = []
    watch = Watch(Existence.SUSPECTED, NOW)
    for _ in range(6):
        watch = after(watch, Finding.UNPROVED)
        waits.append((next_check_at(watch, now=NOW, rules=RULES) - NOW) / timedelta(minutes=1))

    assert waits == [5, 10, 20, 40, 60, 60]
    assert watch.state is Existence.SUSPECTED


@pytest.mark.parametrize(
    ("watch", "hours"),
    [
        (Watch(Existence.PRESENT, NOW - 9 * HOUR), 6),
        (Watch(Existence.SUSPECTED, NOW), 0),
        (Watch(Existence.UNAVAILABLE, NOW - 0.25 * HOUR), 0.75),
        (Watch(Existence.UNAVAILABLE, NOW - 9 * HOUR), 0),
        (Watch(Existence.AUTHOR_HIDDEN, NOW), 6),
        (Watch(Existence.DELETED, NOW), 1),
        (Watch(Existence.DELETED, NOW - 2 * HOUR), 24),
        (Watch(Existence.DELETED, NOW - 40 * HOUR), 168),
        (Watch(Existence.DELETED, NOW - 900 * HOUR), 168),
    ],
)
def test_when_the_next_check_is_due(watch: Watch, hours: float) -> None:
    assert next_check_at(watch, now=NOW, rules=RULES) == NOW + hours * HOUR


@pytest.mark.parametrize(
    ("vanished", "watched", "is_mass"), [(11, 100, True), (10, 100, False), (4, 20, True), (0, 0, False)]
)
def test_more_than_a_tenth_at_once_is_not_believed(vanished: int, watched: int, *, is_mass: bool) -> None:
    assert is_mass_vanishing(vanished=vanished, watched=watched) is is_mass
