"""Chunks that go by files on a bench: the real upload courier, with the lane's part done by hand.

Every push is a file here, however few its items are; whichever chunk is due first is carried first.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from conformance.bench import Bench
from conformance.planting import Planted
from platform_workers.sync_base.courier_side.shop_rows import LivingLife

from pixee_common.domain.ids import WorkerId
from pixee_common.domain.job import OPEN_LETTERS
from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.routes import ChunkKey

_MOST_TURNS = 12


def files_only(real: Adapter) -> Adapter:
    """The adapter, with files from the first item on."""
    capabilities = {
        operation: one.model_copy(update={"upload": one.upload and one.upload.model_copy(update={"from_items": 1})})
        for operation, one in real.manifest.capabilities.items()
    }
    return Planted(real, manifest=real.manifest.model_copy(update={"capabilities": capabilities}))


class _Life(LivingLife):
    def __init__(self, worker_id: WorkerId) -> None:
        self.worker_id = worker_id

    async def settled(self) -> bool:
        return True


@dataclass
class _Lane:
    """A lane with nothing else in its line."""

    life: _Life
    closing: bool = False
    unbegun: list[ChunkKey] = field(default_factory=list)

    def let_go(self, keys: Collection[ChunkKey]) -> None: ...


class Filing:
    """Jobs of one bench, by files. Another one is another process."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        bench.restart(files_only)
        self._uploads = bench.make_uploads(bench.courier)
        self._lane = _Lane(_Life(bench.jobs.worker))

    async def turn(self, job: UUID) -> None:
        """The job's chunk once, with whatever goes along."""
        chunk = await self._bench.jobs.claimed(job)
        assert chunk is not None, "the chunk could not be claimed"
        result = await self._uploads.carry(chunk, self._lane)
        if result is not None:
            await self._bench.jobs.written(result)

    async def letters(self, jobs: Sequence[UUID]) -> list[str]:
        """Of each job's chunk."""
        rows = await self._bench.rows.run("SELECT job_id, letters FROM chunks WHERE job_id = ANY($1::uuid[])", jobs)
        found = {row["job_id"]: row["letters"] for row in rows}
        return [found[job] for job in jobs]

    async def finish(self, jobs: Sequence[UUID]) -> list[str]:
        """Turns until nothing of the jobs is open; each wait is kept to its moment."""
        for _ in range(_MOST_TURNS):
            letters = await self.letters(jobs)
            if not set("".join(letters)) & OPEN_LETTERS:
                return letters
            job, due = await self._first(jobs)
            if due is not None:
                self._bench.clock.leap((due - self._bench.clock.now()).total_seconds())
            await self.turn(job)
        raise AssertionError(f"still open after {_MOST_TURNS} turns: {letters} {self._bench.complaints()}")

    async def _first(self, jobs: Sequence[UUID]) -> tuple[UUID, datetime | None]:
        (row,) = await self._bench.rows.run(
            "SELECT job_id, not_before FROM chunks WHERE job_id = ANY($1::uuid[]) AND state IN ('pending', 'waiting')"
            " ORDER BY not_before NULLS FIRST, job_position LIMIT 1",
            jobs,
        )
        return row["job_id"], row["not_before"]

    async def files(self) -> list[int]:
        """How many items each file of the connector held, in order."""
        rows = await self._bench.rows.run(
            "SELECT records FROM submissions WHERE connector_id = $1 AND bytes > 0 ORDER BY created_at, id",
            self._bench.rows.connector,
        )
        return [row["records"] for row in rows]
