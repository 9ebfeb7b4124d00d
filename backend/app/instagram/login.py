"""A login by the unmodified client: its own conversation, with a permit for each request and a person for the codes.

instagrapi 3.2.2 logs in by the app's present (CAA) flow: 6 requests until the session, 2 more that the app sends after
it, and 4 (two-factor) or 3 (code by e-mail) in between. Its challenge flow stays off: it would open connections of its
own, without the proxy and without permits.
"""

import io
import logging
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from app.core.errors import TagBuyError
from app.instagram import sessions
from app.instagram.errors import AccountNeedsHuman, InstagramError
from app.instagram.instagrapi_client import library_errors, metered_client
from app.instagram.transport import PermitSource


class CodeKind(StrEnum):
    """Where a code comes from; the values are the library's."""

    TOTP = "totp"
    SMS = "sms"
    BACKUP = "backup_codes"
    EMAIL = "email"


AskCode = Callable[[CodeKind], str]


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who logs in, and with what."""

    username: str
    password: str = field(repr=False)
    totp_seed: str | None = field(default=None, repr=False)
    second_factor: CodeKind = CodeKind.TOTP
    """How the account is protected, where it is."""


class RememberingSource:
    """A permit source that passes everything on and keeps the last failure."""

    def __init__(self, source: PermitSource) -> None:
        self._source = source
        self.last_failure: InstagramError | None = None

    def take(self, target: str) -> Any:
        """Return the next permit of the source."""
        return self._source.take(target)

    def give_back(self, permit: Any, *, http_status: int | None, failed: InstagramError | None) -> None:
        """Tell the source, and remember."""
        self.last_failure = failed
        self._source.give_back(permit, http_status=http_status, failed=failed)


def log_in(
    credentials: Credentials,
    device: Mapping[str, Any],
    proxy: str | None,
    source: PermitSource,
    *,
    ask_code: AskCode,
    timeout: timedelta,
    ca_file: Path | None,
) -> Mapping[str, Any]:
    """Return the settings of a new session on this device. A session that was given is never lost to a later failure.

    Raises:
        InstagramError: Instagram gave no session, by kind; `login_refused` where it gave no reason that we can read.
        TagBuyError: the source has no permit any more.
    """
    remembering = RememberingSource(source)
    try:
        client, adapter = metered_client(sessions.device_of(device), proxy, timeout=timeout, ca_file=ca_file)
    except library_errors() as error:
        raise AccountNeedsHuman("session_unreadable") from error
    # What the library logs of a login can hold the session.
    client.logger = logging.getLogger(f"{__name__}.silent")
    client.logger.disabled = True
    client.challenge_code_handler = lambda _username, _choice: ask_code(CodeKind.EMAIL)
    try:
        # It prints the codes that were entered.
        with adapter.metered_by(remembering), redirect_stdout(io.StringIO()):
            _converse(client, credentials, ask_code)
    except TagBuyError as error:
        _refuse_without_session(client, error)
    except library_errors() as error:
        # The text of the library's errors can hold what was sent.
        refusal = remembering.last_failure or AccountNeedsHuman("login_refused")
        refusal.add_note(f"instagrapi raised {type(error).__name__}")
        _refuse_without_session(client, refusal)
    finally:
        adapter.close()
    return sessions.storable(client.get_settings())


def _converse(client: Any, credentials: Credentials, ask_code: AskCode) -> None:
    from instagrapi.exceptions import TwoFactorRequired  # noqa: PLC0415 - see instagrapi_client

    try:
        client.login(credentials.username, credentials.password)
    except TwoFactorRequired as required:
        context = getattr(required, "two_step_verification_context", "")
        if not context:
            raise AccountNeedsHuman("two_factor_required") from None
        _confirm(client, credentials, str(context), ask_code)
        client.login_flow()


def _confirm(client: Any, credentials: Credentials, context: str, ask_code: AskCode) -> None:
    """Go on after the password, as `login(verification_code=…)` would, which begins anew and sends a second SMS."""
    method = credentials.second_factor
    client.bloks_two_step_verification_entrypoint(context)
    client.bloks_two_step_verification_method_picker(context)
    client.bloks_two_step_verification_select_method(context, selected_method=method.value)
    if method is CodeKind.BACKUP:
        client.bloks_two_step_verification_enter_backup_code(context)
    if method is CodeKind.TOTP and credentials.totp_seed:
        code = client.totp_generate_code(credentials.totp_seed)
    else:
        code = ask_code(method)
    answer = client.bloks_two_step_verification_verify_code(context, code.replace(" ", ""), challenge=method.value)
    if not client.bloks_apply_login_response(answer):
        raise AccountNeedsHuman("code_refused")


def _refuse_without_session(client: Any, refusal: TagBuyError) -> None:
    """Raise, unless a session was given before something failed: it would be lost."""
    if sessions.user_pk(client.get_settings()) is None:
        raise refusal from None
