"""The HTTP transport under the Instagram client: one permit per socket write, one deadline, our own errors.

It stands where the client's adapter stood, below everything that could send: redirects, retries and re-logins pass
here too and find no permit. A failed answer is raised before the client interprets it, because the client would
sleep 60 s and send again after a 408, and prompts or resends after a challenge (instagrapi 3.2.2,
`mixins/private.py`). Measured with curl: one number as timeout bounds the whole request, a trickling body included.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Protocol
from urllib.parse import urlsplit

from app.instagram.classification import classify, failure
from app.instagram.errors import InstagramError, PermitRefused, TransientFailure
from app.instagram.port import Permit


class PermitSource(Protocol):
    """Permits for a conversation in which the client decides how many requests it sends, such as a login."""

    def take(self, target: str) -> Permit:
        """Wait for the next permit and return it; `target` is the path that is to be requested.

        Raises:
            TagBuyError: there will be none soon. Nothing was sent.
        """

    def give_back(self, permit: Permit, *, http_status: int | None, failed: InstagramError | None) -> object:
        """Say how the request ended: `failed` is None where it went well, or where it was not sent."""


class Adapter(Protocol):
    """What the client's session sends through."""

    def send(self, request: Any, **options: Any) -> Any:
        """Write one request to a socket and return its response."""

    def close(self) -> None:
        """Close the connections."""


class MeteredAdapter:
    """An adapter that sends only while it holds a permit, and each permit once. Not for several threads."""

    def __init__(self, inner: Adapter, *, timeout: timedelta) -> None:
        self._inner = inner
        self._timeout_seconds = timeout.total_seconds()
        self._permit: Permit | None = None
        self._source: PermitSource | None = None

    @contextmanager
    def metered_by(self, source: PermitSource) -> Iterator[None]:
        """Let every request of the block through, each with a permit of its own.

        Failed answers reach the client, which knows what they mean in its conversation.
        """
        self._source = source
        try:
            yield
        finally:
            self._source = None

    @contextmanager
    def permitted(self, permit: Permit) -> Iterator[None]:
        """Let one request of the block through."""
        self._permit = permit
        try:
            yield
        finally:
            self._permit = None

    def send(self, request: Any, **options: Any) -> Any:
        """Return the response to `request`: HTTP 200 with a JSON object that does not say that it failed.

        Raises:
            PermitRefused: there is no permit, or it refuses. Nothing was sent.
            InstagramError: what came instead, by kind.
        """
        if self._source is not None:
            return self._conversed(self._source, request, options)
        permit, self._permit = self._permit, None
        if permit is None:
            raise PermitRefused("A second request was about to be sent with one permit")
        permit.spend()
        response = self._answer(request, options)
        if failed := _failure_of(response):
            raise failed
        return response

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()

    def _conversed(self, source: PermitSource, request: Any, options: dict[str, Any]) -> Any:
        permit = source.take(urlsplit(request.url).path)
        http_status: int | None = None
        failed: InstagramError | None = None
        try:
            permit.spend()
            response = self._answer(request, options)
            http_status, failed = response.status_code, _failure_of(response)
        except InstagramError as error:
            failed = error
            raise
        finally:
            source.give_back(permit, http_status=http_status, failed=failed)
        return response

    def _answer(self, request: Any, options: dict[str, Any]) -> Any:
        from requests import exceptions  # noqa: PLC0415, TID251 - only the worker that talks to Instagram pays for it

        try:
            response = self._inner.send(request, **{**options, "timeout": self._timeout_seconds, "stream": False})
            _ = response.content  # Decompresses, which can fail.
        except exceptions.Timeout:
            raise TransientFailure("timeout") from None
        except exceptions.SSLError:
            raise TransientFailure("certificate_refused") from None
        except (exceptions.RequestException, OSError):
            # The text of these errors can hold the proxy's password.
            raise TransientFailure("connection_failed") from None
        response.encoding = "utf-8"  # Guessing it from the body takes longer than reading the page.
        return response


def _failure_of(response: Any) -> InstagramError | None:
    """Return what is wrong with an answer; None for HTTP 200 with a JSON object that does not say that it failed."""
    status: int = response.status_code
    body = _parsed(response.content)
    if status == 200 and isinstance(body, Mapping) and body.get("status") != "fail" and "error_title" not in body:
        return None
    return failure(classify(status, body, retry_after=response.headers.get("Retry-After")), status)


def _parsed(content: bytes) -> object:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return content
