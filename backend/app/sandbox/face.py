"""What every face of the sandbox does with a request: police it, fail on demand, log it, answer it."""

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from app.sandbox.answers import Answer
from app.sandbox.faults import FaultRule, Faults
from app.sandbox.police import Police
from app.sandbox.request_log import RequestLog
from app.sandbox.simulation import Simulation

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Question:
    """What a request asks for."""

    account: str | None
    endpoint: str
    target: str | None
    path: str
    query: Mapping[str, str]
    is_read: bool
    body: bytes


class Face(ABC):
    """An API as a bare ASGI application over the simulation."""

    def __init__(self, simulation: Simulation, *, police: Police, faults: Faults, log: RequestLog) -> None:
        self.simulation = simulation
        self.police = police
        self._faults = faults
        self._log = log

    @abstractmethod
    def question(self, scope: Scope, body: bytes) -> Question:
        """Return what a request asks for, and on whose behalf."""

    @abstractmethod
    def answer(self, question: Question, fault: FaultRule | None, *, now: float) -> Answer:
        """Return the answer, or the failure that the fault orders."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        # An answer that overtakes its request breaks the connection.
        question = self.question(scope, b"" if scope["method"] == "GET" else await _body(receive))
        arrived_at = self.simulation.now()
        violations = () if question.account is None else self.police.arrive(question.account, arrived_at)
        try:
            fault = self._faults.pick(
                account=question.account,
                endpoint=question.endpoint,
                path=question.path,
                target=question.target,
                now=arrived_at,
            )
            answer = self.answer(question, fault, now=arrived_at)
            is_hanging = fault is not None and fault.kind == "hang"
            self._log.append(
                at=arrived_at,
                account=question.account,
                endpoint=question.endpoint,
                path=question.path,
                status=None if is_hanging else answer.status,
                fault=None if fault is None else fault.kind,
                violations=violations,
            )
            if fault is not None and is_hanging and not await _patience(receive, fault.hang_seconds):
                return
            await _send(send, answer)
        finally:
            if question.account is not None:
                self.police.leave(question.account)


class Hosts:
    """One ASGI application for several host names; other names than those of `faces` are answered by `default`."""

    def __init__(self, faces: Mapping[str, Face], *, default: Face) -> None:
        self._faces = dict(faces)
        self._default = default

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection event of ASGI."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            await self._faces.get(_host(scope), self._default)(scope, receive, send)


def header(scope: Scope, name: str) -> str:
    """Return a request's header, or an empty text."""
    found = (value for key, value in scope["headers"] if key.lower() == name.encode())
    return next((value.decode("latin-1") for value in found), "")


def query_of(scope: Scope) -> Mapping[str, str]:
    """Return the query's fields, of each the first value."""
    return {name: values[0] for name, values in parse_qs(scope["query_string"].decode("latin-1")).items()}


def _host(scope: Scope) -> str:
    return (header(scope, "host") or header(scope, ":authority")).rsplit(":", 1)[0].lower()


async def _patience(receive: Receive, seconds: float) -> bool:
    """Wait for `seconds`; return False as soon as the client has gone."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
            return False
    return True


async def _body(receive: Receive) -> bytes:
    body = b""
    while (message := await receive())["type"] == "http.request":
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    return body


async def _send(send: Send, answer: Answer) -> None:
    headers = {"content-type": answer.content_type, "content-length": str(len(answer.body)), **answer.headers}
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
    await send({"type": "http.response.body", "body": answer.body})


async def _live(receive: Receive, send: Send) -> None:
    """Answer the server's lifespan events."""
    while True:
        event = await receive()
        await send({"type": f"{event['type']}.complete"})
        if event["type"] == "lifespan.shutdown":
            return
