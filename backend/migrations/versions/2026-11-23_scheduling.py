"""Scheduling: each influencer's posting rhythm, and the price of a request.

Revision ID: 0008_scheduling
Revises: 0007_existence
Create Date: 2026-11-23 06:30:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0008_scheduling"
down_revision: str | None = "0007_existence"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("influencers", sa.Column("posting_rhythm", postgresql.JSONB(), nullable=True))
    op.add_column("influencers", sa.Column("scan_reason", sa.String(), nullable=True))
    op.add_column("influencers", sa.Column("scan_price", sa.Float(), nullable=True))
    op.create_table(
        "scan_markets",
        sa.Column(
            "platform",
            sa.Enum("instagram", "tiktok", "youtube", "naver_blog", name="platform", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("posts_per_hour", sa.Float(), nullable=False),
        sa.Column("shape", postgresql.JSONB(), nullable=False),
        sa.Column("demand", postgresql.JSONB(), nullable=False),
        sa.Column("promised_per_day", sa.Float(), server_default=sa.text("0"), nullable=False),
        sa.Column("targets", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("budget_per_day", sa.Float(), nullable=False),
        sa.Column("trim", sa.Float(), server_default=sa.text("1"), nullable=False),
        sa.Column("backlog", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("tuned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("surveyed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan_markets")),
        sa.UniqueConstraint("platform", name=op.f("uq_scan_markets_platform")),
    )


def downgrade() -> None:
    op.drop_table("scan_markets")
    for column in ("scan_price", "scan_reason", "posting_rhythm"):
        op.drop_column("influencers", column)
