"""Results after the deadline that say "taken": asked after until the platform is sure, and each item is told of once."""

import json

import pytest
from platform_workers.sync_base.uploads.bench import FileBench, Worker
from platform_workers.sync_base.uploads.file_platform import fault

from pixee_common.domain.faults import FaultKind
from pixee_common.domain.job import OutcomeKind
from pixee_orchestrator.timers.overdue import end_overdue_verdicts
from pixee_workers.sync_base.outcomes import Outcome, PollResult
from pixee_workers.sync_base.upload_contract import FollowUp, Verdict

pytestmark = pytest.mark.stack


async def _overdue(bench: FileBench, as_role):
    """Two items whose file has ended as overdue; by now the platform says that it took them."""
    items = await bench.products(2)
    job = await bench.job(items)
    worker = await bench.worker()
    bench.platform.ready = False
    await bench.turn(worker)
    for table in ("remote_jobs", "submissions"):
        await bench.rows.run(
            f"UPDATE {table} SET deadline_at = now() - interval '1 second' WHERE connector_id = $1",
            bench.rows.connector,
        )
    await as_role("orchestrator").run(end_overdue_verdicts)
    assert await bench.letters(job) == "rr"
    bench.platform.ready = True
    bench.platform.judge = lambda ref, key: Verdict(OutcomeKind.ACCEPTED)
    bench.adapter.follow_up = FollowUp("look", 90.0, 3600.0)
    return items, job, worker


async def _look(bench: FileBench, worker: Worker) -> None:
    bench.clock.offset += 1000
    while await worker.late.step():
        pass


async def _told(bench: FileBench, job) -> list[tuple[str, str, str]]:
    rows = await bench.rows.run("SELECT payload FROM outbox WHERE key = $1 ORDER BY id", str(job).encode())
    events = [json.loads(row["payload"]) for row in rows]
    told = [one for event in events for one in event.get("data", event).get("late_verdicts") or ()]
    return [(one["sku"], one["counted_as"], one["outcome"]) for one in told]


async def test_each_item_is_told_of_when_the_platform_is_sure_of_it(bench: FileBench, as_role) -> None:
    items, job, worker = await _overdue(bench, as_role)
    bench.adapter.poll_results.append(PollResult((Outcome(items[0], OutcomeKind.APPLIED),), done=False))
    await _look(bench, worker)
    assert await _told(bench, job) == [("P0", "rejected", "applied")]
    assert [row["state"] for row in await bench.submissions()] == ["open"]
    bench.adapter.poll_results.append(PollResult((Outcome(items[1], OutcomeKind.APPLIED),), done=True))
    await _look(bench, worker)
    assert await _told(bench, job) == [("P0", "rejected", "applied"), ("P1", "rejected", "applied")]
    assert [row["state"] for row in await bench.submissions()] == ["done"]
    assert await bench.letters(job) == "rr", "a finished job's counters never move"


async def test_a_shop_that_cannot_be_asked_is_asked_again(bench: FileBench, as_role) -> None:
    items, job, worker = await _overdue(bench, as_role)
    bench.adapter.poll_results.append(fault(FaultKind.UNAVAILABLE))
    await _look(bench, worker)
    assert (await _told(bench, job), [row["state"] for row in await bench.submissions()]) == ([], ["open"])
    applied = tuple(Outcome(item, OutcomeKind.APPLIED) for item in items)
    bench.adapter.poll_results.append(PollResult(applied, done=True))
    await _look(bench, worker)
    assert [outcome for _, _, outcome in await _told(bench, job)] == ["applied", "applied"]
