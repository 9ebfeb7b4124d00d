"""The one place that decides what a failed answer is about.

Two ordered tables, one for each API, tried from the top; the first rule that fits decides. They match on `message`,
`error_type` and codes, never on titles and texts that Instagram translates. Only answers that name the post or the
profile are `target`: whatever is not understood is `transient` and proves nothing.

Sources: instagrapi 3.2.2 `mixins/private.py` and its issues #2433 (404 with the bare body `Not Found` is a masked
challenge), #2773 (needs_upgrade); recorded bodies from gallery-dl #7202, Osintgram #878, mgp25 #438 and #721,
LevPasha #654; Graph API error reference.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from app.instagram.errors import (
    AccountCooling,
    AccountNeedsHuman,
    FailureKind,
    InstagramError,
    SoftwareOutdated,
    TargetUnavailable,
    TransientFailure,
)

COOLING = FailureKind.COOLING
NEEDS_HUMAN = FailureKind.NEEDS_HUMAN
TRANSIENT = FailureKind.TRANSIENT
OUTDATED = FailureKind.OUTDATED
TARGET = FailureKind.TARGET

LONGEST_RETRY_AFTER = timedelta(days=1)
_LONGEST_BARE_TEXT = 500


@dataclass(frozen=True, slots=True)
class Classification:
    """What a failed answer is about, under a short stable name."""

    kind: FailureKind
    error: str
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class _Answer:
    """A failed answer, prepared for the rules: texts in lower case, `_` read as a space."""

    status: int
    text: str
    fields: Mapping[str, Any]
    is_json_object: bool
    message: str
    error_type: str

    def says(self, *phrases: str) -> bool:
        """Tell whether the message contains one of `phrases`; a bare text is its own message, a web page has none."""
        return any(phrase in self.message for phrase in phrases)

    def is_type(self, *names: str) -> bool:
        """Tell whether `error_type`, or a message of one word, is one of `names`."""
        return self.error_type in names or self.message in names

    @property
    def is_html(self) -> bool:
        """Tell whether somebody answered with a web page."""
        return not self.is_json_object and _is_markup(self.text)

    @property
    def is_fail(self) -> bool:
        """Tell whether it is Instagram's own JSON that says that it failed."""
        return self.is_json_object and self.fields.get("status") == "fail"


_Rule = tuple[FailureKind, str, Callable[[_Answer], bool]]

