"""Every item ends once, alone, and with the shop as it should be."""

from decimal import Decimal

from conformance.bench import PRICES, PRODUCTS, STOCK, Bench
from conformance.law import law

from pixee_common.domain.reasons import ReasonCode
from pixee_common.platforms.manifest import Finality


@law(PRODUCTS)
async def every_item_gets_exactly_one_outcome(bench: Bench) -> None:
    """One letter for each item, none of them open at the end, counts that add up (the bench proves them on the chunk's row), each
    product once in the shop, and no call for what is done.

    If it fails: `submit` must answer an outcome for each item that it was given, keyed by the item's id.
    """
    products, _ = await bench.products(5)
    products.append((await bench.rows.add_product("V", title="With sizes", sizes=("S", "M", "L")))[0])
    job = await bench.jobs.plan(PRODUCTS, products)
    result = await bench.turn(job)
    assert result is not None
    if bench.manifest.capabilities[PRODUCTS].finality is Finality.VERDICT_LATER:
        assert set(result.letters) <= {"w", "a"}, f"neither done nor accepted: {result.letters} {result.issues}"
        result = await bench.finish(job)
    assert result.letters == "aaaaaa", f"not every item was told of: {result.letters} {result.issues}"
    found = sorted(await bench.read())
    assert found == ["L0", "L1", "L2", "L3", "L4", "V-L", "V-M", "V-S"], f"the shop has {found}"


@law(PRODUCTS, STOCK, PRICES)
async def pushing_twice_changes_nothing(bench: Bench) -> None:
    """The second push of unchanged products, stock and prices writes nothing, also from another worker.

    If it fails: `mapped` holds something that differs from run to run, or a create does not report what it carried.
    """
    products, variants = await bench.products(4)
    await bench.push(PRODUCTS, products)
    before = len(bench.log())
    bench.restart()
    for operation, items in ((PRODUCTS, products), (STOCK, variants), (PRICES, variants)):
        letters = (await bench.push(operation, items)).letters
        assert letters == "ssss", f"{operation} sent again: {letters}"
    assert len(bench.log()) == before, "a call was made for unchanged items"


@law(PRODUCTS, STOCK, PRICES)
async def one_bad_item_fails_alone(bench: Bench) -> None:
    """What the merchant removed from the shop by hand fails alone, with a reason, and its neighbours arrive.

    If it fails: a refusal of one item is an outcome, never a fault of the submission; where the platform refuses all for one,
    say so in the capability's `atomicity`, and the engine finds the one.
    """
    products, variants = await bench.products(6)
    await bench.push(PRODUCTS, products)
    await bench.profile.remove(bench.shop, "L2")
    for number, variant in enumerate(variants):
        await bench.rows.set_stock(variant, 40 + number)
        await bench.set_price(variant, f"{60 + number}.00")
    for operation in (STOCK, PRICES):
        result = await bench.push(operation, variants)
        assert result.letters[:2] + result.letters[3:] == "aaaaa", f"{operation}: neighbours suffer: {result.letters}"
        assert result.letters[2] in "rvn", f"{operation}: the removed one is {result.letters[2]}"
        messages = await bench.messages(result.chunk.job_id, variants[2])
        assert messages, f"{operation}: no message for the merchant"
    found = await bench.read()
    assert {sku: (seen.quantity, seen.price) for sku, seen in found.items()} == {
        f"L{n}": (40 + n, Decimal(60 + n)) for n in (0, 1, 3, 4, 5)
    }, f"the neighbours' values: {found}"


@law(PRODUCTS)
async def a_change_that_the_shop_has_no_field_for_costs_no_call(bench: Bench) -> None:
    """The catalog's version moved and nothing that is sent to this platform did: unchanged, without a call.

    If it fails: `mapped` holds a version, a time, or a field that the field policy calls read-only.
    """
    products, _ = await bench.products(2)
    await bench.push(PRODUCTS, products)
    before = len(bench.log())
    for product in products:
        await bench.rows.run(
            "UPDATE products SET content_version = $2, updated_at = now() WHERE id = $1",
            product, bench.rows.next_version(),
        )  # fmt: skip
    letters = (await bench.push(PRODUCTS, products)).letters
    assert letters == "ss", f"nothing to send, and yet {letters}"
    assert len(bench.log()) == before, "a call was made for it"


@law(PRODUCTS)
async def what_stands_in_the_shop_already_is_linked_not_doubled(bench: Bench) -> None:
    """A product with our SKU and nobody's key becomes ours.

    If it fails: `find` looks by key, then SKU, then EAN, or a create answers `exists`.
    """
    external = await bench.profile.occupy(bench.shop, "L0", None)
    products, _ = await bench.products(2)
    result = await bench.push(PRODUCTS, products)
    found = await bench.read()
    assert sorted(found) == ["L0", "L1"], f"the shop has {sorted(found)}"
    assert result.letters == "aa", f"not linked: {result.letters} {result.issues}"
    assert found["L0"].title == "Law 0", "linked, but not updated"
    assert (await bench.rows.listings())[products[0]][0] == external, "linked to another object"


@law(PRODUCTS)
async def what_belongs_to_another_is_left_for_a_person(bench: Bench) -> None:
    """An object of the shop that carries another product's key is not touched: needs_review, with the object as candidate.

    If it fails: `find` must say `ours=False` where the key that the object carries is not this product's.
    """
    external = await bench.profile.occupy(bench.shop, "L2", "somebody-else")
    products, _ = await bench.products(4)
    result = await bench.push(PRODUCTS, products)
    assert result.letters == "aava", f"{result.letters} {result.issues}"
    issue = next(issue for issue in result.issues if issue.item_id == products[2])
    assert (issue.reason, issue.candidates) == (ReasonCode.BELONGS_TO_ANOTHER, (external,)), str(issue)
    assert (await bench.read())["L2"].title == "Stands here already", "another's product was changed"
