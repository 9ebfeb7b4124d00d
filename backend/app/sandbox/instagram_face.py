"""The face of Instagram's private API: what `i.instagram.com` would answer, as a bare ASGI application."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote

from app.sandbox import discovery, discovery_payloads, payloads
from app.sandbox.answers import (
    FAULTS,
    LOGIN_REQUIRED,
    MEDIA_ARCHIVED,
    MEDIA_REMOVED,
    PRIVATE_USER,
    START,
    UNKNOWN_ENDPOINT,
    USER_NOT_FOUND,
    Answer,
    json_answer,
)
from app.sandbox.cast import session_of
from app.sandbox.face import Face, Question, Scope, header, query_of
from app.sandbox.faults import PAGE_FAULTS, FaultRule, Faults, spoil_page
from app.sandbox.logins import Logins
from app.sandbox.people import Person
from app.sandbox.police import Police
from app.sandbox.replay import Replay
from app.sandbox.request_log import RequestLog
from app.sandbox.simulation import Simulation

PAGE_SIZE = 12
SECTIONS_SIZE = 27
"""Posts on a page of a hashtag's recent ones: nine rows of three."""
_ROUTES = (
    ("feed", re.compile(r"/api/v1/feed/user/(\d+)/")),
    ("profile", re.compile(r"/api/v1/users/(\d+)/info/")),
    ("profile", re.compile(r"/api/v1/users/([^/]+)/usernameinfo/")),
    ("media", re.compile(r"/api/v1/media/(\d+)(?:_\d+)?/info/")),
    ("tagged", re.compile(r"/api/v1/usertags/(\d+)/feed/")),
    ("hashtag", re.compile(r"/api/v1/tags/([^/]+)/sections/")),
    ("timeline", re.compile(r"/api/v1/feed/(timeline)/")),
    ("reels", re.compile(r"/api/v1/clips/(user)/")),
    ("start", re.compile(r"/api/v1/feed/(reels_tray)/")),
)
_POSTED = frozenset({"hashtag", "timeline", "reels", "start"})
"""The endpoints that the app asks with POST."""
_SHAPES: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "tagged": discovery_payloads.as_tagged,
    "hashtag": discovery_payloads.as_sections,
    "timeline": discovery_payloads.as_timeline,
    "reels": discovery_payloads.as_reels,
}


