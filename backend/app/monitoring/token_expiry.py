"""Tokens that end: told to the operators while there is time to renew them."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.models.states import NotificationEvent
from app.notifications import audience
from app.scheduling import graph_tokens


def alert_expiring_tokens(session: Session, *, now: datetime) -> None:
    """Queue an alert for each token that ends within ten days or has ended, once for each end."""
    for token in graph_tokens.expiring_tokens(session, now=now):
        audience.alert_operators(
            session,
            event=NotificationEvent.ACCOUNT_TOKEN_EXPIRES,
            payload=token.as_payload(),
            incident=token.incident,
            now=now,
        )
