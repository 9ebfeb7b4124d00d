"""The real client, set up as production does: stored settings, its own proxy, a CA file; nothing of it is patched."""

from collections.abc import Mapping
from typing import Any

from instagrapi import Client

from app.sandbox.client import SandboxClient


def make_client(sandbox: SandboxClient, account: Mapping[str, Any]) -> Client:
    """Return instagrapi's client for a reader account of `cast()["accounts"]`."""
    client = Client(account["settings"], proxy=account["proxy"], tls_verify=sandbox.ca_file, with_challenge_flow=False)
    client.request_timeout = 0
    client.private.trust_env = False
    return client


def read_feed(client: Client, user_pk: str, *, cursor: str | None = None) -> dict[str, Any]:
    """Return one raw page."""
    parameters = {"count": 12} | ({} if cursor is None else {"max_id": cursor})
    page: dict[str, Any] = client.private_request(f"feed/user/{user_pk}/", params=parameters)
    return page
