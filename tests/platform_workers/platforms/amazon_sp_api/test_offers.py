"""Offers on items of Amazon's catalog: found by EAN or named by the merchant, made where the seller may, decided by a person in doubt."""

from dataclasses import replace

import pytest
from platform_workers.platforms.amazon_sp_api.catalog import (
    food,
    item,
    listed,
    price,
    priced,
    rule,
    shirt,
    stock,
)
from platform_workers.platforms.amazon_sp_api.conftest import Shop
from platform_workers.platforms.amazon_sp_api.offering import ASIN, EANS, OTHER, catalog, ean_of, offering, pushed

from pixee_common.domain.job import Operation, OutcomeKind
from pixee_common.domain.mapping import ConnectorMapping
from pixee_common.domain.product import ProductStatus
from pixee_common.domain.reasons import ReasonCode


async def test_a_known_ean_becomes_an_offer_with_sales_terms_alone(shop: Shop) -> None:
    offering(shop)
    catalog(shop, ASIN, asin_types={ASIN: "GROCERY"})
    one = item(food(), cost=price("19.99", "24.90"), quantity=7)
    (outcome,) = await pushed(shop, one)
    assert (outcome.created, outcome.carried_stock, outcome.carried_price) == (True, True, True)
    (put,) = [call for call in shop.context.calls if call.method == "PUT"]
    assert b'"requirements":"LISTING_OFFER_ONLY"' in (put.content or b"")
    truth = shop.truth()["CHOC"]
    assert truth["attributes"].keys() == {
        "merchant_suggested_asin", "condition_type", "purchasable_offer", "fulfillment_availability", "list_price",
    }  # fmt: skip
    assert (truth["asin"], truth["productType"]) == (ASIN, "GROCERY")
    assert outcome.linked.variants[one.variants[0].id].refs["offer_on"] == ASIN


async def test_what_the_catalog_does_not_know_is_a_whole_listing(shop: Shop) -> None:
    offering(shop)
    (outcome,) = await pushed(shop, item(food()))
    assert "item_name" in shop.truth()["CHOC"]["attributes"]
    assert "getListingsRestrictions" not in shop.asked(), "there is no item to ask for"
    assert "offer_on" not in next(iter(outcome.linked.variants.values())).refs


async def test_without_the_setting_nobody_asks_the_catalog(shop: Shop) -> None:
    catalog(shop, ASIN)
    await pushed(shop, item(food()))
    assert not {"searchCatalogItems", "getListingsRestrictions"} & set(shop.asked())
    assert "item_name" in shop.truth()["CHOC"]["attributes"]


async def test_twenty_products_cost_one_question_to_the_catalog(shop: Shop) -> None:
    offering(shop)
    items = [item(food(f"N{n}", variant={"ean": ean_of(f"40063813{n:04d}")})) for n in range(20)]
    await shop.push(*items)
    assert shop.asked().count("searchCatalogItems") == 1


async def test_pages_of_the_catalog_are_read_to_the_end(shop: Shop) -> None:
    offering(shop)
    catalog(shop, *(f"B0PAGE{n:04d}" for n in range(23)))
    (outcome,) = await shop.push(item(food()))
    assert len(outcome.candidates) == 23


@pytest.mark.parametrize("how", ["offer", "ask"])
async def test_several_items_for_one_ean_are_for_a_person(shop: Shop, how: str) -> None:
    offering(shop, how)
    catalog(shop, ASIN, OTHER)
    known = item(food("NEW", variant={"ean": EANS[1]}))
    doubtful, clear = await shop.push(item(food()), known)
    assert (doubtful.kind, doubtful.reason) == (OutcomeKind.NEEDS_REVIEW, ReasonCode.EAN_AMBIGUOUS)
    assert doubtful.candidates == (ASIN, OTHER)
    assert doubtful.field == "attributes.merchant_suggested_asin"
    assert clear.kind is OutcomeKind.APPLIED, "the others go on"
    assert "CHOC" not in shop.truth()


async def test_a_connector_that_asks_leaves_even_one_item_to_a_person(shop: Shop) -> None:
    offering(shop, "ask")
    catalog(shop, ASIN)
    (outcome,) = await shop.push(item(food()))
    assert (outcome.kind, outcome.candidates) == (OutcomeKind.NEEDS_REVIEW, (ASIN,))
    assert "existing_asins" in (outcome.message or "")


@pytest.mark.parametrize("how", ["offer", "ask"])
async def test_the_asin_that_the_merchant_maps_decides(shop: Shop, how: str) -> None:
    offering(shop, how, rule("merchant_suggested_asin", f"constant:{OTHER}"))
    catalog(shop, ASIN, OTHER)
    await pushed(shop, item(food()))
    assert shop.truth()["CHOC"]["asin"] == OTHER


async def test_an_offer_needs_no_mapping_of_content(shop: Shop) -> None:
    offering(shop, mapping=ConnectorMapping())
    catalog(shop, ASIN)
    known, unknown = await shop.push(item(food()), item(food("NEW", variant={"ean": EANS[1]})))
    assert known.kind is OutcomeKind.APPLIED, known
    assert (unknown.kind, unknown.reason) == (OutcomeKind.REJECTED, ReasonCode.MISSING_MAPPING)


