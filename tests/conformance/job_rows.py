"""A job of one chunk in the database, from its plan to its outcome, by the worker's own claim and the worker's own writer."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from platform_workers.sync_base.courier_side.shop_rows import ShopRows

from pixee_common.db import Database
from pixee_common.domain.ids import WorkerId, new_id
from pixee_common.domain.job import Counted, Operation, count_letters
from pixee_workers.sync_base.chunks import ChunkResult, ClaimedChunk
from pixee_workers.sync_base.claims import claim
from pixee_workers.sync_base.outcome_writer import OutcomeWriter

_PRIORITY = {
    Operation.PUSH_STOCK: 0,
    Operation.PUSH_PRICES: 1,
    Operation.PUSH_PRODUCTS: 2,
    Operation.PULL_PRODUCTS: 3,
}


class JobRows:
    """Jobs of one connector; `writer.run` must be running."""

    def __init__(self, rows: ShopRows, database: Database, writer: OutcomeWriter) -> None:
        self._rows = rows
        self._database = database
        self._writer = writer
        self.worker = WorkerId(new_id())

    async def begin(self) -> None:
        """The worker's row and the route's."""
        await self._rows.run(
            "INSERT INTO workers (id, platforms, host, pid, version) VALUES ($1, $2, 'laws', 1, 'laws')",
            self.worker,
            [self._rows.platform],
        )
        await self._rows.run(
            "INSERT INTO routes (route_key, platform) VALUES ($1, $2)", str(self._rows.connector), self._rows.platform
        )

    async def plan(
        self,
        operation: Operation,
        items: Sequence[UUID],
        *,
        cursor: Mapping[str, Any] | None = None,
        since: datetime | None = None,
    ) -> UUID:
        """A running job with one chunk of these items; a pull has none, but a cursor."""
        job = new_id()
        await self._rows.run(
            "INSERT INTO jobs (id, account_id, connector_id, platform, operation, route_key, scope_hash, requested_by, state,"
            " since) SELECT $1, account_id, id, platform, $2, route_key, 'all', 'laws', 'running', $4 FROM connectors"
            " WHERE id = $3",
            job, operation.value, self._rows.connector, since,
        )  # fmt: skip
        await self._rows.run(
            "INSERT INTO chunks (job_id, no, account_id, connector_id, platform, operation, route_key, priority, job_position,"
            " item_ids, letters, size, cursor) SELECT id, 0, account_id, connector_id, platform, operation, route_key, $2,"
            " position, $3, $4, $5, $6 FROM jobs WHERE id = $1",
            job, _PRIORITY[operation], list(items), "." * len(items), len(items), cursor,
        )  # fmt: skip
        return job

    async def claimed(self, job: UUID) -> ClaimedChunk | None:
        """The job's chunk as it is handed to a lane; None where the claim leaves it alone (the connector is not active)."""
        await self._rows.run(
            "UPDATE chunks SET state = 'rung', rung_at = now() WHERE job_id = $1 AND state IN ('pending', 'waiting')",
            job,
        )
        found = await claim(self._database, self.worker, [str(self._rows.connector)])
        return next((chunk for one in found for _, chunk in one.chunks if chunk.job_id == job), None)

    async def written(self, result: ChunkResult) -> None:
        """Writes the result, and proves on the chunk's row that every item is counted once."""
        assert await self._writer.write(self.worker, result), "the chunk's result was not taken"
        (row,) = await self._rows.run("SELECT * FROM chunks WHERE job_id = $1 AND no = 0", result.chunk.job_id)
        assert row["letters"] == result.letters, "the row holds other letters than the result"
        counted = row["succeeded"] + row["failed"] + row["skipped"] + row["cancelled"]
        still_open = count_letters(row["letters"])[Counted.OPEN]
        assert counted + still_open == row["size"], f"{counted} counted and {still_open} open of {row['size']} items"
        assert (row["state"] == "waiting") is (result.wait is not None), f"the chunk is {row['state']}"

    async def late(self, result: ChunkResult) -> bool:
        """Writes the result of a worker whose chunk others have carried meanwhile; whether it was taken."""
        return await self._writer.write(self.worker, result)

    async def orphaned(self, result: ChunkResult) -> None:
        """The worker died after the call and before its result was written: what the orchestrator's timer leaves of the chunk."""
        await self._rows.run(
            "UPDATE chunks SET state = 'pending', claim_token = NULL, worker_id = NULL, look_up = true WHERE job_id = $1",
            result.chunk.job_id,
        )
