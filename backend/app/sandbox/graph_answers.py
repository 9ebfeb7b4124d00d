"""Answers of the official API that carry no data, with bodies as recorded or as its error reference has them."""

import json
from collections.abc import Mapping
from typing import Any

from app.sandbox.answers import Answer, json_answer


def refusal(status: int, code: int, message: str, *, kind: str = "OAuthException", **more: Any) -> Answer:
    """Return an error as the Graph API words it."""
    error = {"message": message, "type": kind, "code": code, **more, "fbtrace_id": "AsAndb0xAsAndb0xAsAndb0"}
    return json_answer(status, {"error": error})


def _not_found(code: int) -> Answer:
    # Titles and texts are in the language of the app's user; only the codes and the message stay.
    return refusal(
        400,
        code,
        "Invalid user id",
        is_transient=False,
        error_subcode=2207013,
        error_user_title="사용자를 찾을 수 없음",
        error_user_msg="이 사용자 이름을 가진 사용자를 찾을 수 없습니다.",
    )


USER_NOT_FOUND = _not_found(110)
NO_PROFESSIONAL = _not_found(100)
TOKEN_MISSING = refusal(400, 104, "An access token is required to request this resource.")
TOKEN_UNKNOWN = refusal(401, 190, "Invalid OAuth access token - Cannot parse access token")
TOKEN_REVOKED = refusal(
    401,
    190,
    "Error validating access token: The session has been invalidated because the user changed their password or "
    "Facebook has changed the session for security reasons.",
    error_subcode=460,
)
TOKEN_EXPIRED = refusal(
    401, 190, "Error validating access token: Session has expired. The current time is later.", error_subcode=463
)
UNKNOWN_PATH = refusal(400, 2500, "Unknown path components: /")
LIMIT_REACHED = refusal(403, 4, "(#4) Application request limit reached", is_transient=True)  # nodejs-business-sdk #97

_REGAIN = {"178": [{"type": "instagram", "call_count": 100, "estimated_time_to_regain_access": 7}]}

GRAPH_FAULTS: Mapping[str, Answer] = {
    "graph_limit": LIMIT_REACHED,
    "graph_user_limit": refusal(400, 17, "(#17) User request limit reached", error_subcode=2446079),
    "graph_business_limit": Answer(
        400,
        refusal(400, 80002, "There have been too many calls to this Instagram account.").body,
        headers={"x-business-use-case-usage": json.dumps(_REGAIN)},
    ),
    "graph_token_expired": TOKEN_EXPIRED,
    "graph_permission": refusal(403, 10, "(#10) Application does not have permission for this action"),
    "graph_fields": refusal(400, 100, "(#100) Tried accessing nonexisting field (view_count) on node type (IGMedia)"),
    "graph_unavailable": refusal(
        500, 2, "An unexpected error has occurred. Please retry your request later.", is_transient=True
    ),
    "graph_version": refusal(400, 2635, "(#2635) You are calling a deprecated version of the Ads API."),
}


def no_such_object(object_id: str) -> Answer:
    """Return the refusal of an object that is not there for this token."""
    return refusal(
        400,
        100,
        f"Unsupported get request. Object with ID '{object_id}' does not exist, cannot be loaded due to missing "
        "permissions, or does not support this operation.",
        kind="GraphMethodException",
        error_subcode=33,
    )


def invalid_parameter(message: str) -> Answer:
    """Return error #100 with this message."""
    return refusal(400, 100, f"(#100) {message}")
