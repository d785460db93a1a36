"""What a platform refuses costs few calls: items that fail alike are left alone, and one call's bad items are found quickly."""

from conformance.bench import PRICES, PRODUCTS, STOCK, Bench
from conformance.law import Exempt, law

from pixee_common.platforms.manifest import Atomicity

_MANY = 60
_BAD = (4, 31, 58)
_MOST_WRITES = 40
"""A full call, and for each bad item two calls for each halving."""


@law(PRODUCTS)
async def what_failed_three_times_alike_is_left_alone_until_it_is_corrected(bench: Bench) -> None:
    """The shop refuses a product three times in the same way: from then on no call is made for it, by no worker, until it is corrected
    or released; its neighbours go on, and so do its own stock and price. (What is refused before any call just stays so.)

    If it fails: `mapped` holds something that differs from run to run, or the refusal's reason differs from answer to answer.
    """
    (good, bad), (_, bad_variant) = await bench.products(2)
    await bench.set_content(bad, bench.profile.refused)
    for _ in range(3):
        letters = (await bench.push(PRODUCTS, [bad])).letters
        assert letters == "r", f"not refused: {letters}"
    bench.restart()
    before = len(bench.log())
    for _ in range(2):
        result = await bench.push(PRODUCTS, [bad])
        assert len(bench.log()) == before, f"a call was made for it: {result.letters}"
        assert await bench.messages(result.chunk.job_id, bad), "no message for the merchant"
    assert (await bench.push(STOCK, [bad_variant])).letters == "n", "another operation is held back too"
    assert (await bench.push(PRODUCTS, [good, bad])).letters[0] == "a", "a neighbour is held back too"
    await bench.rows.run("UPDATE listing_operations SET failures = 0 WHERE connector_id = $1", bench.rows.connector)
    released = (await bench.push(PRODUCTS, [bad])).letters
    assert released == "r", f"released, and yet {released}"
    await bench.set_content(bad, {"names": {"en": "Corrected"}})
    corrected = (await bench.push(PRODUCTS, [bad])).letters
    assert corrected == "a", f"corrected, and yet {corrected}"


@law(PRODUCTS, STOCK, PRICES)
async def a_call_that_is_refused_for_a_few_arrives_without_them_in_few_calls(bench: Bench) -> None:
    """Where an operation is all or nothing and the shop has lost three of sixty: the others arrive, in fewer calls than items.

    If it fails: say in the fault which items the platform names (`guilty`), or that the operation is `all_or_nothing`.
    """
    whole = [op for op in (STOCK, PRICES) if bench.manifest.capabilities[op].atomicity is Atomicity.ALL_OR_NOTHING]
    if not whole:
        raise Exempt("the manifest claims neither stock nor prices that are all or nothing")
    products, variants = await bench.products(_MANY)
    await bench.push(PRODUCTS, products)
    for place in _BAD:
        await bench.profile.remove(bench.shop, f"L{place}")
    for number, variant in enumerate(variants):
        await bench.rows.set_stock(variant, 400 + number)
        await bench.set_price(variant, f"{400 + number}.00")
    for operation in whole:
        before = len(bench.log("write"))
        letters = (await bench.push(operation, variants)).letters
        good = {letter for place, letter in enumerate(letters) if place not in _BAD}
        assert good == {"a"}, f"{operation}: neighbours suffer: {letters}"
        writes = len(bench.log("write")) - before
        assert writes <= _MOST_WRITES, f"{operation}: {writes} calls for {_MANY} items"
    found = await bench.read()
    wanted = {f"L{place}": 400 + place for place in range(_MANY) if place not in _BAD}
    if STOCK in whole:
        assert {sku: seen.quantity for sku, seen in found.items()} == wanted, "the shop has other quantities"
    if PRICES in whole:
        assert {sku: seen.price for sku, seen in found.items()} == wanted, "the shop has other prices"
