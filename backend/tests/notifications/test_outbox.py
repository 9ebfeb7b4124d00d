from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from app.core.db import TransactionFactory
from app.models import Notification
from app.models.states import NotificationEvent, NotificationStatus
from app.notifications import outbox
from app.notifications.outbox import ClaimedNotification
from tests.builders import make_user, saved

NOW = datetime(2026, 11, 10, 3, tzinfo=UTC)
LEASE = timedelta(minutes=2)


def queue(transaction: TransactionFactory, key: str = "k", now: datetime = NOW, channel: str = "email") -> bool:
    user_id = saved(transaction, make_user())
    with transaction() as session:
        return outbox.queue_notification(
            session,
            event=NotificationEvent.PROVIDER_OUTDATED,
            user_id=user_id,
            channel=channel,
            payload={"provider": "instagrapi", "error": "needs_upgrade"},
            dedupe_key=key,
            now=now,
        )


def claim(transaction: TransactionFactory, now: datetime = NOW, limit: int = 10) -> list[ClaimedNotification]:
    with transaction() as session:
        return outbox.claim_due(session, channels=["email"], now=now, limit=limit, lease=LEASE)


def only_row(transaction: TransactionFactory) -> Notification:
    with transaction() as session:
        return session.scalars(select(Notification)).one()


def test_a_notification_is_queued_once(transaction: TransactionFactory) -> None:
    first, again = queue(transaction), queue(transaction)

    assert (first, again) == (True, False)
    row = only_row(transaction)
    assert (row.status, row.attempts, row.next_attempt_at) == (NotificationStatus.PENDING, 0, NOW)


def test_a_claim_names_the_recipient_and_holds_for_its_lease(transaction: TransactionFactory) -> None:
    queue(transaction)

    (claimed,) = claim(transaction)

    assert (claimed.attempt, claimed.claimed_until) == (1, NOW + LEASE)
    assert claimed.email.startswith("brand")
    assert claim(transaction, NOW + LEASE - timedelta(seconds=1)) == []


def test_the_claim_of_a_dead_worker_comes_due_again(transaction: TransactionFactory) -> None:
    queue(transaction)
    claim(transaction)

    (again,) = claim(transaction, NOW + LEASE)

    assert again.attempt == 2


def test_the_longest_due_are_claimed_first(transaction: TransactionFactory) -> None:
    queue(transaction, "late", NOW - timedelta(minutes=1))
    queue(transaction, "early", NOW - timedelta(minutes=9))
    queue(transaction, "not yet", NOW + timedelta(minutes=1))

    claimed = [claim(transaction, limit=1)[0].created_at, claim(transaction, limit=1)[0].created_at]

    assert claimed == [NOW - timedelta(minutes=9), NOW - timedelta(minutes=1)]
    assert claim(transaction) == []


def test_other_channels_wait(transaction: TransactionFactory) -> None:
    queue(transaction, channel="push")

    assert claim(transaction) == []
    with transaction() as session:
        assert outbox.count_due(session, other_than=["email"], now=NOW) == {"push": 1}
        assert outbox.count_due(session, other_than=["push"], now=NOW) == {}


def test_what_is_sent_is_not_claimed_again(transaction: TransactionFactory) -> None:
    queue(transaction)
    (claimed,) = claim(transaction)

    with transaction() as session:
        is_marked = outbox.mark_sent(session, claimed, now=NOW)

    row = only_row(transaction)
    assert (is_marked, row.status, row.sent_at) == (True, NotificationStatus.SENT, NOW)
    assert claim(transaction, NOW + timedelta(days=1)) == []


def test_a_late_worker_does_not_overwrite_a_newer_claim(transaction: TransactionFactory) -> None:
    queue(transaction)
    (late,) = claim(transaction)
    (newer,) = claim(transaction, NOW + LEASE)

    with transaction() as session:
        marks = [
            outbox.mark_failed(session, late, error="timeout", retry_at=NOW),
            outbox.mark_failed(session, late, error="refused", retry_at=None),
            outbox.mark_sent(session, late, now=NOW),
            outbox.mark_sent(session, newer, now=NOW),
        ]

    assert marks == [False, False, False, True]


def test_a_claim_that_was_given_back_does_not_count(transaction: TransactionFactory) -> None:
    queue(transaction)
    (first,) = claim(transaction)

    with transaction() as session:
        outbox.give_back(session, first, error="server down", retry_at=NOW + LEASE)

    assert only_row(transaction).last_error == "server down"
    (again,) = claim(transaction, NOW + LEASE)
    assert again.attempt == 1
    with transaction() as session:
        assert not outbox.mark_sent(session, first, now=NOW)
