"""What a quarantine is told by, and pulls that the shop refused.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


SCOPE = "Null: the whole catalog. {product_ids: […]} or {mode: auto|full}"


def _comment_scope(comment: str, before: str) -> None:
    op.alter_column("jobs", "scope", comment=comment, existing_comment=before, existing_type=postgresql.JSONB())


def upgrade() -> None:
    for column in (
        sa.Column("failure_message", sa.Text(), nullable=True, comment="Of the newest failure."),
        sa.Column(
            "failure_class",
            sa.Text(),
            nullable=True,
            comment="Reason and kind of message: failures of one class are the same failure.",
        ),
        sa.Column(
            "failure_hash",
            sa.LargeBinary(),
            nullable=True,
            comment="Of what failed; another hash is another attempt.",
        ),
        sa.Column(
            "failing_since",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="The first of the failures that are counted.",
        ),
    ):
        op.add_column("listing_operations", column)
    op.create_index(
        "ix_listing_operations_quarantine",
        "listing_operations",
        ["connector_id", "item_id", "operation"],
        postgresql_where=sa.text("failures >= 3"),
    )
    op.add_column(
        "pulled_pages",
        sa.Column(
            "refusal",
            postgresql.JSONB(),
            nullable=True,
            comment="{reason, message}: the shop refused the page, and so the pull. Null: it came.",
        ),
    )
    _comment_scope(
        f"{SCOPE}; {{retry_of: job}}: what failed of it; with {{repeats: job}}: as that one was asked for.", f"{SCOPE}."
    )


def downgrade() -> None:
    _comment_scope(f"{SCOPE}.", "")
    op.drop_column("pulled_pages", "refusal")
    op.drop_index("ix_listing_operations_quarantine", table_name="listing_operations")
    for column in ("failing_since", "failure_hash", "failure_class", "failure_message"):
        op.drop_column("listing_operations", column)
