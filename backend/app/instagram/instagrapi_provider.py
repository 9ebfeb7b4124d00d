"""Instagram's private mobile API through the unmodified, pinned instagrapi.

Of the library we use the session, its headers and its HTTP/2 transport. Requests are raw and read by our own parser:
its list methods return nothing on most failures, its models lose a page over one drifted field and turn absent
counts into 0 (instagrapi 3.2.2).
"""

from collections import OrderedDict
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from app.core.config import Settings
from app.instagram import parsing, tokens
from app.instagram.classification import classify, failure
from app.instagram.errors import AccountNeedsHuman, InstagramError, TargetUnavailable, TransientFailure
from app.instagram.instagrapi_client import is_complete, library_errors, metered_client
from app.instagram.parsing import UnreadableAnswer
from app.instagram.port import FeedPage, Permit, Post, Profile, ReaderAccount, Target
from app.instagram.transport import MeteredAdapter

PAGE_SIZE = 12
MOST_CLIENTS = 100
"""Clients kept in one process; a used one takes about 0.5 MiB."""


@dataclass(frozen=True, slots=True)
class _Session:
    """A client, the adapter that meters it, and what it was made from."""

    client: Any
    adapter: MeteredAdapter
    settings: Mapping[str, Any]
    proxy: str | None


class InstagrapiProvider:
    """The provider for stored mobile sessions. It never logs in and never asks on the terminal.

    It keeps one client per account, made anew when the stored settings or the proxy changed. Clients are not
    thread-safe (instagrapi 3.2.2: 8 threads on one client mixed up answers): one provider per process, made after
    the fork, used by one thread.
    """

    name = "instagrapi"
    needs_user_pk = True

    def __init__(self, *, timeout: timedelta, ca_file: Path | None = None) -> None:
        self._timeout = timeout
        self._ca_file = ca_file
        self._sessions: OrderedDict[UUID, _Session] = OrderedDict()

    @classmethod
    def from_settings(cls, settings: Settings) -> "InstagrapiProvider":
        """Return the provider as the settings want it."""
        return cls(timeout=settings.request_timeout, ca_file=settings.instagram_ca_file)

    def fetch_feed_page(self, account: ReaderAccount, permit: Permit, target: Target, cursor: str | None) -> FeedPage:
        """Return a page of about 12 posts; see the port."""
        user_pk = target.pk or ""
        if not (user_pk.isascii() and user_pk.isdigit()):
            raise TargetUnavailable("invalid_user_pk")
        session = self._session(account)
        params = {
            "max_id": cursor or "",
            "count": PAGE_SIZE,
            "rank_token": session.client.rank_token,
            "ranked_content": "true",
        }
        answer = _answer(session, permit, f"feed/user/{user_pk}/", params)
        try:
            return parsing.parse_feed_page(answer, user_pk)
        except UnreadableAnswer:
            raise _unexpected(answer, "page_without_items") from None

    def fetch_profile(self, account: ReaderAccount, permit: Permit, username: str) -> Profile:
        """Return the profile that has this name now; see the port."""
        name = tokens.whole_username(username)
        if name is None:
            raise TargetUnavailable("invalid_username")
        answer = _answer(self._session(account), permit, f"users/{name}/usernameinfo/", {})
        try:
            return parsing.parse_profile(answer)
        except UnreadableAnswer:
            raise _unexpected(answer, "profile_without_user") from None

    def fetch_profile_by_pk(self, account: ReaderAccount, permit: Permit, user_pk: str) -> Profile:
        """Return the profile of an account, whatever its name is now; see the port."""
        if not (user_pk.isascii() and user_pk.isdigit()):
            raise TargetUnavailable("invalid_user_pk")
        answer = _answer(self._session(account), permit, f"users/{user_pk}/info/", {})
        try:
            return parsing.parse_profile(answer)
        except UnreadableAnswer:
            raise _unexpected(answer, "profile_without_user") from None

    def fetch_post(self, account: ReaderAccount, permit: Permit, media_pk: str) -> Post:
        """Return one post as it is now; see the port."""
        if not (media_pk.isascii() and media_pk.isdigit()):
            raise TargetUnavailable("invalid_media_pk")
        answer = _answer(self._session(account), permit, f"media/{media_pk}/info/", {})
        try:
            return parsing.parse_post(answer, media_pk)
        except UnreadableAnswer:
            raise _unexpected(answer, "answer_without_post") from None

    def close(self) -> None:
        """Close every connection and forget the clients."""
        while self._sessions:
            self._sessions.popitem()[1].adapter.close()

    def _session(self, account: ReaderAccount) -> _Session:
        session = self._sessions.pop(account.id, None)
        if session and (session.settings != account.settings or session.proxy != account.proxy):
            session.adapter.close()
            session = None
        session = session or self._opened(account)
        self._sessions[account.id] = session
        if len(self._sessions) > MOST_CLIENTS:
            self._sessions.popitem(last=False)[1].adapter.close()
        return session

    def _opened(self, account: ReaderAccount) -> _Session:
        stored = deepcopy(dict(account.settings))
        if not is_complete(stored):
            raise AccountNeedsHuman("session_missing")
        try:
            client, adapter = metered_client(stored, account.proxy, timeout=self._timeout, ca_file=self._ca_file)
        except library_errors() as error:
            raise _named(AccountNeedsHuman("session_unreadable"), error) from None
        return _Session(client, adapter, stored, account.proxy)


def _answer(session: _Session, permit: Permit, endpoint: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        with session.adapter.permitted(permit):
            answer = session.client.private_request(endpoint, params=dict(params))
    except library_errors() as error:
        raise _named(TransientFailure("unreadable_answer"), error) from None
    return answer if isinstance(answer, Mapping) else {}


def _unexpected(answer: Mapping[str, Any], error: str) -> InstagramError:
    """Return what an answer with HTTP 200 means that is not what was asked for: some failures come so."""
    found = classify(200, answer)
    return TransientFailure(error, http_status=200) if found.error == "unknown_answer" else failure(found, 200)


def _named(failed: InstagramError, cause: Exception) -> InstagramError:
    failed.add_note(f"instagrapi raised {type(cause).__name__}")
    return failed
