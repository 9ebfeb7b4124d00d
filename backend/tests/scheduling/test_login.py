"""Logins by the unmodified client against the sandbox: each request leased, logged, and inside the limits."""

import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.core import db
from app.core.config import Settings
from app.core.db import TransactionFactory
from app.core.errors import InvalidInput
from app.instagram import login as instagram_login
from app.instagram import sessions
from app.instagram.errors import AccountCooling, AccountNeedsHuman, TransientFailure
from app.instagram.instagrapi_provider import InstagrapiProvider
from app.instagram.login import CodeKind
from app.instagram.port import Permit, ReaderAccount
from app.models import InstagramAccount, InstagramRequest
from app.models.states import AccountStatus, RequestKind, RequestOutcome
from app.sandbox.logins import EMAIL_CODE
from app.scheduling import account_changes, account_check, account_secrets, login
from app.scheduling.account_changes import Wishes
from tests.builders import NOW
from tests.sandbox_process import SandboxClient, running_sandbox

SPACING = 0.05
SETTINGS = Settings(
    request_spacing=timedelta(seconds=SPACING),
    request_jitter=timedelta(microseconds=1),
    request_timeout=timedelta(seconds=5),
)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxClient]:
    directory = tmp_path_factory.mktemp("login")
    with running_sandbox(directory, speed=0, options=("--spacing", str(SPACING))) as running:
        yield running


@pytest.fixture
def readers(sandbox: SandboxClient) -> Mapping[str, Mapping[str, Any]]:
    sandbox.clear_faults()
    return {reader["username"]: reader for reader in sandbox.cast()["accounts"]}


def add_reader(transaction: TransactionFactory, reader: Mapping[str, Any], **wishes: Any) -> None:
    """Store a reader of the sandbox with its proxy and password, and without a session."""
    wanted = Wishes(**{"proxy": reader["proxy"], "password": reader["password"]} | wishes)
    with transaction() as session:
        account = account_changes.add_account(
            session, reader["username"], provider="instagrapi", wishes=wanted, now=NOW
        )
        account.is_sandbox = True


def log_in(
    transaction: TransactionFactory,
    sandbox: SandboxClient,
    username: str,
    *,
    ask_code: Callable[[CodeKind], str] | None = None,
    password: str = "",
) -> AccountStatus:
    def unasked(kind: CodeKind) -> str:
        raise AssertionError(f"no code should be asked for, but {kind} was")

    def client_login(credentials: Any, device: Any, proxy: Any, source: Any) -> Mapping[str, Any]:
        return instagram_login.log_in(
            credentials,
            device,
            proxy,
            source,
            ask_code=ask_code or unasked,
            timeout=SETTINGS.request_timeout,
            ca_file=Path(sandbox.ca_file),
        )

    return login.log_in(
        transaction,
        client_login,
        username,
        ask_password=lambda: password,
        second_factor=CodeKind.TOTP,
        settings=SETTINGS,
        pause=lambda span: void(threading.Event().wait(span.total_seconds())),
    )


def void(_value: object) -> None:
    return None


def loaded(transaction: TransactionFactory, username: str) -> InstagramAccount:
    with transaction() as session:
        return account_changes.find_account(session, username)


def logged_requests(transaction: TransactionFactory) -> list[InstagramRequest]:
    with transaction() as session:
        return list(session.scalars(select(InstagramRequest).order_by(InstagramRequest.sequence)))


def last_seen(sandbox: SandboxClient) -> int:
    return max((int(request["seq"]) for request in sandbox.requests()), default=0)


def test_a_login_gives_a_session_that_works_and_logs_every_request(
    own_database: TransactionFactory, sandbox: SandboxClient, readers: Mapping[str, Mapping[str, Any]]
) -> None:
    add_reader(own_database, readers["reader01"])
    sandbox.log_out("reader01")
    before = last_seen(sandbox)

    status = log_in(own_database, sandbox, "reader01")

    seen = sandbox.requests(since=before)
    sent = logged_requests(own_database)
    assert status is AccountStatus.ACTIVE
    assert [request["path"] for request in seen] == [request.target for request in sent]
    assert {request["account"] for request in seen} == {"reader01"}
    assert {(request.kind, request.outcome) for request in sent} == {(RequestKind.LOGIN, RequestOutcome.OK)}
    assert [request.sequence for request in sent] == list(range(1, 9))
    assert sandbox.violations()["total"] == 0
    provider = InstagrapiProvider(timeout=SETTINGS.request_timeout, ca_file=Path(sandbox.ca_file))
    verdict = check(own_database, provider, "reader01", target=sandbox.cast()["influencers"][0]["username"])
    provider.close()
    assert verdict.is_well
    assert "sessionid" not in verdict.came_back


def check(
    transaction: TransactionFactory, provider: InstagrapiProvider, username: str, *, target: str
) -> account_check.Verdict:
    def call(reader: ReaderAccount, permit: Permit) -> Any:
        return provider.fetch_profile(reader, permit, target)

    return account_check.check_account(
        transaction,
        call,
        username,
        target=target,
        settings=SETTINGS,
        pause=lambda span: void(threading.Event().wait(span.total_seconds())),
    )


