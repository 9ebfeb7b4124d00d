"""The proxy of the reader accounts: whatever host a tunnel asks for, it ends at the sandbox's own TLS server."""

import asyncio
import base64
import binascii
import contextlib
from collections.abc import Callable

CONNECT_SECONDS = 10.0


class Tunnels:
    """A CONNECT proxy on loopback. The user name of a proxy URL tells the account."""

    def __init__(self, *, tls_port: int, refuses: Callable[[str | None], bool]) -> None:
        self._tls_port = tls_port
        self._refuses = refuses
        self._open: dict[asyncio.StreamWriter, str | None] = {}
        self._owners: dict[int, str | None] = {}
        self.opened = 0
        self.refused = 0

    def drop(self, account: str | None) -> None:
        """Cut the open tunnels of an account; None means all."""
        for writer, owner in list(self._open.items()):
            if account in {None, owner}:
                writer.close()

    def account_behind(self, port: int | None) -> str | None:
        """Return the account whose tunnel comes from this port of ours; None for one that is not told."""
        return None if port is None else self._owners.get(port)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection of a client."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
            await self._tunnel(head, reader, writer)
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            self._open.pop(writer, None)
            writer.close()

    async def _tunnel(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        account = _proxy_user(head)
        if not head.startswith(b"CONNECT "):
            writer.write(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            return
        if self._refuses(account):
            self.refused += 1
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            return
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._tls_port)
        self.opened += 1
        self._open[writer] = account
        port = server_writer.get_extra_info("sockname")[1]
        self._owners[port] = account
        writer.write(b"HTTP/1.1 200 Connection Established\r\n\r\n")
        try:
            await asyncio.gather(_pipe(reader, server_writer), _pipe(server_reader, writer))
        finally:
            self._owners.pop(port, None)
            server_writer.close()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
    writer.close()


def _proxy_user(head: bytes) -> str | None:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"proxy-authorization":
            try:
                return base64.b64decode(value.split()[-1]).decode().partition(":")[0]
            except (binascii.Error, UnicodeDecodeError, IndexError):
                return None
    return None
