"""The receiving end of the benchmark: a TCP server that notes when each line arrived.

A line is `account note`, and the answer is an empty line. The clock is CLOCK_MONOTONIC, which all processes share.
"""

import socket
import socketserver
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast

Address = tuple[str, int]
_TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request, as it was received."""

    account: str
    note: str
    at_ns: int


@dataclass(frozen=True, slots=True)
class Recording:
    """What has arrived at `address` until now."""

    address: Address
    arrivals: list[Arrival] = field(default_factory=list)

    def by_account(self, *, until_ns: int | None = None) -> Mapping[str, Sequence[int]]:
        """Return the moments of each account's arrivals, without those that came later than `until_ns`."""
        moments = defaultdict[str, list[int]](list)
        for arrival in list(self.arrivals):
            if until_ns is None or arrival.at_ns <= until_ns:
                moments[arrival.account].append(arrival.at_ns)
        return moments


@contextmanager
def recording() -> Iterator[Recording]:
    """Receive lines on a free port of 127.0.0.1 for the length of a `with` block."""
    with _Server(("127.0.0.1", 0), _Lines) as server:
        server.recording = Recording(cast("Address", server.server_address))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.recording
        finally:
            server.shutdown()
            thread.join()


class Sender:
    """A connection to the receiving end; what it sends has arrived when `send` returns."""

    def __init__(self, address: Address) -> None:
        self._socket = socket.create_connection(address, timeout=_TIMEOUT_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answers = self._socket.makefile("rb")

    def send(self, account: str, note: str = "") -> None:
        """Send one request and wait for its answer.

        Raises:
            OSError: there is none; the request may have arrived.
        """
        self.write(account, note)
        self.read_answer()

    def write(self, account: str, note: str = "") -> None:
        """Send one request without waiting for its answer."""
        self._socket.sendall(f"{account} {note}\n".encode())

    def read_answer(self) -> None:
        """Wait for the answer to the request that was written."""
        if not self._answers.readline():
            raise ConnectionError("the receiving end closed the connection")


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    recording: Recording


class _Lines(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    server: _Server

    def handle(self) -> None:
        try:
            for line in self.rfile:
                at_ns = time.monotonic_ns()
                account, _, note = line.decode().rstrip("\n").partition(" ")
                self.server.recording.arrivals.append(Arrival(account, note, at_ns))
                self.wfile.write(b"\n")
        except ConnectionError:
            # The sender was killed; what it sent is noted.
            return
