"""Late calls: a remote job of its own whose deadline has passed is asked for on."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_STATES = "open, late (overdue, and still asked for), done"


def upgrade() -> None:
    op.alter_column("remote_jobs", "state", comment=_STATES, existing_comment="open, done", existing_type=sa.Text())
    op.create_index("ix_remote_jobs_late", "remote_jobs", ["next_poll_at"], postgresql_where=sa.text("state = 'late'"))


def downgrade() -> None:
    op.drop_index("ix_remote_jobs_late", "remote_jobs")
    op.alter_column("remote_jobs", "state", comment="open, done", existing_comment=_STATES, existing_type=sa.Text())
