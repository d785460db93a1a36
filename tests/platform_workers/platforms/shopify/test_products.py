"""push_products against the simulated shop."""

import asyncio
from dataclasses import replace

import pytest
from platform_workers.platforms.shopify.catalog import EAN, item, listed, price, rich, shirt, simple, values
from platform_workers.platforms.shopify.conftest import Shop

from pixee_common.domain.faults import PlatformFault
from pixee_common.domain.product import Attribute, Media, ProductStatus
from pixee_simulators.shopify.gids import gid, number_of
from pixee_workers.platforms.shopify import cost, wire
from pixee_workers.platforms.shopify.documents import product_document, variables_of
from pixee_workers.sync_base.items import Action
from pixee_workers.sync_base.outcomes import Linked


def metafields(product):
    return {one.key: one.value for one in product.metafields}


async def test_a_create_carries_everything_including_price_and_stock(shop: Shop):
    (outcome,) = await shop.push(item(rich(variant={"sku": "RICH", "ean": EAN}), cost=price("19.90", "24.90")))

    assert (outcome.kind, outcome.created, outcome.carried_price, outcome.carried_stock) == (
        "applied",
        True,
        True,
        True,
    )
    (product,) = shop.products
    assert (product.title, product.vendor, product.product_type) == ("Chemise & col", "Maison & Fils", "Chemise")
    assert product.description_html == "<p>Belle &amp; bonne</p>"
    assert (product.seo_title, product.status, product.tags) == ("Chemise en lin", "ACTIVE", ["lin", "été"])
    assert [shop.store.collections[one].title for one in product.collections] == ["Hommes", "Soldes"]
    assert [shop.store.media[one].source for one in product.media] == [
        "https://img.example/front.jpg",
        "https://img.example/back.jpg",
    ]
    found = metafields(product)
    assert found.pop("external_id") == "RICH"
    assert found == {"mati_re": '["Lin","Coton bio"]', "largeur": "12 cm", "condition": "used"}
    (variant,) = product.variants
    assert (variant.sku, variant.barcode, variant.price, variant.compare_at_price) == ("RICH", EAN, "19.90", "24.90")
    assert (variant.item.tracked, variant.item.weight, variant.item.weight_unit) == (True, 0.25, "KILOGRAMS")
    assert [level.available for level in variant.item.levels.values() if level.active] == [5]


async def test_a_create_links_product_variants_and_pictures(shop: Shop):
    (outcome,) = await shop.push(item(shirt()))
    (product,) = shop.products
    assert outcome.linked.product is not None
    assert outcome.linked.product.external_id == gid("Product", product.id)
    assert list(outcome.linked.product.refs["media"]) == [
        "https://img.example/front.jpg",
        "https://img.example/back.jpg",
        "https://img.example/small.jpg",
    ]
    for variant in product.variants:
        listing = next(
            one
            for one in outcome.linked.variants.values()
            if number_of(one.external_id, "ProductVariant") == variant.id
        )
        assert listing.parent_external_id == gid("Product", product.id)
        assert listing.refs == {"inventory_item": gid("InventoryItem", variant.item.id)}
    assert product.variants[0].media_id == product.media[2]


async def test_pushing_twice_changes_nothing_and_doubles_no_picture(shop: Shop):
    one = await shop.pushed(item(shirt()))
    media, variants = list(shop.products[0].media), [variant.id for variant in shop.products[0].variants]
    (outcome,) = await shop.push(one)
    assert (outcome.kind, outcome.created, outcome.carried_price, outcome.carried_stock) == (
        "applied",
        False,
        False,
        False,
    )
    assert shop.products[0].media == media
    assert [variant.id for variant in shop.products[0].variants] == variants
    assert len(shop.store.media) == len(media)
    assert outcome.linked.product == one.listing


async def test_an_update_touches_neither_price_nor_quantity(shop: Shop):
    one = await shop.pushed(item(shirt()))
    await shop.push(replace(one, variants=tuple(replace(v, price=price("1.00"), quantity=999) for v in one.variants)))
    sent = shop.inputs("productSet")[-1]["input"]["variants"]
    for variant in sent:
        assert not {"price", "compareAtPrice", "inventoryQuantities"} & set(variant)
        assert "id" in variant
    assert shop.variant("SHIRT-S").price == "19.90"


