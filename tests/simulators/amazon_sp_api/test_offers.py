"""Offers on items of Amazon's catalog: sales terms only, on an item that is there, for whoever may sell it."""

from typing import Any

import orjson
import pytest
from jsonschema import Draft201909Validator
from simulators.amazon_sp_api.samples import FR, food, price, stock, text, told
from simulators.amazon_sp_api.seller import Seller

EAN, ASIN, CLOSED = "3760001234567", "B0ABCDEFGH", "B0CLOSED00"
CATALOG = {"catalog": {EAN: [ASIN], "3760007654321": [CLOSED]}}
RESTRICTIONS = "/listings/2021-08-01/restrictions"


def _offer(asin: str = ASIN, **more: Any) -> dict[str, Any]:
    offer = {
        "merchant_suggested_asin": told(asin),
        "condition_type": told("new_new"),
        "purchasable_offer": [price(5.0)],
        "fulfillment_availability": [stock(1)],
    }
    return offer | more


async def _put(seller: Seller, offer: dict[str, Any], sku: str = "PX-1") -> Any:
    return await seller.put(sku, offer, "PRODUCT", requirements="LISTING_OFFER_ONLY")


async def test_an_offer_on_what_is_there_needs_no_facts_and_takes_none() -> None:
    async with Seller(**CATALOG) as seller:
        assert (await _put(seller, _offer()))["status"] == "ACCEPTED"
        assert (await seller.read("PX-1"))["summaries"][0]["asin"] == ASIN
        assert (await seller.put("PX-2", _offer(), "PRODUCT"))["status"] == "INVALID"
        refused = await _put(seller, _offer(item_name=text("Mine")), "PX-3")
        assert (refused["status"], refused["issues"][0]["attributeNames"]) == ("INVALID", ["item_name"])


async def test_an_offer_on_nothing_and_one_without_the_right_are_refused() -> None:
    async with Seller(restricted_asins={CLOSED: {"new_new": "APPROVAL_REQUIRED"}}, **CATALOG) as seller:
        (issue,) = (await _put(seller, _offer("B0NOWHERE0")))["issues"]
        assert (issue["code"], issue["categories"]) == ("4000001", ["INVALID_ATTRIBUTE"])
        (issue,) = (await _put(seller, _offer(CLOSED)))["issues"]
        assert (issue["code"], issue["categories"]) == ("18299", ["QUALIFICATION_REQUIRED"])
        used = _offer(CLOSED, condition_type=told("used_good"))
        assert (await _put(seller, used))["status"] == "ACCEPTED"


async def test_the_schema_of_offers_has_sales_terms_only() -> None:
    async with Seller() as seller:
        path = "/definitions/2020-09-01/productTypes/SHIRT"
        _, answer = await seller.ask("GET", path, marketplaceIds=FR, requirements="LISTING_OFFER_ONLY")
        _, raw, _ = await seller.fetch("GET", answer["schema"]["link"]["resource"])
        validator = Draft201909Validator(orjson.loads(raw))
        assert validator.is_valid(_offer())
        assert not validator.is_valid(_offer(item_name=text("Mine")))
        assert not validator.is_valid({name: value for name, value in _offer().items() if name != "purchasable_offer"})


@pytest.mark.parametrize(
    ("asin", "codes", "linked"),
    [(ASIN, [], False), (CLOSED, ["APPROVAL_REQUIRED"], True), ("B0NOWHERE0", ["ASIN_NOT_FOUND"], False)],
)
async def test_restrictions_name_their_reason_and_the_way_forward(asin: str, codes: list[str], linked: bool) -> None:
    async with Seller(restricted_asins={CLOSED: "APPROVAL_REQUIRED"}, **CATALOG) as seller:
        query = {"asin": asin, "sellerId": "A1SELLER", "marketplaceIds": FR, "conditionType": "new_new"}
        status, answer = await seller.ask("GET", RESTRICTIONS, **query)
        assert status == 200
        reasons = [reason for one in answer["restrictions"] for reason in one["reasons"]]
        assert [one["reasonCode"] for one in reasons] == codes
        assert [bool(one.get("links")) for one in reasons] == [linked] * len(codes)
        assert (await seller.ask("GET", RESTRICTIONS, **query | {"sellerId": "A2OTHER"}))[0] == 403
        assert await seller.violations() == []


async def test_a_restriction_may_be_about_one_condition() -> None:
    async with Seller(restricted_asins={ASIN: {"used_good": "NOT_ELIGIBLE"}}, **CATALOG) as seller:
        query = {"asin": ASIN, "sellerId": "A1SELLER", "marketplaceIds": FR}
        _, answer = await seller.ask("GET", RESTRICTIONS, **query)
        assert [one["conditionType"] for one in answer["restrictions"]] == ["used_good"]
        _, answer = await seller.ask("GET", RESTRICTIONS, **query, conditionType="new_new")
        assert answer == {"restrictions": []}


async def test_what_a_search_finds_comes_in_pages() -> None:
    asins = [f"B0PAGE{n:04d}" for n in range(23)]
    async with Seller(catalog={EAN: asins}, asin_types={asins[0]: "SHIRT"}) as seller:
        path = "/catalog/2022-04-01/items"
        query = {"marketplaceIds": FR, "identifiersType": "EAN", "identifiers": EAN, "includedData": "productTypes"}
        found, token = [], None
        while True:
            more = {"pageToken": token} if token else {}
            _, answer = await seller.ask("GET", path, pageSize=20, **query, **more)
            found += answer["items"]
            if (token := answer["pagination"].get("nextToken")) is None:
                break
        assert [one["asin"] for one in found] == asins
        assert [one["productTypes"][0]["productType"] for one in found[:2]] == ["SHIRT", "PRODUCT"]
        assert len((await seller.ask("GET", path, **query))[1]["items"]) == 10
        assert (await seller.ask("GET", path, pageSize=21, **query))[0] == 400


async def test_a_listing_of_the_seller_is_an_item_of_the_catalog_too() -> None:
    async with Seller() as seller:
        await seller.put("C-1", food())
        asin = (await seller.read("C-1"))["summaries"][0]["asin"]
        assert (await _put(seller, _offer(asin)))["status"] == "ACCEPTED"
