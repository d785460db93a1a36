"""What a product push says of stock and prices never goes past an open file of these: it waits, whatever dies meanwhile."""

import asyncio
from uuid import UUID

import pytest
from platform_workers.sync_base.uploads.bench import FileBench, Worker
from platform_workers.sync_base.uploads.file_platform import manifest

from pixee_common.domain.job import Operation
from pixee_common.platforms.manifest import Mode
from pixee_orchestrator.timers.overdue import end_overdue_verdicts
from pixee_workers.sync_base.uploads.rows import UploadRows

pytestmark = pytest.mark.stack


class Shirt:
    """A product that the shop lists and sells, and a file of its stock."""

    def __init__(self, bench: FileBench, product: UUID, variant: UUID) -> None:
        self.bench, self.product, self.variant = bench, product, variant

    async def begin(self) -> None:
        await self.bench.rows.list_item(self.product, self.product, "product", "p-S")
        await self.bench.rows.list_item(self.variant, self.product, "variant", "v-S")

    def writes(self) -> list[str]:
        return [key for key, _ in self.bench.platform.written]


@pytest.fixture
async def shirt(bench: FileBench) -> Shirt:
    made = Shirt(bench, *await _product(bench))
    await made.begin()
    return made


async def _product(bench: FileBench) -> tuple[UUID, UUID]:
    product, (variant,) = await bench.rows.add_product("S")
    return product, variant


async def _ended(bench: FileBench, worker: Worker) -> None:
    bench.platform.ready = True
    for _ in range(4):
        await bench.later(120)
        await bench.turn(worker)


async def test_a_withdrawal_waits_for_the_file_that_says_how_many_there_are(bench: FileBench, shirt: Shirt) -> None:
    worker = await bench.worker()
    bench.platform.ready = False
    stock = await bench.job([shirt.variant], Operation.PUSH_STOCK)
    await bench.turn(worker)
    assert shirt.writes() == ["push_stock:S"]
    await bench.rows.delete_product(shirt.product)
    withdrawal = await bench.job([shirt.product])
    await bench.turn(worker)
    assert (await bench.letters(withdrawal), await bench.states(withdrawal)) == (".", ["waiting"])
    assert shirt.writes() == ["push_stock:S"]
    await _ended(bench, worker)
    assert [await bench.letters(job) for job in (stock, withdrawal)] == ["a", "a"]
    assert shirt.writes() == ["push_stock:S", "S"]


async def test_a_create_waits_and_an_update_does_not(bench: FileBench, shirt: Shirt) -> None:
    worker = await bench.worker()
    bench.platform.ready = False
    await bench.job([shirt.variant], Operation.PUSH_STOCK)
    await bench.turn(worker)
    update = await bench.job([shirt.product])
    await bench.turn(worker)
    assert shirt.writes() == ["push_stock:S", "S"]
    await _ended(bench, worker)
    bench.platform.ready = False
    await bench.rows.set_stock(shirt.variant, 8)
    await bench.job([shirt.variant], Operation.PUSH_STOCK)
    await bench.turn(worker)
    await bench.rows.run("DELETE FROM listings WHERE connector_id = $1", bench.rows.connector)  # it vanished there
    other, _ = await bench.rows.add_product("T")
    worker.courier.forget(bench.route)
    create = await bench.job([shirt.product, other])
    await bench.turn(worker)
    assert await bench.letters(create) == ".w"
    assert shirt.writes() == ["push_stock:S", "S", "push_stock:S", "T"]
    await _ended(bench, worker)
    assert [await bench.letters(job) for job in (update, create)] == ["a", "aa"]
    assert shirt.writes()[-1] == "S"


