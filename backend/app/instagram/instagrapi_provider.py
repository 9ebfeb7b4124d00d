"""Instagram's private mobile API through the unmodified, pinned instagrapi.

Of the library we use the session, its headers and its HTTP/2 transport. Requests are raw and read by our own parser:
its list methods return nothing on most failures, its models lose a page over one drifted field and turn absent
counts into 0 (instagrapi 3.2.2).
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from app.core.config import Settings
from app.instagram import discovery_parsing, parsing, tokens
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
        user_pk = _valid_pk(target.pk or "", "invalid_user_pk")
        session = self._session(account)
        params = {
            "max_id": cursor or "",
            "count": PAGE_SIZE,
            "rank_token": session.client.rank_token,
            "ranked_content": "true",
        }
        answer = _answer(session, permit, f"feed/user/{user_pk}/", params)
        return _page(answer, lambda page: parsing.parse_feed_page(page, user_pk))

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
        _valid_pk(user_pk, "invalid_user_pk")
        answer = _answer(self._session(account), permit, f"users/{user_pk}/info/", {})
        try:
            return parsing.parse_profile(answer)
        except UnreadableAnswer:
            raise _unexpected(answer, "profile_without_user") from None

    def fetch_post(self, account: ReaderAccount, permit: Permit, media_pk: str) -> Post:
        """Return one post as it is now; see the port."""
        _valid_pk(media_pk, "invalid_media_pk")
        answer = _answer(self._session(account), permit, f"media/{media_pk}/info/", {})
        try:
            return parsing.parse_post(answer, media_pk)
        except UnreadableAnswer:
            raise _unexpected(answer, "answer_without_post") from None

    def fetch_tagged_page(self, account: ReaderAccount, permit: Permit, user_pk: str) -> FeedPage:
        """Return the newest posts on which the account is tagged (`mixins/media.py`, usertag_medias_paginated_v1)."""
        _valid_pk(user_pk, "invalid_user_pk")
        answer = _answer(self._session(account), permit, f"usertags/{user_pk}/feed/", {"max_id": ""})
        return _page(answer, parsing.parse_feed_page)

    def fetch_hashtag_page(self, account: ReaderAccount, permit: Permit, hashtag: str) -> FeedPage:
        """Return the recent posts with a hashtag (`mixins/hashtag.py`, hashtag_medias_v1_chunk); see the port."""
        name = tokens.whole_hashtag(hashtag)
        if name is None:
            raise TargetUnavailable("invalid_hashtag")
        session = self._session(account)
        form = {
            "tab": "recent",
            "media_recency_filter": "top_recent_posts",
            "_uuid": session.client.uuid,
            "include_persistent": "false",
            "rank_token": session.client.rank_token,
        }
        ask = partial(session.client.private_request, f"tags/{name}/sections/", data=form, with_signature=False)
        return _page(_sent(session, permit, ask), discovery_parsing.parse_hashtag_page)

    def fetch_timeline_page(self, account: ReaderAccount, permit: Permit) -> FeedPage:
        """Return the reader's own home feed; the library fills in the app's thirty fields (`mixins/auth.py`)."""
        session = self._session(account)
        answer = _sent(session, permit, session.client.get_timeline_feed)
        return _page(answer, discovery_parsing.parse_timeline_page)

    def fetch_reels_page(self, account: ReaderAccount, permit: Permit, user_pk: str) -> FeedPage:
        """Return the newest reels of an account (`mixins/media.py`, user_clips_paginated_v1); see the port."""
        _valid_pk(user_pk, "invalid_user_pk")
        session = self._session(account)
        form = {
            "target_user_id": int(user_pk),
            "max_id": "",
            "page_size": PAGE_SIZE,
            "include_feed_video": "true",
        }
        answer = _sent(session, permit, partial(session.client.private_request, "clips/user/", data=form))
        return _page(answer, lambda page: parsing.parse_feed_page(page, user_pk))

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


def _valid_pk(pk: str, error: str) -> str:
    if not (pk.isascii() and pk.isdigit()):
        raise TargetUnavailable(error)
    return pk


def _answer(session: _Session, permit: Permit, endpoint: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
    return _sent(session, permit, partial(session.client.private_request, endpoint, params=dict(params)))


def _sent(session: _Session, permit: Permit, ask: Callable[[], object]) -> Mapping[str, Any]:
    """Return the answer to the one request that `ask` sends."""
    try:
        with session.adapter.permitted(permit):
            answer = ask()
    except library_errors() as error:
        raise _named(TransientFailure("unreadable_answer"), error) from None
    return answer if isinstance(answer, Mapping) else {}


def _page(answer: Mapping[str, Any], parse: Callable[[Mapping[str, Any]], FeedPage]) -> FeedPage:
    try:
        return parse(answer)
    except UnreadableAnswer:
        raise _unexpected(answer, "page_without_items") from None


def _unexpected(answer: Mapping[str, Any], error: str) -> InstagramError:
    """Return what an answer with HTTP 200 means that is not what was asked for: some failures come so."""
    found = classify(200, answer)
    return TransientFailure(error, http_status=200) if found.error == "unknown_answer" else failure(found, 200)


def _named(failed: InstagramError, cause: Exception) -> InstagramError:
    failed.add_note(f"instagrapi raised {type(cause).__name__}")
    return failed
