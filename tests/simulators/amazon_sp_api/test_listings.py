"""Sheet, "Push products", "Push stock", "Push prices" and "Pitfalls"."""

from typing import Any

import pytest
from simulators.amazon_sp_api.samples import food, price, shirt, stock, text, told
from simulators.amazon_sp_api.seller import DE, FR, SHOP, Seller


def codes(answer: Any) -> list[str]:
    return [one["code"] for one in answer["issues"]]


async def test_a_whole_listing_is_accepted_and_read_back(seller: Seller) -> None:
    answer = await seller.put("PX-1", food(), includedData="issues,identifiers")
    assert (answer["sku"], answer["status"], answer["issues"]) == ("PX-1", "ACCEPTED", [])
    item = await seller.read("PX-1", "summaries", "attributes", "offers", "fulfillmentAvailability", "issues")
    [summary] = item["summaries"]
    assert answer["identifiers"] == [{"marketplaceId": FR, "asin": summary["asin"]}]
    assert summary["status"] == ["BUYABLE", "DISCOVERABLE"]
    assert (summary["productType"], summary["itemName"]) == ("GROCERY", "Chocolat noir 70 %")
    assert item["attributes"] == food()
    assert item["offers"][0]["price"] == {"currencyCode": "EUR", "amount": "19.99"}
    assert item["fulfillmentAvailability"] == [{"fulfillmentChannelCode": "DEFAULT", "quantity": 12}]
    assert item["issues"] == []
    assert (await seller.counts())["commits"] == {"listing_created": 1}
    assert await seller.violations() == []
    assert seller.headers["x-amzn-RateLimit-Limit"] == "5000.0"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"brand": None}, "90220"),
        ({"externally_assigned_product_identifier": None}, "90220"),
        ({"purchasable_offer": [price("19.99")]}, "4000001"),
        ({"country_of_origin": told("Frankreich")}, "4000001"),
        ({"unit_count": told(1.0, unit="barrel")}, "4000001"),
        ({"item_name": text("x" * 201)}, "4000001"),
        ({"purchasable_offer": []}, "99022"),
        ({"purchasable_offer": [price(1.0) | {"our_price": []}]}, "99022"),
        ({"purchaseable_offer": [price(1.0)]}, "90000900"),
        ({"fulfillment_availability": [stock(1, size=3)]}, "90000900"),
    ],
)
async def test_an_invalid_listing_is_http_200_with_issues_and_nothing_is_stored(
    seller: Seller, changes: dict[str, Any], code: str
) -> None:
    answer = await seller.put("PX-1", food(**changes))
    assert (answer["status"], codes(answer)) == ("INVALID", [code])
    [issue] = answer["issues"]
    assert issue["severity"] == "ERROR"
    assert issue["attributeNames"]
    status, _ = await seller.ask("GET", seller.item_path("PX-1"), marketplaceIds=FR)
    assert status == 404
    truth = await seller.truth()
    assert (truth["PX-1"]["verdict"], truth["PX-1"]["code"], truth["PX-1"]["exists"]) == ("rejected", code, False)


async def test_a_preview_judges_and_stores_nothing(seller: Seller) -> None:
    assert (await seller.put("PX-1", food(), mode="VALIDATION_PREVIEW"))["status"] == "VALID"
    assert (await seller.put("PX-1", food(brand=None), mode="VALIDATION_PREVIEW"))["status"] == "INVALID"
    assert await seller.truth() == {}


async def test_a_put_replaces_the_whole_listing(seller: Seller) -> None:
    await seller.put("PX-1", food(flavor=text("Noir")))
    await seller.put("PX-1", food())
    assert "flavor" not in (await seller.read("PX-1", "attributes"))["attributes"]
    assert (await seller.counts())["commits"] == {"listing_created": 1, "listing_updated": 1}


async def test_merge_keeps_the_lead_time_and_replace_drops_it(seller: Seller) -> None:
    await seller.put("PX-1", food(fulfillment_availability=[stock(1, lead_time_to_ship_max_days=3)]))
    path = "/attributes/fulfillment_availability"
    await seller.patch("PX-1", {"op": "merge", "path": path, "value": [stock(7)]})
    kept = (await seller.read("PX-1", "attributes"))["attributes"]["fulfillment_availability"]
    assert kept == [stock(7, lead_time_to_ship_max_days=3)]
    await seller.patch("PX-1", {"op": "replace", "path": path, "value": [stock(8)]})
    kept = (await seller.read("PX-1", "attributes"))["attributes"]["fulfillment_availability"]
    assert kept == [stock(8)]
    assert await seller.violations() == []


