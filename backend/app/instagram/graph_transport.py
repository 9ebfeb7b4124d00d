"""HTTP to the official API: one permit, one connection and one deadline for each request, and our own errors.

Through libcurl, which the private API's client brings: its one time-out bounds the whole request, the search for the
host and a trickling body included, where httpx and urllib3 start anew with each read. Each request has a connection of
its own over HTTP/1.1, because on a connection that was used before, libcurl writes a request again when nothing came
back. Nothing is read from the environment: neither a proxy, nor exceptions from it, nor certificates.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import certifi
from curl_cffi import Curl, CurlError, CurlInfo, CurlOpt

from app.core.errors import ConfigurationError
from app.instagram.errors import TransientFailure
from app.instagram.port import Permit

_USER_AGENT = "User-Agent: TagBuyMonitor"
_HTTP_1_1 = 2
_ERRORS: Mapping[int, str] = {28: "timeout", 60: "certificate_refused"}
"""By libcurl's numbers: CURLE_OPERATION_TIMEDOUT and CURLE_PEER_FAILED_VERIFICATION."""


@dataclass(frozen=True, slots=True)
class GraphRequest:
    """What to ask, and with which secrets; they go into headers, never into the address."""

    url: str
    access_token: str = field(repr=False)
    proxy: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class GraphAnswer:
    """What came: `body` is parsed JSON, or the bytes where it is none; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: object = field(repr=False)


def send(request: GraphRequest, permit: Permit, *, timeout: timedelta, ca_file: Path | None) -> GraphAnswer:
    """Write the request once and return its answer, whatever it says; a redirect is an answer too.

    Raises:
        PermitRefused: nothing was sent.
        TransientFailure: no whole answer came within `timeout`.
        ConfigurationError: `ca_file` is no file.
    """
    authorities = _authorities(ca_file)
    head, body = BytesIO(), BytesIO()
    curl = Curl(cacert=authorities)
    try:
        _prepare(curl, request, timeout)
        curl.setopt(CurlOpt.HEADERFUNCTION, head.write)
        curl.setopt(CurlOpt.WRITEFUNCTION, body.write)
        permit.spend()
        curl.perform()
        status = int(str(curl.getinfo(CurlInfo.RESPONSE_CODE)))
    except CurlError as error:
        # The text of these errors can hold the proxy's password.
        raise TransientFailure(_ERRORS.get(int(error.code), "connection_failed")) from None
    finally:
        curl.close()
    return GraphAnswer(status, _headers(head.getvalue()), _parsed(body.getvalue()))


def _prepare(curl: Curl, request: GraphRequest, timeout: timedelta) -> None:
    milliseconds = max(1, round(timeout / timedelta(milliseconds=1)))
    authorization = f"Authorization: Bearer {request.access_token}"
    options: Mapping[CurlOpt, object] = {
        CurlOpt.URL: request.url,
        CurlOpt.PROTOCOLS_STR: "https",
        CurlOpt.HTTP_VERSION: _HTTP_1_1,
        CurlOpt.FRESH_CONNECT: 1,
        CurlOpt.FORBID_REUSE: 1,
        CurlOpt.FOLLOWLOCATION: 0,
        CurlOpt.TIMEOUT_MS: milliseconds,
        CurlOpt.CONNECTTIMEOUT_MS: milliseconds,
        # Empty, not absent: then HTTPS_PROXY and NO_PROXY have no say.
        CurlOpt.PROXY: request.proxy or "",
        CurlOpt.NOPROXY: "",
        CurlOpt.SUPPRESS_CONNECT_HEADERS: 1,
        CurlOpt.ACCEPT_ENCODING: "gzip",
        CurlOpt.HTTPHEADER: [line.encode("ascii") for line in (authorization, _USER_AGENT, "Accept: application/json")],
    }
    for option, value in options.items():
        curl.setopt(option, value)


def _authorities(ca_file: Path | None) -> str:
    if ca_file is None:
        return certifi.where()
    if not ca_file.is_file():
        raise ConfigurationError(f"TAGBUY_INSTAGRAM_CA_FILE is {ca_file}, which is no file. Correct or unset it.")
    return str(ca_file)


def _headers(head: bytes) -> Mapping[str, str]:
    pairs = (line.partition(":") for line in head.decode("latin-1").split("\r\n"))
    return {name.strip().lower(): value.strip() for name, sign, value in pairs if sign}


def _parsed(content: bytes) -> object:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return content
