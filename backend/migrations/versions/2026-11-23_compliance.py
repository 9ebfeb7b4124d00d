"""Compliance: disclosure verdicts, and the chain of retention checks.

Revision ID: 0006_compliance
Revises: 0005_matching
Create Date: 2026-11-23 03:30:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0006_compliance"
down_revision: str | None = "0005_matching"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

VERDICTS = ("compliant", "non-compliant", "unclear")


def upgrade() -> None:
    op.create_table(
        "compliance_verdicts",
        sa.Column("content_id", sa.Uuid(), nullable=False),
        sa.Column("rule_set", sa.String(), nullable=False),
        sa.Column(
            "verdict", sa.Enum(*VERDICTS, name="disclosureverdict", native_enum=False, length=32), nullable=False
        ),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("caption_hash", sa.String(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"], ["campaign_contents.id"], name=op.f("fk_compliance_verdicts_content_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_compliance_verdicts")),
    )
    op.create_index("ix_compliance_verdicts_content_id_checked_at", "compliance_verdicts", ["content_id", "checked_at"])
    op.create_table(
        "retention_checks",
        sa.Column("content_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("caption_hash", sa.String(), nullable=False),
        sa.Column("removed", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "verdict", sa.Enum(*VERDICTS, name="disclosureverdict", native_enum=False, length=32), nullable=False
        ),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["content_id"], ["campaign_contents.id"], name=op.f("fk_retention_checks_content_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_checks")),
        sa.UniqueConstraint("content_id", "sequence", name=op.f("uq_retention_checks_content_id_sequence")),
    )


def downgrade() -> None:
    op.drop_table("retention_checks")
    op.drop_index("ix_compliance_verdicts_content_id_checked_at", table_name="compliance_verdicts")
    op.drop_table("compliance_verdicts")
