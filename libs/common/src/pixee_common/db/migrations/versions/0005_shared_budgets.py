"""Budgets above a route, leased to the workers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shared_budgets",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="The budget's name in the manifest."),
        sa.Column(
            "key",
            sa.Text(),
            nullable=False,
            comment="SHA-256 of the value that tells it apart; empty: the whole platform.",
        ),
        sa.Column(
            "full_at",
            sa.Double(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Token buckets and slots: when all is there again. Seconds since 1970, this server's clock.",
        ),
        sa.Column(
            "places",
            postgresql.ARRAY(sa.Double()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="Windows: moments at which calls were counted. Days: their numbers since 1970.",
        ),
        sa.Column(
            "amounts",
            postgresql.ARRAY(sa.Double()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="How much was counted at each place.",
        ),
        sa.Column(
            "blocked_until",
            sa.Double(),
            server_default=sa.text("0"),
            nullable=False,
            comment="The platform asked for a pause until then; seconds since 1970.",
        ),
        sa.Column(
            "pace",
            sa.Double(),
            server_default=sa.text("1"),
            nullable=False,
            comment="Factor on the rate, halved by a refusal without a time.",
        ),
        sa.Column(
            "paced_at",
            sa.Double(),
            server_default=sa.text("0"),
            nullable=False,
            comment="When the factor was set; seconds since 1970.",
        ),
        sa.Column(
            "learnt_at",
            sa.Double(),
            server_default=sa.text("0"),
            nullable=False,
            comment="When the platform last corrected it; seconds since 1970.",
        ),
        sa.Column("rate", sa.Double(), nullable=True, comment="What the platform said the rate is, where it did."),
        sa.Column(
            "maximum", sa.Double(), nullable=True, comment="What the platform said is there at once, where it did."
        ),
        sa.Column("lease_id", sa.UUID(), nullable=True, comment="The last lease: only it may be undone exactly."),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("platform", "name", "key", name=op.f("pk_shared_budgets")),
    )


def downgrade() -> None:
    op.drop_table("shared_budgets")
