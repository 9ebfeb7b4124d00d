import base64
import json
import logging
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import structlog
from rich.console import Console
from typer.testing import CliRunner, Result

from app.cli import account_table
from app.cli.account import app
from app.core import secrets
from app.core.config import get_settings
from app.core.db import TransactionFactory
from app.models import InstagramAccount
from app.models.states import AccountStatus
from app.scheduling import account_changes
from app.scheduling.account_list import AccountLine, WindowUse
from tests.conftest import forget_settings
from tests.sandbox_process import SandboxClient, running_sandbox

SPACING = "0.05"
SESSION = {
    "uuids": {"uuid": "8aa373c6-f316-44d7-b49e-d74563f4a8f3", "android_device_id": "android-e021b636049dc0e9"},
    "authorization_data": {"ds_user_id": "123", "sessionid": "123%3Aabcdefghijklmnopqrstuvwxyz"},
}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxClient]:
    with running_sandbox(tmp_path_factory.mktemp("account"), speed=0, options=("--spacing", SPACING)) as running:
        yield running


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    """Give back the handlers and levels that the commands set: theirs write to a terminal that is gone."""
    loggers = [logging.getLogger(name) for name in (None, "instagrapi", "private_request", "public_request")]
    levels, handlers = [logger.level for logger in loggers], loggers[0].handlers[:]
    yield
    loggers[0].handlers[:] = handlers
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def reader(
    own_database: TransactionFactory,  # noqa: ARG001 - the commands need a database of their own
    sandbox: SandboxClient,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Mapping[str, Any]]:
    """A login at the sandbox, which the commands are set up to reach."""
    monkeypatch.setenv("TAGBUY_INSTAGRAM_CA_FILE", sandbox.ca_file)
    monkeypatch.setenv("TAGBUY_REQUEST_SPACING", SPACING)
    monkeypatch.setenv("TAGBUY_REQUEST_JITTER", "0.001")
    get_settings.cache_clear()
    sandbox.clear_faults()
    yield sandbox.cast()["accounts"][0]
    get_settings.cache_clear()


def tagbuy_account(*arguments: str | Path, answers: str = "") -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], input=answers)


def said(result: Result) -> str:
    """What the command printed, and the message with which `tagbuy` would end."""
    return result.output + str(result.exception or "")


def listed() -> list[dict[str, Any]]:
    documents: list[dict[str, Any]] = json.loads(tagbuy_account("list", "--json").stdout)
    return documents


def account_of(transaction: TransactionFactory, username: str) -> InstagramAccount:
    with transaction() as session:
        return account_changes.find_account(session, username)


def test_from_adding_to_a_working_login(sandbox: SandboxClient, reader: Mapping[str, Any]) -> None:
    name, target = reader["username"], sandbox.cast()["influencers"][0]["username"]
    sandbox.log_out(name)

    added = tagbuy_account("add", name, "--proxy", reader["proxy"], answers=f"{reader['password']}\n")
    too_early = tagbuy_account("login", name)
    accepted = tagbuy_account("accept-notice", "--by", "kim@example.com", answers="y\n")
    logged_in = tagbuy_account("login", name)
    tested = tagbuy_account("test", name, "--target", target)

    assert added.exit_code == 0, said(added)
    assert "is off until an operator accepts its notice" in added.stdout
    assert "tagbuy account accept-notice" in said(too_early)
    assert "이용약관" in accepted.stdout
    assert "Instagram's terms forbid" in accepted.stdout
    assert "is logged in, its session is stored. Status: active." in logged_in.stdout, said(logged_in)
    assert f"{name}: @{target} was read" in tested.stdout
    assert tested.exit_code == 0
    [line] = listed()
    assert (line["status"], line["proxy"]) == ("active", reader["proxy"].rpartition("@")[2])
    assert [(window["used"], window["left"]) for window in line["windows"]] == [(9, 11), (9, 191), (9, 991)]
    assert line["last_succeeded_at"] is not None
    everything = "".join(map(said, (added, too_early, accepted, logged_in, tested, tagbuy_account("list"))))
    assert reader["password"] not in everything
    assert "sandbox@" not in everything