_PRIVATE: Sequence[_Rule] = (
    # The account asked too much. First, because these answers carry `require_login` and the like as well.
    (COOLING, "please_wait", lambda a: a.says("please wait a few minutes") or _page_asks_to_wait(a)),
    (COOLING, "rate_limited", lambda a: a.is_type("rate limit error") or 1675004 in _graphql_codes(a)),
    (COOLING, "too_many_requests", lambda a: a.status == 429 or a.says("too many requests")),
    (COOLING, "sentry_block", lambda a: a.is_type("sentry block")),
    (COOLING, "proxy_blocked", lambda a: a.is_type("ip block") or a.says("blocked your ip", "open proxy")),
    # The account must be looked after.
    (NEEDS_HUMAN, "account_suspended", lambda a: "/suspended/" in _challenge_url(a)),
    (
        NEEDS_HUMAN,
        "two_factor_required",
        lambda a: a.is_type("two factor required") or _has(a, "two_factor_info", "two_factor_required"),
    ),
    (NEEDS_HUMAN, "challenge_required", lambda a: a.is_type("challenge required", "captcha required")),
    (
        NEEDS_HUMAN,
        "checkpoint_required",
        lambda a: a.is_type("checkpoint required", "checkpoint challenge required", "checkpoint logged out"),
    ),
    (NEEDS_HUMAN, "challenge_required", lambda a: _has(a, "challenge", "checkpoint_url")),
    (NEEDS_HUMAN, "consent_required", lambda a: a.is_type("consent required") or _has(a, "consent_data")),
    (
        NEEDS_HUMAN,
        "bad_credentials",
        lambda a: a.is_type("invalid user", "bad password", "unusable password") or _has(a, "invalid_credentials"),
    ),
    # Without those marks it is how Instagram refuses an address (instagrapi: ProxyAddressIsBlocked).
    (COOLING, "proxy_blocked", lambda a: a.says("the username you entered")),
    (NEEDS_HUMAN, "account_suspended", lambda a: a.is_type("inactive user", "account suspended", "user suspended")),
    (NEEDS_HUMAN, "account_suspended", lambda a: a.says("your account has been")),
    (NEEDS_HUMAN, "login_required", lambda a: a.is_type("login required", "user has logged out", "not logged in")),
    (NEEDS_HUMAN, "login_required", lambda a: _has(a, "logout_reason", "require_login")),
    (NEEDS_HUMAN, "masked_challenge", lambda a: a.status == 404 and a.text.strip() == "Not Found"),
    # Our client is too old. 1675002: the id of the GraphQL query is gone.
    (
        OUTDATED,
        "needs_upgrade",
        lambda a: a.is_type("needs upgrade", "unsupported version") or a.says("of instagram is out of date"),
    ),
    (OUTDATED, "unknown_query", lambda a: 1675002 in _graphql_codes(a)),
    # `feedback_required` is a block, except where it says that the owner turned comments off.
    (TARGET, "comments_disabled", lambda a: _has(a, "comments_disabled") and not _has(a, "spam")),
    (COOLING, "feedback_required", lambda a: a.says("feedback required")),
    (COOLING, "spam_block", lambda a: a.is_fail and _has(a, "spam")),
    # Nobody answered for Instagram, whatever the page says.
    (TRANSIENT, "server_error", lambda a: a.status >= 500),
    (TRANSIENT, "html_page", lambda a: a.is_html),
    # The post or the profile, named in Instagram's own JSON.
    (TARGET, "private_account", lambda a: a.is_json_object and a.says("not authorized to view")),
    (TARGET, "media_not_found", lambda a: a.is_json_object and a.says("media not found", "invalid media id")),
    (TARGET, "media_unavailable", lambda a: a.is_json_object and a.says("media is unavailable", "has been deleted")),
    (TARGET, "user_not_found", lambda a: a.is_json_object and a.says("user not found", "unable to fetch followers")),
    (TARGET, "invalid_target_user", lambda a: a.is_json_object and a.says("invalid target user")),
    (TARGET, "not_found", lambda a: a.is_fail and a.status == 404),
    # What is left.
    (NEEDS_HUMAN, "unauthorized", lambda a: a.status == 401),
    (TRANSIENT, "forbidden", lambda a: a.status == 403),
    (TRANSIENT, "method_refused", lambda a: a.status == 405),
    (TRANSIENT, "timeout", lambda a: a.status == 408),
    (TRANSIENT, "redirected", lambda a: 300 <= a.status < 400),
    (TRANSIENT, "no_answer", lambda a: a.status == 0),
    (TRANSIENT, "empty_answer", lambda a: not a.text.strip()),
    (TRANSIENT, "invalid_json", lambda a: not a.is_json_object),
)

_GRAPH_LIMITS = frozenset({4, 17, 32, 341, 368, 613, *range(80000, 80015)})
_GRAPH_TOKENS = frozenset({102, 104, 190})
_GRAPH_PERMISSIONS = frozenset({3, 10, 2500, *range(200, 300)})
_GRAPH_UNKNOWN_NAME = 2207013

_GRAPH: Sequence[_Rule] = (
    # Before `is_transient`, which limits carry too.
    (COOLING, "graph_limit", lambda a: _graph_code(a) in _GRAPH_LIMITS),
    (OUTDATED, "graph_version", lambda a: _graph_code(a) in (12, 2635)),
    (OUTDATED, "graph_version", lambda a: a.says("unsupported version", "unknown path components")),
    (NEEDS_HUMAN, "graph_token", lambda a: _graph_code(a) in _GRAPH_TOKENS),
    (NEEDS_HUMAN, "graph_permission", lambda a: _graph_code(a) in _GRAPH_PERMISSIONS),
    (TRANSIENT, "graph_unavailable", lambda a: _graph_code(a) in (1, 2) or _graph_error(a).get("is_transient") is True),
    (TARGET, "user_not_found", lambda a: _graph_code(a) in (110, 803)),
    (
        TARGET,
        "user_not_found",
        lambda a: (
            _graph_code(a) == 100
            and (_number(_graph_error(a).get("error_subcode")) == _GRAPH_UNKNOWN_NAME or a.says("invalid user id"))
        ),
    ),
    (COOLING, "too_many_requests", lambda a: a.status == 429),
    (TRANSIENT, "server_error", lambda a: a.status >= 500),
    (TRANSIENT, "html_page", lambda a: a.is_html),
    (NEEDS_HUMAN, "unauthorized", lambda a: a.status == 401),
    (TRANSIENT, "no_answer", lambda a: a.status == 0),
    (TRANSIENT, "empty_answer", lambda a: not a.text.strip()),
    (TRANSIENT, "invalid_json", lambda a: not a.is_json_object),
)

