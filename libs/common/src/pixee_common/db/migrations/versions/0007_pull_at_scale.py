"""Pull at scale: what each page was, whether its cursor was had before, how many products the platform tells, the same from a change."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

REFS = (
    "More ids of that external id: a push tells all, so its refs replace; a pull tells what the shop shows, so its refs add"
    " (null forgets a name); another external id begins anew."
)


def upgrade() -> None:
    op.add_column(
        "chunks",
        sa.Column(
            "page",
            postgresql.JSONB(),
            nullable=True,
            comment="Pull: {waits_since} while the platform prepares the page; then what it was: fingerprint, first and last id, counts.",
        ),
    )
    op.create_index(
        "ix_chunks_cursor",
        "chunks",
        ["job_id", sa.text("jsonb_hash(cursor)")],
        postgresql_where=sa.text("cursor IS NOT NULL"),
    )
    op.add_column(
        "pulled_pages",
        sa.Column(
            "total",
            sa.BigInteger(),
            nullable=True,
            comment="Products that the whole pull has, where the platform tells.",
        ),
    )
    op.add_column(
        "seen_values",
        sa.Column(
            "digest",
            sa.LargeBinary(),
            nullable=True,
            comment="Of a product as it last came: the same again is told from a change.",
        ),
    )
    op.alter_column("listings", "refs", comment=REFS, existing_type=postgresql.JSONB(), existing_nullable=False)


def downgrade() -> None:
    op.alter_column("listings", "refs", comment=None, existing_comment=REFS, existing_type=postgresql.JSONB())
    op.drop_column("seen_values", "digest")
    op.drop_column("pulled_pages", "total")
    op.drop_index("ix_chunks_cursor", table_name="chunks")
    op.drop_column("chunks", "page")