def test_an_ended_session_is_told_with_its_remedy_and_the_account_set_aside(
    sandbox: SandboxClient, reader: Mapping[str, Any], tmp_path: Path, own_database: TransactionFactory
) -> None:
    name = reader["username"]
    file = tmp_path / "session.json"
    file.write_text(json.dumps(reader["settings"]))
    imported = tagbuy_account("import-session", name, file, "--proxy", reader["proxy"])
    tagbuy_account("accept-notice", "--by", "kim", "--yes")
    sandbox.log_out(name)

    tested = tagbuy_account("test", name)
    resumed = tagbuy_account("resume", name)

    assert f"`tagbuy account test {name}`" in imported.stdout
    assert tested.exit_code == 1
    assert "needs_human: login_required (HTTP 403)" in tested.stdout
    assert f"`tagbuy account login {name}`" in tested.stdout
    assert "the session has probably ended" in resumed.stdout
    assert account_of(own_database, name).status is AccountStatus.ACTIVE


def test_a_proxy_that_does_not_answer_is_told_with_the_command_that_changes_it(
    reader: Mapping[str, Any], tmp_path: Path
) -> None:
    file = tmp_path / "session.json"
    file.write_text(json.dumps(reader["settings"]))
    tagbuy_account("import-session", "ana", file, "--proxy", "http://user:hunter2@127.0.0.1:9")
    tagbuy_account("accept-notice", "--by", "kim", "--yes")

    tested = tagbuy_account("test", "ana")
    tagbuy_account("set", "ana", "--proxy", reader["proxy"])
    tagbuy_account("resume", "ana")

    assert "transient: connection_failed" in tested.stdout
    assert "`tagbuy account set ana --proxy URL`" in tested.stdout
    assert "hunter2" not in said(tested)
    [line] = listed()
    assert (line["status"], line["proxy"]) == ("active", reader["proxy"].rpartition("@")[2])


@pytest.mark.usefixtures("own_database")
def test_bad_input_is_said_plainly_and_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "picture").write_bytes(b"\xff\xd8\xff")
    tagbuy_account("add", "ana", "--no-password")

    refusals = {
        "added before": tagbuy_account("add", "ana", "--no-password"),
        "cannot be a name on Instagram": tagbuy_account("add", "an a", "--no-password"),
        "There is no provider web": tagbuy_account("add", "ben", "--provider", "web", "--no-password"),
        "expected http://": tagbuy_account("add", "ben", "--proxy", "localhost", "--no-password"),
        "There is no account ben": tagbuy_account("pause", "ben"),
        "ana has no session to resume with": tagbuy_account("resume", "ana"),
        "as browsers export cookies": tagbuy_account("import-session", "ben", tmp_path / "list.json"),
        "not a text in UTF-8": tagbuy_account("import-session", "ben", tmp_path / "picture"),
        "cannot be read: No such file": tagbuy_account("import-session", "ben", tmp_path / "nothing"),
        "Nothing to change was given": tagbuy_account("set", "ana"),
        "`tagbuy account set ana --password --totp`": tagbuy_account("set", "ana", "--totp", answers="ABC234\n"),
        "graph needs no notice": tagbuy_account("accept-notice", "--provider", "graph"),
    }
    unlimited = tagbuy_account("set", "ana", "--per-day", "3000000000")

    assert {text: said(result) for text, result in refusals.items() if text not in said(result)} == {}
    assert {result.exit_code for result in refusals.values()} == {1}
    assert (unlimited.exit_code, "1000000" in said(unlimited)) == (2, True)
    assert [line["username"] for line in listed()] == ["ana"]


def test_pausing_and_resuming_keep_the_reason(own_database: TransactionFactory, tmp_path: Path) -> None:
    file = tmp_path / "session.json"
    file.write_text(json.dumps(SESSION))
    tagbuy_account("import-session", "ana", file)

    tagbuy_account("pause", "ana", "--reason", "holiday")
    paused = listed()[0]
    tagbuy_account("resume", "ana")
    resumed = listed()[0]

    assert paused["status"] == "paused"
    assert account_of(own_database, "ana").status_reason is None
    assert resumed["status"] == "active"


