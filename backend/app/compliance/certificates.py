"""Issuing certificates: the stored checks of a content, as a document."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.compliance import certificate, proof_chain
from app.core.errors import InvalidInput, NotFound
from app.models import Campaign, CampaignContent, Influencer, RetentionCheck


def issue_certificate(session: Session, name: str, *, now: datetime) -> dict[str, Any]:
    """Return the certificate of a content, named by its id or by the address of its post.

    Raises:
        NotFound: there is no such content.
        InvalidInput: the address belongs to several contents; the message lists their ids.
    """
    content, campaign, influencer = _find(session, name)
    checks = session.scalars(
        select(RetentionCheck).where(RetentionCheck.content_id == content.id).order_by(RetentionCheck.sequence)
    ).all()
    described = {
        "id": str(content.id),
        "media_pk": content.instagram_media_pk,
        "post_url": content.post_url,
        "post_type": content.post_type,
        "campaign": campaign.title,
        "influencer": influencer.username,
        "posted_at": content.posted_at.isoformat(),
        "registered_at": content.submitted_at.isoformat(),
        "retention_until": content.retention_until.isoformat(),
        "removals": content.removal_count,
    }
    documents = [proof_chain.check_of(check).as_document() | {"hash": check.hash} for check in checks]
    return certificate.sealed_certificate(described, documents, issued_at=now)


def _find(session: Session, name: str) -> tuple[CampaignContent, Campaign, Influencer]:
    try:
        is_named = CampaignContent.id == UUID(name)
    except ValueError:
        is_named = CampaignContent.post_url == name.split("?")[0].rstrip("/") + "/"
    rows = session.execute(
        select(CampaignContent, Campaign, Influencer)
        .join(Campaign, Campaign.id == CampaignContent.campaign_id)
        .join(Influencer, Influencer.id == CampaignContent.influencer_id)
        .where(is_named)
        .order_by(CampaignContent.id)
    ).all()
    if not rows:
        raise NotFound(f"There is no content '{name}'. Give a content's id, or the address of its post.")
    if len(rows) > 1:
        ids = "\n".join(f"  {row[0].id}  {row[1].title}" for row in rows)
        raise InvalidInput(f"{name} belongs to several campaigns; give the id of the content:\n{ids}")
    return rows[0]
