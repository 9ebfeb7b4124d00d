"""TCP ports: which are free."""

import socket
from contextlib import closing

from app.core.errors import ConfigurationError

_LOOPBACK = "127.0.0.1"


def is_free(port: int, host: str = _LOOPBACK) -> bool:
    """Tell whether a server could listen on `port` now."""
    with closing(_socket(host)) as listener:
        try:
            listener.bind((host, port))
        except OSError:
            return False
        return True


def free_port(host: str = _LOOPBACK) -> int:
    """Return a port that the system finds free."""
    with closing(_socket(host)) as listener:
        listener.bind((host, 0))
        port: int = listener.getsockname()[1]
        return port


def next_free_port(first: int, host: str = _LOOPBACK, *, taken: frozenset[int] = frozenset()) -> int:
    """Return `first`, or the nearest free port of the 100 above it that is not in `taken`.

    Raises:
        ConfigurationError: none of them is free.
    """
    for port in range(first, min(first + 100, 65536)):
        if port not in taken and is_free(port, host):
            return port
    raise ConfigurationError(f"No port from {first} to {first + 99} is free on {host}. Choose another one.")


def _socket(host: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    # As the servers do; without it a port is "taken" for a minute after its server closed connections.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return listener
