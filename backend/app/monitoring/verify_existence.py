"""Verifying that a content exists: one look where nobody doubts it, a proof where somebody does."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.content.existence import LONE_WITNESS_AFTER, Evidence, Finding
from app.core.config import Settings
from app.core.db import TransactionFactory, server_now
from app.instagram.errors import InstagramError, PermitRefused
from app.instagram.port import LookupProvider
from app.models import CampaignContent, Influencer, InfluencerPost
from app.models.states import Existence
from app.monitoring import existence_steps, lookups
from app.monitoring.removal_proof import Proof, Question, seek_proof
from app.monitoring.requests import NoAccountFree

_CANARIES = 5
"""A canary may have gone itself: the next check takes the next one of so many."""


@dataclass(frozen=True, slots=True)
class _Case:
    """A content as it was when the check began, and what a proof would ask."""

    content_id: UUID
    influencer_id: UUID
    state: Existence
    since: datetime
    exclude: Collection[UUID]
    question: Question | None
    """None where there is no other post to tell a liar by, or nobody knows the author's pk yet."""
    opened_at: datetime


def verify_content(
    transaction: TransactionFactory, provider: LookupProvider, content_id: UUID, *, settings: Settings
) -> Existence:
    """Find out whether a content exists, write down every step, and return its state afterwards.

    A content that is present, restored or deleted is looked at once; "not found" makes it suspected. A suspicion, a
    first proof and a hidden author are followed up with a proof. Where there is nobody to ask, the row says when next.

    Raises:
        NotFound: there is no such content.
    """
    try:
        case = _open_case(transaction, content_id)
        if case.state in (Existence.PRESENT, Existence.RESTORED, Existence.DELETED):
            lookups.look_at_content(transaction, provider, content_id, settings=settings)
            case = _open_case(transaction, content_id)
        if case.state in (Existence.PRESENT, Existence.RESTORED, Existence.DELETED):
            return case.state
        if case.state is Existence.UNAVAILABLE and case.opened_at - case.since < settings.deletion_delay:
            return _put_off(transaction, content_id, until=case.since + settings.deletion_delay)
        proof = _prove(transaction, provider, case, settings=settings)
    except NoAccountFree as failure:
        return _put_off(transaction, content_id, until=failure.until, tick=settings.existence_tick)
    except PermitRefused:
        return _put_off(transaction, content_id, until=None, tick=settings.existence_tick)
    except InstagramError as failure:
        proof = Proof(Evidence(Finding.UNPROVED, case.opened_at), {"exists": None, "failure": str(failure)})
    return _close_case(transaction, case, proof, settings=settings)


def _open_case(transaction: TransactionFactory, content_id: UUID) -> _Case:
    with transaction() as session:
        watched = lookups.load_content(session, content_id)
        content = watched.content
        canary_pk = _canary_pk(session, content)
        post = session.get_one(InfluencerPost, content.post_id)
        influencer = session.get_one(Influencer, content.influencer_id)
        publisher = post.raw.get("user") or {}
        author_pk = publisher.get("pk") or influencer.platform_uid
        return _Case(
            content_id=content.id,
            influencer_id=content.influencer_id,
            state=content.existence,
            since=content.existence_since,
            exclude=_witnesses_to_exclude(content, now=server_now(session)),
            question=Question(content.instagram_media_pk, str(author_pk), canary_pk)
            if canary_pk and author_pk
            else None,
            opened_at=server_now(session),
        )


def _witnesses_to_exclude(content: CampaignContent, *, now: datetime) -> Collection[UUID]:
    """Return the first witness; where no other one has proved anything in a day, every second check may be its."""
    is_old = now - content.existence_since >= LONE_WITNESS_AFTER
    if content.missing_witness_id is None or (is_old and content.check_failures % 2):
        return ()
    return (content.missing_witness_id,)


def _canary_pk(session: Session, content: CampaignContent) -> str | None:
    """Return the newest post of an influencer whose feed was just read: others' first, at last the author's own."""
    pks = session.scalars(
        select(Influencer.last_known_post_pk)
        .where(
            Influencer.last_known_post_pk.is_not(None),
            Influencer.last_known_post_pk != content.instagram_media_pk,
            Influencer.is_private.is_(False),
            Influencer.scan_failures == 0,
        )
        .order_by(Influencer.id == content.influencer_id, Influencer.last_post_checked_at.desc())
        .limit(_CANARIES)
    ).all()
    return pks[content.check_failures % len(pks)] if pks else None


def _prove(transaction: TransactionFactory, provider: LookupProvider, case: _Case, *, settings: Settings) -> Proof:
    if case.question is None:
        return Proof(
            Evidence(Finding.UNPROVED, case.opened_at),
            {"failure": "there is no other post to compare with, or the author's pk is not known"},
        )
    is_author_doubted = case.state is Existence.AUTHOR_HIDDEN
    try:
        return seek_proof(
            transaction,
            provider,
            case.question,
            exclude=case.exclude,
            is_author_doubted=is_author_doubted,
            now=case.opened_at,
            settings=settings,
        )
    except NoAccountFree as failure:
        if failure.until is not None or not case.exclude or case.opened_at - case.since < LONE_WITNESS_AFTER:
            raise
    # There is no second account at all: the first one may confirm itself after a day.
    return seek_proof(
        transaction,
        provider,
        case.question,
        exclude=(),
        is_author_doubted=is_author_doubted,
        now=case.opened_at,
        settings=settings,
    )


def _close_case(transaction: TransactionFactory, case: _Case, proof: Proof, *, settings: Settings) -> Existence:
    with transaction() as session:
        if proof.sighting is not None:
            lookups.store_post(session, case.influencer_id, proof.sighting, settings=settings)
            return session.get_one(CampaignContent, case.content_id).existence
        return existence_steps.take_step(
            session,
            lookups.load_content(session, case.content_id, is_locked=True),
            proof.evidence,
            details=proof.details,
            now=server_now(session),
            settings=settings,
        )


def _put_off(
    transaction: TransactionFactory, content_id: UUID, *, until: datetime | None, tick: timedelta = timedelta(0)
) -> Existence:
    """Say in the row when to check again, because nobody can be asked now; it is nobody's failure."""
    with transaction() as session:
        content = lookups.load_content(session, content_id, is_locked=True).content
        content.next_check_at = until or server_now(session) + tick
        return content.existence
