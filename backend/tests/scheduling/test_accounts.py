import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, true, update
from sqlalchemy.exc import OperationalError

from app.core import secrets
from app.core.config import Settings, get_settings
from app.core.db import TransactionFactory, server_now
from app.core.errors import CannotDecrypt, ConfigurationError, InvalidInput, UnknownKey
from app.instagram import sessions
from app.instagram.errors import AccountNeedsHuman, PermitRefused, TransientFailure
from app.instagram.port import Permit, ReaderAccount
from app.models import InstagramAccount, InstagramRequest
from app.models.states import AccountStatus, RequestKind, RequestOutcome
from app.scheduling import (
    account_changes,
    account_list,
    account_requests,
    account_secrets,
    accounts,
    allowance,
    key_rotation,
    notices,
)
from app.scheduling.account_changes import Wishes
from app.scheduling.account_requests import NotFreeYet
from tests.builders import NOW, saved_account

SETTINGS = Settings(request_jitter=timedelta(microseconds=1))
WINDOWS = ((20, timedelta(minutes=1)), (200, timedelta(hours=1)), (1000, timedelta(days=1)))
DEVICE = {"uuid": "8aa373c6-f316-44d7-b49e-d74563f4a8f3", "android_device_id": "android-e021b636049dc0e9"}


def session_of(pk: int) -> dict[str, Any]:
    return {"uuids": DEVICE, "authorization_data": {"sessionid": f"{pk}%3Aabcdefghijklmnopqrstuvwxyz"}}


def add(transaction: TransactionFactory, username: str, **wishes: Any) -> InstagramAccount:
    with transaction() as session:
        return account_changes.add_account(session, username, provider="instagrapi", wishes=Wishes(**wishes), now=NOW)


def loaded(transaction: TransactionFactory, username: str) -> InstagramAccount:
    with transaction() as session:
        return account_changes.find_account(session, username)


def no_pause(_span: timedelta) -> None:
    raise AssertionError("nothing to wait for")


def send(transaction: TransactionFactory, account: InstagramAccount, outcome: Exception | None = None) -> str:
    def call(_reader: ReaderAccount, permit: Permit) -> str:
        if not isinstance(outcome, PermitRefused):
            permit.spend()
        if outcome is not None:
            raise outcome
        return "page"

    return account_requests.send_request(
        transaction,
        accounts.reader_account(account),
        call,
        kind=RequestKind.PROFILE,
        target="ana",
        provider=accounts.PROVIDER,
        settings=SETTINGS,
        pause=no_pause,
    )


def last_request(transaction: TransactionFactory) -> InstagramRequest:
    with transaction() as session:
        return session.query(InstagramRequest).order_by(InstagramRequest.sequence.desc()).limit(1).one()


def test_a_new_account_waits_for_its_session(transaction: TransactionFactory) -> None:
    account = add(transaction, "@Ana.Reads", proxy="socks5h://u:p@10.0.0.1:1080", per_day=300, password="hunter2")

    assert (account.username, account.status) == ("ana.reads", AccountStatus.NEEDS_HUMAN)
    assert account.requests_per_day == 300
    assert account.secret is not None
    assert b"hunter2" not in account.secret
    login = account_secrets.open_login(account)
    assert login is not None
    assert (login.password, login.totp_seed) == ("hunter2", None)


def test_the_same_account_added_twice_names_what_mends_it(transaction: TransactionFactory) -> None:
    add(transaction, "ana")

    with pytest.raises(InvalidInput, match=r"ana was added before.*`tagbuy account login ana`"):
        add(transaction, "ANA")


def test_the_same_login_under_two_names_is_refused(transaction: TransactionFactory) -> None:
    for name in ("ana", "ben"):
        add(transaction, name)
    with transaction() as session:
        account = account_changes.find_account(session, "ana")
        account_changes.import_session(session, account, json.dumps(session_of(123)))

    with transaction() as session:
        account = account_changes.find_account(session, "ben")
        with pytest.raises(InvalidInput, match="belongs to ana"):
            account_changes.import_session(session, account, "123%3Aanothersessionofthesamelogin")


def test_two_commands_cannot_store_the_same_login_at_the_same_time(own_database: TransactionFactory) -> None:
    for name in ("ana", "ben"):
        add(own_database, name)

    with own_database() as first:
        account_changes.import_session(first, account_changes.find_account(first, "ana"), json.dumps(session_of(123)))
        with own_database() as second:
            second.execute(select(func.set_config("lock_timeout", "50ms", true())))
            ben = account_changes.find_account(second, "ben")
            with pytest.raises(OperationalError, match="lock timeout"):
                account_changes.import_session(second, ben, json.dumps(session_of(123)))
            second.rollback()

    assert loaded(own_database, "ana").session is not None
    assert loaded(own_database, "ben").session is None


