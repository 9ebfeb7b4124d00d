"""What is sealed in an account's row: the session that workers use, and the login that one command opens."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.core import secrets
from app.core.errors import CannotDecrypt, UnknownKey
from app.models import InstagramAccount


@dataclass(frozen=True, slots=True)
class StoredLogin:
    """Password, and the seed of the two-factor codes where it is known."""

    password: str = field(repr=False)
    totp_seed: str | None = field(repr=False)


def seal_session(account: InstagramAccount, settings: Mapping[str, Any]) -> None:
    """Store the client's settings (device, cookies, authorization), or a token's."""
    account.session = secrets.seal(json.dumps(settings).encode(), owner_id=account.id)


def open_session(account: InstagramAccount) -> dict[str, Any]:
    """Return the stored settings; empty where there are none.

    Raises:
        CannotDecrypt: they cannot be opened; the message says why, and which command mends it.
    """
    return _opened(account, account.session, how_to_renew(account))


def how_to_renew(account: InstagramAccount) -> str:
    """Return the commands that give the account a new session; tokens come by import only."""
    name = account.username
    imported = f"`tagbuy account import-session {name} FILE`"
    return imported if account.provider == "graph" else f"`tagbuy account login {name}` or {imported}"


def seal_login(account: InstagramAccount, login: StoredLogin) -> None:
    """Store password and seed for `tagbuy account login`."""
    text = json.dumps({"password": login.password, "totp_seed": login.totp_seed})
    account.secret = secrets.seal(text.encode(), owner_id=account.id)


def open_login(account: InstagramAccount) -> StoredLogin | None:
    """Return password and seed; None where none are stored.

    Raises:
        CannotDecrypt: as `open_session`.
    """
    stored = _opened(account, account.secret, f"`tagbuy account set {account.username} --password`")
    return StoredLogin(stored["password"], stored["totp_seed"]) if stored else None


def _opened(account: InstagramAccount, sealed: bytes | None, renew: str) -> dict[str, Any]:
    if sealed is None:
        return {}
    name = account.username
    try:
        stored: dict[str, Any] = json.loads(secrets.unseal(sealed, owner_id=account.id))
    except UnknownKey as error:
        raise UnknownKey(
            f"What is stored for {name} cannot be opened: {error}. Add that key to TAGBUY_SECRET_KEY or secret.key "
            f"and run `tagbuy account resume {name}`; where it is lost, renew what it sealed: {renew}"
        ) from None
    except CannotDecrypt as error:
        raise CannotDecrypt(f"What is stored for {name} cannot be opened: {error}. Renew it: {renew}") from None
    return stored
