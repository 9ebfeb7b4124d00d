"""Replacing the key that seals the accounts' secrets: a new key, every value sealed again, then the old key forgotten.

Each step can be interrupted and repeated: until the end every value opens, because the old keys stay known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.core import db, secrets
from app.core.db import TransactionFactory
from app.core.errors import CannotDecrypt, InvalidInput
from app.core.secrets import Key
from app.models import InstagramAccount

LOCK = "tagbuy.account.rotate-keys"


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation did."""

    newest: Key
    is_new: bool
    """The key was made just now; False where an earlier rotation was finished."""
    resealed: int
    lost: Sequence[str]
    """Accounts of which something cannot be opened with any known key."""
    older: Sequence[Key]
    """The other known keys; those that were forgotten, if they were to be."""


class _Lost(Exception):
    """Says which account's values cannot be opened."""


def rotate(transaction: TransactionFactory, *, may_make_key: bool, forget_old: bool) -> Rotation:
    """Seal every account's secrets with the newest key, one account at a time.

    A new key is made first, unless a rotation is unfinished or the old keys are to be forgotten.

    Raises:
        InvalidInput: another rotation is running, or an old key is to be forgotten that a row still carries.
        ConfigurationError: the keys come from TAGBUY_SECRET_KEY, and one is to be made or forgotten.
    """
    with db.sole_holder(LOCK) as is_held:
        if not is_held:
            raise InvalidInput("Another rotation of the keys is running. Try again when it has ended.")
        with transaction() as session:
            is_new = may_make_key and not forget_old and not _is_unfinished(session)
            account_ids = session.scalars(select(InstagramAccount.id)).all()
        newest = secrets.add_key() if is_new else secrets.known_keys()[0]
        resealed, lost = 0, []
        for account_id in account_ids:
            try:
                with transaction() as session:
                    resealed += _reseal(session, account_id, newest)
            except _Lost as account:
                lost.append(str(account))
        older = secrets.known_keys()[1:]
        if forget_old:
            with transaction() as session:
                _forget_old_keys(session)
    return Rotation(newest, is_new, resealed, lost, older)


def _is_unfinished(session: Session) -> bool:
    """Return whether a value that can be opened is not sealed with the newest key."""
    newest = secrets.known_keys()[0].id
    return any(
        secrets.key_id_of(sealed) != newest and _opens(sealed, account.id)
        for account in session.scalars(select(InstagramAccount))
        for sealed in (account.session, account.secret)
        if sealed is not None
    )


def _forget_old_keys(session: Session) -> None:
    # Who seals a value holds a row of this table first, so nobody is between sealing and committing now.
    session.execute(text("LOCK TABLE instagram_accounts IN EXCLUSIVE MODE"))
    newest = secrets.known_keys()[0].id
    needing = [
        account.username
        for account in session.scalars(select(InstagramAccount))
        if any(
            sealed is not None and secrets.key_id_of(sealed) != newest for sealed in (account.session, account.secret)
        )
    ]
    if needing:
        raise InvalidInput(
            f"Nothing was forgotten: values of {', '.join(needing)} carry another key. Renew them with `tagbuy account "
            "login` or `tagbuy account import-session`, and their password with `tagbuy account set NAME --password`."
        )
    secrets.forget_old_keys()


def _reseal(session: Session, account_id: UUID, newest: Key) -> bool:
    """Seal both values anew where they need it; nothing changes where one of them cannot be opened."""
    account = session.get_one(InstagramAccount, account_id, with_for_update={"key_share": True})
    try:
        renewed = [_resealed(sealed, account.id, newest) for sealed in (account.session, account.secret)]
    except CannotDecrypt:
        raise _Lost(account.username) from None
    is_changed = renewed != [account.session, account.secret]
    account.session, account.secret = renewed
    return is_changed


def _resealed(sealed: bytes | None, owner_id: UUID, newest: Key) -> bytes | None:
    if sealed is None or secrets.key_id_of(sealed) == newest.id:
        return sealed
    return secrets.seal(secrets.unseal(sealed, owner_id=owner_id), owner_id=owner_id)


def _opens(sealed: bytes, owner_id: UUID) -> bool:
    try:
        secrets.unseal(sealed, owner_id=owner_id)
    except CannotDecrypt:
        return False
    return True
