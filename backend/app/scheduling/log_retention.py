"""How long the logs of requests and scans are kept."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.sql.dml import ReturningDelete

from app.core.db import TransactionFactory
from app.models import InfluencerScanLog, InstagramAccount, InstagramRequest


def prune_logs(transaction: TransactionFactory, *, before: datetime) -> int:
    """Delete what was logged before this moment, account by account, and return how many lines that were.

    The request log is the limiter: `before` must be at least a day ago.
    """
    with transaction() as session:
        account_ids = session.scalars(select(InstagramAccount.id)).all()
    deleted = 0
    for account_id in account_ids:
        # An account's sequence stays whole: what goes is its older end.
        is_old = (InstagramRequest.account_id == account_id) & (InstagramRequest.latest_sent_at < before)
        deleted += _delete(transaction, delete(InstagramRequest).where(is_old).returning(InstagramRequest.sequence))
    scans = delete(InfluencerScanLog).where(InfluencerScanLog.scanned_at < before)
    return deleted + _delete(transaction, scans.returning(InfluencerScanLog.posts_checked))


def _delete(transaction: TransactionFactory, rows: ReturningDelete[int]) -> int:
    with transaction() as session:
        return len(session.scalars(rows).all())
