import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import text, update

from app.core.clock import utc_now
from app.core.db import TransactionFactory
from app.core.errors import ConfigurationError
from app.models import Influencer, Notification, User
from app.models.states import Existence, NotificationEvent, NotificationStatus, UserRole
from app.runtime.doctor import Finding, Verdict, examine
from app.runtime.migrations import migrate
from app.runtime.ports import free_port
from app.runtime.servers import ServerUrls
from app.scheduling.accounts import save_account
from app.tasks.utils import HEARTBEAT_KEY
from tests.conftest import forget_settings
from tests.contents import clock_of, post_of, saved_author, saved_content

HEARTBEAT = HEARTBEAT_KEY.format(task="scan_active_campaigns")


def findings() -> dict[str, Finding]:
    return {finding.name: finding for finding in examine()}


@pytest.mark.usefixtures("own_database")
def test_an_installation_without_workers_accounts_and_mail_is_told_so(servers: ServerUrls) -> None:
    Redis.from_url(servers.redis_url).delete(HEARTBEAT)  # of workers in other tests

    found = findings()

    assert {name for name, finding in found.items() if finding.verdict is Verdict.WRONG} == {
        "accounts",
        "queue instagram_api",
        "queue default",
        "queue notifications",
        "beat",
        "e-mail",
    }
    assert found["postgresql"].message.startswith("version 18.")
    assert all(finding.advice for finding in found.values() if finding.verdict is Verdict.WRONG)


def test_a_missing_migration_is_named_with_the_command(own_database: TransactionFactory) -> None:
    with own_database() as session:
        session.execute(text("DELETE FROM alembic_version"))

    migrations = findings()["migrations"]

    assert migrations.verdict is Verdict.WRONG
    assert "the database is at nothing" in migrations.message
    assert "alembic upgrade head" in migrations.advice


def test_a_database_of_a_newer_version_is_told_apart(own_database: TransactionFactory) -> None:
    with own_database() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999_future'"))

    migrations = findings()["migrations"]

    assert migrations.verdict is Verdict.WRONG
    assert "a newer version" in migrations.advice
    with pytest.raises(ConfigurationError, match="9999_future"):
        migrate()


def test_an_active_account_is_enough(own_database: TransactionFactory) -> None:
    with own_database() as session:
        save_account(session, username="reader", settings={}, proxy=None, is_sandbox=True)

    assert findings()["accounts"] == Finding("accounts", Verdict.OK, "1 active")


def test_sessions_that_no_known_key_opens_are_found(
    own_database: TransactionFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    with own_database() as session:
        save_account(session, username="reader", settings={}, proxy=None, is_sandbox=True)
    monkeypatch.setenv("TAGBUY_SECRET_KEY", "B" * 43 + "=")
    forget_settings()

    accounts = findings()["accounts"]

    assert accounts.verdict is Verdict.WRONG
    assert accounts.message == "1 active; 1 cannot be opened with the known keys"


def test_real_accounts_without_the_accepted_notice_are_named(own_database: TransactionFactory) -> None:
    with own_database() as session:
        save_account(session, username="reader", settings={}, proxy=None)

    accounts = findings()["accounts"]

    assert accounts.verdict is Verdict.WRONG
    assert "accept-notice" in accounts.advice


def test_feeds_that_nobody_reads_in_time_are_found(own_database: TransactionFactory) -> None:
    saved_author(own_database, "ana")
    found = []
    for minutes in (5, 20):
        with own_database() as session:
            session.execute(update(Influencer).values(next_scan_at=utc_now() - timedelta(minutes=minutes)))
        found.append(findings()["feeds"])

    good, feeds = found
    assert good.verdict is Verdict.OK
    assert feeds.verdict is Verdict.WRONG
    assert feeds.message == "1 due for more than 10 minutes"
    assert "tagbuy plan" in feeds.advice


def test_suspicions_that_no_proof_settles_are_found(own_database: TransactionFactory) -> None:
    author = saved_author(own_database, "ana")
    now = clock_of(own_database)
    good = findings()["contents"]
    saved_content(
        own_database,
        author,
        post_of(author, 1, now=now),
        existence=Existence.SUSPECTED,
        missing_since=now - timedelta(days=2),
    )

    assert good.verdict is Verdict.OK
    assert findings()["contents"].message == "1 missed for more than a day without a proof"


def test_notifications_that_nobody_sends_are_found(own_database: TransactionFactory) -> None:
    now = utc_now()
    with own_database() as session:
        user = User(email="a@example.invalid", role=UserRole.ADVERTISER)
        session.add(user)
        session.flush()
        session.add(
            Notification(
                event=NotificationEvent.CONTENT_REGISTERED,
                user_id=user.id,
                channel="email",
                payload={},
                dedupe_key="one",
                status=NotificationStatus.PENDING,
                next_attempt_at=now - timedelta(hours=1),
                created_at=now - timedelta(hours=2),
            )
        )

    outbox = findings()["outbox"]

    assert outbox.verdict is Verdict.WRONG
    assert outbox.message.startswith("1 are overdue")


@pytest.mark.usefixtures("own_database")
@pytest.mark.parametrize(
    ("silence", "verdict"), [(timedelta(minutes=1), Verdict.OK), (timedelta(minutes=4), Verdict.WRONG)]
)
def test_beat_is_silent_after_three_ticks(servers: ServerUrls, silence: timedelta, verdict: Verdict) -> None:
    with Redis.from_url(servers.redis_url) as redis:
        redis.set(HEARTBEAT, (utc_now() - silence).isoformat())

        beat = findings()["beat"]
        redis.delete(HEARTBEAT)

    assert beat.verdict is verdict


@pytest.mark.usefixtures("own_database")
def test_servers_that_do_not_answer_stop_only_the_checks_that_need_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://tagbuy:hunter2@127.0.0.1:{free_port()}/tagbuy")
    monkeypatch.setenv("REDIS_URL", f"redis://:hunter2@127.0.0.1:{free_port()}/0")
    forget_settings()

    found = findings()

    assert {name for name, finding in found.items() if finding.verdict is Verdict.WRONG} == {
        "postgresql",
        "redis",
        "e-mail",
    }
    assert found["migrations"] == Finding("migrations", Verdict.NOT_CHECKED, "needs PostgreSQL")
    assert "hunter2" not in repr(found)


@pytest.mark.usefixtures("own_database")
@pytest.mark.parametrize(
    ("name", "value"), [("TAGBUY_API_PORT", "eighty"), ("TAGBUY_REQUESTS_PER_DAY", "1" + "0" * 12)]
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    forget_settings()

    (finding,) = examine()

    assert finding.verdict is Verdict.WRONG
    assert name in finding.message


def test_the_command_answers_programs_in_json_and_with_its_exit_code(new_state_dir: Callable[[], Path]) -> None:
    without_servers = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}

    ended = subprocess.run(
        [sys.executable, "-c", "from app.cli import main; main()", "doctor", "--json"],
        capture_output=True,
        text=True,
        env={**without_servers, "TAGBUY_STATE_DIR": str(new_state_dir())},
        timeout=60,
        check=False,
    )

    assert ended.returncode == 1
    found = {finding["name"]: finding for finding in json.loads(ended.stdout)}
    assert found["postgresql"]["verdict"] == "wrong"
    assert "start `tagbuy up`" in found["postgresql"]["message"]
