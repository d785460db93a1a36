"""Files that a platform does not take: waits, halves, the one bad record, and answers that were lost."""

import pytest
from platform_workers.sync_base.uploads.bench import FileBench
from platform_workers.sync_base.uploads.file_platform import fault, manifest

from pixee_common.domain.faults import FaultKind, FaultScope
from pixee_common.domain.reasons import ReasonCode
from pixee_common.platforms.manifest import Atomicity
from pixee_orchestrator.timers.due import release_due
from pixee_workers.sync_base.items import ProductItem
from pixee_workers.sync_base.outcomes import Refusal

pytestmark = pytest.mark.stack


async def test_a_throttled_file_waits_in_its_chunks_rows_and_what_came_meanwhile_joins_it(bench: FileBench) -> None:
    items = await bench.products(6)
    first = await bench.job(items[:3], size=2)
    bench.platform.faults.append(fault(FaultKind.THROTTLED, reason=ReasonCode.THROTTLED, retry_after=600.0))
    worker = await bench.worker()
    await bench.turn(worker)
    waits = await bench.rows.run("SELECT DISTINCT wait_reason, not_before FROM chunks WHERE job_id = $1", first)
    assert [row["wait_reason"] for row in waits] == ["throttled"], "all wait for one moment"
    second = await bench.job(items[3:])
    await bench.turn(worker)
    assert bench.platform.attempts == [3], "no second file is made while the first has to wait"
    await bench.later(601)
    await bench.turn(worker)
    assert [len(file.records) for file in bench.platform.files.values()] == [6]
    assert (await bench.letters(first), await bench.letters(second)) == ("www", "www")
    assert [row["state"] for row in await bench.submissions()] == ["lost", "open"]


async def test_a_chunk_that_is_due_takes_along_what_waits_for_the_same_budget(bench: FileBench) -> None:
    items = await bench.products(4)
    first, second = await bench.job(items[:2]), await bench.job(items[2:])
    await bench.rows.run(
        "UPDATE chunks SET state = 'waiting', wait_reason = 'throttled', not_before = now() + interval '3 seconds'"
        " WHERE job_id = $1",
        second,
    )
    await bench.turn(await bench.worker())
    assert [len(file.records) for file in bench.platform.files.values()] == [4]
    assert (await bench.letters(first), await bench.letters(second)) == ("ww", "ww")


async def test_a_file_that_is_too_big_is_halved_and_the_size_remembered(bench: FileBench) -> None:
    def at_most_three(lines) -> None:
        bench.platform.faults.append(at_most_three)
        if len(lines) > 3:
            raise fault(FaultKind.TOO_BIG, reason=ReasonCode.TOO_BIG)

    bench.platform.faults.append(at_most_three)
    items = await bench.products(12)
    job = await bench.job(items, size=4)
    worker = await bench.worker()
    for _ in range(8):
        await bench.turn(worker)
        await bench.later(31)
    assert await bench.letters(job) == "a" * 12
    assert sum(len(file.records) for file in bench.platform.files.values()) == 12
    assert bench.platform.attempts[:3] == [12, 4, 2]
    assert max(bench.platform.attempts[2:]) <= 3


async def test_the_one_bad_record_of_an_all_or_nothing_file_is_found_and_the_rest_goes_through(
    bench: FileBench,
) -> None:
    bench.adapter.manifest = manifest(capability={"atomicity": Atomicity.ALL_OR_NOTHING})

    def no_p5(lines) -> None:
        bench.platform.faults.append(no_p5)
        if any(key == "P5" for _, key, _ in lines):
            raise fault(FaultKind.REFUSED, reason=ReasonCode.REFUSED_BY_PLATFORM)

    bench.platform.faults.append(no_p5)
    items = await bench.products(8)
    job = await bench.job(items, size=2)
    worker = await bench.worker()
    for _ in range(8):
        await bench.turn(worker)
        await bench.later(31)
    assert await bench.letters(job) == "aaaaaraa"
    (issue,) = await bench.rows.run("SELECT * FROM item_issues WHERE job_id = $1", job)
    assert (issue["sku"], issue["reason"]) == ("P5", ReasonCode.REFUSED_BY_PLATFORM)


async def test_a_refusal_of_the_operation_rejects_all_that_the_file_held(bench: FileBench) -> None:
    items = await bench.products(3)
    job = await bench.job(items, size=2)
    refused = fault(FaultKind.REFUSED, FaultScope.OPERATION, ReasonCode.PERMISSION_MISSING)
    bench.platform.faults.append(refused)
    await bench.turn(await bench.worker())
    assert await bench.letters(job) == "rrr"
    issues = await bench.rows.run("SELECT DISTINCT reason FROM item_issues WHERE job_id = $1", job)
    assert [row["reason"] for row in issues] == [ReasonCode.PERMISSION_MISSING]
    assert await bench.open_parts() == 0


async def test_after_a_lost_answer_the_items_are_unknown_and_sent_again(bench: FileBench) -> None:
    items = await bench.products(3)
    job = await bench.job(items, size=2)

    def taken_and_lost(lines) -> None:
        bench.platform.keep(lines)
        raise fault(FaultKind.AMBIGUOUS, reason=ReasonCode.ANSWER_UNKNOWN)

    bench.platform.faults.append(taken_and_lost)
    worker = await bench.worker()
    await bench.turn(worker)
    assert await bench.letters(job) == "uuu"
    await bench.later(2)
    await bench.turn(worker)
    await bench.later(31)
    await bench.turn(worker)
    assert (await bench.letters(job), len(bench.platform.products)) == ("aaa", 3)


async def test_refused_credentials_park_everything_and_mark_the_connector(bench: FileBench) -> None:
    items = await bench.products(3)
    job = await bench.job(items, size=2)
    refused = fault(FaultKind.CREDENTIALS, FaultScope.CONNECTOR, ReasonCode.CREDENTIALS_REFUSED)
    bench.platform.faults.append(refused)
    await bench.turn(await bench.worker())
    (row,) = await bench.rows.run("SELECT status FROM connectors WHERE id = $1", bench.rows.connector)
    assert (row["status"], await bench.letters(job), await bench.states(job)) == ("error", "...", ["waiting"] * 2)


async def test_what_the_database_refuses_of_one_chunk_keeps_no_file_from_being_open(bench: FileBench, as_role) -> None:
    items = await bench.products(4)
    job = await bench.job(items, size=2)
    original = bench.adapter.mapped

    def mapped(operation, item, settings):
        if isinstance(item, ProductItem) and item.product.key == "P0":
            return Refusal(ReasonCode.INVALID_VALUE, "no \ud800 in text")
        return original(operation, item, settings)

    bench.adapter.mapped = mapped
    worker = await bench.worker()
    await bench.turn(worker)
    assert [row["state"] for row in await bench.submissions()] == ["open"]
    # The poisoned chunk is written minimally, as ever: nobody calls again for it. The other one has its verdicts.
    assert await bench.letters(job) == "rrww"
    await bench.nobody_asks()
    await as_role("orchestrator").run(release_due)
    await bench.turn(worker)
    assert await bench.letters(job) == "rraa"
    events = await bench.rows.run("SELECT payload FROM outbox WHERE key = $1", str(job).encode())
    assert any(b"late_verdicts" in row["payload"] for row in events), "P1 was in the file, and its verdict is told"
