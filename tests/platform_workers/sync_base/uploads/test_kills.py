"""kill -9 of a worker at every step of a file's life: another one finishes with true outcomes, and nothing is doubled by it."""

import asyncio

import pytest
from platform_workers.sync_base.uploads.bench import FileBench, Worker
from platform_workers.sync_base.uploads.file_platform import manifest, rejected

from pixee_common.platforms.manifest import Idempotency
from pixee_orchestrator.timers.cancelling import carry_out_cancellations
from pixee_workers.sync_base.uploads import shipment as shipments
from pixee_workers.sync_base.uploads.rows import UploadRows

pytestmark = pytest.mark.stack


async def _dies_at(bench: FileBench, worker: Worker, reached: asyncio.Event) -> Worker:
    """Lets the worker carry until the step is reached, kills it there, buries it, and starts another one."""
    await bench.ring()
    await worker.lanes.ring({bench.route: None})
    async with asyncio.timeout(20):
        await reached.wait()
    await worker.die()
    await bench.bury(worker)
    bench.adapter.before = lambda step: None
    return await bench.worker()


def _stop_before(owner: type, name: str, monkeypatch, *, after: bool = False, call: int = 1) -> asyncio.Event:
    """The method's call with this number is never made (or never returns); later calls are made as ever."""
    reached, original, calls = asyncio.Event(), getattr(owner, name), 0

    async def stopped(self, *arguments, **named):
        nonlocal calls
        calls += 1
        if calls != call:
            return await original(self, *arguments, **named)
        if after:
            await original(self, *arguments, **named)
        reached.set()
        return await asyncio.Event().wait()

    monkeypatch.setattr(owner, name, stopped)
    return reached


def _stop_in_adapter(bench: FileBench, step: str) -> asyncio.Event:
    reached = asyncio.Event()

    async def stop() -> None:
        reached.set()
        await asyncio.Event().wait()

    bench.adapter.before = lambda at: stop() if at == step else None
    return reached


async def _finish(bench: FileBench, worker: Worker) -> None:
    for _ in range(6):
        await bench.turn(worker)
        await bench.later(61)


BEFORE_THE_CALL = [("begin", False), ("begin", True), ("add", False), ("add", True), ("about_to_call", False)]


@pytest.mark.parametrize(("step", "after"), BEFORE_THE_CALL)
async def test_before_the_call_nothing_was_sent_and_everything_goes_once(bench, monkeypatch, step, after) -> None:
    items = await bench.products(5)
    jobs = [await bench.job(items[:3], size=2), await bench.job(items[3:])]
    reached = _stop_before(UploadRows, step, monkeypatch, after=after)
    bench.platform.judge = lambda ref, key: rejected() if key == "P3" else None
    worker = await _dies_at(bench, await bench.worker(), reached)
    await _finish(bench, worker)
    assert [await bench.letters(job) for job in jobs] == ["aaa", "ra"]
    assert [len(file.records) for file in bench.platform.files.values()] == [5]
    assert await bench.open_parts() == 0


@pytest.mark.parametrize("step", ["upload", "taken"])
async def test_a_call_whose_answer_was_lost_is_repeated_where_that_makes_nothing_twice(bench, step) -> None:
    items = await bench.products(5)
    job = await bench.job(items, size=2)
    worker = await _dies_at(bench, await bench.worker(), _stop_in_adapter(bench, step))
    await _finish(bench, worker)
    assert await bench.letters(job) == "aaaaa"
    assert [row["state"] for row in await bench.submissions()] == ["lost", "done"]
    assert (len(bench.platform.products), await bench.open_parts()) == (5, 0)


