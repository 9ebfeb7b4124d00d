"""Matching: more requirements of campaigns, and near misses that a person decides about.

Revision ID: 0005_matching
Revises: 0004_pool_index
Create Date: 2026-11-23 04:00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0005_matching"
down_revision: str | None = "0004_pool_index"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_LISTS = {
    "any_hashtags": "[]",
    "mention_places": '["caption"]',
    "required_phrases": "[]",
    "forbidden_words": "[]",
}


def upgrade() -> None:
    for name, default in _LISTS.items():
        op.add_column(
            "campaigns", sa.Column(name, JSONB(), server_default=sa.text(f"'{default}'::jsonb"), nullable=False)
        )
    op.add_column(
        "campaigns", sa.Column("time_zone", sa.String(), server_default=sa.text("'Asia/Seoul'"), nullable=False)
    )
    op.add_column(
        "post_matches", sa.Column("near_misses", JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False)
    )
    op.add_column(
        "post_matches",
        sa.Column(
            "review_status",
            sa.Enum("open", "accepted", "dismissed", name="reviewstatus", native_enum=False, length=32),
            nullable=True,
        ),
    )
    op.add_column("post_matches", sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_post_matches_open_reviews",
        "post_matches",
        ["campaign_id"],
        postgresql_where=sa.text("review_status = 'open'"),
    )


def downgrade() -> None:
    op.drop_index("ix_post_matches_open_reviews", table_name="post_matches")
    for column in ("reviewed_at", "review_status", "near_misses"):
        op.drop_column("post_matches", column)
    for column in ("time_zone", *_LISTS):
        op.drop_column("campaigns", column)
