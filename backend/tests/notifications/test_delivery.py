from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog
from sqlalchemy import select

from app.core.clock import utc_now
from app.core.config import Settings
from app.core.db import TransactionFactory
from app.models import Notification, User
from app.models.states import NotificationEvent, NotificationStatus
from app.notifications import outbox
from app.notifications.channels import configured_channels
from app.notifications.channels.base import ChannelUnavailable, DeliveryFailed
from app.notifications.channels.email import EmailChannel, SmtpServer
from app.notifications.channels.fake import FakeChannel
from app.notifications.delivery import DeliveryReport, deliver_due
from tests.builders import make_user, saved
from tests.notifications.mail import MailServer, free_port, running_mail_server

NOW = datetime(2026, 11, 10, 3, tzinfo=UTC)
PAYLOAD = {"provider": "instagrapi", "error": "needs_upgrade"}
TIMEOUT = DeliveryFailed("timeout", permanent=False)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with running_mail_server() as mail_server:
        yield mail_server


def queue(transaction: TransactionFactory, *, count: int = 1, payload: dict[str, Any] = PAYLOAD, **user: Any) -> None:
    user_id = saved(transaction, make_user(**user))
    with transaction() as session:
        for number in range(count):
            outbox.queue_notification(
                session,
                event=NotificationEvent.PROVIDER_OUTDATED,
                user_id=user_id,
                channel="email",
                payload=payload,
                dedupe_key=f"{user_id}:{number}",
                now=NOW,
            )


def deliver(
    transaction: TransactionFactory, channel: FakeChannel | EmailChannel, *, now: datetime = NOW, **settings: Any
) -> DeliveryReport:
    return deliver_due(transaction, {"email": channel}, clock=lambda: now, settings=Settings(**settings))


def rows(transaction: TransactionFactory) -> list[Notification]:
    with transaction() as session:
        return list(session.scalars(select(Notification).order_by(Notification.id)))


def smtp(port: int) -> EmailChannel:
    return EmailChannel(SmtpServer("127.0.0.1", port), "TagBuy <monitor@tagbuy.example>")


def test_what_is_due_is_sent_once(transaction: TransactionFactory) -> None:
    queue(transaction, count=3)
    channel = FakeChannel()

    first, again = deliver(transaction, channel), deliver(transaction, channel)

    assert (first, again) == (DeliveryReport(3, 0, 0), DeliveryReport(0, 0, 0))
    assert sorted(delivery.idempotency_key for delivery in channel.deliveries) == [
        str(row.id) for row in rows(transaction)
    ]
    assert {row.status for row in rows(transaction)} == {NotificationStatus.SENT}


def test_a_failure_is_tried_again_after_a_wait_that_doubles(transaction: TransactionFactory) -> None:
    queue(transaction)
    channel = FakeChannel([TIMEOUT, TIMEOUT])

    first = deliver(transaction, channel)
    (row,) = rows(transaction)
    assert (first, row.next_attempt_at, row.last_error) == (DeliveryReport(0, 0, 1), NOW + seconds(30), "timeout")

    deliver(transaction, channel, now=NOW + seconds(30))
    assert rows(transaction)[0].next_attempt_at == NOW + seconds(90)

    last = deliver(transaction, channel, now=NOW + seconds(90))
    assert last == DeliveryReport(1, 0, 0)
    assert (rows(transaction)[0].attempts, rows(transaction)[0].last_error) == (3, None)


def test_the_wait_never_exceeds_an_hour(transaction: TransactionFactory) -> None:
    queue(transaction)
    with transaction() as session:
        session.scalars(select(Notification)).one().attempts = 40

    deliver(transaction, FakeChannel([TIMEOUT]), notification_max_attempts=50)

    assert rows(transaction)[0].next_attempt_at == NOW + timedelta(hours=1)


def test_after_the_last_attempt_it_is_given_up_and_an_operator_told(transaction: TransactionFactory) -> None:
    queue(transaction)
    channel = FakeChannel([TIMEOUT, TIMEOUT])
    deliver(transaction, channel, notification_max_attempts=2)

    with structlog.testing.capture_logs() as logs:
        report = deliver(transaction, channel, now=NOW + seconds(30), notification_max_attempts=2)

    (row,) = rows(transaction)
    assert (report, row.status, row.last_error) == (DeliveryReport(0, 1, 0), NotificationStatus.FAILED, "timeout")
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [("notification.failed", "error")]
    assert deliver(transaction, channel, now=NOW + timedelta(days=1)) == DeliveryReport(0, 0, 0)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"payload": {}}, "the message cannot be written: the payload of provider.outdated"),
        ({"disabled_at": NOW}, "the recipient's account is disabled"),
    ],
)
def test_what_can_never_be_sent_is_given_up_at_once_and_holds_up_nobody(
    transaction: TransactionFactory, row: dict[str, Any], reason: str
) -> None:
    queue(transaction, **row)
    queue(transaction)
    channel = FakeChannel()

    report = deliver(transaction, channel)

    assert report == DeliveryReport(sent=1, failed=1, retried=0)
    assert (rows(transaction)[0].last_error or "").startswith(reason)


