"""Structured logs: an event and its fields, with secrets taken out."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from app.core.config import get_settings

REDACTED = "[redacted]"
_SECRET_KEYS = re.compile(r"password|passwd|secret|session(_?id)?$|token|authorization|cookie|api_key", re.IGNORECASE)
_URL_PASSWORD = re.compile(r"(?P<scheme>\w+://)[^/\s@]+@")
_SESSION_ID = re.compile(r"\b\d{4,}%3A[\w%-]{8,}|IGT:2:[\w=+/-]+|\b(?:EAA|IGQ|IGAA)\w{20,}")


def redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace what looks like a secret, by its key or by its shape."""
    for key, value in event.items():
        if _SECRET_KEYS.search(key):
            event[key] = REDACTED
        elif isinstance(value, str):
            event[key] = redact_text(value)
    return event


def redact_text(text: str) -> str:
    """Return `text` without passwords in URLs, without Instagram session ids and without Graph tokens."""
    return _SESSION_ID.sub(REDACTED, _URL_PASSWORD.sub(rf"\g<scheme>{REDACTED}@", text))


def set_up_logging(level: int | str | None = None) -> None:
    """Send structlog and the standard library's loggers to stderr in one format, from `level` on (else the setting)."""
    settings = get_settings()
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level or settings.log_level)
    for noisy in ("instagrapi", "private_request", "public_request", "httpx", "hypercorn.access", "uvicorn.access"):
        # instagrapi logs whole answers and headers below WARNING.
        logging.getLogger(noisy).setLevel(logging.WARNING)