async def test_a_value_that_went_back_to_the_old_one_after_a_lost_file_is_sent_all_the_same(bench) -> None:
    (item,) = await bench.products(1)
    worker = await bench.worker()
    await bench.job([item])
    await _finish(bench, worker)
    variants = await bench.rows.run("SELECT id FROM variants WHERE product_id = $1", item)
    await bench.rows.list_item(variants[0]["id"], item, "variant", "v")
    await bench.rows.set_title(item, "New")
    job = await bench.job([item])
    worker = await _dies_at(bench, worker, _stop_in_adapter(bench, "taken"))
    await bench.rows.set_title(item, "Shirt")
    await _finish(bench, worker)
    assert await bench.letters(job) == "a"
    assert [value["title"] for _, value in bench.platform.written] == ["Shirt", "New", "Shirt"]


@pytest.mark.parametrize("in_file", [True, False])
async def test_where_a_repeated_create_would_double_the_shop_is_asked_first(bench, in_file) -> None:
    bench.adapter.manifest = manifest(capability={"idempotency": Idempotency.READ_BEFORE_WRITE})
    items = await bench.products(4)
    job = await bench.job(items, size=2)
    worker = await _dies_at(bench, await bench.worker(), _stop_in_adapter(bench, "taken" if in_file else "upload"))
    bench.adapter.products = dict(bench.platform.products)
    await _finish(bench, worker)
    assert await bench.letters(job) == "aaaa"
    assert {item for asked in bench.adapter.found for item in asked} == set(items)


async def test_the_file_that_was_opened_and_not_noted_by_its_chunks_is_asked_for_not_sent_again(
    bench, monkeypatch
) -> None:
    items = await bench.products(5)
    job = await bench.job(items, size=2)
    reached = _stop_before(shipments.Shipment, "opened", monkeypatch, after=True)
    worker = await _dies_at(bench, await bench.worker(), reached)
    # As if the transaction had opened the file and a late claim had taken its chunks before: they are pending, and members.
    await bench.rows.run(
        "UPDATE chunks SET state = 'pending', letters = translate(letters, 'w', '.') WHERE job_id = $1", job
    )
    await _finish(bench, worker)
    assert await bench.letters(job) == "aaaaa"
    assert len(bench.platform.files) == 1


async def test_a_worker_that_was_buried_during_its_call_opens_nothing(bench) -> None:
    items = await bench.products(3)
    job = await bench.job(items)
    first, gate, reached = await bench.worker(), asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        reached.set()
        await gate.wait()

    bench.adapter.before = lambda step: wait() if step == "taken" else None
    await bench.ring()
    await first.lanes.ring({bench.route: None})
    await reached.wait()
    await bench.bury(first)  # it does not know yet
    bench.adapter.before = lambda step: None
    second = await bench.worker()
    await bench.turn(second)
    gate.set()
    await asyncio.sleep(0.2)
    await _finish(bench, second)
    assert await bench.letters(job) == "aaa"
    assert sorted(row["state"] for row in await bench.submissions()) == ["done", "lost"]


@pytest.mark.parametrize("step", ["collect", "collected"])
async def test_a_poll_that_died_is_made_again(bench, step) -> None:
    items = await bench.products(5)
    job = await bench.job(items, size=2)
    worker = await bench.worker()
    await bench.turn(worker)
    await bench.later(31)
    worker = await _dies_at(bench, worker, _stop_in_adapter(bench, step))
    await _finish(bench, worker)
    assert await bench.letters(job) == "aaaaa"
    assert len(bench.platform.files) == 1


@pytest.mark.parametrize("call", [1, 2, 3])
async def test_verdicts_that_were_brought_to_some_chunks_are_brought_to_the_rest(bench, monkeypatch, call) -> None:
    monkeypatch.setattr("pixee_workers.sync_base.uploads.collecting._CHUNKS_AT_ONCE", 2)
    items = await bench.products(7)
    job = await bench.job(items, size=1)
    bench.platform.judge = lambda ref, key: rejected() if ref % 2 else None
    worker = await bench.worker()
    await bench.turn(worker)
    await bench.later(31)
    worker = await _dies_at(bench, worker, _stop_before(UploadRows, "parts", monkeypatch, call=call))
    await _finish(bench, worker)
    assert await bench.letters(job) == "rararar"
    assert (len(bench.platform.files), await bench.open_parts()) == (1, 0)
    assert [row["state"] for row in await bench.submissions()] == ["done"]


