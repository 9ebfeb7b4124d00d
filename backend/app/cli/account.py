"""`tagbuy account …`: the logins with which Instagram is read, as an operator looks after them."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from app.cli import account_table
from app.cli import account_terminal as terminal
from app.core.clock import utc_now
from app.core.config import Settings, get_settings
from app.core.db import transaction
from app.core.errors import ConfigurationError, InvalidInput
from app.core.logging import set_up_logging
from app.core.setting_types import MOST_REQUESTS
from app.instagram import login as instagram_login
from app.instagram.graph_provider import GraphProvider
from app.instagram.instagrapi_provider import InstagrapiProvider
from app.instagram.login import CodeKind
from app.instagram.port import Permit, Provider, ReaderAccount
from app.scheduling import (
    account_changes,
    account_check,
    account_list,
    key_rotation,
    login,
    notices,
)
from app.scheduling.account_changes import Wishes

app = typer.Typer(no_args_is_help=True, help="Look after the accounts with which Instagram is read.")

Username = Annotated[str, typer.Argument(metavar="USERNAME", help="The account's name on Instagram.")]
ProxyUrl = Annotated[
    str | None,
    typer.Option("--proxy", metavar="URL", help="http://user:password@host:port or socks5h://…; '' for none."),
]
PerMinute = Annotated[
    int | None, typer.Option(min=0, max=MOST_REQUESTS, help="Own limit in any 60 s; 0 for the setting's.")
]
PerHour = Annotated[
    int | None, typer.Option(min=0, max=MOST_REQUESTS, help="Own limit in any hour; 0 for the setting's.")
]
PerDay = Annotated[
    int | None, typer.Option(min=0, max=MOST_REQUESTS, help="Own limit in any 24 hours; 0 for the setting's.")
]
WithTotp = Annotated[bool, typer.Option("--totp", help="Ask for the seed of the two-factor codes, without echo.")]


@app.command("add")
def add(
    username: Username,
    provider: Annotated[str, typer.Option(help="instagrapi (private API) or graph (official).")] = "instagrapi",
    proxy: ProxyUrl = None,
    is_warming: Annotated[
        bool, typer.Option("--warming", help="A new account: 10 % at first, 20 % more a day.")
    ] = False,
    per_minute: PerMinute = None,
    per_hour: PerHour = None,
    per_day: PerDay = None,
    with_totp: WithTotp = False,
    with_password: Annotated[
        bool, typer.Option("--password/--no-password", help="Ask for the password, or the token.")
    ] = True,
) -> None:
    """Add an account; its password or token is asked for without echo and may be left empty."""
    has_login = provider in notices.PRIVATE_PROVIDERS
    token = terminal.ask_token() if provider == "graph" and with_password else None
    wishes = Wishes(
        proxy=proxy,
        per_minute=per_minute,
        per_hour=per_hour,
        per_day=per_day,
        is_warming=is_warming,
        password=terminal.ask_password("none") or None if has_login and with_password else None,
        totp_seed=terminal.ask_hidden("TOTP seed") if has_login and with_totp else None,
    )
    with transaction() as session:
        account = account_changes.add_account(session, username, provider=provider, wishes=wishes, now=utc_now())
        if token is not None:
            account_changes.import_session(session, account, token)
        name, is_allowed = account.username, notices.is_provider_allowed(session, provider)
    if token is not None:
        terminal.say(f"{name} was added with its token. See whether it works: `tagbuy account test {name}`", "green")
    elif has_login:
        terminal.say(f"{name} was added. It has no session yet: ")
        terminal.say(f"  `tagbuy account login {name}`, or `tagbuy account import-session {name} FILE`")
    else:
        terminal.say(f"{name} was added. It has no token yet: `tagbuy account import-session {name} FILE`")
    if not is_allowed:
        terminal.say(
            f"{provider} is off until an operator accepts its notice: `tagbuy account accept-notice`", "yellow"
        )


@app.command("set")
def change(
    username: Username,
    proxy: ProxyUrl = None,
    is_warming: Annotated[bool | None, typer.Option("--warming/--no-warming", help="Warm it up from today on.")] = None,
    per_minute: PerMinute = None,
    per_hour: PerHour = None,
    per_day: PerDay = None,
    with_password: Annotated[bool, typer.Option("--password", help="Ask for a new password, without echo.")] = False,
    with_totp: WithTotp = False,
) -> None:
    """Change an account's proxy, limits, warming or stored password."""
    wishes = Wishes(
        proxy=proxy,
        per_minute=per_minute,
        per_hour=per_hour,
        per_day=per_day,
        is_warming=is_warming,
        password=terminal.ask_password("forget the stored one") if with_password else None,
        totp_seed=terminal.ask_hidden("TOTP seed") if with_totp else None,
    )
    if wishes == Wishes():
        raise InvalidInput("Nothing to change was given. `tagbuy account set --help` lists the options.")
    with transaction() as session:
        account = account_changes.find_account(session, username)
        account_changes.change_account(account, wishes, now=utc_now())
    terminal.say(f"{account.username} was changed.")


