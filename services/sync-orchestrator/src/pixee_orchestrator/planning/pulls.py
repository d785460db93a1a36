"""Since when a pull reads: where the last completed one ended, if the platform can filter by time of change; else everything."""

from collections.abc import Mapping
from datetime import datetime

from pixee_common.db import Connection
from pixee_common.domain.job import Operation
from pixee_common.platforms.manifest import Manifest
from pixee_orchestrator.planning.turns import JobInTurn

__all__ = ["since_for"]

LAST_PULLED_UNTIL = """
SELECT pulled_until FROM jobs
WHERE connector_id = $1 AND operation = 'pull_products' AND state = 'completed' AND pulled_until IS NOT NULL
ORDER BY id DESC LIMIT 1
"""


async def since_for(connection: Connection, job: JobInTurn, manifests: Mapping[str, Manifest]) -> datetime | None:
    """The moment to read from, by the platform's clock; null reads everything."""
    manifest = manifests.get(job.platform)
    capability = manifest.capabilities.get(Operation.PULL_PRODUCTS) if manifest else None
    if job.wants_everything or capability is None or not capability.incremental:
        return None
    moment: datetime | None = await connection.fetchval(LAST_PULLED_UNTIL, job.connector_id)
    return moment
