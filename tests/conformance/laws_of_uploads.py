"""Files of many items: few of them, each item once in one, and every verdict at the item that it is about."""

from conformance.bench import PRODUCTS, Bench
from conformance.filing import Filing
from conformance.law import Exempt, law


def _filing(bench: Bench) -> Filing:
    if bench.manifest.capabilities[PRODUCTS].upload is None:
        raise Exempt("the manifest claims no files for products")
    return Filing(bench)


@law(PRODUCTS)
async def jobs_that_wait_together_go_in_one_file(bench: Bench) -> None:
    """Three jobs of one connector, each a chunk, become one file; what it brings goes to each, and the shop has every product once.

    If it fails: files are gathered over jobs, up to the items, weight and bytes of the capability's `upload` and to no fewer.
    """
    filing = _filing(bench)
    products, _ = await bench.products(6)
    jobs = [await bench.jobs.plan(PRODUCTS, products[start : start + 2]) for start in (0, 2, 4)]
    await filing.turn(jobs[0])
    letters, files = await filing.letters(jobs), await filing.files()
    assert files == [6], f"files of {files} items"
    assert letters == ["ww", "ww", "ww"], f"handed over, and yet {letters}"
    ended = await filing.finish(jobs)
    assert ended == ["aa", "aa", "aa"], f"ended as {ended}"
    assert await filing.files() == [6], "more files than one"
    skus = sorted(await bench.read())
    assert skus == [f"L{n}" for n in range(6)], f"the shop has {skus}"
    again = await bench.push(PRODUCTS, products)
    assert again.letters == "ssssss", f"unchanged, and yet {again.letters}"


@law(PRODUCTS)
async def an_item_in_two_chunks_of_a_file_is_written_once(bench: Bench) -> None:
    """Two jobs hold the same product: one record, one verdict, and it is the outcome in both.

    If it fails: the second chunk joins the record that is there, unless its value has changed meanwhile.
    """
    filing = _filing(bench)
    products, _ = await bench.products(3)
    jobs = [await bench.jobs.plan(PRODUCTS, part) for part in (products[:2], products[1:])]
    await filing.turn(jobs[0])
    assert await filing.files() == [3], f"files of {await filing.files()} records for 3 products"
    ended = await filing.finish(jobs)
    assert ended == ["aa", "aa"], f"ended as {ended}"
    assert sorted(await bench.read()) == ["L0", "L1", "L2"]


@law(PRODUCTS)
async def a_files_verdicts_find_their_items_in_another_process(bench: Bench) -> None:
    """The shop refuses one of five; who asks never saw the file. That one fails with a message, the others are applied.

    If it fails: verdicts come back by the `ref` that each record carried, and all that `collect` needs stands in its `Uploaded`.
    """
    filing, doubt = _filing(bench), bench.profile.second_thoughts
    products, _ = await bench.products(5)
    if doubt is None:  # it knows at once what it refuses, and says so in the file's result
        await bench.set_content(products[3], bench.profile.refused)
    else:
        bench.simulator.put_limits(bench.profile.host, dict(doubt("L3")))
    job = await bench.jobs.plan(PRODUCTS, products)
    await filing.turn(job)
    (ended,) = await Filing(bench).finish([job])
    assert ended == "aaara", f"the fourth was refused, and yet {ended}"
    assert await bench.messages(job, products[3]), "no message for the merchant"
    assert await filing.files() == [5], f"files of {await filing.files()} items"
