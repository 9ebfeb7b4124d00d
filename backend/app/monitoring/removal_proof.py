"""One proof that a post is gone: by one account, between two canaries, beside the author's healthy profile.

The canary is somebody else's post that was just seen alive, asked for at the same endpoint. An account that cannot read
it before and after cannot be believed when it says that the post is not found.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from app.content.existence import Evidence, Finding
from app.core.config import Settings
from app.core.db import TransactionFactory
from app.instagram.errors import InstagramError, TargetUnavailable
from app.instagram.port import LookupProvider, Permit, Post, ReaderAccount
from app.models.states import RequestKind
from app.monitoring.requests import Answer, send_request
from app.scheduling.account_pool import Errand
from app.scheduling.allowance import Urgency

POST_GONE = frozenset({"media_not_found", "media_unavailable"})
"""What Instagram itself, in JSON, says of a post that is not there; every other answer proves nothing."""
AUTHOR_GONE = frozenset({"user_not_found", "invalid_target_user", "private_account"})
ABSENCE_SIGNS = POST_GONE | AUTHOR_GONE
"""What makes a look at a post a sign: the proof that follows asks about the author as well."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Question:
    """Which post is asked about, and what is asked beside it."""

    media_pk: str
    author_pk: str
    """Who published it: for a collab post the partner."""
    canary_pk: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found, with every answer in `details`; `sighting` where the post is there after all."""

    evidence: Evidence
    details: dict[str, Any]
    sighting: Answer[Post] | None = None


@dataclass(slots=True)
class _Inquiry:
    """The requests of one proof; all of them are sent by the account that sent the first one."""

    transaction: TransactionFactory
    provider: LookupProvider
    settings: Settings
    exclude: Collection[UUID]
    began_at: datetime
    witness_id: UUID | None = None
    details: dict[str, Any] = field(default_factory=dict)

    def ask_for_post(self, media_pk: str) -> Answer[Post]:
        return self._ask(
            lambda account, permit: self.provider.fetch_post(account, permit, media_pk), RequestKind.MEDIA, media_pk
        )

    def is_author_hidden(self, user_pk: str) -> bool:
        """Ask for the author's profile, and tell whether it is private or not there."""
        try:
            profile = self._ask(
                lambda account, permit: self.provider.fetch_profile_by_pk(account, permit, user_pk),
                RequestKind.PROFILE,
                user_pk,
            ).value
        except TargetUnavailable as failure:
            if failure.error not in AUTHOR_GONE:
                raise
            self.details["author"] = {"answer": str(failure)}
            return True
        self.details["author"] = {"username": profile.username, "is_private": profile.is_private}
        return profile.is_private

    def _ask(self, call: Callable[[ReaderAccount, Permit], T], kind: RequestKind, target: str) -> Answer[T]:
        answer = send_request(
            self.transaction,
            call,
            Errand(kind, target, Urgency.URGENT, exclude=self.exclude, only=self.witness_id),
            settings=self.settings,
        )
        if self.witness_id is None:
            self.witness_id = answer.account_id
            self.details["witness_id"] = str(answer.account_id)
        return answer


def seek_proof(
    transaction: TransactionFactory,
    provider: LookupProvider,
    question: Question,
    *,
    exclude: Collection[UUID],
    is_author_doubted: bool,
    now: datetime,
    settings: Settings,
) -> Proof:
    """Try to prove that a post is gone, with an account that is none of `exclude`.

    Where the author was hidden before, the profile is asked for first: as long as it is, one request tells enough.

    Raises:
        NoAccountFree, PermitRefused: there was no account to ask with; nothing was found out.
    """
    inquiry = _Inquiry(transaction, provider, settings, exclude, began_at=now)
    sighting: Answer[Post] | None = None
    try:
        if is_author_doubted and inquiry.is_author_hidden(question.author_pk):
            finding = Finding.AUTHOR_HIDDEN
        else:
            finding, sighting = _inquire(inquiry, question)
    except InstagramError as failure:
        finding = Finding.UNPROVED
        inquiry.details["failure"] = str(failure)
    return Proof(Evidence(finding, inquiry.began_at, inquiry.witness_id), inquiry.details, sighting)


def _inquire(inquiry: _Inquiry, question: Question) -> tuple[Finding, Answer[Post] | None]:
    inquiry.details["canary"] = {"media_pk": question.canary_pk}
    inquiry.ask_for_post(question.canary_pk)
    inquiry.details["canary"]["before"] = "found"
    try:
        return Finding.SEEN, inquiry.ask_for_post(question.media_pk)
    except TargetUnavailable as failure:
        inquiry.details |= {"exists": False, "answer": str(failure)}
        if failure.error in AUTHOR_GONE and inquiry.is_author_hidden(question.author_pk):
            return Finding.AUTHOR_HIDDEN, None
        if failure.error not in POST_GONE:
            raise
    inquiry.ask_for_post(question.canary_pk)
    inquiry.details["canary"]["after"] = "found"
    is_hidden = inquiry.is_author_hidden(question.author_pk)
    return (Finding.AUTHOR_HIDDEN if is_hidden else Finding.MISSING), None
