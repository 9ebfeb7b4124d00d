"""Alerts: the advertiser and the operators learn what is wrong with a content, once for each cause."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.compliance.contents import WatchedContent
from app.models.states import NotificationEvent
from app.notifications import audience


def announce(
    session: Session,
    watched: WatchedContent,
    event: NotificationEvent,
    details: Mapping[str, Any],
    *,
    cause_id: UUID,
    now: datetime,
) -> None:
    """Queue an alert about a content; `cause_id` is the row that says what is wrong, which is told of only once."""
    payload = {
        "campaign_id": str(watched.campaign.id),
        "campaign_title": watched.campaign.title,
        "content_id": str(watched.content.id),
        "influencer_username": watched.influencer_username,
        "post_url": watched.content.post_url,
        **details,
    }
    audience.alert_operators(
        session, event=event, payload=payload, incident=str(cause_id), also=[watched.campaign.advertiser_id], now=now
    )
