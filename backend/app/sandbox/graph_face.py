"""The face of the official API: what `graph.facebook.com` would answer to Business Discovery, tags and mentions.

It knows professional accounts only. Unlike the private face it enforces its hourly limit, as the real one does: the
request beyond it is refused, and counted as a violation as well.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.core.errors import InvalidInput
from app.sandbox import graph_payloads
from app.sandbox.answers import FAULTS, Answer, json_answer
from app.sandbox.face import Face, Question, Scope, header, query_of
from app.sandbox.faults import DISCOVERY, PAGE_FAULTS, FaultRule, Faults
from app.sandbox.graph_answers import (
    GRAPH_FAULTS,
    LIMIT_REACHED,
    NO_PROFESSIONAL,
    TOKEN_EXPIRED,
    TOKEN_MISSING,
    TOKEN_REVOKED,
    TOKEN_UNKNOWN,
    UNKNOWN_PATH,
    USER_NOT_FOUND,
    invalid_parameter,
    no_such_object,
)
from app.sandbox.graph_query import parse_mention, parse_query, parse_tags
from app.sandbox.police import Police
from app.sandbox.request_log import RequestLog
from app.sandbox.simulation import Simulation

_PATH = re.compile(r"/v\d+\.\d+/(\d+)(/tags)?(?:/(?:business_discovery|mentioned_media)/.*)?")
_SUBJECT = re.compile(r"(business_discovery|mentioned_media)\.\w+\(([^(){}]*)\)")
_TOKEN = "access_token"  # noqa: S105 - the parameter's name


class GraphFace(Face):
    """Answers the tokens, counts their calls and fails on demand."""

    def __init__(self, simulation: Simulation, *, police: Police, faults: Faults, log: RequestLog) -> None:
        super().__init__(simulation, police=police, faults=faults, log=log)
        self._readers = {reader.access_token: reader for reader in simulation.world.cast.graph_readers}
        self._by_name = {reader.username: reader for reader in self._readers.values()}

    def question(self, scope: Scope, body: bytes) -> Question:
        """Return what a request asks for; the path names whom it is about, and never the token."""
        query = dict(query_of(scope))
        scheme, _, bearer = header(scope, "authorization").partition(" ")
        token = query.pop(_TOKEN, "") or (bearer if scheme in {"Bearer", "OAuth"} else "")
        reader = self._readers.get(token)
        subject = _SUBJECT.search(query.get("fields", ""))
        return Question(
            account=None if reader is None else reader.username,
            endpoint=DISCOVERY,
            target=None if subject is None else subject[2],
            path=scope["path"] + ("" if subject is None else f"/{subject[1]}/{subject[2]}"),
            query={**query, "has_token": "1"} if token else query,
            is_read=scope["method"] == "GET",
            body=body,
        )

    def answer(self, question: Question, fault: FaultRule | None, *, now: float) -> Answer:
        """Return the answer with the usage header, or the failure that the fault orders."""
        answer = self._answer(question, fault, now)
        if question.account is None:
            return answer
        percent = round(100 * self.police.share_of_hour(question.account, now))
        usage = {"call_count": percent, "total_cputime": percent // 3, "total_time": percent // 4}
        return replace(answer, headers={"x-app-usage": json.dumps(usage), **answer.headers})

    def _answer(self, question: Question, fault: FaultRule | None, now: float) -> Answer:
        if fault is not None and (ordered := GRAPH_FAULTS.get(fault.kind) or FAULTS.get(fault.kind)) is not None:
            return ordered
        refused = self._refusal(question, now)
        if refused is not None:
            return refused
        try:
            found = self._found(question)
        except InvalidInput as error:
            return invalid_parameter(str(error))
        if isinstance(found, Answer):
            return found
        return (
            _spoilt(fault.kind, found) if fault is not None and fault.kind in PAGE_FAULTS else json_answer(200, found)
        )

    def _refusal(self, question: Question, now: float) -> Answer | None:
        asked = _PATH.fullmatch(question.path)
        if asked is None or not question.is_read:
            return UNKNOWN_PATH
        if question.account is None:
            return TOKEN_UNKNOWN if "has_token" in question.query else TOKEN_MISSING
        reader = self._by_name[question.account]
        if question.account in self.simulation.logged_out:
            return TOKEN_REVOKED
        if now >= reader.expires_at.timestamp():
            return TOKEN_EXPIRED
        if asked[1] != reader.ig_user_id:
            return no_such_object(asked[1])
        return LIMIT_REACHED if self.police.share_of_hour(question.account, now) > 1 else None

    def _found(self, question: Question) -> Mapping[str, Any] | Answer:
        world, reader = self.simulation.present(), self._by_name[question.account or ""]
        asked = _PATH.fullmatch(question.path)
        if asked is not None and asked[2]:
            return graph_payloads.tags(world, reader.brand, parse_tags(question.query))
        fields = question.query.get("fields", "")
        mention = parse_mention(fields)
        if mention is not None:
            found = graph_payloads.mention(world, reader.brand, mention, ig_user_id=reader.ig_user_id)
            return no_such_object(mention.media_id) if found is None else found
        query = parse_query(fields)
        person = world.person(username=query.username)
        if person is None or world.is_private(person):
            return USER_NOT_FOUND
        if not person.is_business:
            return NO_PROFESSIONAL
        return graph_payloads.discovery(world, person, query, ig_user_id=reader.ig_user_id)


def _spoilt(kind: str, body: Mapping[str, Any]) -> Answer:
    """Return an answer with the fault `kind`; a profile without media cannot be spoilt, except cut off."""
    if kind == "truncated":
        whole = json_answer(200, body)
        return replace(whole, body=whole.body[: len(whole.body) * 2 // 3])
    if "business_discovery" not in body:
        return json_answer(200, _spoilt_list(kind, body) if "data" in body else {"id": body["id"]})
    profile = dict(body["business_discovery"])
    media = profile.pop("media", None)
    if media is not None:
        profile |= {"media": spoilt} if (spoilt := _spoilt_list(kind, media)) else {}
    return json_answer(200, {**body, "business_discovery": profile})


def _spoilt_list(kind: str, media: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a list of media with the fault `kind`; nothing at all for `no_items`."""
    match kind:
        case "empty_page":
            return {"data": [], "paging": {"cursors": {}}}
        case "drifted":
            broken = [{**item, "permalink": None} for item in media["data"][:1]]
            return {**media, "data": [*broken, *media["data"][1:]]}
        case _:
            return {}
