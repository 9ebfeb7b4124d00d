"""Rows with sensible defaults; a test names only what it is about."""

from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from app.core.db import TransactionFactory
from app.models import Base, Campaign, CampaignInfluencer, Influencer, InstagramAccount, User, new_id
from app.models.states import CampaignStatus, ContentType, UserRole
from app.scheduling import accounts

NOW = datetime(2026, 11, 10, 3, tzinfo=UTC)
_numbers = count(1)


def saved(transaction: TransactionFactory, *rows: Base) -> UUID:
    """Store the rows in their order and return the id of the last one."""
    with transaction() as session:
        for row in rows:
            session.add(row)
            session.flush()
    return rows[-1].id


def make_user(**changes: Any) -> User:
    number = next(_numbers)
    return User(**{"id": new_id(), "email": f"brand{number}@example.com", "role": UserRole.ADVERTISER} | changes)


def make_campaign(advertiser_id: UUID, **changes: Any) -> Campaign:
    return Campaign(
        **{
            "id": new_id(),
            "advertiser_id": advertiser_id,
            "title": f"캠페인 {next(_numbers)}",
            "status": CampaignStatus.ACTIVE,
            "required_hashtags": ["여름휴가"],
            "required_mentions": [],
            "content_type": ContentType.ANY,
            "start_date": date(2026, 11, 1),
            "end_date": date(2026, 11, 30),
            "retention_days": 180,
        }
        | changes
    )


def make_influencer(username: str = "", **changes: Any) -> Influencer:
    number = next(_numbers)
    return Influencer(
        **{
            "id": new_id(),
            "username": username or f"influencer{number}",
            "platform_uid": str(1_000_000 + number),
            "next_scan_at": NOW - timedelta(minutes=1),
            "scan_failures": 0,
        }
        | changes
    )


def saved_participation(transaction: TransactionFactory, influencer: Influencer, **campaign: Any) -> UUID:
    """Store an influencer who is selected for a new campaign of a new advertiser; return the campaign's id."""
    advertiser = make_user()
    order = make_campaign(advertiser.id, **campaign)
    participation = CampaignInfluencer(campaign_id=order.id, influencer_id=influencer.id, is_selected=True)
    saved(transaction, advertiser, order, influencer, participation)
    return order.id


def saved_account(transaction: TransactionFactory, username: str = "", **changes: Any) -> UUID:
    """Store an account of the pool with a session."""
    with transaction() as session:
        account: InstagramAccount = accounts.save_account(
            session,
            username=username or f"reader{next(_numbers)}",
            settings={"uuids": {}},
            proxy=None,
            is_sandbox=True,
        )
        for name, value in changes.items():
            setattr(account, name, value)
        return account.id