async def test_a_lane_that_is_handed_over_while_it_gathers_sends_nothing_and_leaves_everything(
    bench, monkeypatch
) -> None:
    items = await bench.products(6)
    job = await bench.job(items, size=2)
    worker = await bench.worker()
    reached, go_on, original = asyncio.Event(), asyncio.Event(), UploadRows.add

    async def slow(self, *arguments):
        await original(self, *arguments)
        reached.set()
        await go_on.wait()

    monkeypatch.setattr(UploadRows, "add", slow)
    await bench.ring(most=1)
    await worker.lanes.ring({bench.route: None})
    await reached.wait()
    stopping = asyncio.create_task(worker.lanes.stop(10))
    await asyncio.sleep(0)
    go_on.set()
    await stopping
    assert await bench.states(job) == ["pending"] * 3
    assert await bench.rows.run("SELECT FROM routes WHERE route_key = $1 AND worker_id IS NULL", bench.route)
    monkeypatch.setattr(UploadRows, "add", original)
    await _finish(bench, await bench.worker())
    assert await bench.letters(job) == "aaaaaa"
    assert [len(file.records) for file in bench.platform.files.values()] == [6]


@pytest.mark.parametrize(("step", "left"), [("taken", "x" * 4), ("opened", "aaaa")])
async def test_a_cancellation_after_a_crash_does_not_call_unsent_what_a_file_may_have_brought(
    bench, as_role, monkeypatch, step, left
) -> None:
    items = await bench.products(4)
    job = await bench.job(items, size=2)
    if step == "opened":
        reached = _stop_before(shipments.Shipment, "opened", monkeypatch, after=True)
    else:
        reached = _stop_in_adapter(bench, step)
    worker = await _dies_at(bench, await bench.worker(), reached)
    if step == "opened":
        await bench.rows.run(
            "UPDATE chunks SET state = 'pending', look_up = true, letters = translate(letters, 'w', '.') WHERE job_id = $1",
            job,
        )
    await bench.rows.run("UPDATE jobs SET cancel_requested_at = now() WHERE id = $1", job)
    await as_role("orchestrator").run(carry_out_cancellations)
    assert await bench.letters(job) == "....", "it may be at the platform"
    await _finish(bench, worker)
    assert await bench.letters(job) == left
    assert len(bench.platform.files) == 1, "nothing is sent of a cancelled job"
    assert await bench.open_parts() == 0


async def test_a_call_that_is_cut_off_at_the_end_leaves_its_chunks_to_be_doubted(bench, monkeypatch) -> None:
    items = await bench.products(4)
    job = await bench.job(items, size=2)
    worker, reached = await bench.worker(), _stop_in_adapter(bench, "taken")
    await bench.ring()
    await worker.lanes.ring({bench.route: None})
    await reached.wait()
    await worker.lanes.stop(0.05)
    left = await bench.rows.run("SELECT state, look_up FROM chunks WHERE job_id = $1", job)
    assert [tuple(row) for row in left] == [("pending", True)] * 2
    bench.adapter.before = lambda step: None
    await _finish(bench, await bench.worker())
    assert await bench.letters(job) == "aaaa"


async def test_an_adapter_that_cannot_write_a_record_fails_that_item_alone(bench) -> None:
    items = await bench.products(3)
    job = await bench.job(items)
    original = bench.adapter.record

    def record(operation, item, ref, settings):
        if item.item.product.key == "P1":
            raise RuntimeError("a bug in the adapter")
        return original(operation, item, ref, settings)

    bench.adapter.record = record
    worker = await bench.worker()
    await bench.turn(worker)
    assert await bench.letters(job) == "wrw"
    await bench.later(31)
    await bench.turn(worker)
    assert await bench.letters(job) == "ara"
