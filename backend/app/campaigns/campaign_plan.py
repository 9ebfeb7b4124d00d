"""What an import of campaigns will write: planned as a whole, then saved with a few statements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, insert, literal, update
from sqlalchemy.orm import Session

from app.campaigns import texts
from app.campaigns.campaign_documents import CampaignEntry, Participant
from app.campaigns.entered_agreements import merged_settings
from app.campaigns.entered_requirements import REQUIREMENT_FIELDS
from app.campaigns.problems import Progress
from app.campaigns.requirements import columns_of
from app.core.config import get_settings
from app.models import Campaign, CampaignInfluencer, Influencer, new_id
from app.models.states import CampaignStatus

_BATCH = 2000
_NAMES_SHOWN = 10

CAMPAIGN_COLUMNS = ("title", "status", "retention_days", "settings", *REQUIREMENT_FIELDS)


def _columns(entry: CampaignEntry, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the entry says; what it leaves open is None. `settings` are those that are stored."""
    return {
        "title": entry.title,
        "status": entry.status,
        "retention_days": entry.retention_days,
        "settings": merged_settings(settings, entry.agreements),
    } | columns_of(entry.requirements)


def _changes(stored: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None and stored[name] != value}


@dataclass(slots=True)
class Plan:
    """What is to be written, collected first so that it takes a few statements and not thousands."""

    now: datetime
    influencer_ids: Mapping[str, UUID]
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    notes: list[str] = field(default_factory=list)
    new_campaigns: list[dict[str, Any]] = field(default_factory=list)
    changed_campaigns: list[dict[str, Any]] = field(default_factory=list)
    new_parts: list[dict[str, Any]] = field(default_factory=list)
    changed_parts: list[dict[str, Any]] = field(default_factory=list)
    due: set[UUID] = field(default_factory=set)

    def add_campaign(self, entry: CampaignEntry, advertiser_id: UUID) -> None:
        """Plan a campaign that is not stored yet."""
        defaults = {"status": CampaignStatus.ACTIVE, "retention_days": get_settings().retention_days}
        given = {name: value for name, value in _columns(entry, {}).items() if value is not None}
        campaign_id = new_id()
        self.new_campaigns.append({"id": campaign_id, "advertiser_id": advertiser_id} | defaults | given)
        for participant in entry.participants:
            self._add_part(campaign_id, participant)
        self.created += 1

    def change_campaign(
        self, entry: CampaignEntry, campaign: Mapping[str, Any], parts: Mapping[UUID, Mapping[str, Any]]
    ) -> None:
        """Plan what differs from the stored campaign and its participations."""
        changes = _changes(campaign, _columns(entry, campaign["settings"]))
        if changes:
            self.changed_campaigns.append({"id": campaign["id"]} | changes)
            self.due.update(influencer_id for influencer_id, part in parts.items() if part["is_selected"])
        has_changed_parts = False
        named = set()
        for participant in entry.participants:
            influencer_id = self.influencer_ids[participant.username]
            named.add(influencer_id)
            if influencer_id in parts:
                has_changed_parts |= self._change_part(parts[influencer_id], participant)
            else:
                self._add_part(campaign["id"], participant)
                has_changed_parts = True
        self._note_absent(entry, [part for key, part in parts.items() if part["is_selected"] and key not in named])
        if changes or has_changed_parts:
            self.updated += 1
        else:
            self.unchanged += 1

    def _add_part(self, campaign_id: UUID, participant: Participant) -> None:
        influencer_id = self.influencer_ids[participant.username]
        self.due.add(influencer_id)
        self.new_parts.append(
            {
                "id": new_id(),
                "campaign_id": campaign_id,
                "influencer_id": influencer_id,
                "is_selected": True,
                "selected_at": self.now,
                "compensation": participant.compensation,
                "agreed_amount": participant.agreed_amount,
            }
        )

    def _change_part(self, part: Mapping[str, Any], participant: Participant) -> bool:
        given = {"compensation": participant.compensation, "agreed_amount": participant.agreed_amount}
        changes = _changes(part, given)
        if not part["is_selected"]:
            changes |= {"is_selected": True, "selected_at": self.now}
            self.due.add(part["influencer_id"])
        if changes:
            self.changed_parts.append({"id": part["id"]} | changes)
        return bool(changes)

    def _note_absent(self, entry: CampaignEntry, absent: Sequence[Mapping[str, Any]]) -> None:
        if not absent:
            return
        names = [part["username"] for part in absent[:_NAMES_SHOWN]]
        if len(absent) > len(names):
            names.append(f"{len(absent) - len(names)} more")
        shown = texts.alternatives(names)
        self.notes.append(texts.STAY_SELECTED.format(title=texts.quoted(entry.title), names=shown))

    def save(self, session: Session, progress: Progress) -> None:
        """Write what was planned."""
        steps = (
            (insert(Campaign), self.new_campaigns),
            (update(Campaign), self.changed_campaigns),
            (insert(CampaignInfluencer), self.new_parts),
            (update(CampaignInfluencer), self.changed_parts),
        )
        total = sum(len(rows) for _, rows in steps)
        done = 0
        for statement, rows in steps:
            for start in range(0, len(rows), _BATCH):
                batch = rows[start : start + _BATCH]
                session.execute(statement, batch)
                done += len(batch)
                progress(done, total)
        is_due = Influencer.id == any_(literal(list(self.due), ARRAY(Uuid)))
        session.execute(
            update(Influencer)
            .where(is_due, Influencer.next_scan_at > self.now)
            .values(next_scan_at=self.now)
            .execution_options(synchronize_session=False)
        )
