from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.core.clock import HostClock, utc_now
from app.core.config import Settings
from app.core.db import TransactionFactory, server_now
from app.core.errors import ClockRefused, ConfigurationError
from app.instagram.errors import AccountCooling, PermitRefused, TransientFailure
from app.models import InstagramAccount, InstagramRequest
from app.models.states import AccountStatus, RequestKind, RequestOutcome
from app.scheduling import account_pool, accounts, log_retention, notices, pool_forecast
from app.scheduling.account_pool import Errand, Lease, Wait
from app.scheduling.allowance import Limits, Urgency
from tests.builders import saved_account

LIMITS = Limits(
    spacing=timedelta(seconds=2),
    jitter=timedelta(0),
    windows=((20, timedelta(minutes=1)), (200, timedelta(hours=1)), (1000, timedelta(days=1))),
    lease=timedelta(seconds=30),
    timeout=timedelta(seconds=20),
    urgent_share=0.02,
    catch_up=timedelta(hours=1),
    clock_tolerance=timedelta(milliseconds=900),
)


def lease(
    session: Session, limits: Limits = LIMITS, *, urgency: Urgency = Urgency.URGENT, **errand: Any
) -> Lease | Wait:
    return account_pool.lease_account(
        session, Errand(RequestKind.FEED, "1", urgency, **errand), provider=accounts.PROVIDER, limits=limits
    )


def granted(answer: Lease | Wait) -> Lease:
    assert isinstance(answer, Lease)
    return answer


def add_sent(session: Session, account_id: UUID, moments: list[datetime]) -> None:
    """Fill the log as if requests had been sent at these moments."""
    session.execute(
        update(InstagramAccount)
        .where(InstagramAccount.id == account_id)
        .values(last_sequence=len(moments), free_at=max(moments) + LIMITS.spacing)
    )
    for sequence, moment in enumerate(moments, start=1):
        session.add(
            InstagramRequest(
                account_id=account_id,
                sequence=sequence,
                kind=RequestKind.FEED,
                target="1",
                granted_at=moment,
                latest_sent_at=moment,
                outcome=RequestOutcome.OK,
            )
        )
    session.flush()


def test_an_account_has_one_request_in_flight_and_is_asked_for_again_soon(transaction: TransactionFactory) -> None:
    account_id = saved_account(transaction)
    with transaction() as session:
        granted(lease(session))
        session.get_one(InstagramAccount, account_id).free_at = server_now(session)

    with transaction() as session:
        second = lease(session)
        now = server_now(session)

    assert isinstance(second, Wait)
    assert second.until is not None
    assert now < second.until <= now + LIMITS.spacing


def test_a_released_account_waits_for_the_spacing(transaction: TransactionFactory) -> None:
    saved_account(transaction)
    with transaction() as session:
        first = granted(lease(session))
        released = account_pool.release_lease(session, first, outcome=RequestOutcome.OK, was_answered=True)

    with transaction() as session:
        second = lease(session)

    assert isinstance(second, Wait)
    assert second.until is not None
    assert timedelta(0) <= second.until - (released + LIMITS.spacing) < timedelta(milliseconds=200)


def test_a_request_without_an_answer_keeps_its_worst_case(transaction: TransactionFactory) -> None:
    saved_account(transaction)
    with transaction() as session:
        first = granted(lease(session))
        first.permit.spend()
        account_pool.release_lease(session, first, outcome=RequestOutcome.TRANSIENT, was_answered=False)
        session.get_one(InstagramAccount, first.account.id).free_at = server_now(session)

    with transaction() as session:
        second = lease(session)
        stamp = session.scalars(select(InstagramRequest.latest_sent_at)).one()

    assert isinstance(second, Wait)
    assert stamp >= first.granted_at + LIMITS.lease


