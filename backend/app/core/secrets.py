"""Sealing of stored secrets: AES-256-GCM with the owning row's id bound in, so that a swapped row does not open.

A sealed value names its key, so that keys can be replaced: the newest key seals, every known key opens.
"""

import base64
import binascii
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.core.config import get_settings
from app.core.errors import CannotDecrypt, ConfigurationError, UnknownKey

KEY_FILE = "secret.key"
_WITHOUT_KEY_ID = b"\x01"
_WITH_KEY_ID = b"\x02"
_KEY_ID_BYTES = 8
_NONCE_BYTES = 12
_KEY_BYTES = 32
_HOW = "32 bytes in base64, as `openssl rand -base64 32` prints them."


@dataclass(frozen=True, slots=True)
class Key:
    """A key and its name: the first bytes of its SHA-256, in hex."""

    id: str
    value: bytes = field(repr=False)


def seal(plaintext: bytes, *, owner_id: UUID) -> bytes:
    """Return `plaintext` encrypted for the row `owner_id`: version, key id, nonce, ciphertext and tag."""
    newest, nonce = known_keys()[0], os.urandom(_NONCE_BYTES)
    ciphertext = AESGCM(newest.value).encrypt(nonce, plaintext, owner_id.bytes)
    return _WITH_KEY_ID + bytes.fromhex(newest.id) + nonce + ciphertext


def unseal(sealed: bytes, *, owner_id: UUID) -> bytes:
    """Return the plaintext of `seal`.

    Raises:
        UnknownKey: it was sealed with a key that is not known here.
        CannotDecrypt: it was changed, or belongs to another row.
    """
    keys, key_id = known_keys(), key_id_of(sealed)
    start = 1 + (_KEY_ID_BYTES if key_id else 0)
    nonce, ciphertext = sealed[start : start + _NONCE_BYTES], sealed[start + _NONCE_BYTES :]
    fitting = [key for key in keys if key_id in (None, key.id)]
    if not fitting:
        names = ", ".join(key.id for key in keys)
        raise UnknownKey(f"it was sealed with the key {key_id}, which is not known here (known: {names})")
    for key in fitting:
        try:
            return AESGCM(key.value).decrypt(nonce, ciphertext, owner_id.bytes)
        except (InvalidTag, ValueError):
            continue
    if key_id is None:
        raise UnknownKey("no known key opens it: it was sealed with another key, or it was changed")
    raise CannotDecrypt(f"its key {key_id} is known, but the value was changed or belongs to another row")


def key_id_of(sealed: bytes) -> str | None:
    """Return the id of the key that sealed the value; None for values of the time before keys had ids."""
    return sealed[1 : 1 + _KEY_ID_BYTES].hex() if sealed[:1] == _WITH_KEY_ID else None


def known_keys() -> Sequence[Key]:
    """Return the keys of TAGBUY_SECRET_KEY, or else of the key file, newest first; there is at least one.

    Raises:
        ConfigurationError: there is no key, or one is not 32 bytes in base64.
    """
    settings = get_settings()
    if settings.secret_key is not None:
        source, texts = "TAGBUY_SECRET_KEY", settings.secret_key.get_secret_value().split(",")
    else:
        path = settings.state_dir / KEY_FILE
        try:
            source, texts = str(path), path.read_text(encoding="ascii").splitlines()
        except (OSError, UnicodeDecodeError):
            raise ConfigurationError(
                f"TAGBUY_SECRET_KEY is not set and {path} cannot be read. Set it, or start `tagbuy up` once."
            ) from None
    keys = [_key(text.strip(), source) for text in texts if text.strip()]
    if not keys:
        raise ConfigurationError(f"{source} holds no key. Put back the one that was there, or a new one: {_HOW}")
    return keys


def make_key_file(state_dir: Path) -> Path:
    """Create the state directory's key, readable by its owner only, unless there is one."""
    path = state_dir / KEY_FILE
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path
    with os.fdopen(descriptor, "wb") as file:
        file.write(base64.b64encode(AESGCM.generate_key(256)))
    return path


def add_key() -> Key:
    """Put a new key in front of those in the key file, and return it; on disk before this returns.

    Raises:
        ConfigurationError: the keys come from TAGBUY_SECRET_KEY.
    """
    new = AESGCM.generate_key(256)
    _write_key_file([base64.b64encode(new), *(base64.b64encode(key.value) for key in known_keys())])
    return known_keys()[0]


def forget_old_keys() -> Sequence[Key]:
    """Leave only the newest key in the key file and return the others. What they sealed can never be opened again.

    Raises:
        ConfigurationError: the keys come from TAGBUY_SECRET_KEY.
    """
    newest, *old = known_keys()
    if old:
        _write_key_file([base64.b64encode(newest.value)])
    return old


def _key(text: str, source: str) -> Key:
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        value = b""
    if len(value) != _KEY_BYTES:
        raise ConfigurationError(f"{source} holds something that is no key. A key is {_HOW}")
    return Key(hashlib.sha256(value).digest()[:_KEY_ID_BYTES].hex(), value)


def _write_key_file(lines: Sequence[bytes]) -> None:
    """Replace the file in one step, and not before it is on disk: rows will depend on it."""
    settings = get_settings()
    if settings.secret_key is not None:
        raise ConfigurationError("The keys come from TAGBUY_SECRET_KEY; change them there.")
    path = settings.state_dir / KEY_FILE
    draft = path.with_name(f".{KEY_FILE}.{os.getpid()}")
    descriptor = os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(b"\n".join(lines) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