async def test_a_lost_answer_to_a_create_doubles_nothing(shop: Shop):
    shop.fault(kind="reset_after_commit", match={"operation": "productSet"}, times=1)
    with pytest.raises(PlatformFault) as caught:
        await shop.push(item(simple()))
    assert caught.value.kind == "unavailable"
    (outcome,) = await shop.push(item(simple()))
    assert outcome.kind == "applied"
    assert len(shop.products) == 1


@pytest.mark.parametrize("commits", [True, False])
async def test_a_null_payload_is_ambiguous_and_repeatable(shop: Shop, commits: bool):
    shop.limit(null_payloads=1, null_payload_operation="productSet", null_payload_commits=commits)
    with pytest.raises(PlatformFault) as caught:
        await shop.push(item(simple()))
    assert (caught.value.kind, caught.value.scope) == ("ambiguous", "submission")
    await shop.push(item(simple()))
    assert len(shop.products) == 1


async def test_metafields_of_other_apps_survive_an_update(shop: Shop):
    one = await shop.pushed(item(rich()))
    product = shop.products[0]
    product.metafields.append(
        replace(product.metafields[0], id=1, namespace="reviews", key="stars", type="number_integer", value="5")
    )
    changed = rich(attributes=(Attribute(code="Largeur", values={"und": ("13",)}),))
    await shop.push(listed(one, _linked(one), changed))
    assert metafields(shop.products[0])["stars"] == "5"
    assert metafields(shop.products[0])["largeur"] == "13"


async def test_unchanged_attributes_are_not_sent_again(shop: Shop):
    one = await shop.pushed(item(rich()))
    await shop.push(listed(one, _linked(one), rich(names={"fr": "Nouveau"})))
    assert shop.writes()[-1] == "productSet"


async def test_more_than_25_attributes_are_set_in_groups(shop: Shop):
    one = await shop.pushed(item(simple()))
    many = simple(attributes=tuple(Attribute(code=f"a{n:02}", values={"fr": (str(n),)}) for n in range(60)))
    (outcome,) = await shop.push(listed(one, _linked(one), many))
    assert outcome.kind == "applied"
    assert len(metafields(shop.products[0])) == 61


async def test_a_refused_attribute_fails_the_item_and_keeps_the_links(shop: Shop):
    one = await shop.pushed(item(simple()))
    shop.store.definitions.append(
        replace(shop.store.definitions[0], id=2, namespace="pixee", key="largeur", type="number_integer")
    )
    wrong = listed(one, _linked(one), simple(attributes=(Attribute(code="Largeur", values={"fr": ("wide",)}),)))
    (outcome,) = await shop.push(wrong)
    assert (outcome.kind, outcome.reason) == ("rejected", "invalid_value")
    assert outcome.linked.product is not None
    assert outcome.linked.product.refs["metafields"] is None


async def test_tags_and_pictures_that_left_the_product_leave_the_shop(shop: Shop):
    one = await shop.pushed(item(rich()))
    bare = await shop.pushed(listed(one, _linked(one), rich(tags=(), media=(), categories=())))
    assert (shop.products[0].tags, shop.products[0].media, shop.products[0].collections) == ([], [], [])
    shop.products[0].tags = ["of the merchant"]
    await shop.push(bare)
    assert shop.products[0].tags == ["of the merchant"]


async def test_a_variant_that_left_is_deleted_and_a_new_one_gets_price_and_stock(shop: Shop):
    one = await shop.pushed(item(shirt()))
    (outcome,) = await shop.push(listed(one, _linked(one), shirt(sizes=("M", "L", "XL"))))
    assert [variant.sku for variant in shop.products[0].variants] == ["SHIRT-M", "SHIRT-L", "SHIRT-XL"]
    assert shop.variant("SHIRT-XL").price == "19.90"
    assert (outcome.carried_stock, outcome.carried_price) == (False, False)
    assert len(outcome.linked.gone) == 1
    assert len(outcome.linked.variants) == 3