@pytest.mark.parametrize(
    ("sent", "within", "free_after"),
    [
        (20, timedelta(seconds=57), timedelta(minutes=1)),
        (200, timedelta(minutes=59), timedelta(hours=1)),
        (1000, timedelta(hours=23), timedelta(days=1)),
    ],
)
def test_a_full_window_waits_until_its_oldest_request_leaves_it(
    transaction: TransactionFactory, sent: int, within: timedelta, free_after: timedelta
) -> None:
    account_id = saved_account(transaction)
    with transaction() as session:
        oldest = server_now(session) - within
        step = (within - timedelta(seconds=3)) / sent
        add_sent(session, account_id, [oldest + step * number for number in range(sent)])

    with transaction() as session:
        answer = lease(session)

    assert answer == Wait(until=oldest + free_after)


def test_the_account_that_was_free_for_longest_goes_first(transaction: TransactionFactory) -> None:
    used_lately = saved_account(transaction)
    used_long_ago = saved_account(transaction)
    with transaction() as session:
        now = server_now(session)
        add_sent(session, used_lately, [now - timedelta(seconds=10)])
        add_sent(session, used_long_ago, [now - timedelta(hours=5)])

    with transaction() as session:
        answer = granted(lease(session))

    assert answer.account.id == used_long_ago


def test_an_account_that_rests_or_was_set_aside_is_not_leased(transaction: TransactionFactory) -> None:
    with transaction() as session:
        rests_until = server_now(session) + timedelta(minutes=15)
    saved_account(transaction, status=AccountStatus.COOLING, cooldown_until=rests_until)
    saved_account(transaction, status=AccountStatus.NEEDS_HUMAN)
    saved_account(transaction, status=AccountStatus.PAUSED)

    with transaction() as session:
        answer = lease(session)

    assert answer == Wait(until=rests_until)


def test_an_empty_pool_has_no_time_to_wait_for(transaction: TransactionFactory) -> None:
    with transaction() as session:
        assert lease(session) == Wait(until=None)


def test_an_account_whose_session_does_not_open_is_passed_over_and_left_as_it_is(
    transaction: TransactionFactory,
) -> None:
    broken = saved_account(transaction, session=b"\x01" + b"0" * 60)
    working = saved_account(transaction)

    with transaction() as session:
        leased = {granted(lease(session)).account.id}
        status = session.get_one(InstagramAccount, broken).status

    assert leased == {working}
    assert status is AccountStatus.ACTIVE


def test_a_process_with_another_key_is_told_so(transaction: TransactionFactory) -> None:
    saved_account(transaction, session=b"\x01" + b"0" * 60)

    with pytest.raises(ConfigurationError, match="TAGBUY_SECRET_KEY"), transaction() as session:
        lease(session)


def test_a_new_session_makes_an_account_active_again(transaction: TransactionFactory) -> None:
    saved_account(transaction, "ana", status=AccountStatus.NEEDS_HUMAN, session=b"\x01" + b"0" * 60)

    saved_account(transaction, "ana")

    with transaction() as session:
        assert granted(lease(session)).account.username == "ana"


def test_a_late_answer_does_not_wake_an_account_that_rests_since(transaction: TransactionFactory) -> None:
    account_id = saved_account(transaction)
    with transaction() as session:
        late = granted(lease(session))
        session.get_one(InstagramAccount, account_id).last_sequence += 1
        now = server_now(session)
        failure = AccountCooling("rate_limited", http_status=429)
        accounts.note_failure(session, late.account, failure, now=now, settings=Settings())

        accounts.note_success(session, late.account, sequence=late.sequence, now=now)

        session.expire_all()
        assert session.get_one(InstagramAccount, account_id).status is AccountStatus.COOLING


def test_a_permit_is_spent_once(transaction: TransactionFactory) -> None:
    saved_account(transaction)
    with transaction() as session:
        permit = granted(lease(session)).permit
    permit.spend()

    with pytest.raises(PermitRefused, match="one lease is one request"):
        permit.spend()


