"""The settings of the demo: ticks that let one see something soon, and the sandbox instead of the world."""

import json
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from app.runtime import state

_TICKS = {
    "scan_tick": "5",
    "scan_interval": "120",
    "notification_tick": "5",
    "existence_tick": "15",
    "deletion_delay": "60",
}


def demo_settings(sandbox_file: Path) -> Mapping[str, str]:
    """Return the settings that make the application use the running sandbox; what the user has set wins over them."""
    listens = state.read_json(sandbox_file)
    return {**_TICKS, "smtp_url": str(listens["smtp_url"]), "instagram_ca_file": str(listens["ca_file"])}


def newest_messages(sandbox_url: str, *, limit: int) -> Sequence[Mapping[str, Any]]:
    """Return the e-mails that the demo's inbox received last, newest first; none while it does not answer."""
    address = urlsplit(sandbox_url)
    try:
        # By hand: http.client would cost the supervisor 3 MB for this one question.
        with socket.create_connection((address.hostname, address.port), timeout=2) as connection:
            connection.sendall(f"GET /inbox?limit={limit} HTTP/1.0\r\nHost: {address.netloc}\r\n\r\n".encode())
            with connection.makefile("rb") as answer:
                messages: list[Mapping[str, Any]] = json.loads(answer.read().partition(b"\r\n\r\n")[2])["messages"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return messages
