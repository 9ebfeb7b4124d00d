"""The whole product as a user runs it: `tagbuy up` on real servers, reading a sandbox world."""

import contextlib
import csv
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from psycopg.rows import dict_row

from app.runtime.demo import seed
from tests.conftest import forget_settings
from tests.sandbox_process import SandboxClient

BIN = Path(sys.executable).parent
BACKEND = Path(__file__).resolve().parents[2]

# The product's intervals are minutes; these make a test of them in seconds. The limits stay as they are.
QUICK = {
    "TAGBUY_SCAN_TICK": "2",
    "TAGBUY_SCAN_INTERVAL": "25",
    "TAGBUY_SCAN_LEASE": "12",
    "TAGBUY_FULL_WALK_INTERVAL": "30",
    "TAGBUY_SCAN_BACKOFF": "1",
    "TAGBUY_SCAN_BACKOFF_MAX": "8",
    "TAGBUY_HIDDEN_TARGET_INTERVAL": "10",
    "TAGBUY_REQUEST_TIMEOUT": "4",
    "TAGBUY_REQUEST_LEASE": "7",
    "TAGBUY_COOLDOWN_TRANSIENT": "1",
    "TAGBUY_COOLDOWN_LIMITED": "2",
    "TAGBUY_COOLDOWN_FEEDBACK": "3",
    "TAGBUY_NOTIFICATION_TICK": "2",
    "TAGBUY_NOTIFICATION_LEASE": "8",
    "TAGBUY_NOTIFICATION_BACKOFF": "1",
}


@dataclass(frozen=True, slots=True)
class Stack:
    """A running product and the sandbox world that it watches."""

    state_dir: Path
    sandbox: SandboxClient
    environment: Mapping[str, str]
    output: Path

    @property
    def urls(self) -> Mapping[str, str]:
        """`database_url` and `redis_url` of the embedded servers."""
        urls: Mapping[str, str] = json.loads((self.state_dir / "servers.json").read_text(encoding="utf-8"))
        return urls

    def query(self, statement: str) -> list[dict[str, Any]]:
        """Return the rows of a query on the product's database, as soon as it answers."""
        deadline = time.monotonic() + 60
        while True:
            try:
                url = self.urls["database_url"].replace("+psycopg", "")
                with psycopg.connect(url, row_factory=dict_row, connect_timeout=5) as connection:
                    return connection.execute(statement.encode()).fetchall()
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise

    def run(self, *arguments: str) -> str:
        """Run `tagbuy …` beside the running product, and return what it printed."""
        completed = subprocess.run(
            [str(BIN / "tagbuy"), *arguments], env=self.environment, capture_output=True, text=True, check=False
        )
        assert completed.returncode == 0, completed.stderr
        return completed.stdout

    def processes(self) -> dict[str, int]:
        """Return the main process of each role."""
        entries = json.loads((self.state_dir / "processes.json").read_text(encoding="utf-8"))
        return {name: entry["pid"] for name, entry in entries.items()}

    def kill(self, role: str) -> None:
        """Kill a role's process, and with a worker its children, as a crash of the machine would."""
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(self.processes()[role])
            family = [process, *process.children(recursive=True)] if role.startswith("worker") else [process]
            for member in family:
                with contextlib.suppress(psutil.NoSuchProcess):
                    member.kill()


@contextlib.contextmanager
def running_stack(state_dir: Path, sandbox: SandboxClient, **settings: str) -> Iterator[Stack]:
    """Start `tagbuy up`, import the sandbox's cast with the commands that a user has, and stop it at the end."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DATABASE_URL", "REDIS_URL", "TAGBUY_SECRET_KEY"}
    } | {
        **QUICK,
        **{f"TAGBUY_{name}_PORT": str(free_port()) for name in ("API", "FLOWER", "SANDBOX")},
        "TAGBUY_STATE_DIR": str(state_dir),
        "TAGBUY_SMTP_URL": sandbox.smtp_url,
        "TAGBUY_INSTAGRAM_CA_FILE": sandbox.ca_file,
        **settings,
    }
    output = state_dir.parent / "up.log"
    with output.open("wb") as log:
        process = subprocess.Popen(
            [str(BIN / "tagbuy"), "up"], env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            wait_until(lambda: b"ready after" in output.read_bytes(), seconds=90, what="`tagbuy up` to be ready")
            yield Stack(state_dir, sandbox, environment, output)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(90)


def import_cast(stack: Stack, directory: Path) -> None:
    """Bring the sandbox's people and orders in as an operator does: files and commands. Some names have no pk yet."""
    cast = stack.sandbox.cast()
    rows = io.StringIO()
    writer = csv.writer(rows)
    writer.writerow(["username", "platform_uid"])
    for number, influencer in enumerate(cast["influencers"]):
        writer.writerow([influencer["username"], "" if number % 3 == 0 else influencer["platform_uid"]])
    (directory / "influencers.csv").write_text(rows.getvalue(), encoding="utf-8")
    (directory / "campaigns.json").write_text(json.dumps(cast["campaigns"], ensure_ascii=False), encoding="utf-8")
    stack.run("import", "influencers", str(directory / "influencers.csv"))
    stack.run("import", "campaigns", str(directory / "campaigns.json"))


def add_accounts(stack: Stack) -> None:
    """Store the sandbox's reader accounts."""
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("DATABASE_URL", raising=False)
        environment.delenv("REDIS_URL", raising=False)
        environment.delenv("TAGBUY_SECRET_KEY", raising=False)
        environment.setenv("TAGBUY_STATE_DIR", str(stack.state_dir))
        forget_settings()
        seed({"influencers": [], "campaigns": [], "accounts": stack.sandbox.cast()["accounts"]})
        forget_settings()


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(condition: Callable[[], bool], *, seconds: float, what: str, every: float = 0.25) -> None:
    """Poll until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:g} s for {what}"
        threading.Event().wait(every)
