"""What results bring, and when: not yet, never, too late, in two looks; cancelled jobs and deleted connectors meanwhile."""

import asyncio

import pytest
from platform_workers.sync_base.uploads.bench import FileBench
from platform_workers.sync_base.uploads.file_platform import MISSING, fault, manifest, rejected

from pixee_common.domain.faults import FaultKind
from pixee_common.domain.job import Operation, OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_orchestrator.timers.cancelling import carry_out_cancellations
from pixee_orchestrator.timers.deleted_connectors import wind_up_deleted
from pixee_orchestrator.timers.due import release_due
from pixee_orchestrator.timers.overdue import end_overdue_verdicts
from pixee_workers.sync_base.outcomes import Outcome, PollResult
from pixee_workers.sync_base.upload_contract import FollowUp, Verdict

pytestmark = pytest.mark.stack


async def _sent(bench: FileBench, count: int = 3, size: int = 2):
    items = await bench.products(count)
    job = await bench.job(items, size=size)
    worker = await bench.worker()
    await bench.turn(worker)
    return items, job, worker


async def test_one_chunk_comes_back_to_ask_and_the_others_sleep(bench: FileBench) -> None:
    bench.platform.ready = False
    _, job, worker = await _sent(bench, 5)
    for asked in (1, 2):
        await bench.later(61)
        await bench.turn(worker)
        assert (bench.adapter.collects, await bench.letters(job)) == (asked, "wwwww")
    bench.platform.poll_faults.append(fault(FaultKind.UNAVAILABLE))
    await bench.later(61)
    await bench.turn(worker)
    assert await bench.letters(job) == "wwwww"
    bench.platform.ready = True
    await bench.later(61)
    await bench.turn(worker)
    assert await bench.letters(job) == "aaaaa"


async def test_a_file_that_the_platform_forgot_leaves_its_items_unknown_and_they_go_again(bench: FileBench) -> None:
    _, job, worker = await _sent(bench)
    bench.platform.poll_faults.append(fault(FaultKind.REFUSED, reason=ReasonCode.NOT_FOUND_AT_SHOP))
    await bench.later(31)
    await bench.turn(worker)
    assert await bench.letters(job) == "uuu"
    await bench.later(61)
    await bench.turn(worker)
    await bench.later(31)
    await bench.turn(worker)
    assert await bench.letters(job) == "aaa"


async def test_items_that_stay_accepted_are_asked_for_by_their_chunk(bench: FileBench) -> None:
    items, job, worker = await _sent(bench)
    bench.platform.judge = lambda ref, key: Verdict(OutcomeKind.ACCEPTED) if key != "P0" else None
    bench.adapter.follow_up = FollowUp("look", 60.0, 3600.0)
    await bench.later(31)
    await bench.turn(worker)
    assert await bench.letters(job) == "aww"
    parts = await bench.rows.run(
        "SELECT * FROM remote_jobs WHERE connector_id = $1 AND state = 'open'", bench.rows.connector
    )
    refs = [row["correlation"]["adapter"]["refs"] for row in sorted(parts, key=lambda row: row["chunk_no"])]
    assert refs == [{str(items[1]): "P1"}, {str(items[2]): "P2"}]
    bench.adapter.poll_results.append(PollResult((Outcome(items[1], OutcomeKind.APPLIED),), done=True))
    late = Outcome(items[2], OutcomeKind.REJECTED, ReasonCode.INVALID_VALUE, "the image is missing")
    bench.adapter.poll_results.append(PollResult((late,), done=True))
    await bench.later(61)
    await bench.turn(worker)
    assert await bench.letters(job) == "aar"


async def test_a_job_that_is_cancelled_while_its_file_is_open_keeps_its_verdicts(bench: FileBench, as_role) -> None:
    items = await bench.products(6)
    job, other = await bench.job(items[:3], size=2), await bench.job(items[3:])
    worker = await bench.worker()
    await bench.turn(worker)
    await bench.rows.run("UPDATE jobs SET cancel_requested_at = now() WHERE id = $1", job)
    await as_role("orchestrator").run(carry_out_cancellations)
    assert await bench.letters(job) == "www"
    bench.platform.judge = lambda ref, key: rejected() if key == "P1" else None
    await bench.later(31)
    await bench.turn(worker)
    assert (await bench.letters(job), await bench.letters(other)) == ("ara", "aaa")