def test_codes_of_an_authenticator_come_from_the_stored_seed(
    own_database: TransactionFactory, sandbox: SandboxClient, readers: Mapping[str, Mapping[str, Any]]
) -> None:
    add_reader(own_database, readers["reader02"], totp_seed=readers["reader02"]["totp_seed"].lower())

    status = log_in(own_database, sandbox, "reader02")

    assert status is AccountStatus.ACTIVE
    assert len(logged_requests(own_database)) == 12
    assert sandbox.violations()["total"] == 0


def test_a_code_by_e_mail_is_asked_for_and_not_printed(
    own_database: TransactionFactory,
    sandbox: SandboxClient,
    readers: Mapping[str, Mapping[str, Any]],
    capfd: pytest.CaptureFixture[str],
) -> None:
    add_reader(own_database, readers["reader03"])
    asked: list[CodeKind] = []

    def ask_code(kind: CodeKind) -> str:
        asked.append(kind)
        return EMAIL_CODE

    status = log_in(own_database, sandbox, "reader03", ask_code=ask_code)

    shown = capfd.readouterr()
    assert (status, asked) == (AccountStatus.ACTIVE, [CodeKind.EMAIL])
    assert EMAIL_CODE not in shown.out + shown.err
    assert sandbox.violations()["total"] == 0


@pytest.mark.parametrize(
    ("reader", "changes", "code", "error"),
    [
        ("reader01", {"password": "wrong"}, "", "login_refused"),
        ("reader02", {}, "000000", "code_refused"),
        ("reader03", {}, "000000", "login_refused"),
    ],
)
def test_a_refused_login_sets_the_account_aside_and_keeps_its_device(
    own_database: TransactionFactory,
    sandbox: SandboxClient,
    readers: Mapping[str, Mapping[str, Any]],
    reader: str,
    changes: Mapping[str, str],
    code: str,
    error: str,
) -> None:
    add_reader(own_database, readers[reader], **changes)

    with pytest.raises(AccountNeedsHuman, match=error):
        log_in(own_database, sandbox, reader, ask_code=lambda _kind: code)

    account = loaded(own_database, reader)
    settings = account_secrets.open_session(account)
    assert account.status is AccountStatus.NEEDS_HUMAN
    assert account.status_reason == f"the login failed: {error}"
    assert settings["uuids"]["android_device_id"]
    assert sessions.user_pk(settings) is None


@pytest.mark.parametrize(
    ("fault", "kind"),
    [("challenge", AccountNeedsHuman), ("please_wait", AccountCooling), ("proxy_refuse", TransientFailure)],
)
def test_instagrams_last_answer_says_why_a_login_failed(
    own_database: TransactionFactory,
    sandbox: SandboxClient,
    readers: Mapping[str, Mapping[str, Any]],
    fault: str,
    kind: type[Exception],
) -> None:
    add_reader(own_database, readers["reader04"])
    sandbox.add_fault(fault, account="reader04", count=20, endpoint=None if fault == "proxy_refuse" else "send_login")

    with pytest.raises(kind):
        log_in(own_database, sandbox, "reader04")

    account = loaded(own_database, "reader04")
    assert account.status is AccountStatus.NEEDS_HUMAN
    assert (account.cooldown_until is not None) is (fault == "please_wait")


def test_a_session_is_kept_when_what_the_app_does_after_the_login_fails(
    own_database: TransactionFactory, sandbox: SandboxClient, readers: Mapping[str, Mapping[str, Any]]
) -> None:
    add_reader(own_database, readers["reader05"])
    sandbox.add_fault("5xx", account="reader05", endpoint="reels_tray")

    status = log_in(own_database, sandbox, "reader05")

    assert status is AccountStatus.ACTIVE
    assert sessions.user_pk(account_secrets.open_session(loaded(own_database, "reader05"))) is not None
    assert logged_requests(own_database)[-1].outcome is RequestOutcome.TRANSIENT


def test_a_lost_key_is_mended_by_a_login_with_the_password_asked_anew(
    own_database: TransactionFactory, sandbox: SandboxClient, readers: Mapping[str, Mapping[str, Any]]
) -> None:
    add_reader(own_database, readers["reader06"])
    with own_database() as session:
        account = account_changes.find_account(session, "reader06")
        account.session = account.secret = b"\x02" + b"0" * 60

    status = log_in(own_database, sandbox, "reader06", password=readers["reader06"]["password"])

    assert status is AccountStatus.ACTIVE


def test_logins_go_one_by_one(
    own_database: TransactionFactory, sandbox: SandboxClient, readers: Mapping[str, Mapping[str, Any]]
) -> None:
    add_reader(own_database, readers["reader07"])

    with (
        db.sole_holder(login.LOCK) as is_held,
        pytest.raises(InvalidInput, match="Another login is running"),
    ):
        log_in(own_database, sandbox, "reader07")

    assert is_held
    assert logged_requests(own_database) == []
    assert log_in(own_database, sandbox, "reader07") is AccountStatus.ACTIVE