def test_a_permit_too_old_for_an_answer_within_the_lease_is_refused(transaction: TransactionFactory) -> None:
    saved_account(transaction)
    no_time_left = replace(LIMITS, lease=LIMITS.timeout)
    with transaction() as session:
        permit = granted(lease(session, no_time_left)).permit

    with pytest.raises(PermitRefused, match="too old"):
        permit.spend()


def test_the_free_permits_of_the_next_minute_are_counted(transaction: TransactionFactory) -> None:
    busy = saved_account(transaction)
    saved_account(transaction)
    with transaction() as session:
        now = server_now(session)
        add_sent(session, busy, [now - timedelta(minutes=50) + timedelta(seconds=14 * i) for i in range(195)])

    with transaction() as session:
        free = pool_forecast.count_free_permits(
            session, provider=accounts.PROVIDER, limits=LIMITS, within=timedelta(minutes=1)
        )

    assert free == 1 + 19


def test_an_account_with_a_lower_limit_of_its_own_keeps_it(transaction: TransactionFactory) -> None:
    account_id = saved_account(transaction, requests_per_minute=3)
    with transaction() as session:
        now = server_now(session)
        add_sent(session, account_id, [now - timedelta(seconds=seconds) for seconds in (50, 30, 10)])

    with transaction() as session:
        answer = lease(session)

    assert isinstance(answer, Wait)
    assert answer.until is not None
    assert timedelta(seconds=9) < answer.until - now <= timedelta(seconds=10)


def test_a_real_account_waits_for_the_accepted_notice(transaction: TransactionFactory) -> None:
    account_id = saved_account(transaction, is_sandbox=False)
    with transaction() as session:
        refused = lease(session)
        free = pool_forecast.count_free_permits(
            session, provider=accounts.PROVIDER, limits=LIMITS, within=timedelta(minutes=1)
        )
        notices.accept_notice(session, accounts.PROVIDER, accepted_by="ana", now=server_now(session))

    with transaction() as session:
        leased = granted(lease(session)).account.id

    assert (refused, free) == (Wait(until=None), 0)
    assert leased == account_id


def test_rests_double_and_the_servers_word_wins() -> None:
    settings = Settings()
    rests = [
        accounts.rest_after(AccountCooling("rate_limited"), errors_in_a_row=n, settings=settings) for n in (1, 2, 3, 9)
    ]
    told = accounts.rest_after(
        TransientFailure("server_error", retry_after=timedelta(hours=2)), errors_in_a_row=1, settings=settings
    )

    assert rests == [timedelta(minutes=15), timedelta(minutes=30), timedelta(hours=1), timedelta(hours=24)]
    assert told == timedelta(hours=2)


def test_what_is_not_urgent_leaves_the_reserve(transaction: TransactionFactory) -> None:
    account_id = saved_account(transaction)
    with transaction() as session:
        now = server_now(session)
        add_sent(session, account_id, [now - timedelta(seconds=50) + timedelta(seconds=2 * i) for i in range(19)])

    with transaction() as session:
        normal = lease(session, urgency=Urgency.NORMAL)
        urgent = lease(session, urgency=Urgency.URGENT)

    assert normal == Wait(until=now + timedelta(seconds=10))
    assert isinstance(urgent, Lease)


@pytest.mark.parametrize(("most", "normal"), [(1000, 980), (150, 146), (16, 12), (8, 6), (2, 1), (1, 1)])
def test_the_reserve_of_a_small_account_still_holds_a_whole_proof(most: int, normal: int) -> None:
    limits = replace(LIMITS, windows=[(20, timedelta(minutes=1)), (most, timedelta(days=1))])

    windows = limits.windows_of(InstagramAccount(), Urgency.NORMAL, now=datetime(2026, 11, 23, tzinfo=UTC))

    assert [left for left, _ in windows] == [19, normal]


