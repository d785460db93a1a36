"""push_products by single calls: created with PUT, changed with PATCH, judged by the schema before and by Amazon after."""

from dataclasses import replace
from typing import Any

import pytest
from platform_workers.platforms.amazon_sp_api.catalog import FR, SETTINGS, food, item, listed, price, shirt
from platform_workers.platforms.amazon_sp_api.conftest import Shop

from pixee_common.domain.faults import FaultKind, PlatformFault
from pixee_common.domain.job import OutcomeKind
from pixee_common.domain.product import Product, ProductStatus
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.items import Action, Listing


def _attributes(shop: Shop, sku: str) -> dict[str, Any]:
    found: dict[str, Any] = shop.truth()[sku]["attributes"]
    return found


async def test_a_new_product_is_one_put_with_price_and_quantity(shop: Shop) -> None:
    one = item(food(), cost=price("19.99", "24.90"), quantity=7)
    (outcome,) = await shop.push(one)
    assert outcome.kind is OutcomeKind.APPLIED, outcome
    assert (outcome.created, outcome.carried_stock, outcome.carried_price) == (True, True, True)
    assert outcome.linked.product is not None
    assert outcome.linked.product.external_id == "CHOC"
    assert str(outcome.linked.variants[one.variants[0].id].refs["asin"]).startswith("B0")
    writes = [call.method for call in shop.context.calls if call.label.endswith("ListingsItem")]
    assert writes == ["PUT"]
    has = _attributes(shop, "CHOC")
    assert has["item_name"] == [{"value": "Chocolat CHOC", "language_tag": "fr_FR", "marketplace_id": FR}]
    assert [one["value"] for one in has["bullet_point"]] == ["Noir", "Bio"]
    assert has["unit_count"] == [{"value": 100, "unit": "gram", "marketplace_id": FR}]
    assert has["is_expiration_dated_product"] == [{"value": True, "marketplace_id": FR}]
    assert has["fulfillment_availability"] == [{"fulfillment_channel_code": "DEFAULT", "quantity": 7}]
    assert has["purchasable_offer"][0]["our_price"] == [{"schedule": [{"value_with_tax": 19.99}]}]
    assert has["list_price"] == [{"value_with_tax": 24.9, "currency": "EUR", "marketplace_id": FR}]
    assert has["main_product_image_locator"][0]["media_location"] == "https://img.example/a.jpg"


async def test_an_update_is_a_patch_that_touches_neither_price_nor_quantity(shop: Shop) -> None:
    (one,) = await shop.listed(item(food()))
    before = _attributes(shop, "CHOC")
    changed = replace(one, product=food(names={"fr": "Autre"}, short_descriptions={}))
    (outcome,) = await shop.push(changed)
    assert outcome.kind is OutcomeKind.APPLIED, outcome
    after = _attributes(shop, "CHOC")
    assert after["item_name"][0]["value"] == "Autre"
    assert "bullet_point" not in after, "an attribute of ours that is no more stays"
    assert after["purchasable_offer"] == before["purchasable_offer"]
    assert after["fulfillment_availability"] == before["fulfillment_availability"]
    assert outcome.created is False


@pytest.mark.parametrize("status", [ProductStatus.DRAFT, ProductStatus.ARCHIVED])
async def test_a_draft_is_not_put_up_for_sale_and_an_active_product_is(shop: Shop, status: ProductStatus) -> None:
    one = item(food(status=status))
    (outcome,) = await shop.push(one)
    assert (outcome.kind, outcome.reason, outcome.field) == (OutcomeKind.SKIPPED, ReasonCode.NOT_OURS, "status")
    assert "putListingsItem" not in shop.asked()
    (outcome,) = await shop.push(replace(one, product=food()))
    assert outcome.kind is OutcomeKind.APPLIED


async def test_what_others_wrote_to_a_listing_survives_an_update(shop: Shop) -> None:
    (one,) = await shop.listed(item(food()))
    planted = _attributes(shop, "CHOC") | {"flavor": [{"value": "Noir", "language_tag": "fr_FR", "marketplace_id": FR}]}
    shop.plant("CHOC", planted)
    await shop.push(replace(one, product=food(names={"fr": "Autre"})))
    assert "flavor" in _attributes(shop, "CHOC")


async def test_the_schema_refuses_before_any_write(shop: Shop) -> None:
    mapping = SETTINGS.mapping.model_copy(update={"attributes": SETTINGS.mapping.attributes[1:]})
    shop.configure(mapping=mapping)
    (outcome,) = await shop.push(item(food(brand=None)))
    assert (outcome.kind, outcome.reason) == (OutcomeKind.REJECTED, ReasonCode.MISSING_FIELD)
    assert "brand" in (outcome.message or "")
    assert "country_of_origin" in (outcome.message or "")
    assert "putListingsItem" not in shop.asked()


