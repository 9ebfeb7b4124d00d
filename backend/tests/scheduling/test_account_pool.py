from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.core.config import Settings
from app.core.db import TransactionFactory, server_now
from app.core.errors import ConfigurationError
from app.instagram.errors import AccountCooling, PermitRefused, TransientFailure
from app.models import InstagramAccount, InstagramRequest
from app.models.states import AccountStatus, RequestKind, RequestOutcome
from app.scheduling import account_pool, accounts, notices
from app.scheduling.account_pool import Lease, Limits, Wait
from tests.builders import saved_account

LIMITS = Limits(
    spacing=timedelta(seconds=2),
    jitter=timedelta(0),
    windows=((20, timedelta(minutes=1)), (200, timedelta(hours=1)), (1000, timedelta(days=1))),
    lease=timedelta(seconds=30),
    timeout=timedelta(seconds=20),
)


def lease(session: Session, limits: Limits = LIMITS) -> Lease | Wait:
    return account_pool.lease_account(
        session, provider=accounts.PROVIDER, kind=RequestKind.FEED, target="1", limits=limits
    )


def granted(answer: Lease | Wait) -> Lease:
    assert isinstance(answer, Lease)
    return answer


def add_sent(session: Session, account_id: UUID, moments: list[datetime]) -> None:
    """Fill the log as if requests had been sent at these moments."""
    session.execute(
        update(InstagramAccount).where(InstagramAccount.id == account_id).values(last_sequence=len(moments))
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


def test_an_account_has_one_request_in_flight(transaction: TransactionFactory) -> None:
    saved_account(transaction)
    with transaction() as session:
        granted(lease(session))

    with transaction() as session:
        second = lease(session)
        now = server_now(session)

    assert isinstance(second, Wait)
    assert second.until is not None
    assert second.until > now + timedelta(seconds=29)


def test_a_released_account_waits_for_the_spacing(transaction: TransactionFactory) -> None:
    saved_account(transaction)
    with transaction() as session:
        first = granted(lease(session))
        released = account_pool.release_lease(session, first, outcome=RequestOutcome.OK, was_answered=True)

    with transaction() as session:
        second = lease(session)

    assert second == Wait(until=released + timedelta(seconds=2))


def test_a_request_without_an_answer_keeps_its_worst_case(transaction: TransactionFactory) -> None:
    saved_account(transaction)
    with transaction() as session:
        first = granted(lease(session))
        first.permit.spend()
        account_pool.release_lease(session, first, outcome=RequestOutcome.TRANSIENT, was_answered=False)

    with transaction() as session:
        second = lease(session)

    assert second == Wait(until=first.granted_at + LIMITS.lease + LIMITS.spacing)


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
    no_time_left = Limits(
        spacing=LIMITS.spacing,
        jitter=LIMITS.jitter,
        windows=LIMITS.windows,
        lease=timedelta(seconds=20),
        timeout=timedelta(seconds=20),
    )
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
        free = account_pool.count_free_permits(
            session, provider=accounts.PROVIDER, limits=LIMITS, within=timedelta(minutes=1)
        )

    assert free == 5 + 20


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
        free = account_pool.count_free_permits(
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
