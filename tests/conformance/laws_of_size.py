"""Whole chunks and whole products, as large as they come."""

from decimal import Decimal

from conformance.bench import PRICES, PRODUCTS, STOCK, Bench
from conformance.law import law

_CHUNK = 100
_BAD = 41
_MANY = 120


@law(PRODUCTS)
async def one_bad_product_in_a_full_chunk_fails_alone(bench: Bench) -> None:
    """Ninety-nine arrive, the one that the shop cannot take fails with a message, and a second push calls for that one at most.

    If it fails: a refusal of one product is its outcome, never a fault of the submission.
    """
    products, _ = await bench.products(_CHUNK)
    await bench.set_content(products[_BAD], bench.profile.refused)
    result = await bench.push(PRODUCTS, products)
    wanted = "a" * _BAD + "r" + "a" * (_CHUNK - _BAD - 1)
    assert result.letters == wanted, f"neighbours suffer: {result.letters} {result.issues[:3]}"
    assert await bench.messages(result.chunk.job_id, products[_BAD]), "no message for the merchant"
    skus = set(await bench.read())
    assert skus == {f"L{n}" for n in range(_CHUNK) if n != _BAD}, f"the shop has {len(skus)} products"
    again = await bench.push(PRODUCTS, products)
    assert set(again.letters[:_BAD] + again.letters[_BAD + 1 :]) == {"s"}, f"sent again: {again.letters}"


@law(PRODUCTS, STOCK, PRICES)
async def a_product_with_very_many_variants_arrives_whole(bench: Bench) -> None:
    """More variants than platforms write in one answer: all of them, with price and quantity, and nothing is left to send.

    If it fails: write in phases or by a remote job, and report every variant's listing with the verdict. A platform whose products
    never have so many is exempt, with its sheet's section.
    """
    sizes = tuple(f"{n:03}" for n in range(_MANY))
    product, variants = await bench.rows.add_product("W", price="7.77", quantity=9, sizes=sizes)
    result = await bench.push(PRODUCTS, [product])
    assert result.letters == "a", f"a product with {_MANY} variants ended as {result.letters}: {result.issues}"
    for operation in (STOCK, PRICES):
        ended = set((await bench.push(operation, variants)).letters)
        assert ended <= {"a", "s"}, f"{operation} after the create ended as {ended}"
    found = await bench.read()
    missing = {f"W-{size}" for size in sizes} - set(found)
    assert not missing, f"{len(missing)} variants are missing"
    assert len(found) == _MANY
    assert {(seen.price, seen.quantity) for seen in found.values()} == {(Decimal("7.77"), 9)}
    before = len(bench.log())
    bench.restart()
    assert (await bench.push(PRODUCTS, [product])).letters == "s"
    assert len(bench.log()) == before, "a call was made for an unchanged product"
