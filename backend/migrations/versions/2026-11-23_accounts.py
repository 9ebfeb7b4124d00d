"""Accounts: sealed login, reason of the status, own limits, warming, sandbox; accepted notices.

Revision ID: 0002_accounts
Revises: 0001_first_tables
Create Date: 2026-11-23 02:30:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002_accounts"
down_revision: str | None = "0001_first_tables"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("instagram_accounts", sa.Column("secret", sa.LargeBinary(), nullable=True))
    op.add_column("instagram_accounts", sa.Column("status_reason", sa.String(), nullable=True))
    op.add_column("instagram_accounts", sa.Column("requests_per_minute", sa.Integer(), nullable=True))
    op.add_column("instagram_accounts", sa.Column("requests_per_hour", sa.Integer(), nullable=True))
    op.add_column("instagram_accounts", sa.Column("requests_per_day", sa.Integer(), nullable=True))
    op.add_column("instagram_accounts", sa.Column("warming_since", sa.Date(), nullable=True))
    op.add_column(
        "instagram_accounts",
        sa.Column("is_sandbox", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.create_table(
        "provider_notices",
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("notice_version", sa.String(), nullable=False),
        sa.Column("accepted_by", sa.String(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_notices")),
        sa.UniqueConstraint("provider", "notice_version", name=op.f("uq_provider_notices_provider_notice_version")),
    )


def downgrade() -> None:
    op.drop_table("provider_notices")
    for column in (
        "is_sandbox",
        "warming_since",
        "requests_per_day",
        "requests_per_hour",
        "requests_per_minute",
        "status_reason",
        "secret",
    ):
        op.drop_column("instagram_accounts", column)