async def test_a_wrong_value_names_its_attribute(shop: Shop) -> None:
    mapping = SETTINGS.mapping.model_copy(
        update={
            "attributes": tuple(
                one.model_copy(update={"source": "constant:Mars"}) if one.target == "country_of_origin" else one
                for one in SETTINGS.mapping.attributes
            )
        }
    )
    shop.configure(mapping=mapping)
    (outcome,) = await shop.push(item(food()))
    assert (outcome.kind, outcome.reason) == (OutcomeKind.REJECTED, ReasonCode.INVALID_VALUE)
    assert outcome.field == "country_of_origin"


async def test_a_schema_is_downloaded_once_for_all_items_and_again_only_when_it_changed(shop: Shop) -> None:
    await shop.push(item(food("A")), item(food("B")))
    assert shop.context.downloads == ["schema"]
    shop.advance(7 * 3600)
    shop.context.forget_token()
    await shop.push(item(food("C")))
    assert shop.context.downloads == ["schema"], "the checksum is the same"
    assert shop.asked().count("getDefinitionsProductType") == 2


async def test_a_product_without_price_is_listed_without_an_offer(shop: Shop) -> None:
    one = item(food())
    one = replace(one, variants=tuple(replace(v, price=None) for v in one.variants))
    (outcome,) = await shop.push(one)
    assert outcome.kind is OutcomeKind.APPLIED, outcome
    assert "purchasable_offer" not in _attributes(shop, "CHOC")


async def test_without_ean_nothing_is_claimed_unless_the_merchant_says_so(shop: Shop) -> None:
    shop.configure(extra=dict(SETTINGS.extra) | {"without_ean": "refuse"})
    (outcome,) = await shop.push(item(food(variant={"ean": None})))
    assert (outcome.kind, outcome.reason, outcome.field) == (OutcomeKind.REJECTED, ReasonCode.MISSING_FIELD, "ean")
    shop.configure()
    (outcome,) = await shop.push(item(food(variant={"ean": None})))
    assert outcome.kind is OutcomeKind.APPLIED
    exemption = _attributes(shop, "CHOC")["supplier_declared_has_product_identifier_exemption"]
    assert exemption == [{"value": True, "marketplace_id": FR}]


async def test_a_long_title_goes_on_in_the_highlights(shop: Shop) -> None:
    title = "Chocolat noir de dégustation issu du commerce équitable, cacao de Madagascar, tablette de cent grammes"
    await shop.push(item(food(names={"fr": title})))
    has = _attributes(shop, "CHOC")
    head, rest = has["item_name"][0]["value"], has["title_differentiation"][0]["value"]
    assert len(head) <= 75
    assert title.startswith(head)
    assert title.endswith(rest)


async def test_an_unknown_product_type_is_a_missing_mapping(shop: Shop) -> None:
    shop.configure(mapping=SETTINGS.mapping.model_copy(update={"product_types": {"*": "NOTHING"}}))
    (outcome,) = await shop.push(item(food()))
    assert (outcome.kind, outcome.reason) == (OutcomeKind.REJECTED, ReasonCode.MISSING_MAPPING)


async def test_variants_are_a_parent_and_children_and_relations_are_sent_once(shop: Shop) -> None:
    (one,) = await shop.listed(item(shirt()))
    assert one.listing is not None
    assert one.listing.external_id == "TEE"
    puts = [call.url.rpartition("/")[2].partition("?")[0] for call in shop.context.calls if call.method == "PUT"]
    assert puts == ["TEE", "TEE-S", "TEE-M"]
    parent, child = _attributes(shop, "TEE"), _attributes(shop, "TEE-S")
    assert parent["parentage_level"][0]["value"] == "parent"
    assert parent["variation_theme"][0]["name"] == child["variation_theme"][0]["name"] == "SIZE"
    assert not {"purchasable_offer", "fulfillment_availability", "size"} & parent.keys()
    assert child["child_parent_sku_relationship"][0]["parent_sku"] == "TEE"
    assert child["size"][0]["value"] == "S"
    mark = len(shop.context.calls)
    (outcome,) = await shop.push(replace(one, product=shirt(names={"fr": "Neuf"})))
    assert outcome.kind is OutcomeKind.APPLIED
    sent = b"".join(call.content or b"" for call in shop.context.calls[mark:])
    assert b"Neuf" in sent
    assert b"child_parent_sku_relationship" not in sent
    assert b"variation_theme" not in sent


async def test_a_variant_that_left_is_removed(shop: Shop) -> None:
    (one,) = await shop.listed(item(shirt()))
    gone = one.variants[1].listing
    assert gone is not None
    smaller = replace(one, product=shirt(sizes=("S",)), variants=one.variants[:1], gone=(gone,))
    (outcome,) = await shop.push(smaller)
    assert outcome.kind is OutcomeKind.APPLIED, outcome
    assert outcome.linked.gone == ("TEE-M",)
    assert not shop.truth()["TEE-M"]["exists"]


