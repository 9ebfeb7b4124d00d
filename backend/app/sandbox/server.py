"""The sandbox as one process: Instagram behind a proxy, the control API, the demo inbox."""

import asyncio
import contextlib
import fcntl
import json
import signal
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from hypercorn.asyncio import serve as serve_http
from hypercorn.config import Config
from hypercorn.typing import ASGIFramework
from starlette.types import ASGIApp

from app.core.errors import ConfigurationError
from app.sandbox.addresses import ADDRESS_FILE, Addresses
from app.sandbox.cast import WorldSize
from app.sandbox.certificates import ensure_certificates, server_context
from app.sandbox.control import Control
from app.sandbox.face import Hosts
from app.sandbox.faults import Faults
from app.sandbox.graph_face import GraphFace
from app.sandbox.inbox import Inbox, smtp_protocol
from app.sandbox.instagram_face import InstagramFace
from app.sandbox.journal import write_atomically
from app.sandbox.police import Limits, Police, hourly_limits
from app.sandbox.replay import Replay
from app.sandbox.request_log import RequestLog
from app.sandbox.simulation import HEARTBEAT_SECONDS, Simulation
from app.sandbox.tunnels import Tunnels

_PORTS_FILE = "ports.json"
_STOP_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """What to serve, and where."""

    directory: Path
    size: WorldSize
    seed: int
    speed: float
    port: int
    limits: Limits
    replay: Path | None = None
    graph_per_hour: int = 200
    """What the official API allows each token."""


@dataclass(frozen=True, slots=True)
class _Sockets:
    control: socket.socket
    proxy: socket.socket
    tls: socket.socket
    smtp: socket.socket


def run(options: SandboxOptions, *, announce: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; `announce` is told the page's address once everything answers.

    Raises:
        ConfigurationError: the directory is served already, or holds another world.
    """
    options.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _sole_server(options.directory):
        asyncio.run(_serve(options, announce))


async def _serve(options: SandboxOptions, announce: Callable[[str], None]) -> None:
    directory = options.directory
    (directory / ADDRESS_FILE).unlink(missing_ok=True)
    ca_file, server_file = ensure_certificates(directory)
    sockets = _open_sockets(directory / _PORTS_FILE, options.port)
    simulation = Simulation(directory, seed=options.seed, size=options.size, speed=options.speed)
    token_limits = hourly_limits(options.graph_per_hour)
    tokens = {reader.username: token_limits for reader in simulation.world.cast.graph_readers}
    log, police = RequestLog(directory / "requests.jsonl"), Police(options.limits, tokens)
    for request in log.recent():
        if request.account is not None:
            police.recall(request.account, request.at, request.violations)
    faults, replay, inbox = Faults(seed=options.seed), Replay(options.replay), Inbox(directory / "inbox")
    tunnels = Tunnels(tls_port=_port(sockets.tls), refuses=_refusal(faults, simulation))
    addresses = Addresses(
        control_url=f"http://127.0.0.1:{_port(sockets.control)}",
        proxy_port=_port(sockets.proxy),
        smtp_url=f"smtp://127.0.0.1:{_port(sockets.smtp)}",
        ca_file=str(ca_file),
    )
    control = Control(simulation, police, faults, log, inbox, tunnels, replay, addresses)
    faces = Hosts(
        {"graph.facebook.com": GraphFace(simulation, police=police, faults=faults, log=log)},
        default=InstagramFace(
            simulation, police=police, faults=faults, log=log, replay=replay, account_behind=tunnels.account_behind
        ),
    )
    stopping = _stop_signal()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_tell_unless_hung_up)
    proxy_server = await asyncio.start_server(tunnels, sock=sockets.proxy)
    smtp_server = await loop.create_server(lambda: smtp_protocol(inbox), sock=sockets.smtp)
    tasks = [
        asyncio.create_task(_serve_http(faces, _TlsConfig(sockets.tls, server_file), stopping)),
        asyncio.create_task(_serve_http(control.application(), _PlainConfig(sockets.control), stopping)),
        asyncio.create_task(_heartbeat(simulation)),
    ]
    addresses.publish(directory)
    announce(addresses.control_url)
    try:
        await _until_stopped(stopping, tasks)
    finally:
        (directory / ADDRESS_FILE).unlink(missing_ok=True)
        tunnels.drop(None)
        proxy_server.close()
        smtp_server.close()
        await asyncio.wait(tasks, timeout=_STOP_SECONDS)
        simulation.close()
        log.close()


def _tell_unless_hung_up(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Leave out clients that went away without a goodbye: they are no fault of ours and fill the log."""
    if not isinstance(context.get("exception"), (TimeoutError, ssl.SSLError, ConnectionError)):
        loop.default_exception_handler(context)


async def _serve_http(application: ASGIApp, config: Config, stopping: asyncio.Event) -> None:
    # Both sides follow ASGI; only their names for its types differ.
    await serve_http(cast(ASGIFramework, application), config, shutdown_trigger=stopping.wait)


async def _until_stopped(stopping: asyncio.Event, tasks: list[asyncio.Task[Any]]) -> None:
    """Wait for the signal; a server that dies before it takes the process with it."""
    stop = asyncio.create_task(stopping.wait())
    done, _ = await asyncio.wait([stop, *tasks], return_when=asyncio.FIRST_COMPLETED)
    tasks[-1].cancel()
    for task in done - {stop}:
        task.result()


async def _heartbeat(simulation: Simulation) -> None:
    while True:
        simulation.beat()
        simulation.present()
        await asyncio.sleep(HEARTBEAT_SECONDS)


class _PlainConfig(Config):
    """HTTP on a socket that is bound already."""

    def __init__(self, listener: socket.socket) -> None:
        super().__init__()
        self.bind = [f"fd://{listener.detach()}"]
        self.graceful_timeout = 0.3
        self.keep_alive_timeout = 75.0
        self.include_server_header = False
        self.accesslog = None
        self.errorlog = None


class _TlsConfig(_PlainConfig):
    """HTTP/2 over TLS."""

    def __init__(self, listener: socket.socket, server_file: Path) -> None:
        super().__init__(listener)
        self.certfile = self.keyfile = str(server_file)
        self._context = server_context(server_file)

    def create_ssl_context(self) -> Any:
        """Return the context, in which HTTP/1.1 is not offered."""
        return self._context


def _refusal(faults: Faults, simulation: Simulation) -> Callable[[str | None], bool]:
    def refuses(account: str | None) -> bool:
        now = simulation.now()
        return faults.pick(account=account, endpoint="proxy", path="", target=None, now=now) is not None

    return refuses


def _stop_signal() -> asyncio.Event:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_tell_unless_hung_up)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    return stopping


def _open_sockets(ports_file: Path, port: int) -> _Sockets:
    """Bind the ports of the last time where they are free, so that stored proxy addresses stay true."""
    try:
        last = json.loads(ports_file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        last = {}
    names = ("control", "proxy", "tls", "smtp")
    sockets = {name: _listen(port if name == "control" else last.get(name, 0)) for name in names}
    write_atomically(ports_file, {name: _port(sockets[name]) for name in names})
    return _Sockets(**sockets)


def _listen(port: int) -> socket.socket:
    """Return a listening socket on loopback: on this port, or on any other where it is taken."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    listener.setblocking(False)
    return listener


def _port(listener: socket.socket) -> int:
    port: int = listener.getsockname()[1]
    return port


@contextlib.contextmanager
def _sole_server(directory: Path) -> Iterator[None]:
    with (directory / "lock").open("w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ConfigurationError(f"A sandbox serves {directory} already; stop it or give another --dir") from None
        yield