def test_what_is_not_urgent_is_spread_over_the_day(transaction: TransactionFactory) -> None:
    account_id = saved_account(transaction)
    hasty = replace(LIMITS, spacing=timedelta(0), catch_up=timedelta(minutes=5))
    granted_at = []
    with transaction() as session:
        while isinstance(answer := lease(session, hasty, urgency=Urgency.NORMAL), Lease):
            granted_at.append(answer.granted_at)
            answer.permit.spend()
            account_pool.release_lease(session, answer, outcome=RequestOutcome.OK, was_answered=True)
        paced_until = session.get_one(InstagramAccount, account_id).paced_until

    # 980 a day are one in 88 s: an account that was idle for 5 minutes makes up for three, and one is due now.
    assert len(granted_at) == 4
    assert answer == Wait(until=paced_until)


def test_the_preferred_account_goes_first_if_it_may(transaction: TransactionFactory) -> None:
    first, second = saved_account(transaction), saved_account(transaction)
    with transaction() as session:
        now = server_now(session)
        add_sent(session, first, [now - timedelta(hours=5)])
        add_sent(session, second, [now - timedelta(seconds=10)])

    with transaction() as session:
        preferred = granted(lease(session, prefer=second))
        other = granted(lease(session, prefer=second))

    assert (preferred.account.id, other.account.id) == (second, first)


def test_a_second_witness_is_somebody_else(transaction: TransactionFactory) -> None:
    first, second = saved_account(transaction), saved_account(transaction)

    with transaction() as session:
        witness = granted(lease(session, exclude=[first]))
        nobody = lease(session, exclude=[first, second])

    assert witness.account.id == second
    assert nobody == Wait(until=None)


def test_a_witness_is_waited_for_and_nobody_stands_in_for_it(transaction: TransactionFactory) -> None:
    witness, other = saved_account(transaction), saved_account(transaction)

    with transaction() as session:
        answers = [lease(session, only=witness), lease(session, only=witness)]
        free_at = session.get_one(InstagramAccount, witness).free_at
        stranger = granted(lease(session, prefer=witness))
        nobody = lease(session, only=other, exclude=[other])

    assert granted(answers[0]).account.id == witness
    assert answers[1] == Wait(until=free_at)
    assert stranger.account.id == other
    assert nobody == Wait(until=None)


def test_a_wrong_index_costs_a_look_and_no_limit(transaction: TransactionFactory) -> None:
    account_id = saved_account(transaction)
    with transaction() as session:
        now = server_now(session)
        add_sent(session, account_id, [now - timedelta(minutes=59) + timedelta(seconds=17 * i) for i in range(200)])
        session.get_one(InstagramAccount, account_id).free_at = now - timedelta(days=1)

    with transaction() as session:
        answer = lease(session)
        free_at = session.get_one(InstagramAccount, account_id).free_at

    assert answer == Wait(until=now + timedelta(minutes=1))
    assert free_at == now + timedelta(minutes=1)


@pytest.mark.parametrize("error", [timedelta(seconds=1), timedelta(seconds=-1)])
def test_a_machine_whose_clock_is_wrong_gets_no_lease(transaction: TransactionFactory, error: timedelta) -> None:
    saved_account(transaction)
    host = HostClock(wall=lambda: utc_now() + error)

    with pytest.raises(ClockRefused, match="synchronise them"), transaction() as session:
        account_pool.lease_account(
            session, Errand(RequestKind.FEED, "1"), provider=accounts.PROVIDER, limits=LIMITS, host=host
        )

    with transaction() as session:
        assert isinstance(lease(session), Lease)


@pytest.mark.parametrize("error", [timedelta(seconds=0.8), timedelta(seconds=-0.8)])
def test_a_small_difference_of_clocks_is_waited_out(transaction: TransactionFactory, error: timedelta) -> None:
    saved_account(transaction)
    host = HostClock(wall=lambda: utc_now() + error)
    with transaction() as session:
        first = granted(
            account_pool.lease_account(
                session, Errand(RequestKind.FEED, "1"), provider=accounts.PROVIDER, limits=LIMITS, host=host
            )
        )
        stamp = session.scalars(select(InstagramRequest.latest_sent_at)).one()
        now = server_now(session)

    assert first.granted_at <= now
    assert stamp > now + LIMITS.lease - timedelta(milliseconds=500)


