"""Answers of Instagram that carry no data, with bodies as people have reported them (threads named beside each)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

HTML_PAGE = b"""<!DOCTYPE html>
<html lang="en"><head><title>Instagram</title></head><body><h1>Sorry, something went wrong.</h1></body></html>
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, a body, and headers besides the usual ones (names in lower case)."""

    status: int
    body: bytes
    content_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


def json_answer(status: int, body: Mapping[str, Any]) -> Answer:
    """Return an answer with a JSON body."""
    return Answer(status, json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())


def _failure(status: int, message: str, **more: Any) -> Answer:
    return json_answer(status, {"message": message, **more, "status": "fail"})


LOGIN_REQUIRED = _failure(  # Datalux/Osintgram #373
    403,
    "login_required",
    error_title="You've Been Logged Out",
    error_body="Please log back in.",
    logout_reason=8,
)
PRIVATE_USER = _failure(400, "Not authorized to view user")  # mgp25/Instagram-API #1122
USER_NOT_FOUND = _failure(404, "User not found")
MEDIA_REMOVED = _failure(400, "Media not found or unavailable")  # mgp25/Instagram-API #2933
MEDIA_ARCHIVED = _failure(404, "Media not found or unavailable")
START = json_answer(200, {"tray": [], "status": "ok"})
"""The stories that the app asks for when it starts: there are none."""
UNKNOWN_ENDPOINT = _failure(404, "Endpoint does not exist")

FAULTS: Mapping[str, Answer] = {
    # mgp25/Instagram-API #438
    "429": _failure(429, "Sorry, too many requests. Please try again later."),
    # Datalux/Osintgram #878
    "please_wait": _failure(401, "Please wait a few minutes before you try again.", require_login=True),
    # LevPasha/Instagram-API-python #365
    "challenge": _failure(
        400,
        "challenge_required",
        challenge={
            "url": "https://i.instagram.com/challenge/",
            "api_path": "/challenge/",
            "hide_webview_header": True,
            "lock": True,
            "logout": False,
            "native_flow": True,
        },
    ),
    # instagrapi #2433: a challenge that looks like a missing page
    "masked_challenge": Answer(404, b"Not Found", "text/plain"),
    "login_required": LOGIN_REQUIRED,
    # mikf/gallery-dl #7202
    "feedback": _failure(
        400,
        "feedback_required",
        spam=True,
        feedback_title="Try Again Later",
        feedback_message="We limit how often you can do certain things on Instagram to protect our community. "
        "Tell us if you think we made a mistake.",
        feedback_url="",
        feedback_action="report_problem",
        feedback_appeal_label="Let us know",
        restriction_enrollment_data="",
    ),
    # NightfallGT/IG-Sniper #4
    "checkpoint": _failure(
        400,
        "checkpoint_required",
        checkpoint_url="/challenge/00000000000/XXXXXXXXXX/",
        lock=False,
        flow_render_type=0,
    ),
    # instagrapi #2773
    "needs_upgrade": _failure(
        400,
        "Your version of Instagram is out of date. Please upgrade your app to log in to Instagram.",
        error_type="needs_upgrade",
    ),
    "5xx": Answer(502, b"<html><head><title>5xx Server Error</title></head><body></body></html>", "text/html"),
    "html": Answer(200, HTML_PAGE, "text/html; charset=utf-8"),
    # Lies that look like Instagram's own word: a reader that is blocked by an author, or quietly by Instagram.
    "media_not_found": MEDIA_REMOVED,
    "user_not_found": USER_NOT_FOUND,
    "not_found_page": Answer(404, HTML_PAGE, "text/html; charset=utf-8"),
}
