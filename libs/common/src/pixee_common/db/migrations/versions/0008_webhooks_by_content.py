"""Webhooks judged by what they tell: the object and its values, and listings that are known to be gone."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_COMMENTS = (
    (
        "webhook_deliveries",
        "body",
        sa.LargeBinary(),
        "Emptied as soon as it was judged.",
        "Emptied as soon as it was read.",
    ),
    (
        "webhook_deliveries",
        "state",
        sa.Text(),
        "received, wanted (a pull is to be started), done",
        "received, told (true, and not judged yet), wanted (a pull is to be started), done",
    ),
    (
        "webhook_deliveries",
        "result",
        sa.Text(),
        "pull, echo, ignored, forged, no_secret, not_active, unreadable",
        "pull, echo, gone, ignored, forged, no_secret, not_active, unreadable; before the end overflow: others were dropped behind it",
    ),
    (
        "listings",
        "state",
        sa.Text(),
        "intent, confirmed, quarantined",
        "intent, confirmed, quarantined, gone (removed at the shop by hand: the next push makes it anew)",
    ),
)


def upgrade() -> None:
    op.add_column(
        "webhook_deliveries",
        sa.Column("external_id", sa.Text(), nullable=True, comment="The shop's object that it tells of."),
    )
    op.add_column(
        "webhook_deliveries",
        sa.Column(
            "told",
            postgresql.JSONB(),
            nullable=True,
            comment="What it tells, in the words of a pull; emptied when it was judged.",
        ),
    )
    op.create_index(
        "ix_webhook_deliveries_told",
        "webhook_deliveries",
        ["connector_id", "external_id", "id"],
        postgresql_where=sa.text("state = 'told'"),
    )
    for table, column, kind, before, after in _COMMENTS:
        op.alter_column(table, column, comment=after, existing_comment=before, existing_type=kind)


def downgrade() -> None:
    for table, column, kind, before, after in _COMMENTS:
        op.alter_column(table, column, comment=before, existing_comment=after, existing_type=kind)
    op.drop_index("ix_webhook_deliveries_told", table_name="webhook_deliveries")
    op.drop_column("webhook_deliveries", "told")
    op.drop_column("webhook_deliveries", "external_id")