def test_a_request_that_was_taken_back_leaves_the_sequence_whole(transaction: TransactionFactory) -> None:
    account_id = saved_account(transaction)
    with transaction() as session:
        unsent = granted(lease(session))
        account_pool.release_lease(session, unsent, outcome=RequestOutcome.NOT_SENT, was_answered=False)
        second = granted(lease(session))
        # A release that is written twice finds another request under its number.
        account_pool.release_lease(session, unsent, outcome=RequestOutcome.NOT_SENT, was_answered=False)
        log = session.scalars(select(InstagramRequest)).all()
        last_sequence = session.get_one(InstagramAccount, account_id).last_sequence

    assert [request.sequence for request in log] == [1] == [last_sequence]
    assert second.sequence == 1
    assert log[0].outcome is RequestOutcome.IN_FLIGHT


def test_the_free_permits_of_the_next_hour_and_day_are_paced(transaction: TransactionFactory) -> None:
    saved_account(transaction)

    with transaction() as session:
        hour, day = (
            pool_forecast.count_free_permits(session, provider=accounts.PROVIDER, limits=LIMITS, within=within)
            for within in (timedelta(hours=1), timedelta(days=1))
        )

    # An hour and the one that it may make up for, at one in 88 s; a day within its share.
    assert hour == 82
    assert day == 980


def test_a_tick_shorter_than_the_spacing_has_a_permit(transaction: TransactionFactory) -> None:
    saved_account(transaction)

    with transaction() as session:
        free = pool_forecast.count_free_permits(
            session, provider=accounts.PROVIDER, limits=LIMITS, within=timedelta(seconds=1)
        )

    assert free == 1


def test_an_excluded_account_is_not_preferred(transaction: TransactionFactory) -> None:
    first = saved_account(transaction)

    with transaction() as session:
        answer = lease(session, prefer=first, exclude=[first])

    assert answer == Wait(until=None)


def test_eight_failures_in_a_row_wait_for_a_person(transaction: TransactionFactory) -> None:
    account_id, other_id = saved_account(transaction), saved_account(transaction)
    settings = Settings()
    statuses = []
    with transaction() as session:
        now = server_now(session)
        reader = accounts.reader_account(session.get_one(InstagramAccount, account_id))
        session.get_one(InstagramAccount, other_id).last_succeeded_at = now
        for _ in range(settings.account_errors_in_a_row):
            failure = TransientFailure("timeout")
            statuses.append(accounts.note_failure(session, reader, failure, now=now, settings=settings))
        reason = session.get_one(InstagramAccount, account_id).status_reason

    assert statuses == [AccountStatus.COOLING] * 7 + [AccountStatus.NEEDS_HUMAN]
    assert reason == "8 failures in a row"


def test_an_outage_in_which_nobody_is_answered_sets_no_account_aside(transaction: TransactionFactory) -> None:
    account_id, other_id = saved_account(transaction), saved_account(transaction)
    with transaction() as session:
        now = server_now(session)
        reader = accounts.reader_account(session.get_one(InstagramAccount, account_id))
        session.get_one(InstagramAccount, other_id).last_succeeded_at = now - timedelta(hours=2)
        for _ in range(20):
            status = accounts.note_failure(session, reader, TransientFailure("timeout"), now=now, settings=Settings())

    assert status is AccountStatus.COOLING


def test_the_logs_forget_what_is_old_and_the_limits_stay(transaction: TransactionFactory) -> None:
    account_id = saved_account(transaction)
    with transaction() as session:
        now = server_now(session)
        add_sent(session, account_id, [now - timedelta(days=31), now - timedelta(days=1), now])

    deleted = log_retention.prune_logs(transaction, before=now - timedelta(days=30))

    with transaction() as session:
        assert session.scalars(select(InstagramRequest.sequence)).all() == [2, 3]
        assert isinstance(lease(session), Wait)
    assert deleted == 1
