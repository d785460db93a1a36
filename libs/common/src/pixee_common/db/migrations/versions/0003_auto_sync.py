"""Auto-sync: which operations of a connector start by themselves, and pending changes in the order in which they came."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "connectors",
        sa.Column(
            "auto_sync",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="Push operations that a change of the catalog starts by itself.",
        ),
    )
    op.create_index(
        "ix_connectors_auto_sync", "connectors", ["account_id"], postgresql_where=sa.text("auto_sync <> '{}'")
    )
    op.create_index("ix_pending_changes_oldest", "pending_changes", ["connector_id", "operation", "created_at"])


def downgrade() -> None:
    op.drop_index("ix_pending_changes_oldest", table_name="pending_changes")
    op.drop_index("ix_connectors_auto_sync", table_name="connectors")
    op.drop_column("connectors", "auto_sync")
