"""Every table, one file a noun. `metadata` is what migrations are compared with."""

from pixee_common.db.models import accounts, catalog, connectors, jobs, listings, runtime, submissions, tokens, webhooks
from pixee_common.db.models.metadata import metadata

PARTITIONED_BY_DAY = ("jobs", "chunks", "item_issues")

__all__ = [
    "PARTITIONED_BY_DAY",
    "accounts",
    "catalog",
    "connectors",
    "jobs",
    "listings",
    "metadata",
    "runtime",
    "submissions",
    "tokens",
    "webhooks",
]