@pytest.mark.parametrize("proxy", ["10.0.0.1:1080", "ftp://u:secret@h:1", "http://u:secret@h", "http://u:se cret@h:1"])
def test_a_wrong_proxy_is_refused_without_repeating_its_password(transaction: TransactionFactory, proxy: str) -> None:
    with pytest.raises(InvalidInput, match="expected http://") as raised:
        add(transaction, "ana", proxy=proxy)

    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hello", "neither JSON nor a sessionid"),
        ("[]", "as browsers export cookies"),
        ('"text"', "holds a JSON str"),
        ("{}", "`uuids` .* and `authorization_data.sessionid`"),
        (json.dumps({"uuids": DEVICE}), r"lacks `authorization_data.sessionid` or `cookies.sessionid`"),
        (json.dumps({"cookies": {"sessionid": "1%3Aabcdefghijklmnopqrstuvw"}}), "lacks `uuids`"),
        (json.dumps({"uuids": DEVICE, "cookies": {"sessionid": "none"}}), "unknown form"),
    ],
)
def test_a_session_file_of_another_shape_says_what_is_missing(text: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        sessions.read_session(text, device=None)


def test_a_bare_sessionid_goes_on_with_the_device_of_the_account(transaction: TransactionFactory) -> None:
    add(transaction, "ana")
    for text in (json.dumps(session_of(123)), "123:anothersessionid:12:abcdefghijk\n"):
        with transaction() as session:
            account_changes.import_session(session, account_changes.find_account(session, "ana"), text)

    account = loaded(transaction, "ana")

    settings = account_secrets.open_session(account)
    assert settings["uuids"] == DEVICE
    assert settings["authorization_data"]["sessionid"] == "123%3Aanothersessionid%3A12%3Aabcdefghijk"
    assert settings["authorization_data"]["ds_user_id"] == "123"
    assert account.status is AccountStatus.ACTIVE


def test_a_bare_sessionid_of_a_new_account_gets_a_phone_of_its_own() -> None:
    first, second = (sessions.read_session("123%3Aabcdefghijklmnopqrstuvwxyz", device=None) for _ in range(2))

    assert first["uuids"]["android_device_id"] != second["uuids"]["android_device_id"]
    assert (first["country_code"], first["locale"]) == (82, "ko_KR")


def test_a_paused_account_gets_its_session_and_stays_paused(transaction: TransactionFactory) -> None:
    add(transaction, "ana")
    with transaction() as session:
        account = account_changes.find_account(session, "ana")
        account_changes.pause_account(account, reason="holiday")
        account_changes.store_session(session, account, session_of(123))

    assert loaded(transaction, "ana").status is AccountStatus.PAUSED


def test_resuming_ends_a_rest_and_doubts_a_session_that_had_ended(transaction: TransactionFactory) -> None:
    saved_account(
        transaction,
        "ana",
        session=None,
        status=AccountStatus.COOLING,
        cooldown_until=NOW,
        error_count=7,
        last_error="login_required (HTTP 403)",
    )
    with pytest.raises(InvalidInput, match="no session to resume with"), transaction() as session:
        account_changes.resume_account(account_changes.find_account(session, "ana"))
    with transaction() as session:
        account = account_changes.find_account(session, "ana")
        account_secrets.seal_session(account, session_of(123))
        doubt = account_changes.resume_account(account)

    assert (account.status, account.cooldown_until, account.error_count) == (AccountStatus.ACTIVE, None, 0)
    assert doubt is not None
    assert "tagbuy account login ana" in doubt


def test_warming_begins_with_a_tenth_of_hour_and_day_and_grows_by_a_fifth_a_day() -> None:
    account = InstagramAccount(warming_since=date(2026, 11, 10), requests_per_day=500)
    shares = [allowance.own_windows(account, WINDOWS, now=NOW + timedelta(days=days)) for days in (0, 1, 12, 13, 400)]

    assert [[most for most, _ in share] for share in shares] == [
        [20, 20, 50],
        [20, 24, 60],
        [20, 178, 445],
        [20, 200, 500],
        [20, 200, 500],
    ]


def test_a_request_of_a_named_account_is_logged_and_keeps_the_spacing(transaction: TransactionFactory) -> None:
    saved_account(transaction, "ana", status=AccountStatus.NEEDS_HUMAN)
    account = loaded(transaction, "ana")

    answer = send(transaction, account)
    with pytest.raises(AssertionError, match="nothing to wait for"):
        send(transaction, account)

    request = last_request(transaction)
    assert answer == "page"
    assert (request.kind, request.outcome, request.http_status) == (RequestKind.PROFILE, RequestOutcome.OK, 200)
    assert request.sequence == loaded(transaction, "ana").last_sequence == 1
    assert request.latest_sent_at < request.granted_at + timedelta(seconds=10)


@pytest.mark.parametrize(
    ("outcome", "logged", "keeps_worst_case"),
    [
        (TransientFailure("timeout"), RequestOutcome.TRANSIENT, True),
        (AccountNeedsHuman("login_required", http_status=403), RequestOutcome.NEEDS_HUMAN, False),
    ],
)
def test_a_failed_request_is_logged_as_what_it_was(
    transaction: TransactionFactory, outcome: Exception, logged: RequestOutcome, keeps_worst_case: bool
) -> None:
    saved_account(transaction, "ana")

    with pytest.raises(type(outcome)):
        send(transaction, loaded(transaction, "ana"), outcome)

    request = last_request(transaction)
    assert request.outcome is logged
    assert (request.latest_sent_at >= request.granted_at + SETTINGS.request_lease) is keeps_worst_case


def test_a_request_that_was_surely_not_sent_is_taken_back(transaction: TransactionFactory) -> None:
    saved_account(transaction, "ana")

    with pytest.raises(PermitRefused):
        send(transaction, loaded(transaction, "ana"), PermitRefused("too old"))

    send(transaction, loaded(transaction, "ana"))
    assert last_request(transaction).sequence == loaded(transaction, "ana").last_sequence == 1


def test_a_rest_is_longer_than_a_command_waits(transaction: TransactionFactory) -> None:
    with transaction() as session:
        until = server_now(session) + timedelta(minutes=15)
    saved_account(transaction, "ana", status=AccountStatus.COOLING, cooldown_until=until)

    with pytest.raises(NotFreeYet, match="`tagbuy account resume ana` ends a rest"):
        send(transaction, loaded(transaction, "ana"))


def test_a_named_account_has_its_own_limits(transaction: TransactionFactory) -> None:
    saved_account(transaction, "ana", requests_per_hour=1)
    send(transaction, loaded(transaction, "ana"))

    with pytest.raises(NotFreeYet):
        send(transaction, loaded(transaction, "ana"))


def test_the_list_tells_use_reason_and_remedy_and_never_a_secret(transaction: TransactionFactory) -> None:
    saved_account(
        transaction,
        "ana",
        proxy="http://user:hunter2@proxy.example:8080",
        status=AccountStatus.NEEDS_HUMAN,
        last_error="login_required (HTTP 403)",
        requests_per_day=5,
    )
    saved_account(transaction, "ben", session=b"\x02" + b"0" * 60)
    send(transaction, loaded(transaction, "ana"))
    with transaction() as session:
        lines = account_list.list_accounts(session, now=server_now(session), settings=SETTINGS)

    ana, ben = lines
    assert [(window.limit, window.used, window.left) for window in ana.windows] == [
        (20, 1, 19),
        (200, 1, 199),
        (5, 1, 4),
    ]
    assert (ana.proxy, ana.reason) == ("proxy.example:8080", "login_required (HTTP 403)")
    assert "tagbuy account login ana" in (ana.advice or "")
    assert "sealed with the key 3030303030303030" in (ben.reason or "")
    assert "hunter2" not in repr(lines)


@pytest.mark.parametrize(
    ("last_error", "remedy"),
    [
        ("needs_upgrade (HTTP 400)", "Update TagBuy Monitor, then `tagbuy account resume ana`"),
        ("graph_version (HTTP 400)", "Update TagBuy Monitor, then `tagbuy account resume ana`"),
        ("server_error (HTTP 503)", "`tagbuy account resume ana`"),
    ],
)
def test_every_account_that_was_set_aside_is_listed_with_its_remedy(
    transaction: TransactionFactory, last_error: str, remedy: str
) -> None:
    saved_account(transaction, "ana", status=AccountStatus.NEEDS_HUMAN, last_error=last_error)

    with transaction() as session:
        [ana] = account_list.list_accounts(session, now=server_now(session), settings=SETTINGS)

    assert remedy in (ana.advice or "")


def test_a_stored_token_of_another_shape_is_listed_with_its_remedy(transaction: TransactionFactory) -> None:
    account_id = saved_account(transaction, "brand", provider="graph")
    with transaction() as session:
        account_secrets.seal_session(session.get_one(InstagramAccount, account_id), {"access_token": "EAA"})
        [brand] = account_list.list_accounts(session, now=server_now(session), settings=SETTINGS)

    assert "ig_user_id is missing" in (brand.reason or "")
    assert "`tagbuy account import-session brand FILE`" in (brand.advice or "")


def test_an_account_that_waits_for_a_clock_that_was_ahead_says_so(transaction: TransactionFactory) -> None:
    saved_account(transaction, "ana")
    send(transaction, loaded(transaction, "ana"))
    with transaction() as session:
        now = server_now(session)
        session.execute(update(InstagramRequest).values(latest_sent_at=now + timedelta(days=3)))
        [ana] = account_list.list_accounts(session, now=now, settings=SETTINGS)

    assert ana.rests_for == timedelta(days=3)
    assert "a clock was ahead" in (ana.reason or "")


def test_the_end_of_a_warming_is_noticed_at_once(transaction: TransactionFactory) -> None:
    tomorrow = NOW + timedelta(days=1)
    account_id = saved_account(transaction, warming_since=NOW.date(), free_at=tomorrow, paced_until=tomorrow)

    with transaction() as session:
        account = session.get_one(InstagramAccount, account_id)
        account_changes.change_account(account, Wishes(is_warming=False), now=NOW)

        assert max(account.free_at, account.paced_until) < NOW


def test_the_private_provider_is_off_until_its_notice_is_accepted(transaction: TransactionFactory) -> None:
    with transaction() as session:
        before = [notices.is_provider_allowed(session, provider) for provider in ("instagrapi", "graph")]
        real, local = (InstagramAccount(provider="instagrapi", is_sandbox=is_local) for is_local in (False, True))
        notices.require_allowed(session, local)
        with pytest.raises(ConfigurationError, match="tagbuy account accept-notice"):
            notices.require_allowed(session, real)
        accepted = [notices.accept_notice(session, "instagrapi", accepted_by="kim", now=NOW) for _ in range(2)]
        after = notices.is_provider_allowed(session, "instagrapi")

    assert (before, accepted, after) == ([False, True], [True, False], True)


@pytest.fixture
def key_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, transaction: TransactionFactory) -> Iterator[Path]:  # noqa: ARG001 - is open before the settings change
    """Keys in a file of the test's own, for the rows of the transaction that is open already."""
    monkeypatch.delenv("TAGBUY_SECRET_KEY")
    monkeypatch.setenv("TAGBUY_STATE_DIR", str(tmp_path))
    get_settings.cache_clear()
    yield secrets.make_key_file(tmp_path)
    monkeypatch.undo()
    get_settings.cache_clear()


