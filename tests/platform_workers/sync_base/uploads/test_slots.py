"""A slot of 15 minutes on a scaled clock: what is asked for meanwhile gathers, over all jobs, and goes as one file."""

import pytest
from platform_workers.sync_base.uploads.bench import FileBench, Worker
from platform_workers.sync_base.uploads.file_platform import SLUG, fault

from pixee_common.db import Database
from pixee_common.domain.faults import FaultKind
from pixee_common.domain.ids import new_id
from pixee_common.domain.reasons import ReasonCode
from pixee_common.platforms.manifest import SlotBudget
from pixee_orchestrator.planning.planner import Planner
from pixee_orchestrator.progress.folder import Folder
from pixee_orchestrator.timers.job_waits import show_waits

pytestmark = pytest.mark.stack

SLOT = 900.0


@pytest.fixture(autouse=True)
async def no_other_jobs(bench: FileBench) -> None:
    """The planner of these tests knows one platform; what other tests left in the database is not for it."""
    await bench.rows.run(
        "UPDATE jobs SET planning = 'done', sending_done = true WHERE connector_id <> $1 AND NOT sending_done",
        bench.rows.connector,
    )


class Slot:
    """One file in 15 minutes, by the bench's clock."""

    def __init__(self, bench: FileBench) -> None:
        self._bench = bench
        self._free_at = 0.0

    def __call__(self, lines) -> None:
        now = self._bench.clock.monotonic()
        self._bench.platform.faults.append(self)
        if now < self._free_at:
            raise fault(FaultKind.THROTTLED, reason=ReasonCode.THROTTLED, retry_after=self._free_at - now)
        self._free_at = now + SLOT


async def _ask(bench: FileBench, items) -> None:
    """A job as the gateway writes it: nobody has planned it."""
    await bench.rows.run(
        "INSERT INTO jobs (id, account_id, connector_id, platform, operation, route_key, scope, scope_hash, requested_by)"
        " SELECT $1, account_id, id, platform, 'push_products', route_key, $2, 'named', 'test' FROM connectors WHERE id = $3",
        *(new_id(), {"product_ids": [str(item) for item in items]}, bench.rows.connector),
    )


async def _nothing(*_arguments: object) -> None:
    raise AssertionError("nothing is set aside here")


async def _orchestrate(bench: FileBench, database: Database, planner: Planner, worker: Worker) -> None:
    """What the orchestrator does in a while, until nothing changes any more."""
    for _ in range(5):
        while await planner.step():
            pass
        await bench.turn(worker, most=4)
        await Folder(database, lambda _route: None, _nothing).sweep()
        await database.run(lambda connection: show_waits(connection, 1e6))


@pytest.mark.parametrize("kept_by", ["the platform's 429", "our own budget"])
async def test_sixty_small_jobs_of_one_connector_become_one_file(bench: FileBench, as_role, kept_by) -> None:
    database = as_role("orchestrator")
    if kept_by == "our own budget":
        declared = bench.adapter.manifest
        slot = SlotBudget(name="feeds", interval_seconds=SLOT)
        bench.adapter.manifest = declared.model_copy(update={"budgets": (*declared.budgets, slot)})
        bench.adapter.spends = {"feeds": 1}
    else:
        bench.platform.faults.append(Slot(bench))
    planner = Planner(database, {SLUG: bench.adapter.manifest})
    items = await bench.products(62)
    worker = await bench.worker()
    await _ask(bench, items[:1])
    await _orchestrate(bench, database, planner, worker)
    assert [len(file.records) for file in bench.platform.files.values()] == [1]
    for number in range(60):
        await _ask(bench, items[number + 1 : number + 3])  # each shares a product with the next
        if number % 20 == 0:
            await _orchestrate(bench, database, planner, worker)
            await bench.later(60)
    await _orchestrate(bench, database, planner, worker)
    states = await bench.rows.run("SELECT state FROM jobs WHERE connector_id = $1", bench.rows.connector)
    assert {row["state"] for row in states} == {"running", "completed"}
    await bench.later(SLOT)
    await _orchestrate(bench, database, planner, worker)
    assert [len(file.records) for file in bench.platform.files.values()] == [1, 61]
    assert bench.adapter.uploads == 3, "a file was made again and again while its slot was not free"
    waiting = await bench.rows.run(
        "SELECT count(*) AS n FROM jobs WHERE connector_id = $1 AND state = 'awaiting_verdicts'", bench.rows.connector
    )
    assert waiting[0]["n"] == 60
    await bench.later(31)
    await _orchestrate(bench, database, planner, worker)
    states = await bench.rows.run(
        "SELECT state, count(*) AS n FROM jobs WHERE connector_id = $1 GROUP BY state", bench.rows.connector
    )
    assert [tuple(row) for row in states] == [("completed", 61)]


async def test_without_a_wait_the_queued_jobs_keep_their_turns(bench: FileBench, as_role) -> None:
    planner = Planner(as_role("orchestrator"), {SLUG: bench.adapter.manifest})
    items = await bench.products(2)
    await _ask(bench, items[:1])
    await _ask(bench, items[1:])
    while await planner.step():
        pass
    planned = await bench.rows.run(
        "SELECT planning FROM jobs WHERE connector_id = $1 ORDER BY position", bench.rows.connector
    )
    assert [row["planning"] for row in planned] == ["done", "waiting"]