@pytest.mark.parametrize("step", ["add", "about_to_call"])
async def test_a_file_whose_worker_dies_over_it_holds_the_withdrawal_until_it_is_known_to_be_lost(
    bench: FileBench, shirt: Shirt, monkeypatch, step: str
) -> None:
    reached, original = asyncio.Event(), getattr(UploadRows, step)

    async def dies(self, *arguments, **named):
        await original(self, *arguments, **named)
        reached.set()
        return await asyncio.Event().wait()

    worker = await bench.worker()
    stock = await bench.job([shirt.variant], Operation.PUSH_STOCK)
    with monkeypatch.context() as patched:
        patched.setattr(UploadRows, step, dies)
        await bench.ring()
        await worker.lanes.ring({bench.route: None})
        async with asyncio.timeout(20):
            await reached.wait()
        await worker.die()
    await bench.bury(worker)
    await bench.rows.run(
        "UPDATE chunks SET state = 'waiting', wait_reason = 'throttled', not_before = now() + interval '1 minute' WHERE job_id = $1",
        stock,
    )
    await bench.rows.delete_product(shirt.product)
    withdrawal = await bench.job([shirt.product])
    worker = await bench.worker()
    await bench.turn(worker)
    assert (await bench.letters(withdrawal), shirt.writes()) == (".", [])
    await _ended(bench, worker)
    assert [await bench.letters(job) for job in (stock, withdrawal)] == ["s", "a"]
    assert shirt.writes() == ["S"]


async def test_where_products_go_by_calls_they_wait_for_the_file_as_well(bench: FileBench, shirt: Shirt) -> None:
    files = bench.adapter.manifest
    calls = {"upload": None, "mode": Mode.BULK}
    products = files.capabilities[Operation.PUSH_PRODUCTS].model_copy(update=calls)
    bench.adapter.manifest = manifest().model_copy(
        update={"capabilities": {**files.capabilities, Operation.PUSH_PRODUCTS: products}}
    )
    worker = await bench.worker()
    bench.platform.ready = False
    await bench.job([shirt.variant], Operation.PUSH_STOCK)
    await bench.turn(worker)
    await bench.rows.delete_product(shirt.product)
    withdrawal = await bench.job([shirt.product])
    await bench.turn(worker)
    assert (await bench.letters(withdrawal), bench.adapter.submitted) == (".", [])
    await _ended(bench, worker)
    assert await bench.letters(withdrawal) == "a"


@pytest.mark.parametrize("late", [False, True], ids=["in time", "after the deadline"])
async def test_newer_stock_that_went_past_a_file_is_pending_again_when_the_file_ends(
    bench: FileBench, shirt: Shirt, as_role, late: bool
) -> None:
    where = bench.rows.connector
    await bench.rows.run("UPDATE connectors SET auto_sync = '{push_stock}' WHERE id = $1", where)
    worker = await bench.worker()
    bench.platform.ready = False
    await bench.job([shirt.variant], Operation.PUSH_STOCK)
    await bench.turn(worker)
    await bench.rows.set_stock(shirt.variant, 9)
    newest = bench.rows.versions
    # A product push carried it past the file, and noted it as sent.
    await bench.rows.run(
        "INSERT INTO listing_operations (connector_id, item_id, operation, account_id, hash, catalog_version)"
        " VALUES ($1, $2, 'push_stock', $3, 'carried', $4)",
        *(where, shirt.variant, bench.rows.account, newest),
    )
    if late:
        await bench.rows.run(
            "UPDATE remote_jobs SET deadline_at = now() - interval '1 s' WHERE connector_id = $1", where
        )
        await bench.rows.run("UPDATE submissions SET deadline_at = now() WHERE connector_id = $1", where)
        await as_role("orchestrator").run(end_overdue_verdicts)
    bench.platform.ready = True
    bench.clock.offset += 61
    await bench.later(0)
    while late and await worker.late.step():
        pass
    await bench.turn(worker)
    pending = await bench.rows.run("SELECT item_id, version FROM pending_changes WHERE connector_id = $1", where)
    assert [tuple(row) for row in pending] == [(shirt.variant, newest)]
    (sent,) = await bench.rows.run(
        "SELECT hash, catalog_version FROM listing_operations WHERE connector_id = $1", where
    )
    assert (sent["hash"] == b"carried", sent["catalog_version"] < newest) == (False, True)