@app.command("list")
def show(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON list for programs.")] = False) -> None:
    """Show each account: status, limits used and left, rest, last error, last good answer."""
    now = utc_now()
    with transaction() as session:
        lines = account_list.list_accounts(session, now=now, settings=get_settings())
    if as_json:
        documents = [account_table.as_document(line) for line in lines]
        sys.stdout.write(json.dumps(documents, ensure_ascii=False, indent=2) + "\n")
    else:
        account_table.print_accounts(Console(), lines)


@app.command("login")
def log_in(
    username: Username,
    second_factor: Annotated[CodeKind, typer.Option(help="How the account is protected, where it is.")] = CodeKind.TOTP,
) -> None:
    """Log in and store the new session; codes are asked for. One login at a time, through the account's limits."""
    set_up_logging()
    settings = get_settings()

    def client_login(credentials: instagram_login.Credentials, device: Any, proxy: str | None, source: Any) -> Any:
        return instagram_login.log_in(
            credentials,
            device,
            proxy,
            source,
            ask_code=terminal.ask_code,
            timeout=settings.request_timeout,
            ca_file=settings.instagram_ca_file,
        )

    status = login.log_in(
        transaction,
        client_login,
        username,
        ask_password=lambda: terminal.ask_password("give up"),
        second_factor=second_factor,
        settings=settings,
        pause=terminal.pause,
    )
    terminal.say(f"{username} is logged in, its session is stored. Status: {status.value}.", "green")


@app.command("pause")
def pause(
    usernames: Annotated[list[str], typer.Argument(metavar="USERNAME…")],
    reason: Annotated[str | None, typer.Option(help="Why; shown in the list.")] = None,
) -> None:
    """Keep accounts from being used until they are resumed."""

    def pause_one(username: str) -> None:
        with transaction() as session:
            account = account_changes.find_account(session, username)
            account_changes.pause_account(account, reason=reason)
        terminal.say(f"{account.username} is paused.")

    terminal.for_each(usernames, pause_one)


@app.command("resume")
def resume(usernames: Annotated[list[str], typer.Argument(metavar="USERNAME…")]) -> None:
    """Let accounts be used again: paused ones, resting ones, and those that needed a person."""

    def resume_one(username: str) -> None:
        with transaction() as session:
            account = account_changes.find_account(session, username)
            doubt = account_changes.resume_account(account)
        terminal.say(f"{account.username} is active.")
        if doubt:
            terminal.say(doubt, "yellow")

    terminal.for_each(usernames, resume_one)


@app.command("test")
def try_account(
    username: Username,
    target: Annotated[str | None, typer.Option(help="The profile to read; the account's own without it.")] = None,
) -> None:
    """Send one request with the account; say what came back and what to do. Exit code 1 when it is not well."""
    set_up_logging()
    settings = get_settings()
    with transaction() as session:
        account = account_changes.find_account(session, username)
        name, provider = account.username, _provider(account.provider, settings)
    wanted = account_changes.checked_username(target or name)

    def call(reader: ReaderAccount, permit: Permit) -> Any:
        return provider.fetch_profile(reader, permit, wanted)

    verdict = account_check.check_account(
        transaction, call, name, target=wanted, settings=settings, pause=terminal.pause
    )
    terminal.say(f"{name}: {verdict.came_back}", "green" if verdict.is_well else "red")
    if verdict.advice:
        terminal.say(verdict.advice, "yellow")
    raise typer.Exit(not verdict.is_well)


@app.command("import-session")
def import_session(
    username: Username,
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="instagrapi's settings JSON, a sessionid, or a token's JSON; - for stdin."),
    ],
    proxy: ProxyUrl = None,
) -> None:
    """Store a session that another tool made; adds the account where it is new."""
    text = terminal.read_text(file)
    with transaction() as session:
        name = account_changes.checked_username(username)
        account = account_changes.find_or_add_account(session, name, text=text, now=utc_now())
        account_changes.change_account(account, Wishes(proxy=proxy), now=utc_now())
        account_changes.import_session(session, account, text)
        is_allowed = account.is_sandbox or notices.is_provider_allowed(session, account.provider)
    terminal.say(f"The session of {account.username} is stored. Status: {account.status.value}.", "green")
    terminal.say(f"See whether it works: `tagbuy account test {account.username}`")
    if not is_allowed:
        _say_is_off(account.provider)


