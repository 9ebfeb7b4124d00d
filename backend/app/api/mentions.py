"""Meta's webhook for mentions: who mentions a brand that gave us its token.

Meta confirms the address with a GET, then posts notifications signed with the app's secret, and posts them again for up
to 36 hours until it is answered with 200 (Graph API webhooks, "Getting started"). It does not keep them, so what is
not stored here is lost. Without both secrets in the settings there is no such page.
"""

import hashlib
import hmac
import json
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, HTTPException, Query, Request, status
from fastapi.responses import PlainTextResponse

from app.core.clock import utc_now
from app.core.config import get_settings
from app.core.db import transaction
from app.monitoring.mentions import note_mention

MOST_BYTES = 1_000_000

log = structlog.get_logger(__name__)
router = APIRouter(prefix="/webhooks", tags=["webhooks"])

_ID = re.compile(r"[0-9]{1,20}", re.ASCII)
_VERIFY_TOKEN = re.compile(r"(verify_token=)[^&\s]*")


@dataclass(frozen=True, slots=True)
class Mention:
    """A post whose caption mentions an account, both by the official API's ids."""

    ig_user_id: str
    media_id: str


@dataclass(frozen=True, slots=True)
class WebhookSecrets:
    """What Meta and we agreed on."""

    verify_token: bytes
    app_secret: bytes

    def is_token(self, token: str) -> bool:
        """Say whether it is the agreed token."""
        return hmac.compare_digest(token.encode(), self.verify_token)

    def has_signed(self, body: bytes, signature: str) -> bool:
        """Say whether `signature` (`sha256=<hex>`) is the app's for exactly these bytes."""
        expected = f"sha256={hmac.new(self.app_secret, body, hashlib.sha256).hexdigest()}"
        return hmac.compare_digest(signature.encode(), expected.encode())


def mentions_in(payload: object) -> Sequence[Mention]:
    """Return the mentions in captions that a notification tells of, each once; whatever else it holds is left out.

    A mention in a comment (`comment_id`) is none in a caption.
    """
    found: dict[Mention, None] = {}
    if isinstance(payload, Mapping) and payload.get("object") == "instagram":
        for entry in _objects(payload.get("entry")):
            for change in _objects(entry.get("changes")):
                value = change.get("value")
                if change.get("field") != "mentions" or not isinstance(value, Mapping) or value.get("comment_id"):
                    continue
                mention = Mention(str(entry.get("id")), str(value.get("media_id")))
                if _ID.fullmatch(mention.ig_user_id) and _ID.fullmatch(mention.media_id):
                    found[mention] = None
    return tuple(found)


def webhook_secrets() -> WebhookSecrets:
    """Return the secrets of the settings; 404 where one is missing."""
    settings = get_settings()
    if settings.webhook_verify_token is None or settings.meta_app_secret is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return WebhookSecrets(
        settings.webhook_verify_token.get_secret_value().encode(), settings.meta_app_secret.get_secret_value().encode()
    )


Secrets = Annotated[WebhookSecrets, Depends(webhook_secrets)]


async def signed_body(request: Request, secrets: Secrets) -> bytes:
    """Return the body as it was sent; 413 where it is too large, 403 where Meta did not sign it."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise HTTPException(status.HTTP_413_CONTENT_TOO_LARGE)
    if not secrets.has_signed(body, request.headers.get("x-hub-signature-256", "")):
        log.warning("webhook.refused", reason="the signature is missing or wrong")
        raise HTTPException(status.HTTP_403_FORBIDDEN)
    return body


@router.get("/instagram", response_class=PlainTextResponse)
def confirm(
    secrets: Secrets,
    mode: Annotated[str, Query(alias="hub.mode")] = "",
    token: Annotated[str, Query(alias="hub.verify_token")] = "",
    challenge: Annotated[str, Query(alias="hub.challenge")] = "",
) -> str:
    """Repeat Meta's challenge, which confirms the address; 403 without the agreed token."""
    if mode != "subscribe" or not secrets.is_token(token):
        raise HTTPException(status.HTTP_403_FORBIDDEN)
    return challenge


@router.post("/instagram")
def receive(body: Annotated[bytes, Depends(signed_body)]) -> dict[str, int]:
    """Store the mentions in a signed notification and tell how many were news; 400 where it is no JSON."""
    try:
        mentions = mentions_in(json.loads(body))
    except (ValueError, RecursionError):
        raise HTTPException(status.HTTP_400_BAD_REQUEST, "The body is no JSON.") from None
    news = 0
    if mentions:
        with transaction() as session:
            news = sum(
                note_mention(session, ig_user_id=mention.ig_user_id, media_id=mention.media_id, now=utc_now())
                for mention in mentions
            )
    log.info("webhook.received", mentions=len(mentions), news=news)
    return {"mentions": len(mentions), "news": news}


def without_verify_token(record: logging.LogRecord) -> bool:
    """Take the token out of an access log's line, whose address holds it; no line is dropped."""
    if isinstance(record.args, tuple):
        record.args = tuple(
            _VERIFY_TOKEN.sub(r"\1[redacted]", part) if isinstance(part, str) else part for part in record.args
        )
    return True


def _objects(value: object) -> Sequence[Mapping[str, object]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


logging.getLogger("uvicorn.access").addFilter(without_verify_token)