async def test_an_offer_without_a_price_is_none(shop: Shop) -> None:
    offering(shop)
    catalog(shop, ASIN)
    one = item(food())
    (outcome,) = await shop.push(replace(one, variants=tuple(replace(v, price=None) for v in one.variants)))
    assert (outcome.kind, outcome.reason) == (OutcomeKind.REJECTED, ReasonCode.NO_PRICE)


async def test_an_item_of_a_type_that_has_no_definition_is_offered_as_a_product(shop: Shop) -> None:
    offering(shop)
    catalog(shop, ASIN, asin_types={ASIN: "LUGGAGE"})
    await pushed(shop, item(food()))
    assert shop.truth()["CHOC"]["productType"] == "PRODUCT"


async def test_an_update_of_an_offer_stays_one_and_touches_no_price(shop: Shop) -> None:
    offering(shop, "offer", rule("merchant_shipping_group", "constant:fast"))
    catalog(shop, ASIN)
    one = item(food(), cost=price("19.99"))
    one = listed(one, (await pushed(shop, one))[0].linked)
    before = shop.truth()["CHOC"]["attributes"]
    assert before["merchant_shipping_group"][0]["value"] == "fast"
    offering(shop)
    mark = len(shop.asked())
    (outcome,) = await pushed(shop, replace(one, product=food(names={"fr": "Autre"})))
    after = shop.truth()["CHOC"]["attributes"]
    assert after == {name: value for name, value in before.items() if name != "merchant_shipping_group"}
    assert not {"searchCatalogItems", "getListingsRestrictions"} & set(shop.asked()[mark:]), "it is listed already"
    one = listed(one, outcome.linked) if outcome.linked.product else one
    await pushed(shop, stock(one, 3))
    await pushed(shop, priced(one, price("15.00")))
    assert shop.truth()["CHOC"]["attributes"]["fulfillment_availability"][0]["quantity"] == 3


async def test_variants_that_are_offers_have_no_parent_and_the_others_have(shop: Shop) -> None:
    offering(shop)
    product = shirt()
    eans = dict(zip(("TEE-S", "TEE-M"), EANS, strict=True))
    variants = tuple(one.model_copy(update={"ean": eans[one.sku]}) for one in product.variants)
    shop.set(catalog={EANS[0]: [ASIN], EANS[1]: [OTHER]})
    one = item(shirt(variants=variants))
    (outcome,) = await pushed(shop, one)
    assert set(shop.truth()) == {"TEE-S", "TEE-M"}
    assert outcome.linked.product is not None
    assert outcome.linked.product.external_id == "TEE-S"
    assert {entry.parent_external_id for entry in outcome.linked.variants.values()} == {None}
    shop.set(catalog={EANS[0]: [ASIN]})
    mixed = item(
        shirt("TOP", variants=tuple(v.model_copy(update={"sku": v.sku.replace("TEE", "TOP")}) for v in variants))
    )
    await pushed(shop, mixed)
    truth = shop.truth()
    assert truth["TOP-S"]["asin"] == ASIN
    assert "child_parent_sku_relationship" not in truth["TOP-S"]["attributes"]
    assert truth["TOP-M"]["attributes"]["child_parent_sku_relationship"][0]["parent_sku"] == "TOP"


async def test_files_carry_offers_too(shop: Shop) -> None:
    offering(shop)
    catalog(shop, ASIN)
    _, (message,) = await shop.file(item(food()))
    assert (message["operationType"], message["requirements"]) == ("UPDATE", "LISTING_OFFER_ONLY")
    found = await shop.feed(item(food()))
    assert found.named["CHOC"].kind is OutcomeKind.ACCEPTED
    assert shop.truth()["CHOC"]["asin"] == ASIN


async def test_an_offer_that_stands_there_is_found_as_one(shop: Shop) -> None:
    """After a crash between the call and its row."""
    offering(shop)
    catalog(shop, ASIN)
    one = item(food())
    await pushed(shop, one)
    found = (await shop.adapter.find(Operation.PUSH_PRODUCTS, [one], shop.context))[one.id]
    assert found is not None
    (outcome,) = await pushed(shop, listed(one, found.linked))
    assert "item_name" not in shop.truth()["CHOC"]["attributes"]
    assert outcome.created is False


async def test_an_offer_goes_off_sale_and_comes_back(shop: Shop) -> None:
    offering(shop)
    catalog(shop, ASIN)
    one = item(food(), quantity=7)
    one = listed(one, (await pushed(shop, one))[0].linked)
    (outcome,) = await pushed(shop, replace(one, product=food(status=ProductStatus.DRAFT)))
    variants = tuple(replace(v, listing=outcome.linked.variants[v.id]) for v in one.variants)
    off = replace(one, variants=variants)
    assert shop.truth()["CHOC"]["attributes"]["fulfillment_availability"][0]["quantity"] == 0
    await pushed(shop, off)
    assert shop.truth()["CHOC"]["attributes"]["fulfillment_availability"][0]["quantity"] == 7
    assert "item_name" not in shop.truth()["CHOC"]["attributes"]