@app.command("accept-notice")
def accept_notice(
    provider: Annotated[str, typer.Option(help="The provider whose notice it is.")] = "instagrapi",
    accepted_by: Annotated[str | None, typer.Option("--by", help="Who accepts: a name or an e-mail address.")] = None,
    is_sure: Annotated[bool, typer.Option("--yes", help="Do not ask: I have read it.")] = False,
) -> None:
    """Read and accept the notice without which the private API is not used."""
    if provider not in notices.PRIVATE_PROVIDERS:
        raise InvalidInput(f"{provider} needs no notice.")
    terminal.say(notices.NOTICE_KO)
    terminal.say(notices.NOTICE_EN)
    name = (accepted_by or typer.prompt("Accepted by (name or e-mail)", err=True)).strip()
    if not name:
        raise InvalidInput("Somebody must accept it: give a name with --by.")
    if not is_sure:
        typer.confirm(f"Use {provider} under these conditions?", abort=True, err=True)
    with transaction() as session:
        is_first = notices.accept_notice(session, provider, accepted_by=name, now=utc_now())
    done = "was accepted" if is_first else "had been accepted before"
    terminal.say(f"The notice {notices.NOTICE_VERSION} of {provider} {done}.", "green")


@app.command("rotate-keys")
def rotate_keys(
    forget_old: Annotated[
        bool, typer.Option("--forget-old", help="Make no new key; drop the old ones, if no row needs them.")
    ] = False,
) -> None:
    """Seal every account's secrets with a new key. Can be interrupted and repeated."""
    is_from_environment = get_settings().secret_key is not None
    rotation = key_rotation.rotate(
        transaction, may_make_key=not is_from_environment, forget_old=forget_old and not is_from_environment
    )
    made = "a new key" if rotation.is_new else "the newest key"
    terminal.say(f"{rotation.resealed} accounts were sealed anew with {made} {rotation.newest.id}.")
    for name in rotation.lost:
        terminal.say(f"{name} cannot be opened with any known key; `tagbuy account list` says what to do.", "yellow")
    old = ", ".join(key.id for key in rotation.older)
    if forget_old and not is_from_environment:
        terminal.say(f"Forgotten: {old or 'nothing, there was one key'}.")
    elif is_from_environment and old and not rotation.lost:
        terminal.say(f"No account needs the older keys any more ({old}): take them out of TAGBUY_SECRET_KEY.", "green")
    elif is_from_environment:
        raise ConfigurationError(
            "The keys come from TAGBUY_SECRET_KEY, so no new one was made. To rotate: put a new key in front "
            "(`openssl rand -base64 32`), TAGBUY_SECRET_KEY=NEW,OLD for every process, restart them, run `tagbuy "
            "account rotate-keys` again, and take OLD away when it says that nothing needs it."
        )
    elif old:
        terminal.say(f"Older keys are still known: {old}. `tagbuy account rotate-keys --forget-old` drops them.")


def _provider(name: str, settings: Settings) -> Provider:
    kinds: Mapping[str, type[InstagrapiProvider | GraphProvider]] = {
        "instagrapi": InstagrapiProvider,
        "graph": GraphProvider,
    }
    return kinds[name](timeout=settings.request_timeout, ca_file=settings.instagram_ca_file)


def _say_is_off(provider: str) -> None:
    terminal.say(f"{provider} is off until an operator accepts its notice: `tagbuy account accept-notice`", "yellow")
