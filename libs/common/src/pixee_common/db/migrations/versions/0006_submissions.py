"""Files of many items at the platforms, and verdicts that come after an outcome was final."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_IN_FILES = "state = 'open' AND submission_id IS NOT NULL"


def upgrade() -> None:
    op.create_table(
        "submissions",
        sa.Column(
            "id",
            sa.UUID(),
            nullable=False,
            comment="Also the key of its content: the same for every repetition of the call.",
        ),
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("connector_id", sa.UUID(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("route_key", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="The adapter's word; empty until the platform took it."),
        sa.Column("remote_id", sa.Text(), nullable=True),
        sa.Column(
            "correlation",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="The adapter's own.",
        ),
        sa.Column(
            "state",
            sa.Text(),
            server_default=sa.text("'begun'"),
            nullable=False,
            comment="begun; open: the platform has it; done; lost: nobody knows, or it was not taken.",
        ),
        sa.Column("records", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "bytes",
            sa.BigInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="0 until the call is about to be made.",
        ),
        sa.Column("polls", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_poll_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submissions")),
    )
    op.create_index(
        "ix_submissions_begun",
        "submissions",
        ["connector_id", "operation"],
        unique=False,
        postgresql_where=sa.text("state = 'begun'"),
    )
    op.create_index(
        "ix_submissions_due", "submissions", ["next_poll_at"], unique=False, postgresql_where=sa.text("state = 'open'")
    )
    op.add_column(
        "remote_jobs",
        sa.Column(
            "submission_id",
            sa.UUID(),
            nullable=True,
            comment="The file that carries these items; null: a remote job of its own.",
        ),
    )
    op.create_index(
        "ix_remote_jobs_submission",
        "remote_jobs",
        ["submission_id"],
        unique=False,
        postgresql_where=sa.text("submission_id IS NOT NULL"),
    )
    op.create_index(
        "ix_remote_jobs_in_files",
        "remote_jobs",
        ["connector_id", "operation"],
        unique=False,
        postgresql_where=sa.text(_IN_FILES),
    )
    op.add_column(
        "listing_operations",
        sa.Column(
            "verdict",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="What the platform said after the item's outcome was final: {outcome, reason, message, at}.",
        ),
    )


def downgrade() -> None:
    op.drop_column("listing_operations", "verdict")
    op.drop_index("ix_remote_jobs_in_files", table_name="remote_jobs", postgresql_where=sa.text(_IN_FILES))
    op.drop_index(
        "ix_remote_jobs_submission", table_name="remote_jobs", postgresql_where=sa.text("submission_id IS NOT NULL")
    )
    op.drop_column("remote_jobs", "submission_id")
    op.drop_index("ix_submissions_due", table_name="submissions", postgresql_where=sa.text("state = 'open'"))
    op.drop_index("ix_submissions_begun", table_name="submissions", postgresql_where=sa.text("state = 'begun'"))
    op.drop_table("submissions")
