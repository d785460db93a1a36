"""What the shop has for products without listing."""

from platform_workers.platforms.shopify.catalog import EAN, item, listed, shirt, simple
from platform_workers.platforms.shopify.conftest import Shop

from pixee_common.domain.job import Operation
from pixee_simulators.shopify.gids import gid
from pixee_workers.platforms.shopify.shop import quoted


async def found(shop: Shop, *items):
    result = await shop.adapter.find(Operation.PUSH_PRODUCTS, items, shop.context)
    assert set(result) == {one.id for one in items}
    return [result[one.id] for one in items]


def by_hand(shop: Shop, place: int = 0) -> None:
    """As if the merchant had made the product: it does not carry our key."""
    shop.store.unindex(product := shop.products[place])
    product.metafields.clear()
    shop.store.index(product)


async def test_nothing_is_found_in_an_empty_shop(shop: Shop):
    assert await found(shop, item(simple())) == [None]


async def test_our_own_product_is_found_by_its_key_even_with_other_skus(shop: Shop):
    await shop.pushed(item(simple(variant={"sku": "OLD"})))
    (one,) = await found(shop, item(simple()))
    assert one.ours
    assert one.linked.product.external_id == gid("Product", shop.products[0].id)
    assert one.linked.product.refs == {"keyed": True}


async def test_a_product_of_the_merchant_is_found_by_sku_and_linked_instead_of_doubled(shop: Shop):
    await shop.pushed(item(shirt("A")))
    by_hand(shop)
    ours = item(shirt("A"))
    (one,) = await found(shop, ours)
    assert (one.ours, one.candidates, len(one.linked.variants)) == (True, (), 3)
    shop.products[0].metafields.clear()
    (outcome,) = await shop.push(listed(ours, one.linked))
    assert outcome.kind == "applied"
    assert len(shop.products) == 1
    assert [field.value for field in shop.products[0].metafields if field.key == "external_id"] == ["A"]
    assert shop.variant("A-S").price == "19.90"


async def test_it_is_found_by_ean_where_no_sku_fits(shop: Shop):
    await shop.pushed(item(simple("THEIRS", variant={"sku": "THEIRS", "ean": EAN})))
    by_hand(shop)
    (one,) = await found(shop, item(simple("OURS", variant={"sku": "OURS", "ean": EAN})))
    assert (one.ours, len(one.linked.variants)) == (True, 1)


async def test_several_products_are_candidates_and_none_is_chosen(shop: Shop):
    for key in ("A", "B"):
        await shop.pushed(item(simple(key, variant={"sku": "SAME"})))
    by_hand(shop, 0)
    by_hand(shop, 0)
    (one,) = await found(shop, item(simple("C", variant={"sku": "SAME"})))
    assert len(one.candidates) == 2
    assert one.linked.product is None


async def test_another_products_key_is_told(shop: Shop):
    await shop.pushed(item(simple("THEIRS", variant={"sku": "SAME"})))
    (one,) = await found(shop, item(simple("OURS", variant={"sku": "SAME"})))
    assert one.ours is False


async def test_a_product_with_more_variants_than_ours_is_for_a_person_to_decide(shop: Shop):
    await shop.pushed(item(shirt("A")))
    by_hand(shop)
    (one,) = await found(shop, item(simple("X", variant={"sku": "A-S"})))
    assert one.candidates == (gid("Product", shop.products[0].id),)


async def test_skus_compare_with_case_although_the_search_does_not(shop: Shop):
    await shop.pushed(item(simple("abc")))
    by_hand(shop)
    assert await found(shop, item(simple("ABC"))) == [None]


async def test_quotes_in_a_sku_do_not_break_the_search(shop: Shop):
    assert quoted("5\\'") == "'5\\\\\\''"
    await shop.pushed(item(simple("K", variant={"sku": '5\' pipe: "x" OR sku:*'})))
    by_hand(shop)
    other, one = await found(shop, item(simple("Z")), item(simple("K2", variant={"sku": '5\' pipe: "x" OR sku:*'})))
    assert other is None
    assert one.ours


async def test_a_hundred_products_cost_few_calls(shop: Shop):
    items = [item(simple(f"P{number}")) for number in range(100)]
    assert await found(shop, *items) == [None] * 100
    assert [call.label for call in shop.context.calls] == [
        "metafieldDefinitionCreate",
        "productByIdentifier",
        "findVariants",
    ]


async def test_an_ean_that_two_of_our_products_share_links_neither_to_the_other(shop: Shop):
    await shop.pushed(item(simple("A", variant={"sku": "A", "ean": EAN})))
    assert await found(shop, item(simple("B", variant={"sku": "B", "ean": EAN}))) == [None]


async def test_a_product_of_the_merchant_that_fits_two_of_ours_is_linked_to_neither(shop: Shop):
    await shop.pushed(item(simple("THEIRS", variant={"sku": "THEIRS", "ean": EAN})))
    by_hand(shop)
    both = await found(shop, *(item(simple(key, variant={"sku": key, "ean": EAN})) for key in ("A", "B")))
    assert [one.candidates for one in both] == [(gid("Product", shop.products[0].id),)] * 2
    assert [one.linked.product for one in both] == [None, None]


async def test_hits_beyond_the_first_page_are_found(shop: Shop):
    for number in range(30):
        await shop.pushed(item(simple(f"P{number:02}")))
        by_hand(shop, number)
    result = await found(shop, *(item(simple(f"P{number:02}")) for number in range(30)))
    assert [one.linked.product.external_id for one in result] == [gid("Product", one.id) for one in shop.products]