def test_a_notification_whose_workers_die_is_given_up_unsent(transaction: TransactionFactory) -> None:
    queue(transaction)
    with transaction() as session:
        session.scalars(select(Notification)).one().attempts = 10
    channel = FakeChannel()

    report = deliver(transaction, channel)

    assert (report, channel.deliveries) == (DeliveryReport(0, 1, 0), [])


def test_a_channel_that_is_out_of_order_is_not_tried_for_the_others(transaction: TransactionFactory) -> None:
    queue(transaction, count=3)
    channel = FakeChannel([ChannelUnavailable("down")])

    report = deliver(transaction, channel)

    assert report == DeliveryReport(0, 0, 1)
    assert channel.deliveries == []
    assert {row.attempts for row in rows(transaction)} == {0}
    assert deliver(transaction, channel, now=NOW + seconds(30)) == DeliveryReport(3, 0, 0)


def test_without_a_mail_server_everything_waits_and_that_is_told_once(transaction: TransactionFactory) -> None:
    queue(transaction)

    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            deliver_due(transaction, configured_channels(Settings()), clock=lambda: NOW, settings=Settings())

    (row,) = rows(transaction)
    assert (row.status, row.attempts, row.next_attempt_at) == (NotificationStatus.PENDING, 0, NOW)
    assert [entry["event"] for entry in logs] == ["notifications.channel_not_configured"]


def test_a_sweep_ends_after_its_batch(transaction: TransactionFactory) -> None:
    queue(transaction, count=3)

    assert deliver(transaction, FakeChannel(), notification_batch_size=2) == DeliveryReport(2, 0, 0)


def test_a_message_goes_out_over_smtp_in_the_recipients_language(
    transaction: TransactionFactory, server: MailServer
) -> None:
    queue(transaction, email="ops@example.com", name="운영팀")
    settings = Settings(smtp_url=f"smtp://127.0.0.1:{server.port}", email_from="TagBuy <monitor@tagbuy.example>")

    deliver_due(transaction, configured_channels(settings), clock=lambda: NOW, settings=settings)

    (email,), (row,) = server.messages, rows(transaction)
    assert email["Subject"] == "[TagBuy 운영] Instagram 연동(instagrapi) 업데이트가 필요합니다"
    assert email["Message-ID"] == f"<{row.id}@tagbuy.example>"


def test_a_refused_recipient_is_given_up(transaction: TransactionFactory, server: MailServer) -> None:
    queue(transaction, email="gone@example.com")
    server.refusals["gone@example.com"] = "550 5.1.1 no such user"

    assert deliver(transaction, smtp(server.port)) == DeliveryReport(0, 1, 0)
    assert "550 5.1.1 no such user" in (rows(transaction)[0].last_error or "")


def test_nothing_is_lost_while_the_mail_server_is_down(transaction: TransactionFactory) -> None:
    queue(transaction, count=2)
    moments = [NOW + timedelta(minutes=minute) for minute in range(30)]
    port = free_port()

    during = [deliver(transaction, smtp(port), now=moment) for moment in moments]
    with running_mail_server() as server:
        after = deliver(transaction, smtp(server.port), now=NOW + timedelta(hours=1))

    assert set(during) == {DeliveryReport(0, 0, 1)}
    assert after == DeliveryReport(2, 0, 0)
    assert len(server.messages) == 2


def test_two_deliverers_at_once_send_each_message_once(own_database: TransactionFactory, server: MailServer) -> None:
    queue(own_database, count=40)
    settings = Settings()

    def sweep(_number: int) -> DeliveryReport:
        return deliver_due(own_database, {"email": smtp(server.port)}, clock=utc_now, settings=settings)

    with ThreadPoolExecutor(2) as deliverers:
        reports = list(deliverers.map(sweep, range(2)))

    sent = Counter(email["Message-ID"] for email in server.messages)
    assert (len(sent), set(sent.values())) == (40, {1})
    assert sum(report.sent for report in reports) == 40
    assert all(report.sent for report in reports)


def test_the_recipients_are_users(transaction: TransactionFactory) -> None:
    queue(transaction, email="ops@example.com")
    channel = FakeChannel()

    deliver(transaction, channel)

    with transaction() as session:
        emails = list(session.scalars(select(User.email)))
    assert [delivery.recipient.email for delivery in channel.deliveries] == emails


def seconds(number: int) -> timedelta:
    return timedelta(seconds=number)
