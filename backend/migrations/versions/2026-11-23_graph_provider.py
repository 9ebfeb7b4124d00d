"""Official API: captions that may lack the `@` of their mentions, and which API reads a feed.

Revision ID: 0003_graph_provider
Revises: 0002_accounts
Create Date: 2026-11-23 03:10:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003_graph_provider"
down_revision: str | None = "0002_accounts"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column(
        "influencer_posts",
        sa.Column("are_mentions_known", sa.Boolean(), server_default=sa.text("true"), nullable=False),
    )
    op.add_column("influencers", sa.Column("read_by", sa.String(), nullable=True))
    op.add_column("influencers", sa.Column("graph_refused_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE influencers SET read_by = 'instagrapi' WHERE last_post_checked_at IS NOT NULL")


def downgrade() -> None:
    op.drop_column("influencers", "graph_refused_at")
    op.drop_column("influencers", "read_by")
    op.drop_column("influencer_posts", "are_mentions_known")