async def test_a_cancelled_job_is_left_out_of_the_next_file(bench: FileBench, as_role) -> None:
    items = await bench.products(4)
    kept, cancelled = await bench.job(items[:2]), await bench.job(items[2:])
    await bench.rows.run("UPDATE jobs SET cancel_requested_at = now() WHERE id = $1", cancelled)
    worker = await bench.worker()
    await bench.ring(most=1)
    await worker.lanes.ring({bench.route: None})
    await as_role("orchestrator").run(carry_out_cancellations)
    await bench.turn(worker)
    assert (await bench.letters(kept), await bench.letters(cancelled)) == ("ww", "xx")
    assert [len(file.records) for file in bench.platform.files.values()] == [2]


async def test_a_deleted_connector_fails_what_waits_and_asks_nobody(bench: FileBench, as_role) -> None:
    _, job, worker = await _sent(bench)
    await bench.rows.run("UPDATE connectors SET deleted_at = now() WHERE id = $1", bench.rows.connector)
    for _ in range(2):
        await as_role("orchestrator").run(wind_up_deleted)
    assert await bench.letters(job) == "rrr"
    await bench.later(31)
    await bench.turn(worker)
    assert bench.adapter.collects == 0


async def test_no_two_files_hold_one_product_at_a_time_and_the_newest_value_wins(bench: FileBench) -> None:
    bench.platform.ready = False
    items, first, worker = await _sent(bench)
    await bench.rows.set_title(items[1], "Newer")
    fresh = await bench.products(1, prefix="Q")
    second = await bench.job([*items[1:2], *fresh])
    await bench.turn(worker)
    assert await bench.letters(second) == ".w", "what is in an open file waits, the rest goes"
    bench.platform.ready = True
    for _ in range(4):
        await bench.later(61)
        await bench.turn(worker)
    assert (await bench.letters(first), await bench.letters(second)) == ("aaa", "aa")
    assert [value["title"] for key, value in bench.platform.written if key == "P1"] == ["Shirt", "Newer"]


async def test_the_second_of_two_single_calls_waits_for_an_open_file_too(bench: FileBench) -> None:
    bench.platform.ready = False
    items, _, worker = await _sent(bench)
    bench.adapter.manifest = manifest(from_items=50)
    await bench.rows.set_title(items[1], "Newer")
    fresh = await bench.products(1, prefix="Q")
    second = await bench.job([*items[1:2], *fresh])
    await bench.turn(worker)
    assert await bench.letters(second) == ".a"
    assert [[item.id for item in call] for call in bench.adapter.submitted] == [fresh]


async def test_stock_goes_at_once_in_a_file_of_its_own_while_products_wait(bench: FileBench) -> None:
    bench.platform.ready = False
    product, (variant,) = await bench.rows.add_product("S")
    await bench.rows.list_item(product, product, "product", "p-S")
    await bench.rows.list_item(variant, product, "variant", "v-S", "confirmed")
    worker = await bench.worker()
    products = await bench.job([product])
    await bench.turn(worker)
    stock = await bench.job([variant], Operation.PUSH_STOCK)
    await bench.turn(worker)
    assert (await bench.letters(products), await bench.letters(stock)) == ("w", "w")
    bench.platform.ready = True
    await bench.later(61)
    await bench.turn(worker)
    assert (await bench.letters(products), await bench.letters(stock)) == ("a", "a")


