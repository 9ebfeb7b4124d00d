"""The planner's tick with a million influencers: claims that touch no index, participations without their table.

An influencer in whom nobody is interested sleeps: its row is due in a week. The triggers wake it as soon as it takes
part in something again, whoever writes that; another service of the platform may.

Revision ID: 0009_planner
Revises: 0008_scheduling
Create Date: 2026-11-23 07:00:00
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0009_planner"
down_revision: str | None = "0008_scheduling"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_INDEX = "ix_campaign_influencers_influencer_id"
_WAKE = """
    CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    BEGIN
        -- In the order of their keys, so that two who wake the same ones do not wait for each other. Those that are due
        -- as well: until this is committed the planner sees nobody who watches them, and would let them sleep on.
        UPDATE influencers SET next_scan_at = LEAST(next_scan_at, clock_timestamp()), scan_reason = NULL,
            updated_at = now()
        WHERE id IN (
            SELECT id FROM influencers
            WHERE scan_reason = 'unwatched' AND id IN ({influencer_ids})
            ORDER BY id FOR NO KEY UPDATE
        );
        RETURN NULL;
    END $$
"""
_OF_PARTICIPATIONS = "SELECT influencer_id FROM written WHERE is_selected"
_OF_CAMPAIGNS = """
    SELECT influencer_id FROM campaign_influencers JOIN written ON written.id = campaign_id WHERE is_selected
"""
_TRIGGER = """
    CREATE TRIGGER {function}_{event} AFTER {event} ON {table} REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION {function}()
"""
_TRIGGERS = (
    ("wake_participants", "INSERT", "campaign_influencers"),
    ("wake_participants", "UPDATE", "campaign_influencers"),
    ("wake_campaign", "UPDATE", "campaigns"),
)


def upgrade() -> None:
    # Room on the page for a row's next version: then a claim, which changes no indexed column, writes to no index.
    op.execute("ALTER TABLE influencers SET (fillfactor = 80)")
    op.drop_index(op.f(_INDEX), table_name="campaign_influencers")
    op.create_index(
        op.f(_INDEX), "campaign_influencers", ["influencer_id"], postgresql_include=["campaign_id", "is_selected"]
    )
    op.execute(_WAKE.format(name="wake_participants", influencer_ids=_OF_PARTICIPATIONS))
    op.execute(_WAKE.format(name="wake_campaign", influencer_ids=_OF_CAMPAIGNS))
    for function, event, table in _TRIGGERS:
        op.execute(_TRIGGER.format(function=function, event=event, table=table))


def downgrade() -> None:
    # Without the triggers nothing would wake them for up to a week.
    op.execute("UPDATE influencers SET next_scan_at = now() WHERE scan_reason = 'unwatched' AND next_scan_at > now()")
    for function, event, table in _TRIGGERS:
        op.execute(f"DROP TRIGGER {function}_{event} ON {table}")
    op.execute("DROP FUNCTION wake_participants, wake_campaign")
    op.drop_index(op.f(_INDEX), table_name="campaign_influencers")
    op.create_index(op.f(_INDEX), "campaign_influencers", ["influencer_id"])
    op.execute("ALTER TABLE influencers RESET (fillfactor)")
