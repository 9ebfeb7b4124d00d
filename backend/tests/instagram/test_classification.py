"""Every failed answer has a kind, and only an answer that names the target is about the target."""

from datetime import timedelta
from typing import Any

import pytest

from app.instagram.classification import Classification, classify, failure
from app.instagram.errors import FailureKind, InstagramError, TargetUnavailable
from tests.instagram.recorded import recorded_lines

COOLING, HUMAN = FailureKind.COOLING, FailureKind.NEEDS_HUMAN
TRANSIENT, OUTDATED, TARGET = FailureKind.TRANSIENT, FailureKind.OUTDATED, FailureKind.TARGET


def _fail(message: str = "", **fields: Any) -> dict[str, Any]:
    return {"message": message, "status": "fail", **fields}


@pytest.mark.parametrize(
    ("status", "body", "kind", "error"),
    [
        (429, "", COOLING, "too_many_requests"),
        (429, "<html>slow down</html>", COOLING, "too_many_requests"),
        (429, _fail(spam=True), COOLING, "too_many_requests"),
        (401, _fail("Please wait a few minutes before you try again.", require_login=True), COOLING, "please_wait"),
        (200, _fail("Please wait a few minutes before you try again."), COOLING, "please_wait"),
        (403, "<html>Please wait a few minutes before you try again.</html>", COOLING, "please_wait"),
        (400, _fail("Sorry, too many requests. Please try again later."), COOLING, "too_many_requests"),
        (400, _fail("slow", error_type="rate_limit_error"), COOLING, "rate_limited"),
        (
            400,
            _fail("Sorry, there was a problem with your request.", error_type="sentry_block"),
            COOLING,
            "sentry_block",
        ),
        (400, _fail("feedback_required", spam=True, feedback_title="Coba Lagi Nanti"), COOLING, "feedback_required"),
        (400, _fail("feedback_required"), COOLING, "feedback_required"),
        (400, _fail("The username you entered doesn't appear to belong to an account."), COOLING, "proxy_blocked"),
        (403, _fail("login_required", logout_reason=8), HUMAN, "login_required"),
        (200, _fail("login_required"), HUMAN, "login_required"),
        (401, _fail("", require_login=True), HUMAN, "login_required"),
        (401, _fail("no"), HUMAN, "unauthorized"),
        (400, _fail("challenge_required", challenge={"url": "/challenge/1/"}), HUMAN, "challenge_required"),
        (400, _fail("challenge_required", challenge={"url": "/accounts/suspended/"}), HUMAN, "account_suspended"),
        (400, _fail("", checkpoint_url="/challenge/1/"), HUMAN, "challenge_required"),
        (400, _fail("checkpoint_challenge_required"), HUMAN, "checkpoint_required"),
        (400, _fail("consent_required"), HUMAN, "consent_required"),
        (400, _fail("", two_factor_required=True, two_factor_info={}), HUMAN, "two_factor_required"),
        (400, _fail("x", error_type="bad_password", invalid_credentials=True), HUMAN, "bad_credentials"),
        (403, _fail("Your account has been disabled for violating our terms."), HUMAN, "account_suspended"),
        (404, "Not Found", HUMAN, "masked_challenge"),
        (404, b"Not Found", HUMAN, "masked_challenge"),
        (
            400,
            _fail("Your version of Instagram is out of date.", error_type="needs_upgrade"),
            OUTDATED,
            "needs_upgrade",
        ),
        (200, {"errors": [{"code": 1675002, "summary": "질의 오류"}], "status": "ok"}, OUTDATED, "unknown_query"),
        (400, _fail("feedback_required", comments_disabled=True), TARGET, "comments_disabled"),
        (400, _fail("Media not found or unavailable"), TARGET, "media_not_found"),
        (404, _fail("Media not found or unavailable"), TARGET, "media_not_found"),
        (400, _fail("Media is unavailable"), TARGET, "media_unavailable"),
        (400, _fail("Sorry, this photo has been deleted."), TARGET, "media_unavailable"),
        (400, _fail("Invalid media_id 5"), TARGET, "media_not_found"),
        (400, _fail("Not authorized to view user"), TARGET, "private_account"),
        (404, _fail("User not found"), TARGET, "user_not_found"),
        (400, _fail("Invalid target user"), TARGET, "invalid_target_user"),
        (404, _fail(""), TARGET, "not_found"),
        (404, "<!DOCTYPE html><html>Not Found</html>", TRANSIENT, "html_page"),
        (404, "404 page not found", TRANSIENT, "invalid_json"),
        (404, {"detail": "Not Found"}, TRANSIENT, "unknown_answer"),
        (200, "\ufeff <html>media not found, your account has been, login_required</html>", TRANSIENT, "html_page"),
        (400, "User not found", TRANSIENT, "invalid_json"),
        (502, _fail("User not found"), TRANSIENT, "server_error"),
        (500, "", TRANSIENT, "server_error"),
        (200, '{"items": [{"pk": 38', TRANSIENT, "invalid_json"),
        (200, b"\xff\xfe\x00", TRANSIENT, "invalid_json"),
        (200, ["a"], TRANSIENT, "invalid_json"),
        (200, "", TRANSIENT, "empty_answer"),
        (405, _fail(""), TRANSIENT, "method_refused"),
        (408, _fail(""), TRANSIENT, "timeout"),
        (403, _fail("no"), TRANSIENT, "forbidden"),
        (302, "", TRANSIENT, "redirected"),
        (400, _fail("counter get error"), TRANSIENT, "unknown_answer"),
        (None, None, TRANSIENT, "no_answer"),
    ],
)
def test_an_answer_of_the_private_api_is_about(status: int | None, body: object, kind: FailureKind, error: str) -> None:
    assert classify(status, body) == Classification(kind, error)


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (403, {"code": 4, "is_transient": True}, COOLING),
        (400, {"code": 17}, COOLING),
        (400, {"code": "32"}, COOLING),
        (400, {"code": 613}, COOLING),
        (400, {"code": 80002}, COOLING),
        (400, {"code": 110, "message": "Invalid user id"}, TARGET),
        (404, {"code": 803}, TARGET),
        (400, {"code": 100, "error_subcode": 2207013}, TARGET),
        (400, {"code": 100, "message": "Invalid user id"}, TARGET),
        (400, {"code": 100, "message": "Tried accessing nonexisting field"}, TRANSIENT),
        (400, {"code": 190}, HUMAN),
        (400, {"code": 102}, HUMAN),
        (400, {"code": 104}, HUMAN),
        (403, {"code": 10}, HUMAN),
        (403, {"code": 200}, HUMAN),
        (403, {"code": 299}, HUMAN),
        (500, {"code": 1}, TRANSIENT),
        (500, {"code": 2}, TRANSIENT),
        (400, {"code": 9999, "is_transient": True}, TRANSIENT),
        (400, {"code": 2635}, OUTDATED),
        (400, {"code": 2500, "message": "Unknown path components: /v9"}, OUTDATED),
    ],
)
def test_an_answer_of_the_graph_api_is_about(status: int, error: dict[str, Any], kind: FailureKind) -> None:
    assert classify(status, {"error": error}, "graph").kind is kind


