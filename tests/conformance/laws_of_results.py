"""Results of files that lack something, name strangers, end half way, are lost, or are read twice: every item ends truly all the same."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from conformance.bench import PRODUCTS, Bench
from conformance.filing import Filing, by_files, ordered, results_of
from conformance.law import law

_LONG_ENOUGH = 900.0


async def _ended(bench: Bench, filing: Filing, jobs: Sequence[UUID], skus: Sequence[str]) -> str:
    """The letters at the end. At no moment is anything counted as applied that the shop does not have."""
    letters = ""
    async for parts in filing.turns(jobs):
        letters = "".join(parts)
        shop = await bench.read() if "a" in letters else {}
        invented = [sku for sku, letter in zip(skus, letters, strict=True) if letter == "a" and sku not in shop]
        assert not invented, f"counted as applied, and the shop does not have it: {invented}"
    return letters


def _skus(count: int) -> list[str]:
    return [f"L{n}" for n in range(count)]


@law(PRODUCTS)
async def what_a_result_does_not_name_is_not_taken_for_done(bench: Bench) -> None:
    """Of five records one was not done, and the result does not name it. It is sent again alone; the others keep their verdicts.

    If it fails: `Collected.unmentioned` is `unknown`, unless the platform promises that silence means success.
    """
    filing = by_files(bench, PRODUCTS)
    silent = results_of(bench).silent
    ordered(bench, silent if isinstance(silent, str) else silent("L1"))
    products, _ = await bench.products(5)
    job = await bench.jobs.plan(PRODUCTS, products)
    letters = await _ended(bench, filing, [job], _skus(5))
    assert letters == "aaaaa", f"ended as {letters}"
    assert await filing.files() == [5, 1], f"files of {await filing.files()} items"
    assert sorted(await bench.read()) == _skus(5)


@law(PRODUCTS)
async def what_a_result_does_not_name_and_was_done_is_not_doubled(bench: Bench) -> None:
    """As before, but the shop has done it: it ends as applied, once in the shop.

    If it fails: an `unknown` record is looked up or sent again in a way that makes nothing twice.
    """
    filing = by_files(bench, PRODUCTS)
    silent = results_of(bench).silent_but_done
    ordered(bench, silent if isinstance(silent, str) else silent("L1"))
    products, _ = await bench.products(3)
    job = await bench.jobs.plan(PRODUCTS, products)
    letters = await _ended(bench, filing, [job], _skus(3))
    assert letters == "aaa", f"ended as {letters}"
    assert sorted(await bench.read()) == _skus(3)


@law(PRODUCTS)
async def a_result_that_names_strangers_changes_nobody(bench: Bench) -> None:
    """Errors of two records that nobody sent: they are noted, and no item is worse for them.

    If it fails: a verdict's number is exactly the `ref` that the record carried; what has no such number is nobody's.
    """
    filing = by_files(bench, PRODUCTS)
    ordered(bench, results_of(bench).strangers)
    products, _ = await bench.products(3)
    job = await bench.jobs.plan(PRODUCTS, products)
    letters = await _ended(bench, filing, [job], _skus(3))
    assert letters == "aaa", f"ended as {letters}"
    assert await filing.files() == [3], f"files of {await filing.files()} items"
    noted = [line for line in bench.heard.lines if "records that were never sent" in line]
    assert noted, "the strangers were not noted"


@law(PRODUCTS)
async def a_file_that_is_aborted_half_way_ends_every_item_truly(bench: Bench) -> None:
    """Of four records the shop has done two and gives up: all four end as applied, once each, and none before the shop has it.

    If it fails: what an aborted file leaves open is `unknown`, not `accepted` and not `rejected`.
    """
    filing = by_files(bench, PRODUCTS)
    ordered(bench, results_of(bench).half)
    products, _ = await bench.products(4)
    job = await bench.jobs.plan(PRODUCTS, products)
    letters = await _ended(bench, filing, [job], _skus(4))
    assert letters == "aaaa", f"ended as {letters}"
    assert sorted(await bench.read()) == _skus(4)


@law(PRODUCTS)
async def a_file_that_ends_before_it_began_is_sent_again(bench: Bench) -> None:
    """The shop cancels it and has done nothing: its items go again, and have not failed.

    If it fails: what certainly was not done is `transient`.
    """
    filing = by_files(bench, PRODUCTS)
    ordered(bench, results_of(bench).nothing)
    products, _ = await bench.products(3)
    job = await bench.jobs.plan(PRODUCTS, products)
    letters = await _ended(bench, filing, [job], _skus(3))
    assert letters == "aaa", f"ended as {letters}"
    assert await filing.files() == [3, 3], f"files of {await filing.files()} items"
    assert await bench.failures() == 0, "a cancelled file was counted as a failure"


@law(PRODUCTS)
async def a_file_that_the_shop_forgot_ends_every_item_truly(bench: Bench) -> None:
    """The shop knows the file no more: once before anything was done, once when all was done and nobody had asked yet.

    If it fails: `collect` raises `refused` for a file that is not known, and says nothing of its records.
    """
    filing, forget = by_files(bench, PRODUCTS), results_of(bench).forget
    for prefix, done in (("L", False), ("M", True)):
        products, _ = await bench.products(3, prefix=prefix)
        job = await bench.jobs.plan(PRODUCTS, products)
        await filing.turn(job)
        if done:
            await _worked_off(bench)
        forget(bench.simulator, bench.profile.host)
        letters = await _ended(bench, filing, [job], [f"{prefix}{n}" for n in range(3)])
        assert letters == "aaa", f"done={done}: ended as {letters}"
    assert sorted(await bench.read()) == [f"{prefix}{n}" for prefix in "LM" for n in range(3)]


@law(PRODUCTS)
async def a_result_that_is_gone_before_it_was_read_ends_every_item_truly(bench: Bench) -> None:
    """The shop knows the file and has its result no more: what was done is not done twice, and nothing is made up.

    If it fails: `collect` raises `refused`, or leaves the records `unknown`, where the result cannot be had any more.
    """
    filing = by_files(bench, PRODUCTS)
    products, _ = await bench.products(3)
    job = await bench.jobs.plan(PRODUCTS, products)
    await filing.turn(job)
    await _worked_off(bench)
    results_of(bench).lose(bench.simulator, bench.profile.host)
    letters = await _ended(bench, filing, [job], _skus(3))
    assert letters == "aaa", f"ended as {letters}"
    assert sorted(await bench.read()) == _skus(3)


@law(PRODUCTS)
async def a_result_that_two_workers_read_counts_once(bench: Bench) -> None:
    """One worker has read the result and is too slow to write it; another reads it too, and writes. The first changes nothing more.

    If it fails: `collect` may be called any number of times, by anybody, and leaves the file as it is.
    """
    first = by_files(bench, PRODUCTS)
    products, _ = await bench.products(4)
    jobs = [await bench.jobs.plan(PRODUCTS, part) for part in (products[:2], products[2:])]
    await first.turn(jobs[0])
    await _worked_off(bench)
    held = await first.read(jobs[0])
    assert held is not None, "nothing was read"
    await bench.jobs.orphaned(held)
    second = Filing(bench)
    ended = await second.finish(jobs)
    assert ended == ["aa", "aa"], f"ended as {ended}"
    assert await second.files() == [4], "the second reader could not read it: sent again"
    before = await second.counted(jobs)
    assert not await bench.jobs.late(held), "the slow worker's result was taken"
    assert await second.counted(jobs) == before, "the slow worker has changed something"
    assert not await second.look_late(), "a file that has ended was asked for once more"


async def _worked_off(bench: Bench) -> None:
    """The shop has done what it was to do, and nobody has asked."""
    bench.clock.leap(_LONG_ENOUGH)
    await bench.read()
    await asyncio.sleep(0)
