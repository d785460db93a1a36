"""Variable products: what comes, changes and leaves inside one."""

from dataclasses import replace

from platform_workers.platforms.woocommerce.catalog import EAN, item, listed, shirt, simple
from platform_workers.platforms.woocommerce.conftest import Shop

from pixee_common.domain.job import OutcomeKind
from pixee_common.domain.product import Variant
from pixee_common.domain.reasons import ReasonCode


async def test_a_new_variant_is_made_and_one_that_left_is_removed(shop: Shop) -> None:
    first = item(shirt())
    [made] = await shop.push(first)
    leaving = made.linked.variants[first.variants[2].id]
    changed = listed(item(shirt(sizes=("S", "M", "XL"))), made.linked, gone=(leaving,))
    [outcome] = await shop.push(changed)
    assert outcome.kind is OutcomeKind.APPLIED
    assert outcome.linked.gone == (leaving.external_id,)
    assert [row["sku"] for row in shop.products] == ["SHIRT", "SHIRT-S", "SHIRT-M", "SHIRT-XL"]
    assert shop.by_sku("SHIRT-XL")["stock_quantity"] == 5
    assert not outcome.carried_stock


async def test_variations_by_hand_are_adopted_by_their_options_and_strangers_are_left_alone(shop: Shop) -> None:
    first = item(shirt(sizes=("S", "M", "L")))
    [made] = await shop.push(first)
    for sku in ("SHIRT-S", "SHIRT-L"):
        row = shop.by_sku(sku)
        shop.store.put({**row, "sku": "" if sku == "SHIRT-S" else "HAND-MADE"})
    forgotten = replace(listed(item(shirt(sizes=("S", "M"))), replace(made.linked, variants={})))
    [outcome] = await shop.push(forgotten)
    assert outcome.kind is OutcomeKind.APPLIED
    assert sorted(row["sku"] for row in shop.products) == ["HAND-MADE", "SHIRT", "SHIRT-M", "SHIRT-S"]


async def test_one_variation_whose_sku_is_taken_fails_the_product_and_the_others_arrive(shop: Shop) -> None:
    await shop.push(item(simple("SHIRT-M")))
    [outcome] = await shop.push(item(shirt()))
    assert (outcome.kind, outcome.reason, outcome.field) == (OutcomeKind.REJECTED, ReasonCode.SKU_DUPLICATE, "sku")
    assert outcome.message is not None
    assert "SHIRT-M" in outcome.message
    assert len(outcome.linked.variants) == 2


async def test_a_shared_ean_and_a_bad_picture_of_a_variation_are_left_out(shop: Shop) -> None:
    await shop.push(item(simple("OTHER", variant={"ean": EAN})))
    shop.set(failing_images=["front"])
    product = shirt(sizes=("S",))
    twin = product.model_copy(update={"variants": (product.variants[0].model_copy(update={"ean": EAN}),), "media": ()})
    [outcome] = await shop.push(item(twin))
    assert outcome.kind is OutcomeKind.APPLIED
    assert {notice.reason for notice in outcome.warnings} == {ReasonCode.EAN_DUPLICATE, ReasonCode.IMAGE_REFUSED}


async def test_a_variation_removed_at_the_shop_is_forgotten(shop: Shop) -> None:
    one = item(shirt())
    [made] = await shop.push(one)
    shop.store.drop(shop.by_sku("SHIRT-M"))
    [outcome] = await shop.push(listed(one, made.linked))
    assert outcome.kind is OutcomeKind.TRANSIENT
    assert outcome.linked.gone == (made.linked.variants[one.variants[1].id].external_id,)


async def test_more_than_a_hundred_variations_go_in_batches_of_a_hundred(shop: Shop) -> None:
    [outcome] = await shop.push(item(shirt(sizes=tuple(str(number) for number in range(130)))))
    assert (outcome.kind, len(outcome.linked.variants)) == (OutcomeKind.APPLIED, 130)
    assert shop.writes().count("POST /products/{product_id}/variations/batch") == 2


async def test_a_variation_shares_the_picture_of_its_product(shop: Shop) -> None:
    await shop.push(item(shirt()))
    assert len(shop.store.media) == 2


async def test_a_product_that_becomes_simple_loses_its_variations_first(shop: Shop) -> None:
    [made] = await shop.push(item(shirt(sizes=("S",))))
    now_simple = shirt(sizes=("S",)).model_copy(update={"options": (), "variants": (Variant(sku="SHIRT-S"),)})
    [outcome] = await shop.push(listed(item(now_simple), made.linked))
    assert outcome.kind is OutcomeKind.APPLIED
    [row] = shop.products
    assert (row["type"], row["sku"], row["regular_price"]) == ("simple", "SHIRT-S", "19.90")


async def test_a_product_that_becomes_variable_keeps_its_id(shop: Shop) -> None:
    plain = shirt(sizes=("S",)).model_copy(update={"options": (), "variants": (Variant(sku="SHIRT-S"),)})
    [made] = await shop.push(item(plain))
    [outcome] = await shop.push(listed(item(shirt()), made.linked))
    assert outcome.kind is OutcomeKind.APPLIED
    assert outcome.linked.product is not None
    assert made.linked.product is not None
    assert outcome.linked.product.external_id == made.linked.product.external_id
    assert shop.by_sku("SHIRT-S")["parent_id"] == int(made.linked.product.external_id)
