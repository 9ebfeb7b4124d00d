"""The login that the mobile client speaks (instagrapi 3.2.2, CAA flow), for the reader accounts.

Each reader has a password; some have a second factor: codes of an authenticator app, or a code by e-mail. The answers
hold what the client looks for, in the places where it looks; the real ones hold much more.
"""

import base64
import hashlib
import hmac
import json
import struct
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.sandbox.answers import UNKNOWN_ENDPOINT, Answer, json_answer
from app.sandbox.people import Reader

_KEY_ID = 77
_CODE_SECONDS = 30
_ASYNC = "/api/v1/bloks/async_action/"
_APPS = "/api/v1/bloks/apps/"
_SEND_LOGIN = f"{_ASYNC}com.bloks.www.bloks.caa.login.async.send_login_request/"
_TWO_STEP = "com.bloks.www.two_step_verification.entrypoint"
_EMAIL_ENTRY = "com.bloks.www.ap.two_step_verification.entrypoint_async"
_EMAIL_CODE = "com.bloks.www.ap.two_step_verification.code_entry"
_EMAIL_SUBMIT = "com.bloks.www.ap.two_step_verification.code_entry_async"
_KEYS_PATH = "/api/v1/qe/sync/"
_USDID = "/graphql_www"
_ATTESTATION = "/api/v1/attestation/create_android_keystore/"
_NEXT_SCREENS = {f"{_ASYNC}{_EMAIL_ENTRY}/": _EMAIL_CODE, f"{_APPS}{_EMAIL_CODE}/": _EMAIL_SUBMIT}
_CODE_PATHS = frozenset(
    {f"{_ASYNC}com.bloks.www.two_step_verification.verify_code.async/", f"{_ASYNC}{_EMAIL_SUBMIT}/"}
)
EMAIL_CODE = "135790"
"""The code that a reader's e-mail holds; there is no mailbox."""


class Logins:
    """Who may log in, and what is asked on the way."""

    def __init__(self, readers: Sequence[Reader]) -> None:
        self._readers = {reader.username: reader for reader in readers}
        self._private_key: rsa.RSAPrivateKey | None = None

    def is_about_login(self, path: str) -> bool:
        """Return whether a path belongs to the conversation of a login."""
        return path in {_KEYS_PATH, _USDID, _ATTESTATION} or path.startswith((_ASYNC, _APPS))

    def answer(self, path: str, body: bytes, *, now: float) -> tuple[Answer, str | None]:
        """Return the answer, and the reader who is logged in by it, if any."""
        if path == _KEYS_PATH:
            return self._public_key(), None
        if path in _FIXED:
            return _FIXED[path], None
        parameters = _parameters(body)
        given, known = parameters.get("client_input_params", {}), parameters.get("server_params", {})
        if path == _SEND_LOGIN:
            return self._password_given(str(given.get("contact_point")), str(given.get("password")))
        name = str(known.get("two_step_verification_context") or known.get("context_data"))
        if path in _NEXT_SCREENS:
            return _bloks(_screen(_NEXT_SCREENS[path], "context_data", name)), None
        if path in _CODE_PATHS and name in self._readers:
            return _code_given(self._readers[name], str(given.get("code")), now=now)
        return UNKNOWN_ENDPOINT, None

    def _password_given(self, username: str, encrypted: str) -> tuple[Answer, str | None]:
        reader = self._readers.get(username)
        if reader is None or self._password(encrypted) != reader.password:
            return _bloks('(bk.action.caa.ShowDialog "Incorrect password")'), None
        if reader.second_factor == "totp":
            return _bloks(_screen(_TWO_STEP, "two_step_verification_context", username)), None
        if reader.second_factor == "email":
            return _bloks(_screen(_EMAIL_ENTRY, "context_data", username)), None
        return _logged_in(reader), username

    def _key(self) -> rsa.RSAPrivateKey:
        if self._private_key is None:
            self._private_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return self._private_key

    def _public_key(self) -> Answer:
        public = self._key().public_key()
        pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        headers = {
            "ig-set-password-encryption-key-id": str(_KEY_ID),
            "ig-set-password-encryption-pub-key": base64.b64encode(pem).decode(),
        }
        return Answer(200, _SAID_OK.body, headers=headers)

    def _password(self, encrypted: str) -> str | None:
        """Open `#PWD_INSTAGRAM:4:<time>:<base64>`: version, key id, nonce, RSA length, RSA, tag, ciphertext."""
        try:
            _, _, time, payload = encrypted.split(":", 3)
            raw = base64.b64decode(payload)
            nonce, size = raw[2:14], int.from_bytes(raw[14:16], "little")
            sealed_key, tag, text = raw[16 : 16 + size], raw[16 + size : 32 + size], raw[32 + size :]
            key = self._key().decrypt(sealed_key, padding.PKCS1v15())
            return AESGCM(key).decrypt(nonce, text + tag, time.encode()).decode()
        except (ValueError, InvalidTag):
            return None


