"""What `find` says of a shop that has something already."""

from dataclasses import replace

from platform_workers.platforms.woocommerce.catalog import EAN, item, shirt, simple
from platform_workers.platforms.woocommerce.conftest import Shop

from pixee_common.domain.job import Operation
from pixee_common.egress import HttpAnswer
from pixee_workers.sync_base.calls import HttpRequest
from pixee_workers.sync_base.items import ProductItem
from pixee_workers.sync_base.outcomes import Found


async def _find(shop: Shop, *items: ProductItem) -> list[Found | None]:
    found = await shop.adapter.find(Operation.PUSH_PRODUCTS, items, shop.context)
    return [found[one.id] for one in items]


async def test_nothing_is_found_in_an_empty_shop(shop: Shop) -> None:
    assert await _find(shop, item(simple("A")), item(shirt())) == [None, None]


async def test_simple_and_variable_products_are_found_by_sku_in_one_call(shop: Shop) -> None:
    one, many = item(simple("A")), item(shirt())
    made = await shop.push(one, many)
    shop.context.calls.clear()
    found = await _find(shop, one, many)
    assert len(shop.context.calls) == 1
    for hit, outcome in zip(found, made, strict=True):
        assert hit is not None
        assert hit.linked.product is not None
        assert outcome.linked.product is not None
        assert hit.ours
        assert hit.linked.product.external_id == outcome.linked.product.external_id
        assert {key: listing.external_id for key, listing in hit.linked.variants.items()} == {
            key: listing.external_id for key, listing in outcome.linked.variants.items()
        }


async def test_many_skus_are_asked_for_in_lists_that_fit_into_an_address(shop: Shop) -> None:
    await _find(shop, *(item(simple(f"{number:03}-{'x' * 90}")) for number in range(100)))
    assert 2 <= len(shop.context.calls) <= 4
    assert all(len(call.url) < 4000 for call in shop.context.calls)


async def test_a_sku_with_a_comma_is_found(shop: Shop) -> None:
    one, other = item(simple("A,B")), item(simple("C"))
    await shop.push(one, other)
    assert all(await _find(shop, one, other))


async def test_another_products_key_means_not_ours(shop: Shop) -> None:
    await shop.push(item(simple("A")))
    [found] = await _find(shop, item(simple("OTHER", variant={"sku": "A"})))
    assert found is not None
    assert not found.ours


async def test_an_ean_finds_what_the_merchant_made_by_hand(shop: Shop) -> None:
    await shop.push(item(simple("HAND", variant={"ean": EAN})))
    shop.by_sku("HAND")["meta_data"] = []
    one = item(simple("A", variant={"ean": EAN}))
    [found] = await _find(shop, one)
    assert found is not None
    assert found.linked.product is not None
    assert found.linked.product.external_id == str(shop.by_sku("HAND")["id"])


async def test_an_ean_shared_with_another_product_of_the_catalog_finds_nothing(shop: Shop) -> None:
    await shop.push(item(simple("A", variant={"ean": EAN})))
    assert await _find(shop, item(simple("B", variant={"ean": EAN}))) == [None]


async def test_two_products_never_claim_the_same_object_by_ean(shop: Shop) -> None:
    await shop.push(item(simple("HAND", variant={"ean": EAN})))
    shop.by_sku("HAND")["meta_data"] = []
    twins = [item(simple(key, variant={"ean": EAN})) for key in ("A", "B")]
    found = await _find(shop, *twins)
    assert [hit is not None for hit in found] == [True, False]


async def test_looking_up_by_ean_can_be_switched_off(shop: Shop) -> None:
    shop.configure(extra={"match_by_ean": "no"})
    await _find(shop, item(simple("A", variant={"ean": EAN})))
    assert ["global_unique_id=" in call.url for call in shop.context.calls] == [False]


async def test_a_shop_that_ignores_the_ean_filter_does_not_hand_out_its_first_product(shop: Shop) -> None:
    await shop.push(item(simple("A")))
    shop.by_sku("A")["meta_data"] = []
    answers = shop.context.call

    async def unfiltered(request: HttpRequest) -> HttpAnswer:
        return await answers(replace(request, url=request.url.replace("global_unique_id=", "nobody_knows=")))

    shop.context.call = unfiltered  # type: ignore[method-assign]
    assert await _find(shop, item(simple("B", variant={"ean": EAN}))) == [None]
    shop.simulator.violations.clear()


async def test_several_objects_are_candidates_for_a_person(shop: Shop) -> None:
    await shop.push(item(simple("SHIRT-S")), item(simple("SHIRT-M")))
    for row in shop.products:
        row["meta_data"] = []
    [found] = await _find(shop, item(shirt()))
    assert found is not None
    assert found.candidates == tuple(str(row["id"]) for row in shop.products)


async def test_a_lone_variation_of_the_merchants_is_no_match_for_a_simple_product(shop: Shop) -> None:
    await shop.push(item(shirt()))
    for row in shop.products:
        row["meta_data"] = []
    [found] = await _find(shop, item(simple("SHIRT-S")))
    assert found is not None
    assert found.linked.product is None
    assert found.candidates == (str(shop.by_sku("SHIRT")["id"]),)
