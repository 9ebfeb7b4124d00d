"""What an operator does to an account: add, change, pause, resume, give it a session."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.clock import kst_date
from app.core.errors import CannotDecrypt, InvalidInput, NotFound
from app.instagram import graph_token, sessions, tokens
from app.models import InstagramAccount, new_id
from app.models.states import AccountStatus
from app.scheduling import account_advice, account_secrets, accounts
from app.scheduling.account_secrets import StoredLogin

PROVIDERS = ("instagrapi", "graph")
_SEED = re.compile(r"[A-Z2-7]*")
_PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person wants of an account; None leaves a thing as it is."""

    proxy: str | None = field(default=None, repr=False)
    per_minute: int | None = None
    per_hour: int | None = None
    per_day: int | None = None
    is_warming: bool | None = None
    password: str | None = field(default=None, repr=False)
    """Empty takes the stored one away, and the seed with it."""
    totp_seed: str | None = field(default=None, repr=False)


def find_account(session: Session, username: str) -> InstagramAccount:
    """Return the account, locked until the end of the transaction.

    Raises:
        NotFound: there is none of this name.
    """
    account = session.scalars(
        select(InstagramAccount)
        .where(InstagramAccount.username == checked_username(username))
        .with_for_update(key_share=True)
    ).one_or_none()
    if account is None:
        raise NotFound(
            f"There is no account {username}. `tagbuy account list` shows them, `tagbuy account add` adds one."
        )
    return account


def add_account(session: Session, username: str, *, provider: str, wishes: Wishes, now: datetime) -> InstagramAccount:
    """Add an account; without a session it waits for one.

    Raises:
        InvalidInput: it is there already, or something about it cannot be used.
    """
    name = checked_username(username)
    if provider not in PROVIDERS:
        raise InvalidInput(f"There is no provider {provider}; expected one of {', '.join(PROVIDERS)}")
    account = InstagramAccount(
        id=new_id(),
        provider=provider,
        username=name,
        status=AccountStatus.NEEDS_HUMAN,
        status_reason="no session is stored yet",
    )
    session.add(account)
    try:
        session.flush()
    except IntegrityError:
        raise InvalidInput(
            f"{name} was added before. Renew its session with `tagbuy account login {name}` or `tagbuy account "
            f"import-session {name} FILE`, change its proxy and limits with `tagbuy account set {name}`."
        ) from None
    change_account(account, wishes, now=now)
    return account


def find_or_add_account(session: Session, username: str, *, text: str, now: datetime) -> InstagramAccount:
    """Return the account, locked; where there is none of this name, a new one of the API that the session is for."""
    try:
        return find_account(session, username)
    except NotFound:
        provider = "graph" if graph_token.is_token(text) else "instagrapi"
        return add_account(session, username, provider=provider, wishes=Wishes(), now=now)


def change_account(account: InstagramAccount, wishes: Wishes, *, now: datetime) -> None:
    """Do what is wished for.

    Raises:
        InvalidInput: the proxy is no address, the seed is none, a seed comes without a password, or a token is to have
            what only logins have.
    """
    if account.provider == "graph" and (
        wishes.per_minute or wishes.per_day or wishes.password is not None or wishes.totp_seed is not None
    ):
        raise InvalidInput(
            f"{account.username} is a token of the official API: it has no password, and its limit is for the hour "
            "(`--per-hour N`)."
        )
    if wishes.proxy is not None:
        account.proxy = checked_proxy(wishes.proxy) if wishes.proxy else None
    if {wishes.per_minute, wishes.per_hour, wishes.per_day, wishes.is_warming} != {None}:
        look_anew(account)
    # 0 takes a limit of its own away.
    if wishes.per_minute is not None:
        account.requests_per_minute = wishes.per_minute or None
    if wishes.per_hour is not None:
        account.requests_per_hour = wishes.per_hour or None
    if wishes.per_day is not None:
        account.requests_per_day = wishes.per_day or None
    if wishes.is_warming is not None:
        account.warming_since = kst_date(now) if wishes.is_warming else None
    if wishes.password is not None or wishes.totp_seed is not None:
        _change_login(account, wishes)


def look_anew(account: InstagramAccount) -> None:
    """Let the pool look into the account's log again: what its index says may be about limits that have changed."""
    account.free_at = account.paced_until = datetime.fromtimestamp(0, UTC)


def pause_account(account: InstagramAccount, *, reason: str | None) -> None:
    """Keep the account from being used until it is resumed."""
    account.status = AccountStatus.PAUSED
    account.status_reason = reason or "paused by an operator"


