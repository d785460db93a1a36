"""Chunks become files and files become outcomes: gathering, limits, what stays behind, results of every kind."""

import asyncio

import pytest
from platform_workers.sync_base.lane_side.lane_side import until
from platform_workers.sync_base.uploads.bench import FileBench
from platform_workers.sync_base.uploads.file_platform import MISSING, manifest, rejected

from pixee_common.domain.reasons import ReasonCode
from pixee_common.platforms.manifest import Idempotency

pytestmark = pytest.mark.stack


async def test_a_chunk_goes_as_a_file_and_its_verdicts_come_back_by_number(bench: FileBench) -> None:
    items = await bench.products(3)
    job = await bench.job(items)
    worker = await bench.worker()
    await bench.turn(worker)
    assert await bench.letters(job) == "www"
    assert await bench.states(job) == ["waiting"]
    (submission,) = await bench.submissions()
    assert (submission["state"], submission["kind"], submission["remote_id"], submission["records"]) == (
        "open", "feed", "f-1", 3,
    )  # fmt: skip
    bench.platform.judge = lambda ref, key: rejected() if key == "P1" else None
    await bench.later(31)
    await bench.turn(worker)
    assert await bench.letters(job) == "ara"
    assert await bench.states(job) == ["done"]
    (submission,) = await bench.submissions()
    assert (submission["state"], await bench.open_parts()) == ("done", 0)
    listings = await bench.rows.listings()
    assert listings[items[0]] == ("p-P0", "confirmed")
    issues = await bench.rows.run("SELECT * FROM item_issues WHERE job_id = $1", job)
    assert [(row["item_id"], row["reason"], row["sku"]) for row in issues] == [
        (items[1], ReasonCode.INVALID_VALUE, "P1")
    ]
    assert not list(bench.folder.glob("pixee-file-*"))


async def test_chunks_of_many_jobs_go_in_one_file_and_one_poll_ends_them_all(bench: FileBench) -> None:
    items = await bench.products(30)
    jobs = [await bench.job(items[start : start + 3], size=2) for start in range(0, 30, 3)]
    worker = await bench.worker()
    await bench.turn(worker, most=4)
    assert [len(file.records) for file in bench.platform.files.values()] == [30]
    assert [key for _, key, _ in bench.platform.files["f-1"].records] == [f"P{number}" for number in range(30)]
    await bench.later(31)
    await bench.turn(worker)
    assert {await bench.letters(job) for job in jobs} == {"aaa"}
    assert bench.adapter.collects == 1


async def test_chunks_that_go_in_a_file_stand_in_the_lanes_line_no_more(bench: FileBench) -> None:
    await bench.job(await bench.products(6), size=2)
    worker = await bench.worker()
    in_line = []

    async def look() -> None:
        in_line.extend(key for lane in worker.lanes for key in lane.unbegun)

    bench.adapter.before = lambda step: look() if step == "upload" else None
    await bench.turn(worker)
    assert (in_line, list(bench.platform.attempts)) == ([], [6])


async def test_an_item_of_several_jobs_is_written_once_and_its_outcome_goes_to_each(bench: FileBench) -> None:
    items = await bench.products(4)
    first, second = await bench.job(items[:3]), await bench.job(items[1:])
    worker = await bench.worker()
    bench.platform.judge = lambda ref, key: rejected() if key == "P2" else None
    await bench.turn(worker)
    assert [len(file.records) for file in bench.platform.files.values()] == [4]
    await bench.later(31)
    await bench.turn(worker)
    assert (await bench.letters(first), await bench.letters(second)) == ("aar", "ara")
    (row,) = await bench.rows.run("SELECT failures FROM listing_operations WHERE item_id = $1", items[2])
    assert row["failures"] == 1, "one verdict is one failure, however many jobs waited for it"


async def test_a_file_holds_what_the_platform_takes_and_a_chunk_that_does_not_fit_stays_whole(bench: FileBench) -> None:
    bench.adapter.manifest = manifest(max_items=5)
    items = await bench.products(9)
    job = await bench.job(items, size=3)
    worker = await bench.worker()
    await bench.turn(worker)
    assert [len(file.records) for file in bench.platform.files.values()] == [3, 3, 3]
    await bench.later(31)
    await bench.turn(worker)
    assert await bench.letters(job) == "a" * 9


async def test_bytes_fill_a_file_too_and_what_alone_is_too_large_is_rejected(bench: FileBench) -> None:
    bench.adapter.manifest = manifest(max_bytes=200)
    small = await bench.products(6)
    large, _ = await bench.rows.add_product("L", title="x" * 500)
    job = await bench.job([*small, large], size=2)
    worker = await bench.worker()
    await bench.turn(worker)
    assert all(file.size <= 200 for file in bench.platform.files.values())
    assert len(bench.platform.files) > 1
    await bench.later(31)
    await bench.turn(worker)
    assert await bench.letters(job) == "aaaaaar"
    (issue,) = await bench.rows.run("SELECT * FROM item_issues WHERE job_id = $1", job)
    assert issue["reason"] == ReasonCode.TOO_BIG