@pytest.mark.usefixtures("key_file")
def test_a_rotation_that_was_interrupted_is_finished_and_then_the_old_key_goes(transaction: TransactionFactory) -> None:
    names = ("ana", "ben")
    for name in names:
        add(transaction, name, password=f"password of {name}")
    old = secrets.known_keys()[0]
    new = secrets.add_key()
    with transaction() as session:
        account_secrets.seal_login(
            account_changes.find_account(session, "ana"), account_secrets.StoredLogin("password of ana", None)
        )

    finished = key_rotation.rotate(transaction, may_make_key=True, forget_old=False)
    forgotten = key_rotation.rotate(transaction, may_make_key=True, forget_old=True)
    next_one = key_rotation.rotate(transaction, may_make_key=True, forget_old=False)

    assert (finished.newest, finished.is_new, finished.resealed, finished.older) == (new, False, 1, [old])
    assert (forgotten.newest, forgotten.resealed, forgotten.older) == (new, 0, [old])
    assert (next_one.is_new, next_one.resealed, next_one.older) == (True, 2, [new])
    for name in names:
        login = account_secrets.open_login(loaded(transaction, name))
        assert login is not None
        assert login.password == f"password of {name}"


@pytest.mark.usefixtures("key_file")
def test_a_lost_key_keeps_nobody_else_from_being_rotated(transaction: TransactionFactory) -> None:
    saved_account(transaction, "ana", session=b"\x02" + b"0" * 60)
    saved_account(transaction, "ben")
    lost = loaded(transaction, "ana")

    rotation = key_rotation.rotate(transaction, may_make_key=True, forget_old=False)
    with pytest.raises(InvalidInput, match="values of ana carry another key"):
        key_rotation.rotate(transaction, may_make_key=True, forget_old=True)

    assert (rotation.is_new, rotation.resealed, rotation.lost) == (True, 1, ["ana"])
    assert len(secrets.known_keys()) == 2
    with pytest.raises(UnknownKey, match=r"`tagbuy account resume ana`; where it is lost.*`tagbuy account login ana`"):
        account_secrets.open_session(lost)


def test_a_session_of_another_row_does_not_open_and_says_what_to_do(transaction: TransactionFactory) -> None:
    saved_account(transaction, "ana")
    saved_account(transaction, "ben", session=loaded(transaction, "ana").session)

    with pytest.raises(CannotDecrypt, match=r"belongs to another row.*`tagbuy account import-session ben FILE`"):
        account_secrets.open_session(loaded(transaction, "ben"))
