"""Access tokens that all workers share, and webhook deliveries from shops."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
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
    _webhooks()


def _webhooks() -> None:
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("connector_id", sa.UUID(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("delivery_id", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="Emptied as soon as it was judged."),
        sa.Column(
            "state",
            sa.Text(),
            server_default=sa.text("'received'"),
            nullable=False,
            comment="received, wanted (a pull is to be started), done",
        ),
        sa.Column(
            "result", sa.Text(), nullable=True, comment="pull, echo, ignored, forged, no_secret, not_active, unreadable"
        ),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_deliveries")),
    )
    op.create_index(
        "ix_webhook_deliveries_received",
        "webhook_deliveries",
        ["connector_id", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'received'"),
    )
    op.create_index(
        "ix_webhook_deliveries_wanted",
        "webhook_deliveries",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state = 'wanted'"),
    )
    op.create_index(op.f("ix_webhook_deliveries_received_at"), "webhook_deliveries", ["received_at"], unique=False)


def downgrade() -> None:
    op.execute("DROP FUNCTION IF EXISTS accept_webhook(uuid, text, text, text, text, bytea)")
    op.drop_table("webhook_deliveries")
    op.drop_index("ix_access_tokens_due", table_name="access_tokens")
    op.drop_table("access_tokens")
