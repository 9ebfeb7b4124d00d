"""Existence of contents, the last counts of every post, and the history of profiles.

Revision ID: 0007_existence
Revises: 0006_compliance
Create Date: 2026-11-23 03:40:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007_existence"
down_revision: str | None = "0006_compliance"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_COUNTS = ("like_count", "comment_count", "play_count", "view_count")
_STATUS = sa.Enum(
    "pending", "approved", "monitoring", "rejected", "deleted", name="contentstatus", native_enum=False, length=32
)


def upgrade() -> None:
    for column in (
        sa.Column("existence_since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_on_page_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("missing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("missing_witness_id", sa.Uuid(), nullable=True),
        sa.Column("check_failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("removal_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("status_before_removal", _STATUS, nullable=True),
    ):
        op.add_column("campaign_contents", column)
    op.create_foreign_key(
        op.f("fk_campaign_contents_missing_witness_id"),
        "campaign_contents",
        "instagram_accounts",
        ["missing_witness_id"],
        ["id"],
    )
    op.create_index("ix_campaign_contents_next_check_at", "campaign_contents", ["next_check_at"])
    op.create_index("ix_campaign_contents_next_metrics_at", "campaign_contents", ["next_metrics_at"])
    op.create_index(
        "ix_campaign_contents_missing",
        "campaign_contents",
        ["missing_since"],
        postgresql_where=sa.text("missing_since IS NOT NULL"),
    )
    # What was registered before is due at once; the sweeps take as much of it as the accounts can bear.
    op.execute("UPDATE campaign_contents SET next_check_at = now(), next_metrics_at = now()")
    for name in _COUNTS:
        op.add_column("influencer_posts", sa.Column(name, sa.BigInteger(), nullable=True))
    op.add_column(
        "influencer_posts", sa.Column("is_like_hidden", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("influencers", sa.Column("last_synced_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("influencers", sa.Column("sync_error", sa.String(), nullable=True))
    op.create_table(
        "influencer_profiles",
        sa.Column("influencer_id", sa.Uuid(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("follower_count", sa.BigInteger(), nullable=True),
        sa.Column("is_private", sa.Boolean(), nullable=False),
        sa.Column("is_gone", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["influencer_id"], ["influencers.id"], name=op.f("fk_influencer_profiles_influencer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_influencer_profiles")),
    )
    op.create_index(
        "ix_influencer_profiles_influencer_id_recorded_at", "influencer_profiles", ["influencer_id", "recorded_at"]
    )


def downgrade() -> None:
    op.drop_table("influencer_profiles")
    op.drop_column("influencers", "sync_error")
    op.drop_column("influencers", "last_synced_at")
    for name in (*_COUNTS, "is_like_hidden"):
        op.drop_column("influencer_posts", name)
    for index in ("missing", "next_metrics_at", "next_check_at"):
        op.drop_index(f"ix_campaign_contents_{index}", table_name="campaign_contents")
    for column in (
        "status_before_removal",
        "removal_count",
        "check_failures",
        "missing_witness_id",
        "missing_since",
        "last_on_page_at",
        "last_seen_at",
        "existence_since",
    ):
        op.drop_column("campaign_contents", column)
