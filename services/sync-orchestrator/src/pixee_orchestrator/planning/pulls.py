"""Since when a pull reads: where the last one that read to the end began, if the platform can filter by time of change; else everything.

A pull has read to the end when it is `completed`, and also when all that failed of it needs a review (it may then be
`completed_with_errors`, or `failed` where nothing else was there): such a product is known with its candidates, it stays an issue of
that job, and reading the same pages again decides nothing. A pull with an item that could not be applied counts not: its products
have to be read again. Neither does one that broke off, whatever it had applied until then.

A pull that repeats another (a retry) reads what that one was to read: a later pull may have passed over its failures.
"""

from collections.abc import Mapping
from datetime import datetime

from pixee_common.db import Connection
from pixee_common.domain.job import Operation
from pixee_common.platforms.manifest import Manifest
from pixee_orchestrator.planning.turns import JobInTurn

__all__ = ["since_for"]

LAST_PULLED_UNTIL = """
SELECT pulled_until FROM jobs
WHERE connector_id = $1 AND operation = 'pull_products' AND pulled_until IS NOT NULL
  AND (state = 'completed'
       OR (state IN ('completed_with_errors', 'failed') AND error_code IS NULL AND NOT EXISTS (
           SELECT FROM item_issues i WHERE i.job_id = jobs.id AND NOT i.warning AND i.outcome IN ('rejected', 'quarantined'))))
ORDER BY id DESC LIMIT 1
"""
REPEATED_SINCE = "SELECT since FROM jobs WHERE id = $1 AND account_id = $2"


async def since_for(connection: Connection, job: JobInTurn, manifests: Mapping[str, Manifest]) -> datetime | None:
    """The moment to read from, by the platform's clock; null reads everything."""
    manifest = manifests.get(job.platform)
    capability = manifest.capabilities.get(Operation.PULL_PRODUCTS) if manifest else None
    if job.wants_everything or capability is None or not capability.incremental:
        return None
    moment: datetime | None
    if job.repeats is not None:
        moment = await connection.fetchval(REPEATED_SINCE, job.repeats, job.account_id)
    else:
        moment = await connection.fetchval(LAST_PULLED_UNTIL, job.connector_id)
    return moment