async def test_a_product_removed_at_the_shop_is_made_anew(shop: Shop):
    one = await shop.pushed(item(simple()))
    shop.store.unindex(shop.products[0])
    (outcome,) = await shop.push(one)
    assert (outcome.kind, outcome.reason) == ("transient", "not_found_at_shop")
    assert set(outcome.linked.gone) == {one.listing.external_id, one.variants[0].listing.external_id}
    (outcome,) = await shop.push(item(simple()))
    assert (outcome.kind, outcome.created) == ("applied", True)


async def test_a_variant_removed_at_the_shop_is_made_anew(shop: Shop):
    one = await shop.pushed(item(shirt()))
    product = shop.products[0]
    shop.store.unindex(product)
    removed = product.variants.pop(1)
    shop.store.index(product)
    (outcome,) = await shop.push(one)
    assert (outcome.kind, outcome.linked.gone) == ("transient", (gid("ProductVariant", removed.id),))
    again = replace(
        one, variants=tuple(replace(v, listing=None) if v.variant.sku == removed.sku else v for v in one.variants)
    )
    (outcome,) = await shop.push(again)
    assert outcome.kind == "applied"
    assert [variant.sku for variant in shop.products[0].variants] == ["SHIRT-S", "SHIRT-M", "SHIRT-L"]


async def test_a_picture_removed_at_the_shop_is_sent_again(shop: Shop):
    one = await shop.pushed(item(rich()))
    del shop.store.media[shop.products[0].media[0]]
    (outcome,) = await shop.push(one)
    assert outcome.kind == "transient"
    assert "media" not in outcome.linked.product.refs
    (outcome,) = await shop.push(replace(one, listing=outcome.linked.product))
    assert outcome.kind == "applied"


async def test_a_collection_removed_at_the_shop_is_made_anew(shop: Shop):
    one = await shop.pushed(item(rich()))
    shop.store.collections.clear()
    (outcome,) = await shop.push(one)
    assert outcome.kind == "transient"
    (outcome,) = await shop.push(one)
    assert outcome.kind == "applied"
    assert {one.title for one in shop.store.collections.values()} == {"Hommes", "Soldes"}


async def test_a_collection_that_exists_is_used(shop: Shop):
    await shop.pushed(item(rich("A")))
    shop.context.memory.clear()
    await shop.pushed(item(rich("B")))
    assert len(shop.store.collections) == 2


async def test_two_products_that_need_a_new_collection_at_once_do_not_make_two(shop: Shop):
    await shop.pushed(item(simple()))
    both = await asyncio.gather(shop.push(item(rich("A"))), shop.push(item(rich("B"))), return_exceptions=True)
    lost = [one for one in both if isinstance(one, PlatformFault)]
    assert {(one.kind, one.scope) for one in lost} <= {("throttled", "submission")}
    assert len(shop.store.collections) == 2
    await shop.pushed(item(rich("B")))
    assert len(shop.store.collections) == 2


async def test_a_collection_that_the_merchant_renamed_is_still_found(shop: Shop):
    await shop.pushed(item(rich("A")))
    for collection in shop.store.collections.values():
        collection.title = f"{collection.title} 2026"
    shop.context.memory.clear()
    await shop.pushed(item(rich("B")))
    assert len(shop.store.collections) == 2


async def test_the_definition_of_the_key_is_made_once_and_one_that_exists_is_fine(shop: Shop):
    await shop.pushed(item(simple("A")))
    await shop.pushed(item(simple("B")))
    shop.context.memory.clear()
    await shop.pushed(item(simple("C")))
    assert shop.writes().count("metafieldDefinitionCreate") == 2
    assert len(shop.store.definitions) == 1


async def test_a_definition_deleted_at_the_shop_is_made_anew(shop: Shop):
    await shop.pushed(item(simple("A")))
    shop.store.definitions.clear()
    (outcome,) = await shop.push(item(simple("B")))
    assert outcome.kind == "transient"
    (outcome,) = await shop.push(item(simple("B")))
    assert outcome.kind == "applied"


@pytest.mark.parametrize("status", list(ProductStatus))
async def test_every_status_arrives(shop: Shop, status: ProductStatus):
    await shop.push(item(simple(status=status)))
    assert shop.products[0].status == status.value.upper()


