"""Failures of a request to Instagram, by what is to be done about them.

The tree is drawn in `app.core.errors`. Which answer is which kind is decided in one place,
`app.instagram.classification`.
"""

from datetime import timedelta
from enum import StrEnum
from typing import ClassVar

from app.core.errors import TagBuyError


class FailureKind(StrEnum):
    """What a failed request is about. Only `target` says anything about the post or the profile."""

    COOLING = "cooling"
    NEEDS_HUMAN = "needs_human"
    TRANSIENT = "transient"
    OUTDATED = "outdated"
    TARGET = "target"


class InstagramError(TagBuyError):
    """A request to Instagram failed.

    `error` is a short stable name such as `login_required`; `http_status` is None where no answer came.
    """

    kind: ClassVar[FailureKind]

    def __init__(self, error: str, *, http_status: int | None = None, retry_after: timedelta | None = None) -> None:
        super().__init__(error if http_status is None else f"{error} (HTTP {http_status})")
        self.error = error
        self.http_status = http_status
        self.retry_after = retry_after


class AccountCooling(InstagramError):
    """The account asked too much and must rest."""

    kind = FailureKind.COOLING


class AccountNeedsHuman(InstagramError):
    """The account is logged out, challenged or blocked: a person must look after it."""

    kind = FailureKind.NEEDS_HUMAN


class TransientFailure(InstagramError):
    """A time-out, a server error, or an answer that is not what it should be: try again later."""

    kind = FailureKind.TRANSIENT


class SoftwareOutdated(InstagramError):
    """Instagram no longer speaks our version: every request would fail, so all of them stop."""

    kind = FailureKind.OUTDATED


class TargetUnavailable(InstagramError):
    """The post or profile is private or does not exist, as far as this account can tell."""

    kind = FailureKind.TARGET


class PermitRefused(TagBuyError):
    """The permit was used before, or is too old to be used safely. Nothing was sent."""
