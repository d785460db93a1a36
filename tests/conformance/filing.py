"""Chunks that go by files on a bench: the real upload courier, with the lane's part done by hand.

Every push is a file here, however few its items are; whichever chunk is due first is carried first.
"""

import json
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from conformance.bench import Bench
from conformance.law import Exempt
from conformance.planting import Plant, Planted, both
from conformance.profile import Limits, Results
from platform_workers.sync_base.courier_side.shop_rows import LivingLife

from pixee_common.domain.ids import WorkerId
from pixee_common.domain.job import OPEN_LETTERS, Operation
from pixee_orchestrator.timers.overdue import end_overdue_verdicts
from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.chunks import ChunkResult
from pixee_workers.sync_base.late_calls import LateCalls
from pixee_workers.sync_base.liveness import Liveness
from pixee_workers.sync_base.routes import ChunkKey
from pixee_workers.sync_base.uploads.late_files import LateFiles

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


@dataclass
class _Joined:
    """What tells a loop of the worker under which life it runs."""

    life: _Life

    async def joined(self) -> _Life:
        return self.life


def by_files(bench: Bench, operation: Operation, plant: Plant | None = None) -> "Filing":
    """The bench by files; exempt is a platform that takes none for the operation."""
    if bench.manifest.capabilities[operation].upload is None:
        raise Exempt(f"the manifest claims no files for {operation}")
    return Filing(bench, plant)


def results_of(bench: Bench) -> Results:
    """How results go wrong at the platform."""
    found = bench.profile.results
    assert found is not None, "a profile of a platform that takes files says how their results go wrong (`results`)"
    return found


def ordered(bench: Bench, limits: Limits | str) -> None:
    """The next file ends in this way; exempt is a platform where none does."""
    if isinstance(limits, str):
        raise Exempt(limits)
    bench.simulator.put_limits(bench.profile.host, dict(limits))


async def told_late(bench: Bench, job: UUID) -> dict[UUID, list[tuple[str, str]]]:
    """What was told of the job's items after their outcome was final, by item: (counted as, outcome), in order."""
    found: dict[UUID, list[tuple[str, str]]] = {}
    for row in await bench.rows.run("SELECT payload FROM outbox WHERE key = $1 ORDER BY id", str(job).encode()):
        for one in _late(json.loads(row["payload"])):
            found.setdefault(UUID(one["item_id"]), []).append((one["counted_as"], one["outcome"]))
    return found


async def counted(bench: Bench, jobs: Sequence[UUID]) -> list[dict[str, Any]]:
    """Everything that is counted of the jobs and their chunks, and what is said of their items."""
    found: list[dict[str, Any]] = []
    for statement in _COUNTED:
        found += [dict(row) for row in await bench.rows.run(statement, jobs)]
    return found


async def look_at_late_calls(bench: Bench) -> None:
    """What the loop that asks for overdue remote jobs of single calls does now."""
    database, joined = (
        bench.make_uploads(bench.courier).rows.database,
        cast("Liveness", _Joined(_Life(bench.jobs.worker))),
    )
    late = LateCalls(bench.courier, database, joined, [bench.slug])
    while await late.step():  # other connectors' come in between
        pass


