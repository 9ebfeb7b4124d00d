"""Instagram's official API: other professional accounts, read through our own by Business Discovery.

With a brand's own token it also tells the brand who tags and who mentions it (`BrandProvider`).

It knows accounts by name, shows the newest media first, and tells neither usertags nor co-authors nor pins nor plays.
Its ids are its own, and none of them can be asked for: it says nothing about a post that is not on the page, so it is
no witness of a deletion. Personal, private and age-gated accounts do not exist for it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from app.core.config import Settings
from app.core.errors import InvalidInput
from app.instagram import graph_parsing, tokens
from app.instagram.classification import classify, failure
from app.instagram.errors import AccountNeedsHuman, FailureKind, InstagramError, TargetUnavailable, TransientFailure
from app.instagram.graph_token import GraphToken
from app.instagram.graph_usage import usage_of
from app.instagram.parsing import UnreadableAnswer
from app.instagram.port import FeedPage, Permit, Post, Profile, ReaderAccount, Target, Usage

HOST = "graph.facebook.com"
VERSION = "v25.0"
PAGE_SIZE = 25

_PROFILE_FIELDS = "id,username,name,followers_count,media_count"
_BASIC_FIELDS = "id,caption,comments_count,like_count,media_type,permalink,timestamp"
_FIELD_SETS: Sequence[str] = (
    f"{_BASIC_FIELDS},media_product_type,view_count",
    f"{_BASIC_FIELDS},media_product_type",
    _BASIC_FIELDS,
)
"""From the fullest to what every token may ask for."""
_TAG_FIELDS = f"{_BASIC_FIELDS},media_product_type,username"
_MENTION_FIELDS = f"{_BASIC_FIELDS},username"

_CURSOR = re.compile(r"[A-Za-z0-9_=+/-]{1,1000}")
_MEDIA_ID = re.compile(r"[0-9]{1,20}", re.ASCII)
_OBJECT_NAMED = re.compile(r"Object with ID '(\d+)'")
_FIELDS_REFUSED = "fields_refused"
_INVALID_PARAMETER = 100
_NO_SUCH_OBJECT = 33


class GraphProvider:
    """The provider for tokens of the official API; see `app.instagram.graph_token` for their settings.

    It remembers which token was refused which fields (error #100) and asks for fewer from the next request on.
    """

    name = "graph"
    needs_user_pk = False

    def __init__(self, *, timeout: timedelta, ca_file: Path | None = None) -> None:
        self._timeout = timeout
        self._ca_file = ca_file
        self._refused_sets: dict[UUID, int] = {}

    @classmethod
    def from_settings(cls, settings: Settings) -> "GraphProvider":
        """Return the provider as the settings want it."""
        return cls(timeout=settings.request_timeout, ca_file=settings.instagram_ca_file)

    def fetch_feed_page(self, account: ReaderAccount, permit: Permit, target: Target, cursor: str | None) -> FeedPage:
        """Return a page of about 25 posts, newest first; see the port. `owner_pk` is `target.pk`, or empty."""
        name = _checked_name(target.username)
        if cursor is not None and not _CURSOR.fullmatch(cursor):
            raise TransientFailure("cursor_refused")
        position = "" if cursor is None else f".after({cursor})"
        fields = _FIELD_SETS[self._refused_sets.get(account.id, 0)]
        media = f"media{position}.limit({PAGE_SIZE}){{{fields}}}"
        try:
            answer, usage = self._answer(
                account, permit, f"business_discovery.username({name}){{id,username,media_count,{media}}}"
            )
        except TransientFailure as refused:
            if refused.error != _FIELDS_REFUSED:
                raise
            if cursor is not None:
                # The first page was asked for in the same words, so it is not the fields.
                raise TransientFailure("cursor_refused", http_status=refused.http_status) from None
            self._ask_for_less(account)
            raise
        try:
            page = graph_parsing.parse_discovery_page(answer)
        except UnreadableAnswer:
            raise TransientFailure("page_without_media", http_status=200) from None
        posts = tuple(replace(post, owner_pk=target.pk or "") for post in page.posts)
        return replace(page, posts=posts, usage=usage)

    def fetch_profile(self, account: ReaderAccount, permit: Permit, username: str) -> Profile:
        """Return the professional account that has this name now; see the port."""
        query = f"business_discovery.username({_checked_name(username)}){{{_PROFILE_FIELDS}}}"
        answer, usage = self._answer(account, permit, query)
        try:
            profile = graph_parsing.parse_discovered_profile(answer)
        except UnreadableAnswer:
            raise TransientFailure("profile_without_user", http_status=200) from None
        return replace(profile, usage=usage)

    def fetch_tags_page(self, account: ReaderAccount, permit: Permit) -> FeedPage:
        """Return the newest posts (25, the API's default) whose photo tags name the token's own account; see the port.

        Source: `GET /{ig-user-id}/tags` (IG User reference). It leaves out private authors and stories.
        """
        answer, usage = self._answer(account, permit, _TAG_FIELDS, edge="/tags")
        try:
            page = graph_parsing.parse_tags_page(answer)
        except UnreadableAnswer:
            raise TransientFailure("page_without_media", http_status=200) from None
        return replace(page, usage=usage)

    def fetch_mentioned_post(self, account: ReaderAccount, permit: Permit, media_id: str) -> Post:
        """Return the post whose caption mentions the token's own account, by the id of a webhook; see the port.

        Source: `GET /{ig-user-id}?fields=mentioned_media.media_id(…)` (IG User reference).
        """
        if not _MEDIA_ID.fullmatch(media_id):
            raise TargetUnavailable("invalid_media_id")
        answer, _ = self._answer(account, permit, f"mentioned_media.media_id({media_id}){{{_MENTION_FIELDS}}}")
        try:
            return graph_parsing.parse_mentioned_post(answer)
        except UnreadableAnswer:
            raise TransientFailure("mention_without_post", http_status=200) from None

    def close(self) -> None:
        """Do nothing: each request closes its own connection."""

    def _answer(
        self, account: ReaderAccount, permit: Permit, query: str, *, edge: str = ""
    ) -> tuple[Mapping[str, Any], Usage | None]:
        from app.instagram import graph_transport  # noqa: PLC0415 - loads libcurl: only a worker that sends pays for it

        token = _token(account)
        request = graph_transport.GraphRequest(
            url=f"https://{HOST}/{VERSION}/{token.ig_user_id}{edge}?{urlencode({'fields': query})}",
            access_token=token.access_token,
            proxy=account.proxy,
        )
        answer = graph_transport.send(request, permit, timeout=self._timeout, ca_file=self._ca_file)
        usage = usage_of(answer.headers)
        if answer.status == 200 and isinstance(answer.body, Mapping) and "error" not in answer.body:
            return answer.body, usage
        raise _failure(answer.status, answer.body, usage, answer.headers.get("retry-after"), own_id=token.ig_user_id)

    def _ask_for_less(self, account: ReaderAccount) -> None:
        refused = self._refused_sets.get(account.id, 0)
        self._refused_sets[account.id] = min(refused + 1, len(_FIELD_SETS) - 1)


def _checked_name(username: str) -> str:
    name = tokens.whole_username(username)
    if name is None:
        raise TargetUnavailable("invalid_username")
    return name


def _token(account: ReaderAccount) -> GraphToken:
    try:
        return GraphToken.from_settings(account.settings)
    except InvalidInput as error:
        unreadable = AccountNeedsHuman("token_unreadable")
        unreadable.add_note(str(error))
        raise unreadable from None


def _failure(status: int, body: object, usage: Usage | None, retry_after: str | None, *, own_id: str) -> InstagramError:
    """Return what a refusal means; the usage's own word says how long a throttled token rests."""
    found = classify(status, body, "graph", retry_after)
    if found.kind is FailureKind.COOLING and found.retry_after is None and usage is not None:
        found = replace(found, retry_after=usage.regain_after)
    error = body.get("error") if isinstance(body, Mapping) else None
    if isinstance(error, Mapping) and error.get("code") == _INVALID_PARAMETER and found.kind is FailureKind.TRANSIENT:
        if error.get("error_subcode") != _NO_SUCH_OBJECT:
            return TransientFailure(_FIELDS_REFUSED, http_status=status)
        # It is our own account, which the path names, or a mentioned post, named inside the fields.
        named = _OBJECT_NAMED.search(str(error.get("message")))
        if named is None or named[1] == own_id:
            return AccountNeedsHuman("own_account_refused", http_status=status)
        return TargetUnavailable("media_not_found", http_status=status)
    return failure(found, status)