async def test_a_result_after_the_deadline_is_an_event_and_shows_on_the_listing(bench: FileBench, as_role) -> None:
    bench.platform.ready = False
    items, job, worker = await _sent(bench, 3, size=3)
    orchestrator = as_role("orchestrator")
    await bench.rows.run(
        "UPDATE remote_jobs SET deadline_at = now() - interval '1 second' WHERE connector_id = $1", bench.rows.connector
    )
    await bench.rows.run("UPDATE submissions SET deadline_at = now() WHERE connector_id = $1", bench.rows.connector)
    await orchestrator.run(end_overdue_verdicts)
    assert (await bench.letters(job), await bench.states(job)) == ("rrr", ["done"])
    issues = await bench.rows.run("SELECT DISTINCT reason FROM item_issues WHERE job_id = $1", job)
    assert [row["reason"] for row in issues] == [ReasonCode.VERDICT_OVERDUE]
    bench.platform.ready = True
    bench.platform.judge = lambda ref, key: rejected("no brand\x00") if key == "P1" else None
    bench.clock.offset += 61
    while await worker.late.step():
        pass
    assert await bench.letters(job) == "rrr", "a finished job's counters never move"
    verdicts = await bench.rows.run(
        "SELECT item_id, verdict FROM listing_operations WHERE connector_id = $1", bench.rows.connector
    )
    said = {row["item_id"]: (row["verdict"]["outcome"], row["verdict"]["message"]) for row in verdicts}
    assert said == {items[0]: ("applied", None), items[1]: ("rejected", "no brand\ufffd"), items[2]: ("applied", None)}
    assert (await bench.rows.listings())[items[0]] == ("p-P0", "confirmed")
    events = await bench.rows.run("SELECT payload FROM outbox WHERE key = $1 ORDER BY id", str(job).encode())
    assert b"late_verdicts" in events[-1]["payload"]
    assert b"no brand" in events[-1]["payload"]
    assert [row["state"] for row in await bench.submissions()] == ["done"]


async def test_where_the_asking_chunk_is_no_more_another_one_asks(bench: FileBench, as_role) -> None:
    items = await bench.products(4)
    first, second = await bench.job(items[:2]), await bench.job(items[2:])
    worker = await bench.worker()
    await bench.turn(worker)
    await bench.rows.run("UPDATE chunks SET state = 'done', letters = 'rr' WHERE job_id = $1", first)
    await bench.nobody_asks(for_seconds=5)
    await as_role("orchestrator").run(release_due)
    assert await bench.states(second) == ["waiting"], "it was in somebody's hands a moment ago"
    await bench.nobody_asks()
    await as_role("orchestrator").run(release_due)
    assert await bench.states(second) == ["pending"]
    await bench.turn(worker)
    assert (await bench.letters(first), await bench.letters(second)) == ("rr", "aa")
    assert await bench.open_parts() == 0


async def test_of_a_file_that_was_never_opened_nobody_waits_for_a_verdict(bench: FileBench, as_role) -> None:
    job = await bench.job(await bench.products(2))
    worker, reached = await bench.worker(), asyncio.Event()

    async def stop() -> None:
        reached.set()
        await asyncio.Event().wait()

    bench.adapter.before = lambda step: stop() if step == "upload" else None
    await bench.ring()
    await worker.lanes.ring({bench.route: None})
    await reached.wait()
    await worker.die()
    await bench.bury(worker)
    await bench.rows.run(
        "UPDATE remote_jobs SET deadline_at = now() - interval '1 second' WHERE connector_id = $1", bench.rows.connector
    )
    await as_role("orchestrator").run(end_overdue_verdicts)
    assert await bench.letters(job) == ".."
    bench.adapter.before = lambda step: None
    other = await bench.worker()
    await bench.turn(other)
    await bench.later(31)
    await bench.turn(other)
    assert await bench.letters(job) == "aa"


async def test_items_that_are_followed_up_are_asked_for_while_others_of_their_chunk_are_in_a_file(
    bench: FileBench,
) -> None:
    items, job, worker = await _sent(bench, 2)
    bench.platform.judge = lambda ref, key: Verdict(OutcomeKind.ACCEPTED) if key == "P0" else MISSING
    bench.adapter.follow_up = FollowUp("look", 90.0, 3600.0)
    await bench.later(31)
    await bench.turn(worker)
    assert await bench.letters(job) == "wu"
    bench.platform.ready = False
    await bench.later(61)
    await bench.turn(worker)
    assert ([len(file.records) for file in bench.platform.files.values()], await bench.letters(job)) == ([2, 1], "ww")
    bench.adapter.poll_results.append(PollResult((Outcome(items[0], OutcomeKind.APPLIED),), done=True))
    await bench.later(61)
    await bench.turn(worker)
    assert await bench.letters(job) == "aw"
    bench.platform.ready, bench.platform.judge = True, lambda ref, key: None
    await bench.later(61)
    await bench.turn(worker)
    assert await bench.letters(job) == "aa"
