"""A client of the control API, for the command line, the tests and the benchmarks."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from app.core.errors import ConfigurationError, InvalidInput, NotFound
from app.sandbox.addresses import published_addresses

TIMEOUT_SECONDS = 15.0
Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SandboxClient:
    """A running sandbox, by its addresses.

    Every method raises `ConfigurationError` where the sandbox does not answer, `InvalidInput` or `NotFound` where it
    refuses.
    """

    control_url: str
    proxy_url: str = ""
    smtp_url: str = ""
    ca_file: str = ""
    pid: int = 0

    @classmethod
    def of(cls, directory: Path) -> "SandboxClient":
        """Return the client of the sandbox that serves a directory.

        Raises:
            ConfigurationError: none does.
        """
        published = published_addresses(directory)
        if published is None:
            raise ConfigurationError(
                f"No sandbox serves {directory}. Start one with `tagbuy sandbox serve --dir {directory}`."
            )
        return cls(**published)

    def health(self) -> Record:
        """Return seed, start and speed of the world."""
        return self._call("GET", "/health")

    def cast(self) -> Record:
        """Return `influencers`, `campaigns` (import format), `accounts`, `graph_tokens`, `brand_tokens`, `replayed`."""
        return self._call("GET", "/cast")

    def truth(self) -> list[Record]:
        """Return every post of the influencers, oldest first; see `app.sandbox.truth.post_record`."""
        posts: list[Record] = self._call("GET", "/truth")["posts"]
        return posts

    def violations(self) -> Record:
        """Return `total`, `by_kind`, `by_account`, `worst` and examples of broken limits."""
        return self._call("GET", "/violations")

    def requests(self, *, since: int = 0) -> list[Record]:
        """Return the requests to Instagram with a `seq` greater than `since`, oldest first."""
        found: list[Record] = self._call("GET", f"/requests?since={since}")["requests"]
        return found

    def stats(self) -> Record:
        """Return counts of posts, requests, messages, tunnels and violations."""
        return self._call("GET", "/stats")

    def inbox(self) -> list[Record]:
        """Return the messages of the demo inbox, newest first."""
        messages: list[Record] = self._call("GET", "/inbox")["messages"]
        return messages

    def message(self, number: int) -> Record:
        """Return one message."""
        return self._call("GET", f"/inbox/{number}")

    def clear_inbox(self) -> None:
        """Delete every message."""
        self._call("DELETE", "/inbox")

    def faults(self) -> list[Record]:
        """Return the present fault rules."""
        rules: list[Record] = self._call("GET", "/faults")["faults"]
        return rules

    def add_fault(self, kind: str, **conditions: Any) -> Record:
        """Let requests fail: `count`, `until`, `seconds`, `probability`, `account`, `target`, `endpoint`."""
        return self._call("POST", "/faults", {"kind": kind, **conditions})

    def clear_faults(self) -> None:
        """Drop every fault rule."""
        self._call("DELETE", "/faults")

    def publish(self, username: str | None = None, **fields: Any) -> Record:
        """Publish a post now and return its truth record; without a name a participant of `campaign` does.

        `caption`, or `campaign` (a title) with an `intention`; `kind` photo, album, reel or video; `usertags`,
        `collab_with`, `is_pinned`, `is_like_hidden`, `is_on_grid` (false: a reel for the reels tab only); `matches`
        declares the truth of a caption.
        """
        return self._call("POST", "/posts", {"username": username, **fields})

    def edit(self, media_pk: str, caption: str | None = None, **fields: Any) -> Record:
        """Edit a post: a new caption, or `campaign=` to add what it lacks; returns its truth record."""
        body = fields if caption is None else {"caption": caption, **fields}
        return self._call("POST", f"/posts/{media_pk}/edit", body)

    def remove(self, media_pk: str) -> Record:
        """Remove a post for good."""
        return self._call("POST", f"/posts/{media_pk}/remove", {})

    def archive(self, media_pk: str) -> Record:
        """Hide a post until it is restored."""
        return self._call("POST", f"/posts/{media_pk}/archive", {})

    def restore(self, media_pk: str) -> Record:
        """Show an archived post again."""
        return self._call("POST", f"/posts/{media_pk}/restore", {})

    def set_private(self, username: str, is_private: bool = True) -> None:
        """Make an influencer private or public."""
        self._call("POST", f"/users/{quote(username)}/{'private' if is_private else 'public'}", {})

    def log_out(self, account: str) -> None:
        """End the session of a reader account, or revoke a token."""
        self._call("POST", f"/accounts/{quote(account)}/logout", {})

    def log_in(self, account: str) -> None:
        """Renew the session of a reader account, or make a token valid again."""
        self._call("POST", f"/accounts/{quote(account)}/login", {})

    def set_speed(self, speed: float) -> None:
        """Let things happen `speed` times as fast from now on; 0 stands still."""
        self._call("POST", "/clock", {"speed": speed})

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Record:
        address = urlsplit(self.control_url).netloc
        connection = http.client.HTTPConnection(address, timeout=TIMEOUT_SECONDS)
        try:
            content = None if body is None else json.dumps(body)
            connection.request(method, path, content, {"content-type": "application/json"})
            response = connection.getresponse()
            answer: Record = json.loads(response.read())
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise ConfigurationError(
                f"The sandbox at {self.control_url} does not answer ({error}). Is it running?"
            ) from None
        finally:
            connection.close()
        if response.status >= 400:
            refusal = NotFound if response.status == 404 else InvalidInput
            raise refusal(str(answer.get("error", f"HTTP {response.status}")))
        return answer