_ERRORS: Mapping[FailureKind, type[InstagramError]] = {
    COOLING: AccountCooling,
    NEEDS_HUMAN: AccountNeedsHuman,
    TRANSIENT: TransientFailure,
    OUTDATED: SoftwareOutdated,
    TARGET: TargetUnavailable,
}


def classify(
    http_status: int | None, body: object, api: str = "private", retry_after: str | None = None
) -> Classification:
    """Return what a failed answer is about.

    `body` is the parsed JSON, or the text or bytes that came; `http_status` is None where no answer came. `api` is
    `private`, `web` or `graph`. `retry_after` is the header's value; only whole seconds are understood.
    """
    answer = _prepared(http_status, body)
    rules = _GRAPH if api == "graph" or "code" in _graph_error(answer) else _PRIVATE
    kind, error = next(((kind, error) for kind, error, fits in rules if fits(answer)), (TRANSIENT, "unknown_answer"))
    return Classification(kind, error, _seconds(retry_after))


def failure(classification: Classification, http_status: int | None = None) -> InstagramError:
    """Return the exception of the classification's kind, to be raised."""
    return _ERRORS[classification.kind](
        classification.error, http_status=http_status, retry_after=classification.retry_after
    )


def _prepared(http_status: int | None, body: object) -> _Answer:
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    parsed = _parsed(text) if isinstance(text, str) else text
    fields = parsed if isinstance(parsed, Mapping) else {}
    error = fields.get("error")
    message = error.get("message") if isinstance(error, Mapping) else fields.get("message")
    if isinstance(text, str) and not isinstance(parsed, Mapping) and len(text) <= _LONGEST_BARE_TEXT:
        message = "" if _is_markup(text) else text
    return _Answer(
        status=http_status or 0,
        text=text if isinstance(text, str) else ("" if text is None else "{}"),
        fields=fields,
        is_json_object=isinstance(parsed, Mapping),
        message=_normal(message),
        error_type=_normal(fields.get("error_type")),
    )


def _is_markup(text: str) -> bool:
    return text.lstrip("\ufeff \t\r\n").startswith("<")


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _normal(value: object) -> str:
    """Join what Instagram may send as a text, a list or an object, so that phrases can be looked for."""
    if isinstance(value, Mapping):
        value = value.get("errors") or list(value.values())
    if isinstance(value, list):
        value = " ".join(part for part in value if isinstance(part, str))
    return " ".join(value.replace("_", " ").replace("-", " ").lower().split()) if isinstance(value, str) else ""


def _has(answer: _Answer, *names: str) -> bool:
    return any(answer.fields.get(name) for name in names)


def _page_asks_to_wait(answer: _Answer) -> bool:
    return answer.is_html and "please wait a few minutes" in answer.text.lower()


def _challenge_url(answer: _Answer) -> str:
    challenge = answer.fields.get("challenge")
    url = challenge.get("url") if isinstance(challenge, Mapping) else None
    return url if isinstance(url, str) else ""


def _graphql_codes(answer: _Answer) -> Sequence[int | None]:
    errors = answer.fields.get("errors")
    found = errors if isinstance(errors, list) else [errors]
    return [_number(error.get("code")) for error in found if isinstance(error, Mapping)]


def _graph_error(answer: _Answer) -> Mapping[str, Any]:
    error = answer.fields.get("error")
    return error if isinstance(error, Mapping) else {}


def _graph_code(answer: _Answer) -> int | None:
    return _number(_graph_error(answer).get("code"))


def _number(value: object) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        return int(value)
    return value if isinstance(value, int) else None


def _seconds(header: str | None) -> timedelta | None:
    seconds = _number(header.strip()) if header else None
    return min(timedelta(seconds=min(seconds, 10**9)), LONGEST_RETRY_AFTER) if seconds else None
