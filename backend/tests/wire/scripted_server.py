"""A server that answers over TLS as i.instagram.com or graph.facebook.com, as a test scripted, behind a CONNECT proxy.

The sandbox behaves like Instagram; this one can also do what no server should: hang, trickle, redirect, cut.
"""

import asyncio
import contextlib
import json
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypercorn.asyncio import serve
from hypercorn.config import Config

HOST = "i.instagram.com"
GRAPH_HOST = "graph.facebook.com"
WAIT_SECONDS = 15


@dataclass(frozen=True)
class Answer:
    """What to send; `hang` says where to stop for ever: before the `head`, in the `body`, or in a `drip` of spaces.

    `cut` breaks the connection off in the body instead, `lost` before the head.
    """

    status: int = 200
    body: Any = field(default_factory=lambda: {"items": [], "status": "ok"})
    headers: Mapping[str, str] = field(default_factory=dict)
    hang: str = ""

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass(frozen=True)
class Seen:
    """A request as it came."""

    path: str
    query: str
    headers: Mapping[str, str]


class ScriptedServer:
    """Answers with `answers` in order, and with an empty page when they are used up."""

    def __init__(self, directory: Path) -> None:
        self.ca_file = directory / "ca.pem"
        self.answers: deque[Answer] = deque()
        self.requests: list[Seen] = []
        self.connects: list[str] = []
        self.proxy_status = 200
        self._certificate = _write_certificates(self.ca_file, directory)
        self._ports: dict[str, int] = {}
        self._tunnels: list[asyncio.StreamWriter] = []

    @property
    def proxy(self) -> str:
        """The proxy through which a client reaches this server as i.instagram.com."""
        return f"http://reader:hunter2@127.0.0.1:{self._ports['proxy']}"

    async def run(self, is_ready: threading.Event, stopped: asyncio.Event) -> None:
        self._stopped = stopped
        config = Config()
        config.bind = ["127.0.0.1:0"]
        config.certfile = config.keyfile = str(self._certificate)
        config.alpn_protocols = ["h2"]
        config.errorlog = None
        config.graceful_timeout = 0.1
        sockets = config.create_sockets()
        server = sockets.secure_sockets[0]
        self._ports["server"] = server.getsockname()[1]
        config.bind = [f"fd://{server.detach()}"]
        proxy = await asyncio.start_server(self._tunnel, "127.0.0.1", 0)
        self._ports["proxy"] = proxy.sockets[0].getsockname()[1]
        is_ready.set()
        async with proxy:
            await serve(self._answer, config, shutdown_trigger=stopped.wait)

    async def _answer(self, scope: Any, _receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.requests.append(Seen(scope["path"], scope["query_string"].decode(), headers))
        answer = self.answers.popleft() if self.answers else Answer()
        if answer.hang == "head":
            await self._stopped.wait()
        if answer.hang == "lost":
            self._cut()
            return
        head = {"content-type": "application/json", **answer.headers}
        pairs = [(name.encode(), value.encode()) for name, value in head.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
        if answer.hang == "drip":
            while not self._stopped.is_set():
                await send({"type": "http.response.body", "body": b" ", "more_body": True})
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopped.wait(), 0.05)
        await send({"type": "http.response.body", "body": answer.content, "more_body": answer.hang in {"body", "cut"}})
        if answer.hang == "body":
            await self._stopped.wait()
        if answer.hang == "cut":
            self._cut()

    def _cut(self) -> None:
        while self._tunnels:
            self._tunnels.pop().transport.abort()

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.connects.append(head.split(b" ")[1].decode())
        writer.write(b"HTTP/1.1 %d Answer\r\n\r\n" % self.proxy_status)
        if self.proxy_status != 200:
            writer.close()
            return
        self._tunnels.append(writer)
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._ports["server"])
        try:
            with contextlib.suppress(OSError):
                await asyncio.gather(_pipe(reader, up_writer), _pipe(up_reader, writer))
        finally:
            up_writer.close()
            writer.close()


@contextlib.contextmanager
def running_server(directory: Path) -> Iterator[ScriptedServer]:
    """Run the server and its proxy in a thread until the block ends."""
    server = ScriptedServer(directory)
    loop = asyncio.new_event_loop()
    is_ready, stopped = threading.Event(), asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=[server.run(is_ready, stopped)], daemon=True)
    thread.start()
    assert is_ready.wait(WAIT_SECONDS), "the scripted server did not start"
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join(WAIT_SECONDS)
        loop.close()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(65536):
        writer.write(chunk)
    writer.close()


def _write_certificates(ca_file: Path, directory: Path) -> Path:
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    constraints = x509.BasicConstraints(ca=True, path_length=None)
    ca = _certificate(ca_name, ca_name, ca_key).add_extension(constraints, critical=True).sign(ca_key, hashes.SHA256())
    hosts = x509.SubjectAlternativeName([x509.DNSName(host) for host in (HOST, GRAPH_HOST)])
    leaf = _certificate(name, ca_name, key).add_extension(hosts, critical=False).sign(ca_key, hashes.SHA256())
    ca_file.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    file = directory / "server.pem"
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    file.write_bytes(private + leaf.public_bytes(serialization.Encoding.PEM))
    return file


def _certificate(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    present = datetime(2026, 1, 1, tzinfo=UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(present - timedelta(days=3650))
        .not_valid_after(present + timedelta(days=36500))
    )
