"""Alembic's entry: runs on the connection that `pixee_common.db.migrate` hands over."""

from alembic import context

from pixee_common.db.drift import include_object
from pixee_common.db.models import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_object=include_object,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