async def test_another_sku_is_another_listing_and_the_old_one_goes(shop: Shop) -> None:
    (one,) = await shop.listed(item(food()))
    moved = item(food("CHOC", variant={"sku": "CHOC-2"}))
    moved = replace(moved, listing=one.listing, variants=(replace(moved.variants[0], listing=one.variants[0].listing),))
    (outcome,) = await shop.push(moved)
    assert outcome.kind is OutcomeKind.APPLIED, outcome
    assert outcome.linked.product is not None
    assert outcome.linked.product.external_id == "CHOC-2"
    assert outcome.linked.gone == ("CHOC",)
    assert not shop.truth()["CHOC"]["exists"]


async def test_a_late_issue_is_a_late_rejection(shop: Shop) -> None:
    shop.limits(late_issue_skus=["CHOC"], late_issue_after_s=10.0)
    (outcome,) = await shop.push(item(food()))
    assert (outcome.kind, outcome.reason) == (OutcomeKind.REJECTED, ReasonCode.IMAGE_REFUSED)
    assert "CHOC" in (outcome.message or "")
    assert outcome.linked.product is not None, "the listing is there and an update can mend it"


async def test_what_is_not_visible_yet_is_asked_for_again(shop: Shop) -> None:
    shop.limits(visible_after_s=100.0)
    (outcome,) = await shop.push(item(food()))
    assert outcome.kind is OutcomeKind.APPLIED
    assert shop.asked().count("searchListingsItems") > 1


async def test_a_listing_that_was_removed_by_hand_comes_again_as_new(shop: Shop) -> None:
    unknown = listed(item(food()), (await shop.push(item(food())))[0].linked)
    shop.simulator.shops[_host(shop)].state.listings.by_key.clear()
    (outcome,) = await shop.push(unknown)
    assert (outcome.kind, outcome.reason) == (OutcomeKind.TRANSIENT, ReasonCode.NOT_FOUND_AT_SHOP)
    assert outcome.linked.gone == ("CHOC",)


def _host(shop: Shop) -> str:
    return next(iter(shop.simulator.shops))


@pytest.mark.parametrize(("on_delete", "left"), [(Action.DELETE, None), (Action.UNPUBLISH, 0)])
async def test_a_withdrawal_deletes_or_leaves_no_pieces(shop: Shop, on_delete: Action, left: int | None) -> None:
    (one,) = await shop.listed(item(shirt()))
    (outcome,) = await shop.push(replace(one, action=on_delete))
    assert outcome.kind is OutcomeKind.APPLIED, outcome
    truth = shop.truth()
    if left is None:
        assert not any(truth[sku]["exists"] for sku in ("TEE", "TEE-S", "TEE-M"))
        assert set(outcome.linked.gone) == {"TEE", "TEE-S", "TEE-M"}
    else:
        assert [truth[sku]["attributes"]["fulfillment_availability"][0]["quantity"] for sku in ("TEE-S", "TEE-M")] == [
            0,
            0,
        ]


async def test_a_withdrawal_of_what_is_gone_is_done(shop: Shop) -> None:
    gone = replace(item(food()), listing=Listing("CHOC"), action=Action.UNPUBLISH)
    (outcome,) = await shop.push(gone)
    assert (outcome.kind, outcome.reason) == (OutcomeKind.SKIPPED, ReasonCode.ALREADY_GONE)


async def test_a_throttle_in_the_middle_keeps_what_was_accepted(shop: Shop) -> None:
    shop.limits(rate_scale=1, rates={"putListingsItem": [0.001, 1]})
    first, second = item(food("A")), item(food("B"))
    submission = await shop.submit(first, second)
    kinds = {outcome.item_id: (outcome.kind, outcome.reason) for outcome in submission.outcomes}
    assert kinds[first.id] == (OutcomeKind.ACCEPTED, None)
    assert kinds[second.id] == (OutcomeKind.TRANSIENT, ReasonCode.THROTTLED)
    assert submission.remote_jobs[0].item_ids == (first.id,)


async def test_a_throttle_before_anything_is_the_submissions(shop: Shop) -> None:
    await shop.push(item(food("A")))
    shop.limits(rate_scale=1, rates={"putListingsItem": [0.0001, 1]})
    await shop.push(item(food("B")))
    with pytest.raises(PlatformFault) as caught:
        await shop.submit(item(food("C")))
    assert caught.value.kind is FaultKind.THROTTLED


async def test_pushing_twice_changes_nothing(shop: Shop) -> None:
    product: Product = shirt()
    (one,) = await shop.listed(item(product))
    before = {sku: entry["attributes"] for sku, entry in shop.truth().items()}
    await shop.push(one)
    assert {sku: entry["attributes"] for sku, entry in shop.truth().items()} == before