async def test_a_chunk_larger_than_a_file_goes_in_parts(bench: FileBench) -> None:
    bench.adapter.manifest = manifest(max_items=4)
    items = await bench.products(10)
    job = await bench.job(items)
    worker = await bench.worker()
    for _ in range(6):
        await bench.turn(worker)
        await bench.later(31)
    assert await bench.letters(job) == "a" * 10
    assert [len(file.records) for file in bench.platform.files.values()] == [4, 4, 2]


async def test_what_is_decided_makes_no_record_and_unchanged_products_make_no_file(bench: FileBench) -> None:
    items = await bench.products(3)
    refused, _ = await bench.rows.add_product("R", title="refuse")
    worker = await bench.worker()
    first = await bench.job([*items, refused])
    await bench.turn(worker)
    await bench.later(31)
    await bench.turn(worker)
    assert await bench.letters(first) == "aaar"
    for item in items:  # a created product has all its variants listed
        variants = await bench.rows.run("SELECT id FROM variants WHERE product_id = $1", item)
        for row in variants:
            await bench.rows.list_item(row["id"], item, "variant", f"v-{row['id']}")
    await bench.rows.set_title(items[1], "New")
    again = await bench.job(items, size=1)
    await bench.turn(worker)
    await bench.later(31)
    await bench.turn(worker)
    assert await bench.letters(again) == "sas"
    assert [len(file.records) for file in bench.platform.files.values()] == [3, 1]


async def test_below_the_threshold_items_go_by_calls_and_from_it_on_as_a_file(bench: FileBench) -> None:
    bench.adapter.manifest = manifest(from_items=5)
    items = await bench.products(8)
    worker = await bench.worker()
    alone = await bench.job(items[:2], size=1)
    await bench.turn(worker)
    assert (await bench.letters(alone), len(bench.adapter.submitted), bench.platform.files) == ("aa", 2, {})
    jobs = [await bench.job([item]) for item in items[2:]]
    await bench.turn(worker, most=2)
    assert [len(file.records) for file in bench.platform.files.values()] == [6]
    assert {await bench.letters(job) for job in jobs} == {"w"}


async def test_what_the_result_does_not_mention_is_what_the_adapter_says(bench: FileBench) -> None:
    items = await bench.products(3)
    job = await bench.job(items)
    worker = await bench.worker()
    bench.platform.judge = lambda ref, key: MISSING if key == "P1" else None
    bench.platform.strangers = (77, 4)
    await bench.turn(worker)
    await bench.later(31)
    await bench.turn(worker)
    assert await bench.letters(job) == "aua"
    bench.platform.judge = lambda ref, key: None
    await bench.later(301)
    await bench.turn(worker)
    await bench.later(31)
    await bench.turn(worker)
    assert await bench.letters(job) == "aaa"
    assert [len(file.records) for file in bench.platform.files.values()] == [3, 1]


async def test_a_chunk_whose_outcome_is_on_its_way_to_the_table_is_not_taken_into_a_file(
    bench: FileBench, monkeypatch
) -> None:
    bench.adapter.manifest = manifest(from_items=3)
    items = await bench.products(4)
    alone = await bench.job(items[:1])
    worker = await bench.worker()
    gate, writing, original = asyncio.Event(), asyncio.Event(), worker.writer.write

    async def slowly(worker_id, result):
        if result.chunk.job_id == alone:
            writing.set()
            await gate.wait()
        return await original(worker_id, result)

    monkeypatch.setattr(worker.writer, "write", slowly)
    await bench.ring()
    await worker.lanes.ring({bench.route: None})
    await writing.wait()
    many = await bench.job(items[1:])
    await bench.ring()
    await worker.lanes.ring({bench.route: None})

    async def sent() -> bool:
        return await bench.letters(many) == "www"

    await until(sent)
    gate.set()
    await bench.turn(worker)
    assert await bench.letters(alone) == "a"
    assert [key for _, key, _ in bench.platform.files["f-1"].records] == ["P1", "P2", "P3"]


async def test_where_chunks_are_marked_ahead_the_marked_one_goes_along(bench: FileBench) -> None:
    bench.adapter.manifest = manifest(capability={"idempotency": Idempotency.READ_BEFORE_WRITE})
    job = await bench.job(await bench.products(6), size=1)
    worker = await bench.worker()
    await bench.turn(worker)
    assert [len(file.records) for file in bench.platform.files.values()] == [6]
    await bench.later(31)
    await bench.turn(worker)
    assert await bench.letters(job) == "aaaaaa"
