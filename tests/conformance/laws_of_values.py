"""What arrives: the newest values, to the cent and the piece, in the shop's currency, and nothing that was not asked for."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from conformance.bench import PRICES, PRODUCTS, PULL, STOCK, Bench
from conformance.law import law

from pixee_common.domain.job import Operation
from pixee_common.domain.reasons import ReasonCode

_AMOUNTS = ("0.01", "9.99", "1234567.89", "19.90")


@law(PRODUCTS, STOCK, PRICES)
async def a_created_product_has_its_stock_and_price(bench: Bench) -> None:
    """To the cent and to the piece, also for variants, and nothing is left for the pushes that follow.

    If it fails: a create carries both and says so, or the following pushes must find something to do.
    """
    made = [await bench.rows.add_product(f"C{n}", price=price, quantity=n * 7) for n, price in enumerate(_AMOUNTS)]
    made.append(await bench.rows.add_product("V", price="5.55", quantity=3, sizes=("S", "M")))
    variants = [variant for _, own in made for variant in own]
    await bench.push(PRODUCTS, [product for product, _ in made])
    for operation in (STOCK, PRICES):
        await bench.push(operation, variants)
    found = {sku: (seen.price, seen.quantity) for sku, seen in (await bench.read()).items()}
    wanted = {f"C{n}": (Decimal(price), n * 7) for n, price in enumerate(_AMOUNTS)}
    wanted |= {"V-S": (Decimal("5.55"), 3), "V-M": (Decimal("5.55"), 3)}
    assert found == wanted, f"the shop has {found}"


@law(PRODUCTS, PRICES, PULL)
async def prices_survive_to_the_cent(bench: Bench) -> None:
    """Pushed, read in the shop, and pulled back.

    If it fails: amounts are decimals from end to end, never floats, and never rounded to the shop's display.
    """
    products, variants = await bench.products(len(_AMOUNTS))
    await bench.push(PRODUCTS, products)
    for variant, amount in zip(variants, _AMOUNTS, strict=True):
        await bench.set_price(variant, amount)
    result = await bench.push(PRICES, variants)
    assert result.letters == "aaaa", f"{result.letters} {result.issues}"
    found = await bench.read()
    had = [found[f"L{n}"].price for n in range(len(_AMOUNTS))]
    assert had == [Decimal(amount) for amount in _AMOUNTS], f"the shop has {had}"
    pulled = {
        variant["sku"]: variant["price"]
        for page in await bench.pull()
        for product in page
        for variant in product["variants"]
    }
    assert [Decimal(pulled[f"L{n}"]) for n in range(len(_AMOUNTS))] == had, f"pulled back as {pulled}"


@law(PRODUCTS, STOCK, PRICES)
async def each_operation_writes_its_own_fields_only(bench: Bench) -> None:
    """Stock touches no price, prices touch no stock, a product update neither; the bodies hold no name of another's field.

    If it fails: send only what the field policy of the operation names.
    """
    products, variants = await bench.products(2)
    await bench.push(PRODUCTS, products)
    first = await bench.read()
    for number, variant in enumerate(variants):
        await bench.rows.set_stock(variant, 100 + number)
        await bench.set_price(variant, "55.55")
        await bench.rows.set_title(products[number], f"New {number}")
    await _writes_only(bench, PRODUCTS, products)
    found = await bench.read()
    assert [(s.price, s.quantity) for s in found.values()] == [(s.price, s.quantity) for s in first.values()], (
        "a product update changed price or stock"
    )
    assert found["L0"].title == "New 0"
    await _writes_only(bench, STOCK, variants)
    found = await bench.read()
    assert (found["L0"].quantity, found["L0"].price) == (100, first["L0"].price), "a stock push changed the price"
    await _writes_only(bench, PRICES, variants)
    found = await bench.read()
    assert (found["L0"].quantity, found["L0"].price) == (100, Decimal("55.55")), "a price push changed the stock"


async def _writes_only(bench: Bench, operation: Operation, items: Sequence[UUID]) -> None:
    policies = {op: c.fields for op, c in bench.manifest.capabilities.items()}
    own = policies[operation]
    others = {name for op in (STOCK, PRICES) if op is not operation for name in policies[op].sent}
    forbidden = {name.rpartition(".")[2] for name in (*others, *own.create_only, *own.read_only)}
    allowed = {name.rpartition(".")[2] for name in (*own.sent, *own.companions)}
    mark = len(bench.sender.bodies)
    result = await bench.push(operation, items)
    assert set(result.letters) == {"a"}, f"{operation}: {result.letters} {result.issues}"
    strange = (forbidden - allowed) & bench.sender.names_since(mark)
    assert not strange, f"{operation} sent {sorted(strange)}, which its field policy does not name"


@law(PRODUCTS, PRICES)
async def a_price_in_another_currency_is_never_sent(bench: Bench) -> None:
    """It fails with a reason, before any write; nor does a create carry it.

    If it fails: prices go out in the shop's currency or not at all.
    """
    products, variants = await bench.products(2)
    await bench.push(PRODUCTS, products)
    before = len(bench.log("write"))
    await bench.set_price(variants[0], "1.00", "USD")
    result = await bench.push(PRICES, variants)
    assert result.letters == "rs", f"a price in another currency ended as {result.letters}"
    assert result.issues[0].reason is ReasonCode.CURRENCY_MISMATCH, str(result.issues)
    assert len(bench.log("write")) == before, "a write was made for it"
    strange, _ = await bench.rows.add_product("USD", price="77.77", currency="USD")
    await bench.push(PRODUCTS, [strange])
    assert not any(b"77.77" in body for _, body in bench.sender.bodies), "a create carried it"


@law(PRODUCTS, PRICES)
async def the_shop_is_asked_for_its_currency_where_nobody_knows_it(bench: Bench) -> None:
    """The shop sells in another currency than the catalog has, and nobody said so: found out before a price leaves.

    If it fails: `test` must report the currency that the shop itself states.
    """
    products, variants = await bench.products(2)
    await bench.push(PRODUCTS, products)
    bench.settings(currency="USD")
    await bench.rows.run("UPDATE connectors SET shop_currency = NULL WHERE id = $1", bench.rows.connector)
    bench.restart()
    before = await bench.read()
    await bench.set_price(variants[0], "66.66")
    result = await bench.push(PRICES, variants[:1])
    assert result.letters == "r", f"a price in another currency than the shop's ended as {result.letters}"
    assert result.issues[0].reason is ReasonCode.CURRENCY_MISMATCH, str(result.issues)
    assert not any(b"66.66" in body for _, body in bench.sender.bodies), "it was sent"
    assert await bench.read() == before, "the shop was changed"


@law(STOCK, PRICES)
async def stock_of_what_is_not_listed_costs_no_call(bench: Bench) -> None:
    """It is skipped as not listed yet.

    If it fails: the engine skips it before any call; an adapter must not look it up.
    """
    _, variants = await bench.products(2)
    for operation in (STOCK, PRICES):
        letters = (await bench.push(operation, variants)).letters
        assert letters == "nn", f"{operation} of what the shop does not have ended as {letters}"
    assert bench.log() == [], "a call was made for it"


@law(PRODUCTS, STOCK, PRICES)
async def values_are_those_of_the_moment_of_sending(bench: Bench) -> None:
    """What changed after the chunk was planned is what arrives, for stock, prices and products.

    If it fails: values come from the items handed over, never from anything kept.
    """
    products, variants = await bench.products(1)
    await bench.push(PRODUCTS, products)
    jobs = [
        await bench.jobs.plan(op, items) for op, items in ((STOCK, variants), (PRICES, variants), (PRODUCTS, products))
    ]
    await bench.rows.set_stock(variants[0], 4321)
    await bench.set_price(variants[0], "43.21")
    await bench.rows.set_title(products[0], "At the last moment")
    for job in jobs:
        await bench.finish(job)
    seen = (await bench.read())["L0"]
    had = (seen.quantity, seen.price, seen.title)
    assert had == (4321, Decimal("43.21"), "At the last moment"), f"the shop has {had}"


@law(PRODUCTS, STOCK)
async def a_stale_write_is_dropped(bench: Bench) -> None:
    """What is older than what was sent is not applied over it, and costs no call.

    If it fails: versions are compared before anything is sent; `superseded` is the outcome.
    """
    products, variants = await bench.products(2)
    await bench.push(PRODUCTS, products)
    await bench.rows.set_stock(variants[0], 1)
    await bench.rows.run("UPDATE listing_operations SET catalog_version = 999999999 WHERE item_id = $1", variants[0])
    bench.restart()
    before = len(bench.log())
    result = await bench.push(STOCK, variants)
    assert result.letters == "os", f"a stale value ended as {result.letters}"
    assert len(bench.log()) == before, "a call was made for it"
    assert (await bench.read())["L0"].quantity == 5


@law(PRODUCTS)
async def a_deleted_product_is_withdrawn_as_the_connector_says(bench: Bench) -> None:
    """keep: nothing is written; unpublish: no customer sees it and it stays; delete: it is gone.

    If it fails: `submit` must honour `Action.UNPUBLISH` and `Action.DELETE`.
    """
    products, _ = await bench.products(4)
    await bench.push(PRODUCTS, products)
    for product in products[:3]:
        await bench.rows.delete_product(product)
    for number, (mode, letter) in enumerate([("keep", "s"), ("unpublish", "a"), ("delete", "a")]):
        await bench.set_setting("on_delete", mode)
        before = len(bench.log())
        ended = (await bench.push(PRODUCTS, [products[number]])).letters
        assert ended == letter, f"{mode} ended as {ended}"
        assert mode != "keep" or len(bench.log()) == before, "keep made a call"
    found = await bench.read()
    assert sorted(found) == ["L0", "L1", "L3"], f"the shop has {sorted(found)}"
    assert found["L0"].status == "active", "keep changed it"
    assert found["L1"].status != "active", "unpublish left it visible"


@law(PRODUCTS)
async def an_invalid_ean_never_leaves(bench: Bench) -> None:
    """What is no GTIN is kept in the catalog and stands in no body; a valid one arrives.

    If it fails: send `variant.ean`, never `variant.ean_given`.
    """
    good, _ = await bench.rows.add_product("E0", ean="4006381333931")
    bad, variants = await bench.rows.add_product("E1")
    await bench.rows.run(
        'UPDATE variants SET content = content || \'{"ean_given": "4006381333932"}\' WHERE id = $1', variants[0]
    )
    await bench.push(PRODUCTS, [good, bad])
    assert not any(b"4006381333932" in body for _, body in bench.sender.bodies), "the invalid EAN was sent"
    found = await bench.read()
    assert (found["E0"].ean, found["E1"].ean) == ("4006381333931", None), f"the shop has {found}"
