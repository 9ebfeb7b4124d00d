"""Where a sandbox listens, and the file that tells others."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.sandbox.journal import write_atomically

ADDRESS_FILE = "sandbox.json"


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses of one sandbox; all of them are on loopback."""

    control_url: str
    proxy_port: int
    smtp_url: str
    ca_file: str

    def proxy_url(self, account: str) -> str:
        """Return the proxy of one account; the user name tells it apart."""
        return f"http://{account}:sandbox@127.0.0.1:{self.proxy_port}"

    def publish(self, directory: Path) -> None:
        """Write the file that says that this process is ready."""
        document = {
            "control_url": self.control_url,
            "proxy_url": f"http://127.0.0.1:{self.proxy_port}",
            "smtp_url": self.smtp_url,
            "ca_file": self.ca_file,
            "pid": os.getpid(),
        }
        write_atomically(directory / ADDRESS_FILE, document)


def published_addresses(directory: Path) -> dict[str, Any] | None:
    """Return what the sandbox of this directory has published, or None where none serves it."""
    try:
        published: dict[str, Any] = json.loads((directory / ADDRESS_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return published