class Filing:
    """Jobs of one bench, by files. Another one is another process."""

    def __init__(self, bench: Bench, plant: Plant | None = None) -> None:
        self._bench = bench
        bench.restart(both(files_only, plant) if plant else files_only)
        self._uploads = bench.make_uploads(bench.courier)
        self._lane = _Lane(_Life(bench.jobs.worker))

    async def turn(self, job: UUID) -> None:
        """The job's chunk once, with whatever goes along."""
        result = await self.read(job)
        if result is not None:
            await self._bench.jobs.written(result)

    async def read(self, job: UUID) -> ChunkResult | None:
        """`turn` up to the moment at which the chunk's own result would be written."""
        chunk = await self._bench.jobs.claimed(job)
        assert chunk is not None, "the chunk could not be claimed"
        return await self._uploads.carry(chunk, self._lane)

    async def overdue(self, operation: Operation) -> None:
        """Nobody asks until the deadline has passed, and the orchestrator ends what waits."""
        upload = self._bench.manifest.capabilities[operation].upload
        assert upload is not None
        self._bench.clock.leap(upload.result_deadline_seconds + 60)
        rows = self._bench.rows
        await rows.run("UPDATE jobs SET planning = 'done' WHERE connector_id = $1", rows.connector)
        await rows.run(
            "UPDATE remote_jobs SET deadline_at = now() - interval '1 second' WHERE connector_id = $1 AND state = 'open'",
            rows.connector,
        )
        await rows.owner.run(end_overdue_verdicts)

    async def reopened(self) -> None:
        """As if nobody had noted that the files have ended: they are looked at once more."""
        rows, now = self._bench.rows, self._bench.clock.now()
        await rows.run(
            "UPDATE submissions SET state = 'open', ended_at = NULL, next_poll_at = $2, deadline_at = $2"
            " WHERE connector_id = $1",
            rows.connector, now,
        )  # fmt: skip

    async def look_late(self) -> int:
        """What the loop that asks for overdue files does now; how many of this connector's were due."""
        rows, joined = self._bench.rows, cast("Liveness", _Joined(self._lane.life))
        due = await rows.run(_DUE_LATE, rows.connector, self._bench.clock.now())
        late = LateFiles(self._bench.courier, self._uploads.rows.database, joined, [self._bench.slug])
        while await late.step():  # other connectors' come in between
            pass
        return len(due)

    async def late_verdicts(self, job: UUID) -> dict[UUID, list[tuple[str, str]]]:
        """What was told of the job's items after their outcome was final, by item: (counted as, outcome), in order."""
        return await told_late(self._bench, job)

    async def counted(self, jobs: Sequence[UUID]) -> list[dict[str, Any]]:
        """Everything that is counted of the jobs and their chunks, and what is said of their items."""
        return await counted(self._bench, jobs)

    async def letters(self, jobs: Sequence[UUID]) -> list[str]:
        """Of each job's chunk."""
        rows = await self._bench.rows.run("SELECT job_id, letters FROM chunks WHERE job_id = ANY($1::uuid[])", jobs)
        found = {row["job_id"]: row["letters"] for row in rows}
        return [found[job] for job in jobs]

    async def finish(self, jobs: Sequence[UUID]) -> list[str]:
        """Turns until nothing of the jobs is open; each wait is kept to its moment."""
        return [letters async for letters in self.turns(jobs)][-1]

    async def turns(self, jobs: Sequence[UUID]) -> AsyncIterator[list[str]]:
        """`finish`, with the letters of the jobs' chunks after every turn."""
        for _ in range(_MOST_TURNS):
            letters = await self.letters(jobs)
            yield letters
            if not set("".join(letters)) & OPEN_LETTERS:
                return
            await self.wait(jobs)
            await self.turn((await self._first(jobs))[0])
        raise AssertionError(f"still open after {_MOST_TURNS} turns: {letters} {self._bench.complaints()}")

    async def wait(self, jobs: Sequence[UUID]) -> None:
        """To the moment at which the first of the jobs' chunks is due."""
        _, due = await self._first(jobs)
        if due is not None:
            self._bench.clock.leap((due - self._bench.clock.now()).total_seconds())

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


_DUE_LATE = """
SELECT FROM submissions s
WHERE connector_id = $1 AND state = 'open' AND next_poll_at <= $2 AND deadline_at <= $2
  AND NOT EXISTS (SELECT FROM remote_jobs r WHERE r.submission_id = s.id AND r.state = 'open')
"""
_COUNTED = (
    "SELECT id, state, succeeded, failed, skipped, cancelled FROM jobs WHERE id = ANY($1::uuid[]) ORDER BY id",
    "SELECT job_id, no, letters, state, succeeded, failed, skipped, cancelled FROM chunks"  # noqa: ISC004 one statement
    " WHERE job_id = ANY($1::uuid[]) ORDER BY job_id, no",
    "SELECT job_id, item_id, outcome, reason, message FROM item_issues WHERE job_id = ANY($1::uuid[]) ORDER BY 1, 2",
)


def _late(payload: Mapping[str, Any]) -> list[dict[str, Any]]:
    event = payload.get("data", payload)
    found: list[dict[str, Any]] = event.get("late_verdicts") or []
    return found
