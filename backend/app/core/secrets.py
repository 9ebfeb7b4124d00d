"""Sealing of stored secrets: AES-256-GCM with the owning row's id bound in, so that a swapped row does not open."""

import base64
import binascii
import os
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.core.config import get_settings
from app.core.errors import CannotDecrypt, ConfigurationError

KEY_FILE = "secret.key"
_VERSION = b"\x01"
_NONCE_BYTES = 12


def seal(plaintext: bytes, *, owner_id: UUID) -> bytes:
    """Return `plaintext` encrypted for the row `owner_id`: version, nonce, ciphertext and tag."""
    nonce = os.urandom(_NONCE_BYTES)
    return _VERSION + nonce + AESGCM(_key()).encrypt(nonce, plaintext, owner_id.bytes)


def unseal(sealed: bytes, *, owner_id: UUID) -> bytes:
    """Return the plaintext of `seal`.

    Raises:
        CannotDecrypt: the key is another one, or the value belongs to another row.
    """
    nonce, ciphertext = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    try:
        return AESGCM(_key()).decrypt(nonce, ciphertext, owner_id.bytes)
    except (InvalidTag, ValueError):
        raise CannotDecrypt(f"The stored secret of {owner_id} cannot be opened with the present key") from None


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


def _key() -> bytes:
    settings = get_settings()
    path = settings.state_dir / KEY_FILE
    try:
        encoded = settings.secret_key.get_secret_value() if settings.secret_key else path.read_text(encoding="ascii")
        key = base64.b64decode(encoded, validate=True)
    except OSError:
        raise ConfigurationError(
            f"TAGBUY_SECRET_KEY is not set and {path} cannot be read. Set it, or start `tagbuy up` once."
        ) from None
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != 32:
        raise ConfigurationError(
            "TAGBUY_SECRET_KEY must be 32 bytes in base64, as `openssl rand -base64 32` prints them."
        )
    return key
