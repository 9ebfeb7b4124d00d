"""Discovery: sources beyond the feeds that show new posts, and what they have brought.

Revision ID: 0010_discovery
Revises: 0009_planner
Create Date: 2026-11-23 07:10:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0010_discovery"
down_revision: str | None = "0009_planner"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_KINDS = ("usertags", "hashtag", "timeline", "reels", "tags", "mention")


def upgrade() -> None:
    op.create_table(
        "discovery_sources",
        sa.Column("kind", sa.Enum(*_KINDS, name="discoverykind", native_enum=False, length=32), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("user_pk", sa.String(), nullable=True),
        sa.Column("influencer_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("next_look_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("yielded", postgresql.JSONB(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["instagram_accounts.id"],
            name=op.f("fk_discovery_sources_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["influencer_id"], ["influencers.id"], name=op.f("fk_discovery_sources_influencer_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discovery_sources")),
        sa.UniqueConstraint("kind", "key", name=op.f("uq_discovery_sources_kind_key")),
    )
    for column in ("next_look_at", "influencer_id", "account_id"):
        op.create_index(op.f(f"ix_discovery_sources_{column}"), "discovery_sources", [column])


def downgrade() -> None:
    op.drop_table("discovery_sources")
