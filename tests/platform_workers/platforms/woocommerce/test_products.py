"""Pushing products to the simulated shop."""

from platform_workers.platforms.woocommerce.catalog import EAN, item, listed, price, rich, shirt, simple
from platform_workers.platforms.woocommerce.conftest import Shop

from pixee_common.domain.job import OutcomeKind


async def test_a_new_simple_product_arrives_with_its_price_and_stock(shop: Shop) -> None:
    [outcome] = await shop.push(item(rich("TEE", variant={"ean": EAN}), quantity=7, cost=price("19.90", "25")))
    made = shop.by_sku("TEE")
    assert outcome.kind is OutcomeKind.APPLIED
    assert (outcome.created, outcome.carried_price, outcome.carried_stock, outcome.warnings) == (True, True, True, ())
    assert (made["regular_price"], made["sale_price"], made["stock_quantity"]) == ("25.00", "19.90", 7)
    assert (made["global_unique_id"], made["status"], made["weight"]) == (EAN, "publish", "0.2")
    assert outcome.linked.product is not None
    assert outcome.linked.product.external_id == str(made["id"])
    assert list(outcome.linked.variants.values()) == [outcome.linked.product]
    assert set(outcome.linked.product.refs["images"]) == {  # type: ignore[arg-type]
        "https://img.example/front.jpg",
        "https://img.example/back.jpg",
    }


async def test_an_update_carries_neither_price_nor_stock_and_sends_pictures_by_their_ids(shop: Shop) -> None:
    first = item(rich("TEE"))
    [created] = await shop.push(first)
    shop.by_sku("TEE")["stock_quantity"] = 3
    media = len(shop.store.media)
    [outcome] = await shop.push(listed(item(rich("TEE", names={"fr": "Neuf"}), quantity=99), created.linked))
    made = shop.by_sku("TEE")
    assert (outcome.kind, outcome.created, outcome.carried_stock) == (OutcomeKind.APPLIED, False, False)
    assert (made["name"], made["stock_quantity"], made["regular_price"]) == ("Neuf", 3, "19.90")
    assert len(shop.store.media) == media
    assert outcome.linked.product == created.linked.product


async def test_a_hundred_simple_products_are_one_call(shop: Shop) -> None:
    outcomes = await shop.push(*(item(simple(f"P{number}")) for number in range(100)))
    assert {outcome.kind for outcome in outcomes} == {OutcomeKind.APPLIED}
    assert shop.writes() == ["POST /products/batch"]
    assert len(shop.products) == 100


async def test_a_variable_product_arrives_with_its_variations_and_is_published_last(shop: Shop) -> None:
    [outcome] = await shop.push(item(shirt()))
    parent = shop.by_sku("SHIRT")
    small = shop.by_sku("SHIRT-S")
    assert outcome.kind is OutcomeKind.APPLIED, outcome
    assert (parent["type"], parent["status"], small["parent_id"]) == ("variable", "publish", parent["id"])
    assert (small["regular_price"], small["stock_quantity"]) == ("19.90", 5)
    assert {listing.parent_external_id for listing in outcome.linked.variants.values()} == {str(parent["id"])}
    assert len(outcome.linked.variants) == 3
    assert shop.writes()[-3:] == [
        "POST /products/batch",
        "POST /products/{product_id}/variations/batch",
        "POST /products/batch",
    ]