TOKEN = {"access_token": "EAABsecret", "ig_user_id": "178414", "expires_at": "2036-03-01T00:00:00+09:00"}


def test_a_token_that_is_typed_is_stored_sealed_and_listed_with_its_end(own_database: TransactionFactory) -> None:
    added = tagbuy_account("add", "brand", "--provider", "graph", answers="EAABsecret\n178414\n2087996400\n")

    account, table = account_of(own_database, "brand"), tagbuy_account("list").stdout
    assert added.exit_code == 0, said(added)
    assert "added with its token" in added.stdout
    assert (account.provider, account.status) == ("graph", AccountStatus.ACTIVE)
    assert account.session is not None
    assert b"EAABsecret" not in account.session
    assert "EAABsecret" not in said(added) + table
    assert "token of the official API, ends 2036-03-02" in table
    [line] = listed()
    assert [(window["span_seconds"], window["limit"]) for window in line["windows"]] == [(3600, 200)]
    assert line["token_expires_at"] == "2036-03-01T15:00:00+00:00"


def test_a_token_can_come_later_from_a_file_or_from_stdin(own_database: TransactionFactory, tmp_path: Path) -> None:
    file = tmp_path / "token.json"
    empty = tagbuy_account("add", "brand", "--provider", "graph", answers="\n")
    missing = tagbuy_account("list")
    file.write_text('{"access_token": "EAABsecret"}')
    refused = tagbuy_account("import-session", "brand", file)
    file.write_text(json.dumps(TOKEN))

    stored = tagbuy_account("import-session", "brand", file)
    new = tagbuy_account("import-session", "second", "-", answers=json.dumps(TOKEN | {"ig_user_id": "178415"}))
    twice = tagbuy_account("import-session", "third", "-", answers=json.dumps(TOKEN))

    assert "`tagbuy account import-session brand FILE`" in said(empty)
    assert "No token is stored" in missing.stdout
    assert "account login" not in missing.stdout
    assert "ig_user_id is missing" in said(refused)
    assert stored.exit_code == new.exit_code == 0
    assert "belongs to brand" in said(twice)
    assert "EAABsecret" not in "".join(map(said, (refused, stored, new, twice)))
    assert [account_of(own_database, name).provider for name in ("brand", "second")] == ["graph", "graph"]


def test_what_only_logins_have_is_refused_for_a_token(own_database: TransactionFactory) -> None:
    tagbuy_account("add", "brand", "--provider", "graph", "--no-password")

    daily, hourly = tagbuy_account("set", "brand", "--per-day", "5"), tagbuy_account("set", "brand", "--per-hour", "50")

    assert "its limit is for the hour" in said(daily)
    assert hourly.exit_code == 0
    assert account_of(own_database, "brand").requests_per_hour == 50
    assert "no session to resume with. Get one: `tagbuy account import-session" in said(
        tagbuy_account("resume", "brand")
    )


@pytest.mark.usefixtures("reader")
def test_a_token_is_tried_against_the_official_api(sandbox: SandboxClient) -> None:
    cast = sandbox.cast()
    token = cast["graph_tokens"][0]
    professional = next(person["username"] for person in cast["influencers"] if person["is_business"])
    stored = tagbuy_account(
        "import-session", token["username"], "-", "--proxy", token["proxy"], answers=json.dumps(token["settings"])
    )

    read = tagbuy_account("test", token["username"], "--target", professional)
    sandbox.log_out(token["username"])
    revoked = tagbuy_account("test", token["username"], "--target", professional)
    sandbox.log_in(token["username"])

    assert stored.exit_code == read.exit_code == 0, said(stored) + said(read)
    assert f"@{professional} was read" in read.stdout
    assert revoked.exit_code == 1
    assert "needs_human: graph_token" in said(revoked)
    assert f"`tagbuy account import-session {token['username']} FILE`" in said(revoked)


