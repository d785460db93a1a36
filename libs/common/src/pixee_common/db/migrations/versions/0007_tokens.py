"""Access tokens that all workers share."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "access_tokens",
        sa.Column("connector_id", sa.UUID(), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=True),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=True, comment="Null until a first token was fetched."),
        sa.Column(
            "credentials_version",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Of the credentials that it belongs to; with newer ones it is worthless.",
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "use_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="A little before it expires: no call begins with it afterwards.",
        ),
        sa.Column(
            "refresh_after",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When a worker fetches the next one, even if nobody needs it.",
        ),
        sa.Column(
            "version", sa.Integer(), server_default=sa.text("0"), nullable=False, comment="Raised with each token."
        ),
        sa.Column(
            "leased_by",
            sa.UUID(),
            nullable=True,
            comment="The one fetch that is under way.",
        ),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "leased_for", sa.Integer(), nullable=True, comment="Version of the credentials that it fetches with."
        ),
        sa.Column(
            "rest_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="A fetch has failed: nobody tries again before, but with newer credentials.",
        ),
        sa.PrimaryKeyConstraint("connector_id", name=op.f("pk_access_tokens")),
    )
    op.create_index(
        "ix_access_tokens_due",
        "access_tokens",
        ["refresh_after"],
        unique=False,
        postgresql_where=sa.text("refresh_after IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_access_tokens_due", table_name="access_tokens")
    op.drop_table("access_tokens")