async def test_another_channel_is_added_not_switched_to(seller: Seller) -> None:
    await seller.put("PX-1", food())
    change = {"op": "replace", "path": "/attributes/fulfillment_availability", "value": [stock(3, "OTHER")]}
    await seller.patch("PX-1", change)
    found = (await seller.read("PX-1", "fulfillmentAvailability"))["fulfillmentAvailability"]
    assert [one["fulfillmentChannelCode"] for one in found] == ["DEFAULT", "OTHER"]


async def test_a_replaced_offer_loses_what_was_left_out_and_leaves_b2b_alone(seller: Seller) -> None:
    sale = [{"schedule": [{"value_with_tax": 9.0, "start_at": "2026-11-27", "end_at": "2026-11-30"}]}]
    await seller.put("PX-1", food(purchasable_offer=[price(10.0, discounted_price=sale), price(8.0, audience="B2B")]))
    change = {"op": "replace", "path": "/attributes/purchasable_offer", "value": [price(11.0)]}
    assert (await seller.patch("PX-1", change))["status"] == "ACCEPTED"
    offers = (await seller.read("PX-1", "attributes"))["attributes"]["purchasable_offer"]
    by_audience = {one["audience"]: one for one in offers}
    assert by_audience == {"ALL": price(11.0), "B2B": price(8.0, audience="B2B")}
    assert [one["offerType"] for one in (await seller.read("PX-1", "offers"))["offers"]] == ["B2B", "B2C"]


async def test_an_offer_without_an_audience_is_everybodys(seller: Seller) -> None:
    await seller.put("PX-1", food(purchasable_offer=[price(10.0), price(8.0, audience="B2B")]))
    plain = {name: value for name, value in price(12.0).items() if name != "audience"}
    await seller.patch("PX-1", {"op": "replace", "path": "/attributes/purchasable_offer", "value": [plain]})
    offers = (await seller.read("PX-1", "attributes"))["attributes"]["purchasable_offer"]
    assert offers == [price(8.0, audience="B2B"), plain]


async def test_patches_delete_elements_or_the_attribute(seller: Seller) -> None:
    await seller.put("PX-1", food(flavor=text("Noir"), purchasable_offer=[price(10.0), price(8.0, audience="B2B")]))
    await seller.patch(
        "PX-1",
        {"op": "delete", "path": "/attributes/flavor"},
        {"op": "delete", "path": "/attributes/purchasable_offer", "value": [price(8.0, audience="B2B")]},
        kind="GROCERY",
    )
    attributes = (await seller.read("PX-1", "attributes"))["attributes"]
    assert "flavor" not in attributes
    assert attributes["purchasable_offer"] == [price(10.0)]


async def test_a_patch_of_nothing_or_of_another_type_is_invalid(seller: Seller) -> None:
    change = {"op": "merge", "path": "/attributes/fulfillment_availability", "value": [stock(7)]}
    assert codes(await seller.patch("PX-1", change)) == ["13013"]
    await seller.put("PX-1", food())
    assert codes(await seller.patch("PX-1", change, kind="SHIRT")) == ["90000900"]


@pytest.mark.parametrize(
    "patch",
    [
        {"op": "replace", "path": "/attributes/purchasable_offer/0/our_price", "value": []},
        {"op": "replace", "path": "/attributes/purchasable_offer"},
        {"op": "test", "path": "/attributes/brand", "value": []},
        {"op": "replace", "path": "/attributes/brand", "value": "Pixee"},
    ],
)
async def test_a_patch_that_is_none_is_400(seller: Seller, patch: dict[str, Any]) -> None:
    await seller.put("PX-1", food())
    body = {"productType": "PRODUCT", "patches": [patch]}
    status, answer = await seller.ask("PATCH", seller.item_path("PX-1"), body, marketplaceIds=FR)
    assert (status, answer["errors"][0]["code"]) == (400, "InvalidInput")


async def test_a_selector_of_another_marketplace_is_accepted_and_changes_nothing(seller: Seller) -> None:
    await seller.put("PX-1", food())
    change = {"op": "replace", "path": "/attributes/purchasable_offer", "value": [price(1.0, DE)]}
    assert (await seller.patch("PX-1", change))["status"] == "ACCEPTED"
    assert (await seller.read("PX-1", "attributes"))["attributes"]["purchasable_offer"] == [price(19.99)]
    assert [one["rule"] for one in await seller.violations()] == ["selector"]


async def test_marketplaces_hold_their_own_listing_of_a_sku(seller: Seller) -> None:
    await seller.put("PX-1", food())
    await seller.put("PX-1", food(DE, item_name=text("Schokolade", DE, "de_DE")), marketplace=DE)
    both = await seller.read("PX-1", "summaries", "attributes", marketplace=f"{FR},{DE}")
    assert [one["itemName"] for one in both["summaries"]] == ["Chocolat noir 70 %", "Schokolade"]
    assert len(both["attributes"]["item_name"]) == 2
    await seller.item("DELETE", "PX-1", marketplace=FR)
    assert (await seller.read("PX-1", marketplace=DE))["summaries"][0]["marketplaceId"] == DE


