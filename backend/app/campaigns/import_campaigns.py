"""Campaigns from a JSON file: read and checked as a whole, then saved with a few statements."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, String, Uuid, any_, func, literal, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.orm import Session

from app.campaigns import texts
from app.campaigns.campaign_documents import (
    CampaignEntry,
    Participant,
    in_campaign,
    read_campaigns,
    validated_campaigns,
)
from app.campaigns.campaign_plan import CAMPAIGN_COLUMNS, Plan
from app.campaigns.problems import (
    ImportReport,
    Problem,
    Progress,
    ignore_progress,
    one_import_at_a_time,
    stops_import,
)
from app.campaigns.text_files import read_text
from app.core.db import TransactionFactory
from app.core.errors import InvalidInput
from app.models import Campaign, CampaignInfluencer, Influencer, User, new_id
from app.models.states import Locale, Platform, UserRole

__all__ = [
    "CampaignEntry",
    "Participant",
    "import_campaigns",
    "read_campaigns",
    "save_campaigns",
    "validated_campaigns",
]


def import_campaigns(
    transaction: TransactionFactory,
    content: bytes,
    *,
    skip_invalid: bool,
    now: datetime,
    progress: Progress = ignore_progress,
) -> ImportReport:
    """Save the campaigns of a JSON file and return what was done.

    With a problem anywhere nothing is saved, unless `skip_invalid` asks for the good campaigns.
    """
    text = read_text(content, expected=texts.JSON_EXPECTED)
    if isinstance(text, Problem):
        return ImportReport(problems=[text])
    file = read_campaigns(text)
    if not file.named and stops_import(file.problems, skip_invalid=skip_invalid):
        return ImportReport(problems=file.problems)
    with transaction() as session:
        known = _influencer_ids(session, file.named)
        problems = sorted([*file.problems, *_unknown(file.named, known)], key=lambda problem: problem.line or 0)
        if stops_import(problems, skip_invalid=skip_invalid):
            return ImportReport(problems=problems)
        entries = [entry for entry in file.entries if all(part.username in known for part in entry.participants)]
        saved = save_campaigns(session, entries, now=now, progress=progress)
    return replace(saved, problems=problems, notes=[*file.notes, *saved.notes])


def save_campaigns(
    session: Session, entries: Sequence[CampaignEntry], *, now: datetime, progress: Progress = ignore_progress
) -> ImportReport:
    """Create the campaigns that are new and update the others, known by advertiser, title and first day.

    Unknown advertisers are created. Participations are added and never removed; an influencer who is newly selected,
    or whose campaign now asks for something else, is due at once. Saving the same again changes nothing.

    Raises:
        InvalidInput: an influencer is not known.
    """
    one_import_at_a_time(session)
    named = [(entry.title, participant) for entry in entries for participant in entry.participants]
    influencer_ids = _influencer_ids(session, named)
    if unknown := _unknown(named, influencer_ids):
        raise InvalidInput("\n".join(map(str, unknown)))
    advertiser_ids = _advertiser_ids(session, entries)
    stored = _stored_campaigns(session, list(advertiser_ids.values()))
    parts = _stored_parts(session, [campaign["id"] for campaign in stored.values()])
    plan = Plan(now, influencer_ids)
    for entry in entries:
        advertiser_id = advertiser_ids[entry.advertiser_email.lower()]
        campaign = stored.get((advertiser_id, *entry.identity[1:]))
        if campaign is None:
            plan.add_campaign(entry, advertiser_id)
        else:
            plan.change_campaign(entry, campaign, parts.get(campaign["id"], {}))
    plan.save(session, progress)
    return ImportReport(plan.created, plan.updated, plan.unchanged, notes=plan.notes, is_saved=True)


def _unknown(named: Sequence[tuple[str | None, Participant]], known: Mapping[str, UUID]) -> list[Problem]:
    return [
        Problem(
            participant.line,
            "influencers",
            in_campaign(title, texts.UNKNOWN_INFLUENCER.format(value=texts.quoted(participant.username))),
        )
        for title, participant in named
        if participant.username not in known
    ]


def _influencer_ids(session: Session, named: Sequence[tuple[str | None, Participant]]) -> dict[str, UUID]:
    names = sorted({participant.username for _, participant in named})
    username = func.lower(Influencer.username)
    # Where a name was given up and taken by another, the person who was stored last has it.
    rows = session.execute(
        select(username, Influencer.id)
        .where(Influencer.platform == Platform.INSTAGRAM, username == any_(literal(names, ARRAY(String))))
        .order_by(Influencer.id)
    )
    return {row[0]: row[1] for row in rows}


def _advertiser_ids(session: Session, entries: Sequence[CampaignEntry]) -> dict[str, UUID]:
    """Return the advertisers by e-mail address in lower case; the unknown ones are created."""
    wanted: dict[str, dict[str, Any]] = {}
    for entry in entries:
        advertiser = wanted.setdefault(entry.advertiser_email.lower(), {"email": entry.advertiser_email, "name": None})
        advertiser["name"] = advertiser["name"] or entry.advertiser_name
    found = _user_ids(session, list(wanted))
    shared = {"role": UserRole.ADVERTISER, "locale": Locale.KO}
    new = [{"id": new_id()} | wanted[email] | shared for email in wanted if email not in found]
    if new:
        session.execute(postgresql_insert(User).on_conflict_do_nothing(), new)
        found = _user_ids(session, list(wanted))
    return found


def _user_ids(session: Session, emails: Sequence[str]) -> dict[str, UUID]:
    email = func.lower(User.email)
    rows = session.execute(select(email, User.id).where(email == any_(literal(emails, ARRAY(String)))))
    return {row[0]: row[1] for row in rows}


def _stored_campaigns(session: Session, advertiser_ids: Sequence[UUID]) -> dict[Any, dict[str, Any]]:
    columns = [getattr(Campaign, name) for name in ("id", "advertiser_id", *CAMPAIGN_COLUMNS)]
    rows = session.execute(
        select(*columns)
        .where(Campaign.advertiser_id == any_(literal(advertiser_ids, ARRAY(Uuid))))
        .order_by(Campaign.id.desc())
        .with_for_update(key_share=True)
    ).mappings()
    return {(row["advertiser_id"], row["title"], row["start_date"]): dict(row) for row in rows}


def _stored_parts(session: Session, campaign_ids: Sequence[UUID]) -> dict[UUID, dict[UUID, dict[str, Any]]]:
    part = CampaignInfluencer
    rows = session.execute(
        select(
            part.id, part.campaign_id, part.influencer_id, part.is_selected, part.compensation, part.agreed_amount,
            Influencer.username,
        )
        .join(Influencer, Influencer.id == part.influencer_id)
        .where(part.campaign_id == any_(literal(campaign_ids, ARRAY(Uuid))))
        .order_by(part.id)
    ).mappings()  # fmt: skip
    parts: dict[UUID, dict[UUID, dict[str, Any]]] = {}
    for row in rows:
        parts.setdefault(row["campaign_id"], {})[row["influencer_id"]] = dict(row)
    return parts
