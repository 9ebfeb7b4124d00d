"""Operators are told about tokens that end, in time and once."""

from datetime import timedelta

from sqlalchemy import select

from app.core.db import TransactionFactory
from app.models import Notification
from app.models.states import NotificationEvent, UserRole
from app.monitoring import token_expiry
from app.scheduling import accounts
from tests.builders import NOW, make_user, saved


def test_a_token_that_ends_is_told_to_each_operator_once_for_each_end(transaction: TransactionFactory) -> None:
    saved(transaction, make_user(role=UserRole.OPERATOR), make_user(role=UserRole.ADMIN), make_user())
    ends = [NOW + timedelta(days=9)] * 2 + [NOW + timedelta(days=10)]
    counts = []

    for end in ends:
        token = {"access_token": "EAA", "ig_user_id": "1784", "expires_at": end.isoformat()}
        with transaction() as session:
            accounts.save_account(session, username="brand", settings=token, proxy=None, provider="graph")
            token_expiry.alert_expiring_tokens(session, now=NOW)
        with transaction() as session:
            alerts = session.scalars(select(Notification)).all()
        counts.append(len(alerts))

    assert counts == [2, 2, 4]
    assert {alert.event for alert in alerts} == {NotificationEvent.ACCOUNT_TOKEN_EXPIRES}
    assert {alert.payload["account_username"] for alert in alerts} == {"brand"}
