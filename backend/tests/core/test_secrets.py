import base64
import os
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.core import secrets
from app.core.errors import CannotDecrypt, ConfigurationError, UnknownKey
from tests.conftest import forget_settings

ROW, OTHER_ROW = UUID(int=1), UUID(int=2)
OLD, NEW = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))


@pytest.fixture(autouse=True)
def state_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("TAGBUY_STATE_DIR", str(tmp_path))
    use_keys(monkeypatch, "")
    yield tmp_path
    monkeypatch.undo()
    forget_settings()


def use_keys(monkeypatch: pytest.MonkeyPatch, keys: str) -> None:
    monkeypatch.setenv("TAGBUY_SECRET_KEY", keys)
    forget_settings()


def test_the_newest_key_seals_and_every_known_one_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    use_keys(monkeypatch, OLD)
    sealed_before = secrets.seal(b"before", owner_id=ROW)
    use_keys(monkeypatch, f"{NEW}, {OLD}")

    sealed_after = secrets.seal(b"after", owner_id=ROW)

    assert secrets.unseal(sealed_before, owner_id=ROW) == b"before"
    assert secrets.unseal(sealed_after, owner_id=ROW) == b"after"
    assert [key.id for key in secrets.known_keys()] == [
        secrets.key_id_of(sealed_after),
        secrets.key_id_of(sealed_before),
    ]


def test_a_lost_key_is_told_apart_from_a_changed_value(monkeypatch: pytest.MonkeyPatch) -> None:
    use_keys(monkeypatch, OLD)
    sealed = secrets.seal(b"session", owner_id=ROW)
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])

    with pytest.raises(CannotDecrypt, match="changed or belongs to another row") as tampered:
        secrets.unseal(changed, owner_id=ROW)
    with pytest.raises(CannotDecrypt, match="changed or belongs to another row") as swapped:
        secrets.unseal(sealed, owner_id=OTHER_ROW)
    use_keys(monkeypatch, NEW)
    with pytest.raises(UnknownKey, match=f"key {secrets.key_id_of(sealed)}, which is not known here"):
        secrets.unseal(sealed, owner_id=ROW)

    assert not isinstance(tampered.value, UnknownKey)
    assert not isinstance(swapped.value, UnknownKey)


def test_a_value_of_the_time_before_key_ids_opens_with_whichever_key_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    nonce = os.urandom(12)
    sealed = b"\x01" + nonce + AESGCM(base64.b64decode(OLD)).encrypt(nonce, b"session", ROW.bytes)

    use_keys(monkeypatch, f"{NEW},{OLD}")

    assert secrets.unseal(sealed, owner_id=ROW) == b"session"
    with pytest.raises(UnknownKey, match="no known key opens it"):
        secrets.unseal(sealed, owner_id=OTHER_ROW)


def test_a_value_that_was_cut_off_is_an_error_and_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    use_keys(monkeypatch, OLD)
    sealed = secrets.seal(b"session", owner_id=ROW)

    for length in range(len(sealed)):
        with pytest.raises(CannotDecrypt):
            secrets.unseal(sealed[:length], owner_id=ROW)


def test_a_new_key_goes_in_front_of_the_file_and_the_old_ones_can_be_forgotten(state_dir: Path) -> None:
    path = secrets.make_key_file(state_dir)
    before = secrets.known_keys()

    added = secrets.add_key()
    known = secrets.known_keys()
    forgotten = secrets.forget_old_keys()

    assert known == [added, *before]
    assert forgotten == before
    assert secrets.known_keys() == [added]
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in state_dir.iterdir()] == ["secret.key"]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("c2hvcnQ=", "TAGBUY_SECRET_KEY holds something that is no key"),
        (f"{NEW},not base64", "TAGBUY_SECRET_KEY holds something that is no key"),
        (",", "TAGBUY_SECRET_KEY holds no key"),
        ("", "TAGBUY_SECRET_KEY is not set and .*secret.key cannot be read"),
    ],
)
def test_a_key_that_cannot_be_used_is_named_without_showing_it(
    monkeypatch: pytest.MonkeyPatch, keys: str, said: str
) -> None:
    use_keys(monkeypatch, keys)

    with pytest.raises(ConfigurationError, match=said) as raised:
        secrets.seal(b"session", owner_id=ROW)

    assert not keys or keys not in str(raised.value) or keys == ","
