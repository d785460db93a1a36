"""Verdicts that never come, come after the deadline, or turn after they were final: told, and counted no more."""

from conformance.bench import PRODUCTS, Bench
from conformance.filing import Filing, by_files, ordered, results_of
from conformance.law import law
from conformance.planting import Planted

from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.upload_contract import Collected

_HOURS = 2 * 3600.0


@law(PRODUCTS)
async def a_file_without_a_result_is_overdue_and_in_nobodys_way(bench: Bench) -> None:
    """The shop never says a word: past the deadline every item has failed as overdue, and the next push of the same goes at once.

    If it fails: the capability's `upload` has its `result_deadline_seconds`; what is overdue holds no item back.
    """
    filing = by_files(bench, PRODUCTS, _silent)
    products, _ = await bench.products(2)
    job = await bench.jobs.plan(PRODUCTS, products)
    await filing.turn(job)
    await filing.wait([job])
    await filing.turn(job)
    assert await filing.letters([job]) == ["ww"], "no word yet, and yet it has ended"
    await filing.overdue(PRODUCTS)
    (state, *rest) = await filing.counted([job])
    assert await filing.letters([job]) == ["rr"], f"past its deadline, and yet {await filing.letters([job])}"
    assert (state["state"], state["failed"]) == ("failed", 2), f"the job is {state}"
    reasons = {row["reason"] for row in rest if "reason" in row}
    assert reasons == {ReasonCode.VERDICT_OVERDUE}, f"failed for {reasons}"
    again = await bench.jobs.plan(PRODUCTS, products)
    await filing.turn(again)
    assert await filing.files() == [2, 2], "the next push waits behind a file that is overdue"


@law(PRODUCTS)
async def a_verdict_after_the_deadline_is_told_once_and_counts_nothing(bench: Bench) -> None:
    """All three are overdue; then the shop says that it refused one and has done two. Each word is told once, with what was counted
    before; the job counts what it counted, and the next push knows what the shop has.

    If it fails: `collect` and `poll` must answer for files and items whose deadline has passed as they do for others.
    """
    filing, doubt = by_files(bench, PRODUCTS), bench.profile.second_thoughts
    products, _ = await bench.products(3)
    if doubt is None:
        await bench.set_content(products[1], bench.profile.refused)
    else:
        bench.simulator.put_limits(bench.profile.host, dict(doubt("L1")))
    job = await bench.jobs.plan(PRODUCTS, products)
    await filing.turn(job)
    await filing.overdue(PRODUCTS)
    counted = await filing.counted([job])
    assert await filing.letters([job]) == ["rrr"]
    await _looked(filing)
    said = dict(zip(products, ("applied", "rejected", "applied"), strict=True))
    told = {item: [("rejected", outcome)] for item, outcome in said.items()}
    assert await filing.late_verdicts(job) == told, f"told: {await filing.late_verdicts(job)}"
    assert await _on_listings(bench) == said, f"on the listings: {await _on_listings(bench)}"
    await filing.reopened()  # the worker died before it could note that the file has ended
    await _looked(filing)
    assert await filing.late_verdicts(job) == told, "told twice"
    assert await filing.counted([job]) == counted, "a finished job's counts have moved"
    again = await bench.push(PRODUCTS, [products[0], products[2]])
    assert again.letters == "ss", f"the shop has them, and yet {again.letters}"


@law(PRODUCTS)
async def a_verdict_that_turns_after_it_was_applied_is_told(bench: Bench) -> None:
    """Three were applied; the shop takes one back, and whoever looks again hears of it: told, nothing is counted anew, and the next
    push sends that one.

    If it fails: `poll` says what the shop says now, not what it said before.
    """
    filing, turning = by_files(bench, PRODUCTS), results_of(bench).turning
    ordered(bench, turning if isinstance(turning, str) else turning("L1"))
    products, _ = await bench.products(3)
    job = await bench.jobs.plan(PRODUCTS, products)
    assert await filing.finish([job]) == ["aaa"]
    counted = await filing.counted([job])
    bench.clock.leap(_HOURS)
    await filing.reopened()
    await _looked(filing)
    told = await filing.late_verdicts(job)
    assert told == {products[1]: [("applied", "rejected")]}, f"told: {told}"
    assert await _on_listings(bench) == {products[1]: "rejected"}, f"on the listings: {await _on_listings(bench)}"
    assert await filing.counted([job]) == counted, "a finished job's counts have moved"
    again = await bench.jobs.plan(PRODUCTS, products)
    await filing.turn(again)
    assert await filing.letters([again]) == ["sws"], f"one was taken back, and yet {await filing.letters([again])}"


async def _looked(filing: Filing) -> None:
    """What was due was asked for."""
    assert await filing.look_late(), "no file was due"


async def _on_listings(bench: Bench) -> dict[object, str]:
    rows = await bench.rows.run(
        "SELECT item_id, verdict FROM listing_operations WHERE connector_id = $1 AND verdict IS NOT NULL",
        bench.rows.connector,
    )
    return {row["item_id"]: row["verdict"]["outcome"] for row in rows}


def _silent(real: Adapter) -> Adapter:
    """Nothing is ever heard of a file."""

    async def collect(*_given: object) -> Collected:
        return Collected(done=False, poll_in_seconds=60.0)

    return Planted(real, collect=collect)