def resume_account(account: InstagramAccount) -> str | None:
    """Let the account be used again, out of every status; return what is doubtful about its session, or None.

    Raises:
        InvalidInput: there is no session that could be used.
        CannotDecrypt: the session cannot be opened.
    """
    settings = account_secrets.open_session(account)
    name = account.username
    if not settings or (account.provider == "instagrapi" and sessions.user_pk(settings) is None):
        raise InvalidInput(f"{name} has no session to resume with. Get one: {account_secrets.how_to_renew(account)}.")
    _activate(account)
    if account_advice.is_session_ended(account.last_error):
        return (
            f"The last answer was {account.last_error}, so the session has probably ended. `tagbuy account test "
            f"{name}` tells. Renew it: {account_secrets.how_to_renew(account)}."
        )
    return None


def import_session(session: Session, account: InstagramAccount, text: str) -> None:
    """Give the account the session that a person has as a text; a bare sessionid goes on with the account's device.

    Raises:
        InvalidInput: it is no session, or another account's; the message says what is missing.
    """
    if account.provider == "graph":
        store_session(session, account, graph_token.read_token(text))
        return
    device: Mapping[str, Any] | None = None
    with suppress(CannotDecrypt):
        device = account_secrets.open_session(account)
    settings = sessions.read_session(text, device=device if device and device.get("uuids") else None)
    store_session(session, account, settings)


def store_session(session: Session, account: InstagramAccount, settings: Mapping[str, Any]) -> None:
    """Give the account a new session and let it be used, unless it is paused.

    Raises:
        InvalidInput: another account has a session of the same login.
    """
    owner = _owner(settings)
    # One session after the other: two commands at the same time would not see each other's.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("tagbuy.account.store-session"))))
    others = session.scalars(select(InstagramAccount).where(InstagramAccount.id != account.id)).all()
    for other in others if owner else ():
        if _stored_owner(other) == owner:
            raise InvalidInput(
                f"This session belongs to {other.username}, which is in the pool already: two names for one account "
                f"would break its limits. Renew that one: `tagbuy account import-session {other.username} FILE`."
            )
    account_secrets.seal_session(account, settings)
    account.last_error = None
    if account.status is not AccountStatus.PAUSED:
        _activate(account)


def checked_username(username: str) -> str:
    """Return the name in lower case, without `@`.

    Raises:
        InvalidInput: it cannot be a name on Instagram.
    """
    name = tokens.whole_username(username)
    if name is None:
        raise InvalidInput(f"{username!r} cannot be a name on Instagram: letters, digits, _ and . (at most 30)")
    return name


def checked_proxy(url: str) -> str:
    """Return the proxy's URL.

    Raises:
        InvalidInput: it is none; the message does not repeat it, because it can hold a password.
    """
    try:
        parts = urlsplit(url.strip())
        is_whole = parts.scheme in _PROXY_SCHEMES and bool(parts.hostname) and parts.port is not None
    except ValueError:
        is_whole = False
    if not is_whole or any(character.isspace() for character in url.strip()):
        raise InvalidInput(
            "The proxy is not an address; expected http://[user:password@]host:port or "
            "socks5h://[user:password@]host:port. Give it again: `--proxy URL`."
        )
    return url.strip()


def _activate(account: InstagramAccount) -> None:
    accounts.make_active(account)
    look_anew(account)


def _change_login(account: InstagramAccount, wishes: Wishes) -> None:
    if wishes.password == "":
        account.secret = None
        return
    try:
        known = account_secrets.open_login(account)
    except CannotDecrypt:
        known = None
    password = wishes.password or (known.password if known else None)
    if password is None:
        raise InvalidInput(f"Store the password too: `tagbuy account set {account.username} --password --totp`.")
    seed = known.totp_seed if wishes.totp_seed is None and known else wishes.totp_seed
    account_secrets.seal_login(account, StoredLogin(password, _checked_seed(seed)))


def _checked_seed(seed: str | None) -> str | None:
    bare = "".join((seed or "").split()).upper().rstrip("=")
    if not _SEED.fullmatch(bare):
        raise InvalidInput(
            "The TOTP seed is none: expected the letters and digits that the app shows beside its QR code"
        )
    return bare or None


def _stored_owner(account: InstagramAccount) -> str | None:
    try:
        return _owner(account_secrets.open_session(account))
    except CannotDecrypt:
        return None


def _owner(settings: Mapping[str, Any]) -> str | None:
    """Return the number of the account that a session or a token is of; the two APIs never share one."""
    return sessions.user_pk(settings) or settings.get("ig_user_id")