async def test_what_amazon_fulfils_keeps_its_channel_and_pushed_quantities_are_recorded() -> None:
    async with Seller(fba_skus=["PX-1"]) as seller:
        await seller.put("PX-1", food(fulfillment_availability=[{"fulfillment_channel_code": "AMAZON_EU"}]))
        assert await seller.violations() == []
        change = {"op": "merge", "path": "/attributes/fulfillment_availability"}
        await seller.patch("PX-1", change | {"value": [stock(7, "AMAZON_EU")]})
        found = (await seller.read("PX-1", "fulfillmentAvailability"))["fulfillmentAvailability"]
        assert found == [{"fulfillmentChannelCode": "AMAZON_EU"}]
        await seller.patch("PX-1", change | {"value": [stock(7)]})
        found = (await seller.read("PX-1", "fulfillmentAvailability"))["fulfillmentAvailability"]
        assert [one["fulfillmentChannelCode"] for one in found] == ["AMAZON_EU", "DEFAULT"]
        assert [one["rule"] for one in await seller.violations()] == ["fba_quantity", "fba_quantity"]


async def test_a_quantity_for_amazons_channel_is_nobodys_to_push(seller: Seller) -> None:
    await seller.put("PX-1", food(fulfillment_availability=[stock(5, "AMAZON_EU"), stock(2)]))
    found = (await seller.read("PX-1", "fulfillmentAvailability"))["fulfillmentAvailability"]
    assert found == [
        {"fulfillmentChannelCode": "AMAZON_EU"},
        {"fulfillmentChannelCode": "DEFAULT", "quantity": 2},
    ]
    assert [one["rule"] for one in await seller.violations()] == ["fba_quantity"]


async def test_a_deleted_listing_is_gone_and_may_be_made_again(seller: Seller) -> None:
    await seller.put("PX-1", food())
    assert (await seller.item("DELETE", "PX-1"))["status"] == "ACCEPTED"
    assert (await seller.ask("GET", seller.item_path("PX-1"), marketplaceIds=FR))[0] == 404
    assert (await seller.search())["numberOfResults"] == 0
    await seller.put("PX-1", food())
    assert (await seller.counts())["commits"] == {"listing_created": 2, "listing_deleted": 1}
    assert (await seller.truth())["PX-1"]["submissions"] == 3


async def test_a_sku_with_every_awkward_character_travels_encoded(seller: Seller) -> None:
    sku = "PX/1 #&+é%2F"
    await seller.put(sku, food())
    assert (await seller.read(sku))["sku"] == sku
    assert list(await seller.truth()) == [sku]


async def test_variations_name_their_parent_and_a_parent_sells_nothing(seller: Seller) -> None:
    theme = [{"name": "SIZE/COLOR", "marketplace_id": FR}]
    nothing = dict.fromkeys(
        ("color", "size", "purchasable_offer", "fulfillment_availability", "externally_assigned_product_identifier")
    )
    parent = shirt(parentage_level=told("parent"), variation_theme=theme, **nothing)
    assert (await seller.put("P", parent, "SHIRT"))["status"] == "ACCEPTED"
    link = [{"child_relationship_type": "variation", "parent_sku": "P", "marketplace_id": FR}]
    child = shirt(parentage_level=told("child"), variation_theme=theme, child_parent_sku_relationship=link)
    assert (await seller.put("C", child, "SHIRT"))["status"] == "ACCEPTED"
    orphan = shirt(parentage_level=told("child"), variation_theme=theme)
    assert codes(await seller.put("O", orphan, "SHIRT")) == ["90220"]
    [related] = (await seller.read("C", "relationships"))["relationships"]
    assert related["relationships"][0]["parentSkus"] == ["P"]
    assert [one["sku"] for one in (await seller.search(variationParentSku="P"))["items"]] == ["C"]


async def test_a_long_title_is_rewritten_by_amazon_and_kept_by_the_seller(seller: Seller) -> None:
    await seller.put("PX-1", food(item_name=text("x" * 150)))
    item = await seller.read("PX-1", "summaries", "attributes")
    assert item["summaries"][0]["itemName"] == "x" * 75
    assert item["attributes"]["item_name"][0]["value"] == "x" * 150


async def test_planted_listings_are_there_without_a_verdict(seller: Seller) -> None:
    planted = [{"sku": "OLD", "marketplace": FR, "productType": "GROCERY", "attributes": food()}]
    await seller.control("PUT", f"amazon/listings?host={SHOP}", planted)
    assert (await seller.read("OLD"))["summaries"][0]["productType"] == "GROCERY"
    assert (await seller.truth())["OLD"]["verdict"] is None