def totp(seed: str, *, now: float) -> str:
    """Return the six digits of RFC 6238 at `now` (seconds since 1970)."""
    key = base64.b32decode(seed + "=" * (-len(seed) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(now) // _CODE_SECONDS), hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def _code_given(reader: Reader, code: str, *, now: float) -> tuple[Answer, str | None]:
    right = {totp(reader.totp_seed, now=now - late) for late in (0, _CODE_SECONDS)}
    if code in (right if reader.second_factor == "totp" else {EMAIL_CODE}):
        return _logged_in(reader), reader.username
    return _bloks('(bk.action.caa.ShowDialog "Wrong code")'), None


def _parameters(body: bytes) -> Mapping[str, Any]:
    try:
        parameters = json.loads(parse_qs(body.decode())["params"][0])
    except (ValueError, KeyError):
        return {}
    return parameters if isinstance(parameters, dict) else {}


def _bloks(action: str, *, data: Sequence[Mapping[str, Any]] = ()) -> Answer:
    return json_answer(200, {"layout": {"bloks_payload": {"data": list(data), "action": action}}, "status": "ok"})


def _screen(app: str, name: str, value: str) -> str:
    """Return the program that opens the next screen with one parameter."""
    inner = f"(f4i (dkc {json.dumps(name)}) (dkc {json.dumps(value)}))"
    return f'(bk.action.navigation.OpenScreen {json.dumps(app)} (f4i (dkc "server_params") (dkc {inner})))'


def _logged_in(reader: Reader) -> Answer:
    authorization = base64.b64encode(json.dumps(reader.settings["authorization_data"]).encode()).decode()
    response = {
        "login_response": json.dumps({"logged_in_user": {"pk": reader.pk, "username": reader.username}}),
        "headers": json.dumps({"IG-Set-Authorization": f"Bearer IGT:2:{authorization}"}),
        "cookies": None,
    }
    return _bloks(f"(bk.action.caa.HandleLoginResponse {json.dumps(json.dumps(response))})")


_SAID_OK = json_answer(200, {"status": "ok"})
_FIXED: Mapping[str, Answer] = {
    _USDID: json_answer(200, {"data": {"xig_usdid_registration": {"success": True}}, "status": "ok"}),
    _ATTESTATION: json_answer(200, {"challenge_nonce": "c2FuZGJveA", "key_nonce": "a2V5", "status": "ok"}),
    f"{_ASYNC}com.bloks.www.bloks.caa.login.process_client_data_and_redirect/": _bloks(
        "", data=[{"data": {"key": "CAA_ACCOUNT_ACCESS_CONTEXT:aac", "initial": '{"aac":"sandbox"}'}}]
    ),
    f"{_ASYNC}com.bloks.www.caa.login.oauth.token.fetch.async/": _SAID_OK,
    f"{_APPS}{_TWO_STEP}/": _SAID_OK,
    f"{_APPS}com.bloks.www.two_step_verification.method_picker/": _SAID_OK,
    f"{_ASYNC}com.bloks.www.two_step_verification.method_picker.navigation.async/": _SAID_OK,
    f"{_APPS}com.bloks.www.two_factor_login.enter_backup_code/": _SAID_OK,
}
