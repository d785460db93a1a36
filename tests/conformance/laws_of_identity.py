"""Two products of the catalog never meet in one object of the shop, whatever they have in common."""

from conformance.bench import PRODUCTS, Bench
from conformance.law import law

from pixee_common.domain.reasons import ReasonCode

_EAN = "4006381333931"
_OF_EANS = {ReasonCode.EAN_SHARED, ReasonCode.EAN_DUPLICATE}


@law(PRODUCTS)
async def products_that_share_an_ean_stay_apart_and_are_warned_of(bench: Bench) -> None:
    """In one chunk and in two: each is a product of its own in the shop, and the merchant is told that the EAN is shared.

    If it fails: an EAN finds only what carries this product's key or nobody's; where the platform refuses a second one, the
    product goes without it, with a warning.
    """
    first, second = [(await bench.rows.add_product(sku, title=sku, ean=_EAN))[0] for sku in ("P0", "P1")]
    third, _ = await bench.rows.add_product("P2", title="P2", ean=_EAN)
    results = [await bench.push(PRODUCTS, [first, second]), await bench.push(PRODUCTS, [third])]
    letters = [result.letters for result in results]
    assert letters == ["aa", "a"], f"ended as {letters}: {[result.issues for result in results]}"
    found = await bench.read()
    titles = {sku: seen.title for sku, seen in found.items()}
    assert titles == {"P0": "P0", "P1": "P1", "P2": "P2"}, f"the shop has {titles}"
    assert len({seen.external_id for seen in found.values()}) == 3
    listed = await bench.rows.listings()
    assert len({listed[product] for product in (first, second, third)}) == 3, "two products share a listing"
    issues = [issue for result in results for issue in result.issues]
    warned = {issue.item_id for issue in issues if issue.warning and issue.reason in _OF_EANS}
    assert warned == {first, second, third}, f"warned of {len(warned)} of 3"
    await bench.rows.set_title(third, "Changed")
    assert (await bench.push(PRODUCTS, [first, second, third])).letters == "ssa"
    titles = {sku: seen.title for sku, seen in (await bench.read()).items()}
    assert titles == {"P0": "P0", "P1": "P1", "P2": "Changed"}, f"the shop has {titles}"


@law(PRODUCTS)
async def a_sku_that_moved_to_another_product_takes_no_listing_along(bench: Bench) -> None:
    """The merchant gave a product's SKU to another one, which is sent first: the shop's object stays with whom it is linked to.

    If it fails: an object found by SKU that carries another product's key is not ours (`ours=False`).
    """
    (old,), (variant,) = await bench.products(1)
    await bench.push(PRODUCTS, [old])
    listing = (await bench.rows.listings())[old]
    new, (heir,) = await bench.rows.add_product("N", title="The new one")
    for one, sku in ((variant, "L0-old"), (heir, "L0")):
        await bench.rows.run("UPDATE variants SET sku = $2 WHERE id = $1", one, sku)
    await bench.rows.set_title(old, "The old one")
    result = await bench.push(PRODUCTS, [new])
    assert result.letters == "v", f"ended as {result.letters} {result.issues}"
    assert result.issues[0].reason is ReasonCode.BELONGS_TO_ANOTHER, str(result.issues)
    assert [seen.title for seen in (await bench.read()).values()] == ["Law 0"], "another's object was changed"
    assert (await bench.rows.listings())[old] == listing
    assert (await bench.push(PRODUCTS, [old])).letters == "a"
    assert (await bench.push(PRODUCTS, [new])).letters == "a", "the SKU is free, and yet it waits for a person"
    titles = {sku: seen.title for sku, seen in (await bench.read()).items()}
    assert titles == {"L0-old": "The old one", "L0": "The new one"}, f"the shop has {titles}"


@law(PRODUCTS)
async def what_was_removed_from_the_shop_by_hand_is_no_trouble(bench: Bench) -> None:
    """A product that changes in the catalog stands in the shop again, once; one that is withdrawn is withdrawn already.

    If it fails: "not found" for a listing is no refusal: report it as gone (`Linked.gone`), or as done where it was to go.
    """
    products, _ = await bench.products(3)
    await bench.push(PRODUCTS, products)
    for sku in ("L0", "L1"):
        await bench.profile.remove(bench.shop, sku)
    await bench.set_setting("on_delete", "delete")
    await bench.rows.set_title(products[0], "Again")
    await bench.rows.delete_product(products[1])
    await bench.rows.set_title(products[2], "Changed")
    result = await bench.push(PRODUCTS, products)
    assert result.letters in {"aaa", "asa"}, f"ended as {result.letters} {result.issues}"
    titles = {sku: seen.title for sku, seen in (await bench.read()).items()}
    assert titles == {"L0": "Again", "L2": "Changed"}, f"the shop has {titles}"
    assert (await bench.push(PRODUCTS, products)).letters == "sss", "not settled"