class InstagramFace(Face):
    """Answers the readers, polices them and fails on demand."""

    def __init__(
        self,
        simulation: Simulation,
        *,
        police: Police,
        faults: Faults,
        log: RequestLog,
        replay: Replay,
        account_behind: Callable[[int | None], str | None],
    ) -> None:
        super().__init__(simulation, police=police, faults=faults, log=log)
        self._replay = replay
        self._drift_turn = 0
        self._account_behind = account_behind
        self._logins = Logins(simulation.world.cast.readers)
        self._readers = {reader.session_id: reader.username for reader in simulation.world.cast.readers}

    def question(self, scope: Scope, body: bytes) -> Question:
        """Return what a request asks for, and with which login."""
        session_id = session_of(header(scope, "authorization"))
        endpoint, target = "other", None
        for name, pattern in _ROUTES:
            if found := pattern.fullmatch(scope["path"]):
                endpoint, target = name, unquote(found.group(1))
                break
        form = _form(body) if endpoint in {"hashtag", "reels"} else {}
        if endpoint == "reels":
            target = form.get("target_user_id")
        account = self._readers.get(session_id or "")
        is_read = scope["method"] == "GET"
        if self._logins.is_about_login(scope["path"]):
            # Nobody is logged in yet: the proxy tells who asks.
            endpoint, account = "login", self._account_behind((scope.get("client") or (None, None))[1])
        return Question(
            account=account,
            endpoint=endpoint,
            target=target,
            path=scope["path"],
            query={**query_of(scope), **form},
            is_read=is_read,
            body=body,
        )

    def answer(self, question: Question, fault: FaultRule | None, *, now: float) -> Answer:
        """Return the answer, or the failure that the fault orders."""
        if fault is not None and fault.kind in FAULTS:
            return FAULTS[fault.kind]
        if question.endpoint == "login":
            return self._login(question, now)
        if question.account is None or question.account in self.simulation.logged_out:
            return LOGIN_REQUIRED
        if question.target is None or question.is_read is (question.endpoint in _POSTED):
            return UNKNOWN_ENDPOINT
        return self._known(question, question.target, fault)

    def _known(self, question: Question, target: str, fault: FaultRule | None) -> Answer:
        match question.endpoint:
            case "feed":
                return self._page(self._feed_page(target, question.query), fault)
            case "tagged" | "hashtag" | "timeline" | "reels":
                page = self._discovered(question.endpoint, target, question.query)
                return self._page(page, fault, _SHAPES[question.endpoint])
            case "profile":
                return self._profile(question)
            case "start":
                return START
            case _:
                return self._media(target)

    def _login(self, question: Question, now: float) -> Answer:
        answer, username = self._logins.answer(question.path, question.body, now=now)
        if username is not None:
            self.simulation.perform("login", {"account": username})
        return answer

    def _page(
        self,
        page: Mapping[str, Any] | Answer,
        fault: FaultRule | None,
        shape: Callable[[dict[str, Any]], Mapping[str, Any]] = dict,
    ) -> Answer:
        """Return a page in the shape of its endpoint, or spoilt as the fault orders."""
        if isinstance(page, Answer):
            return page
        if fault is None or fault.kind not in PAGE_FAULTS:
            return json_answer(200, shape(dict(page)))
        self._drift_turn += 1
        return spoil_page(fault.kind, dict(page), turn=self._drift_turn, shape=shape)

    def _discovered(self, endpoint: str, target: str, query: Mapping[str, str]) -> Mapping[str, Any] | Answer:
        world = self.simulation.present()
        if endpoint == "timeline":
            return discovery_payloads.listed(world, discovery.followed_posts(world, count=PAGE_SIZE))
        if endpoint == "hashtag":
            if query.get("tab") != "recent":
                return UNKNOWN_ENDPOINT
            return discovery_payloads.listed(world, discovery.hashtag_posts(world, target, count=SECTIONS_SIZE))
        person = world.person(pk=int(target)) if target.isdigit() else None
        if person is None:
            return USER_NOT_FOUND
        if world.is_private(person):
            return PRIVATE_USER
        find = discovery.tagged_posts if endpoint == "tagged" else discovery.reels
        return discovery_payloads.listed(world, find(world, person, count=PAGE_SIZE))

    def _feed_page(self, pk: str, query: Mapping[str, str]) -> Mapping[str, Any] | Answer:
        cursor = query.get("max_id") or None
        recorded = self._replay.feed_page(pk, cursor)
        if recorded is not None:
            return recorded
        world = self.simulation.present()
        person = world.person(pk=int(pk))
        if person is None:
            return USER_NOT_FOUND
        if world.is_private(person):
            return PRIVATE_USER
        before = (cursor or "").partition("_")[0]
        count = query.get("count", "")
        size = min(PAGE_SIZE, int(count)) if count.isdigit() and int(count) > 0 else PAGE_SIZE
        posts, has_more = world.feed(person, before_pk=int(before) if before.isdigit() else None, count=size)
        return payloads.feed_page(world, person, posts, has_more=has_more)

    def _profile(self, question: Question) -> Answer:
        name = question.target or ""
        is_id = question.path.endswith(f"/{name}/info/")
        recorded = self._replay.profile(pk=name) if is_id else self._replay.profile(username=name)
        if recorded is not None:
            return json_answer(200, recorded)
        world = self.simulation.present()
        person: Person | None = world.person(pk=int(name)) if is_id else world.person(username=name)
        return USER_NOT_FOUND if person is None else json_answer(200, payloads.user_info(world, person))

    def _media(self, pk: str) -> Answer:
        recorded = self._replay.media_info(pk)
        if recorded is not None:
            return json_answer(200, recorded)
        world = self.simulation.present()
        post = world.posts.get(int(pk))
        if post is None or world.is_private(post.owner):
            return MEDIA_REMOVED
        if post.absence is not None:
            return MEDIA_REMOVED if post.absence.reason == "removed" else MEDIA_ARCHIVED
        return json_answer(200, payloads.media_info(world, post))


def _form(body: bytes) -> Mapping[str, str]:
    """Return the fields of a form, or of the JSON that the app wraps in one as `signed_body=SIGNATURE.{…}`."""
    try:
        fields = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        signed = json.loads(fields.pop("signed_body", "SIGNATURE.{}").partition(".")[2])
        return {**fields, **{name: str(value) for name, value in signed.items()}}
    except (ValueError, AttributeError):
        return {}