def test_a_text_is_read_like_the_json_that_it_holds() -> None:
    text = '{"message": "login_required", "status": "fail"}'

    assert classify(403, text) == classify(403, text.encode()) == Classification(HUMAN, "login_required")


@pytest.mark.parametrize("field", ["message", "error_type", "errors", "error", "challenge", "spam", "status"])
@pytest.mark.parametrize("value", [None, 5, [], {}, [None], {"errors": [None]}, [{"code": None}], "\ud800", True])
def test_odd_fields_are_unknown_and_never_an_error_of_ours(field: str, value: object) -> None:
    for api in ("private", "graph"):
        assert classify(400, {field: value}, api).kind in FailureKind


@pytest.mark.parametrize(
    ("header", "wait"),
    [("90", timedelta(seconds=90)), ("9999999999", timedelta(days=1)), ("soon", None), ("-5", None), ("0", None)],
)
def test_retry_after_is_understood_in_seconds(header: str, wait: timedelta | None) -> None:
    assert classify(429, "", retry_after=header).retry_after == wait


@pytest.mark.parametrize("kind", list(FailureKind))
def test_each_kind_has_its_exception(kind: FailureKind) -> None:
    error = failure(Classification(kind, "some_name", timedelta(seconds=5)), 400)

    assert isinstance(error, InstagramError)
    assert (error.kind, error.error, error.http_status, error.retry_after) == (kind, "some_name", 400, timedelta(0, 5))
    assert isinstance(error, TargetUnavailable) is (kind is TARGET)


def test_recorded_errors_mean_what_they_say() -> None:
    expected = {
        "login_required": HUMAN,
        "challenge": HUMAN,
        "checkpoint": HUMAN,
        "consent": HUMAN,
        "invalid_user": HUMAN,
        "feedback_required_read": COOLING,
        "please_wait": COOLING,
        "throttled": COOLING,
        "too_many": COOLING,
        "sentry": COOLING,
        "graph_app_limit": COOLING,
        "feedback_required_comments": TARGET,
        "media_": TARGET,
        "private_account": TARGET,
        "graph_user": TARGET,
        "graph_alias": TARGET,
        "graphql": OUTDATED,
        "method_405": TRANSIENT,
    }

    for case in recorded_lines("payloads/errors.jsonl"):
        found = classify(case["http_status"], case["body"], case["api"])
        assert found.kind is next(kind for name, kind in expected.items() if case["name"].startswith(name)), case[
            "name"
        ]