def test_keys_are_rotated_and_a_lost_one_is_listed_with_its_remedy(
    own_database: TransactionFactory,  # noqa: ARG001 - the commands need a database of their own
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from_environment = tagbuy_account("rotate-keys")
    monkeypatch.delenv("TAGBUY_SECRET_KEY")
    monkeypatch.setenv("TAGBUY_STATE_DIR", str(tmp_path))
    forget_settings()
    key_file = secrets.make_key_file(tmp_path)
    tagbuy_account("add", "ana", answers="hunter2\n")

    rotated = tagbuy_account("rotate-keys")
    two_keys = key_file.read_text().split()
    forgotten = tagbuy_account("rotate-keys", "--forget-old")
    one_key = key_file.read_text().split()
    key_file.unlink()
    secrets.make_key_file(tmp_path)
    lost = tagbuy_account("list")

    assert "TAGBUY_SECRET_KEY=NEW,OLD" in said(from_environment)
    assert "1 accounts were sealed anew with a new key" in rotated.stdout
    assert (len(two_keys), one_key) == (2, two_keys[:1])
    assert "Forgotten: " in forgotten.stdout
    assert "not known here" in lost.stdout
    assert "`tagbuy account set ana --password`" in lost.stdout
    assert not any(key in said(result) for key in two_keys for result in (rotated, forgotten, lost))


def test_keys_of_the_environment_are_rotated_there(
    own_database: TransactionFactory,  # noqa: ARG001 - the commands need a database of their own
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tagbuy_account("add", "ana", answers="hunter2\n")
    old = get_settings().secret_key
    assert old is not None
    monkeypatch.setenv("TAGBUY_SECRET_KEY", f"{base64.b64encode(bytes(32)).decode()},{old.get_secret_value()}")
    forget_settings()

    rotated, again = tagbuy_account("rotate-keys"), tagbuy_account("rotate-keys", "--forget-old")

    assert "1 accounts were sealed anew with the newest key" in rotated.stdout
    assert "take them out of TAGBUY_SECRET_KEY" in rotated.stdout
    assert "0 accounts were sealed anew" in again.stdout


def test_one_account_that_cannot_be_resumed_keeps_none_of_the_others(
    own_database: TransactionFactory, tmp_path: Path
) -> None:
    file = tmp_path / "session.json"
    file.write_text(json.dumps(SESSION))
    tagbuy_account("import-session", "ana", file)
    tagbuy_account("pause", "ana")

    resumed = tagbuy_account("resume", "nobody", "ana")

    assert resumed.exit_code == 1
    assert "There is no account nobody" in resumed.stderr
    assert account_of(own_database, "ana").status is AccountStatus.ACTIVE


def test_the_table_fits_100_columns() -> None:
    now = datetime(2026, 11, 10, 3, tzinfo=UTC)
    spans = (timedelta(minutes=1), timedelta(hours=1), timedelta(days=1))
    line = AccountLine(
        username="a_name_of_thirty_characters_xx",
        provider="instagrapi",
        status=AccountStatus.NEEDS_HUMAN,
        reason="login_required (HTTP 403)",
        advice="`tagbuy account login …`",
        is_sandbox=False,
        proxy="a-long-name-of-a-proxy.example.com:10800",
        windows=[WindowUse(span, 1000, 1000) for span in spans],
        warming_since=date(2026, 11, 1),
        rests_for=timedelta(hours=23, minutes=59),
        last_error="login_required (HTTP 403)",
        last_succeeded_at=now,
    )
    console = Console(width=100, file=StringIO())

    account_table.print_accounts(console, [line])

    shown = console.file.getvalue()  # type: ignore[attr-defined]
    table = shown.partition("a_name_of_thirty_characters_xx:")[0].splitlines()
    assert max(map(len, table)) <= 100
    assert "1000    0" in shown
    assert "23 h 59" in shown
    assert "11-10 12:00" in shown