async def test_unpublish_makes_a_draft(shop: Shop):
    one = await shop.pushed(item(simple()))
    (outcome,) = await shop.push(replace(one, action=Action.UNPUBLISH))
    assert (outcome.kind, outcome.linked.gone) == ("applied", ())
    assert shop.products[0].status == "DRAFT"


async def test_delete_removes_it_and_its_listings(shop: Shop):
    one = await shop.pushed(item(shirt()))
    (outcome,) = await shop.push(replace(one, action=Action.DELETE))
    assert outcome.kind == "applied"
    assert len(outcome.linked.gone) == 4
    assert shop.products == []


@pytest.mark.parametrize("action", [Action.UNPUBLISH, Action.DELETE])
async def test_what_is_gone_already_counts_as_withdrawn(shop: Shop, action: Action):
    one = await shop.pushed(item(simple()))
    shop.store.unindex(shop.products[0])
    (outcome,) = await shop.push(replace(one, action=action))
    assert (outcome.kind, outcome.reason) == ("applied", "already_gone")
    assert one.listing.external_id in outcome.linked.gone


async def test_a_withdrawal_of_what_was_never_listed_makes_no_call(shop: Shop):
    (outcome,) = await shop.push(replace(item(simple()), action=Action.DELETE))
    assert (outcome.kind, outcome.reason) == ("applied", "already_gone")
    assert shop.context.calls == []


async def test_a_price_in_another_currency_than_the_shops_is_never_sent(shop: Shop):
    shop.configure(currency=None)
    (outcome,) = await shop.push(item(simple(), cost=price("10.00", currency="USD")))
    assert (outcome.kind, outcome.reason) == ("rejected", "currency_mismatch")
    assert shop.writes() == []


@pytest.mark.parametrize(
    ("code", "kind", "reason"),
    [
        ("GENERIC_ERROR", "transient", "unavailable"),
        ("JOB_ERROR", "transient", "unavailable"),
        ("PRODUCT_SUSPENDED", "rejected", "suspended_by_platform"),
    ],
)
async def test_a_user_error_becomes_the_outcome_of_its_row(shop: Shop, code: str, kind: str, reason: str):
    shop.set(planted_errors=[{"operation": "productSet", "match": "*", "code": code}])
    (outcome,) = await shop.push(item(simple()))
    assert (outcome.kind, outcome.reason) == (kind, reason)


async def test_the_simplest_product_costs_no_more_than_the_sheets_smallest_document(shop: Shop):
    await shop.pushed(item(simple("WARM")))
    await shop.push(item(simple()))
    entry = [one for one in shop.simulator.shops["demo.myshopify.com"].log.since(0) if one.operation == "productSet"][
        -1
    ]
    spent = shop.context.calls[-1].spend["graphql"]
    assert entry.extra["actual"] == entry.extra["requested"] == spent == 14
    assert shop.context.readings[-1].spent == 14


@pytest.mark.parametrize("product", [simple(), rich(), shirt(), shirt(sizes=tuple(f"{n}" for n in range(90)))])
async def test_the_cost_is_known_before_the_call(shop: Shop, product):
    one = item(product)
    await shop.push(one)
    asked = [one for one in shop.simulator.shops["demo.myshopify.com"].log.since(0) if one.operation == "productSet"]
    spends = [call.spend["graphql"] for call in shop.context.calls if call.label == "productSet"]
    assert abs(asked[0].extra["requested"] - spends[0]) <= 1


def test_an_update_costs_what_a_create_costs():
    one = item(simple())
    document = product_document(one, values(one), (), None)
    assert cost.product_set(document.input, variants_read=1) == 14
    assert "media" not in variables_of(document, later=False)
    assert "media" not in wire.push()


async def test_an_image_that_failed_does_not_fail_the_product(shop: Shop):
    shop.set(failing_media=["front"])
    one = await shop.pushed(item(rich()))
    shop.advance(60)
    (outcome,) = await shop.push(listed(one, _linked(one), rich(media=(Media(url="https://img.example/front.jpg"),))))
    assert outcome.kind == "applied"


def _linked(one):
    return Linked(one.listing, {entry.id: entry.listing for entry in one.variants if entry.listing is not None})
