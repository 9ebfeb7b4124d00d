"""The pool finds the next account by an index: from when each may send, and from when what is not urgent.

Revision ID: 0004_pool_index
Revises: 0003_graph_provider
Create Date: 2026-11-23 03:30:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004_pool_index"
down_revision: str | None = "0003_graph_provider"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TABLE = "instagram_accounts"


def upgrade() -> None:
    for column in ("free_at", "paced_until"):
        op.add_column(
            _TABLE,
            sa.Column(column, sa.DateTime(timezone=True), server_default=sa.text("to_timestamp(0)"), nullable=False),
        )
        op.create_index(op.f(f"ix_instagram_accounts_provider_{column}"), _TABLE, ["provider", column])


def downgrade() -> None:
    for column in ("paced_until", "free_at"):
        op.drop_index(op.f(f"ix_instagram_accounts_provider_{column}"), table_name=_TABLE)
        op.drop_column(_TABLE, column)
