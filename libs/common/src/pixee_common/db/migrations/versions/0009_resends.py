"""Resends: what a changed mapping or changed settings may change at a shop is gone through; with which of them each item was sent."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# What was sent so far counts as sent with the mapping that stands: nobody noted it.
_AS_IT_STANDS = """
UPDATE listing_operations o SET mapping_version = c.mapping_version
FROM connectors c WHERE c.id = o.connector_id AND c.mapping_version > 0
"""


def upgrade() -> None:
    op.create_table(
        "resends",
        sa.Column("connector_id", sa.UUID(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("after", sa.UUID(), nullable=True, comment="Last item gone through."),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("connector_id", "operation", name=op.f("pk_resends")),
    )
    op.add_column(
        "listing_operations",
        sa.Column(
            "mapping_version",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="The connector's mapping and settings by which it was translated.",
        ),
    )
    op.execute(_AS_IT_STANDS)


def downgrade() -> None:
    op.drop_column("listing_operations", "mapping_version")
    op.drop_table("resends")
