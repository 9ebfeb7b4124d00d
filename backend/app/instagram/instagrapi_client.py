"""The unmodified client library, set up so that nothing passes our transport by.

It is imported only where a request is sent: it costs 36 MiB and half a second.
"""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from app.core.errors import ConfigurationError
from app.instagram.transport import MeteredAdapter


def metered_client(
    stored: Mapping[str, Any], proxy: str | None, *, timeout: timedelta, ca_file: Path | None
) -> tuple[Any, MeteredAdapter]:
    """Return a client that neither waits, retries, prompts nor follows the environment, and its adapter.

    Raises:
        ConfigurationError: `ca_file` is no file.
    """
    from curl_cffi import CurlOpt  # noqa: PLC0415 - as the next
    from instagrapi import Client  # noqa: PLC0415 - 36 MiB and 0.5 s; only the worker that talks to Instagram pays

    client = Client(
        settings={
            **stored,
            "request_timeout": 0,  # A sleep before each request, not a timeout (instagrapi #1403).
            "session_retry_total": 0,
            "session_retry_statuses": [],
            "public_request_retries_count": 0,
            "private_transport": "curl",  # HTTP/2 as the app speaks it (instagrapi PR #2783).
            "tls_verify": _verify(ca_file),
        },
        proxy=proxy,
        delay_range=None,
        with_challenge_flow=False,  # The flow prompts for a code.
    )
    transport = client.private.get_adapter("https://")
    # A connection for each request: on one that was used before, libcurl writes a request again, without a permit, when
    # it breaks before an answer (measured: two requests with one permit).
    transport.client.curl_options |= {CurlOpt.FRESH_CONNECT: 1, CurlOpt.FORBID_REUSE: 1}
    adapter = MeteredAdapter(transport, timeout=timeout)
    for session in (client.private, client.public, client.graphql):
        # REQUESTS_CA_BUNDLE beats tls_verify, and HTTPS_PROXY could replace a missing proxy.
        session.trust_env = False
        session.mount("https://", adapter)
        session.mount("http://", adapter)
    return client, adapter


def library_errors() -> tuple[type[Exception], ...]:
    """Return what the library raises when an answer or its own state surprises it.

    Not Exception: Celery's time limit is one. Not its text: that can hold what was sent.
    """
    from instagrapi.exceptions import ClientError  # noqa: PLC0415 - see metered_client

    return (ClientError, LookupError, TypeError, ValueError, AttributeError, AssertionError, OSError)


def is_complete(settings: Mapping[str, Any]) -> bool:
    """Tell whether the settings hold a device and a login; without a device, each start would look like a new one."""
    cookies, login = settings.get("cookies"), settings.get("authorization_data")
    has_login = any(isinstance(part, Mapping) and part.get("sessionid") for part in (login, cookies))
    return bool(settings.get("uuids")) and has_login


def _verify(ca_file: Path | None) -> str | bool:
    if ca_file is None:
        return True
    if not ca_file.is_file():
        raise ConfigurationError(f"TAGBUY_INSTAGRAM_CA_FILE is {ca_file}, which is no file. Correct or unset it.")
    return str(ca_file)
