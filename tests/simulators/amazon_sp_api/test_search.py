"""Sheet, "Pull products": pages, identifiers, windows of time and the cap of 1,000."""

from typing import Any

import pytest
from simulators.amazon_sp_api.samples import food, told
from simulators.amazon_sp_api.seller import FR, SHOP, Seller


async def plant(seller: Seller, count: int, first: int = 0) -> None:
    planted = [
        {
            "sku": f"S-{number:05}",
            "marketplace": FR,
            "productType": "GROCERY",
            "attributes": food(externally_assigned_product_identifier=told(f"{3760000000000 + number}", type="ean")),
        }
        for number in range(first, first + count)
    ]
    await seller.control("PUT", f"amazon/listings?host={SHOP}", planted)


async def pages(seller: Seller, **query: Any) -> list[str]:
    skus: list[str] = []
    answer = await seller.search(pageSize=20, **query)
    while True:
        skus += [one["sku"] for one in answer["items"]]
        token = answer["pagination"].get("nextToken")
        if token is None:
            return skus
        answer = await seller.search(pageSize=20, pageToken=token, **query)


async def test_pages_hold_every_listing_once(seller: Seller) -> None:
    await plant(seller, 45)
    found = await pages(seller, sortBy="sku", sortOrder="ASC")
    assert found == [f"S-{number:05}" for number in range(45)]
    assert await seller.violations() == []


async def test_a_query_never_shows_more_than_a_thousand(seller: Seller) -> None:
    await plant(seller, 1030)
    assert (await seller.search())["numberOfResults"] == 1030
    assert len(await pages(seller)) == 1000


async def test_windows_of_time_cut_a_query(seller: Seller) -> None:
    await plant(seller, 3)
    start = seller.simulator.clock.utc().isoformat(timespec="milliseconds").replace("+00:00", "Z")
    seller.advance(100)
    middle = seller.simulator.clock.utc().isoformat(timespec="milliseconds").replace("+00:00", "Z")
    await plant(seller, 2, first=10)
    assert (await seller.search(lastUpdatedAfter=middle))["numberOfResults"] == 2
    assert (await seller.search(lastUpdatedBefore=start))["numberOfResults"] == 3
    assert (await seller.search(createdAfter=start, createdBefore=middle))["numberOfResults"] == 5
    newest = await seller.search(sortBy="lastUpdatedDate", sortOrder="DESC", pageSize=1)
    assert newest["items"][0]["sku"] == "S-00011"


async def test_listings_are_found_by_sku_ean_and_asin(seller: Seller) -> None:
    await plant(seller, 5)
    found = await seller.search(identifiers="S-00001,S-00003,NONE", identifiersType="SKU")
    assert {one["sku"] for one in found["items"]} == {"S-00001", "S-00003"}
    by_ean = await seller.search(identifiers="3760000000002", identifiersType="EAN")
    assert [one["sku"] for one in by_ean["items"]] == ["S-00002"]
    asin = by_ean["items"][0]["summaries"][0]["asin"]
    assert [one["sku"] for one in (await seller.search(identifiers=asin, identifiersType="ASIN"))["items"]] == [
        "S-00002"
    ]


@pytest.mark.parametrize(
    ("query", "rule"),
    [
        ({"identifiers": ",".join(map(str, range(21))), "identifiersType": "SKU"}, "maxItems"),
        ({"identifiersType": "SKU"}, None),
        ({"pageSize": 50}, "maximum"),
        ({"includedData": "everything"}, "enum"),
        ({"sortBy": "price"}, "enum"),
        ({"lastUpdatedAfter": "yesterday"}, None),
        ({"pageToken": "nonsense"}, None),
        ({"marketplaceIds": "ATVPDKIKX0DER"}, None),
    ],
)
async def test_a_query_that_makes_no_sense_is_400_and_recorded(
    seller: Seller, query: dict[str, Any], rule: str | None
) -> None:
    status, answer = await seller.ask("GET", seller.item_path(), **({"marketplaceIds": FR} | query))
    assert (status, answer["errors"][0]["code"]) == (400, "InvalidInput")
    if (await seller.control("GET", "violations"))["validated"]:
        assert [one["rule"] for one in await seller.violations()] == ([rule] if rule else [])


async def test_a_reset_forgets_what_was_found(seller: Seller) -> None:
    await plant(seller, 1)
    assert (await seller.search())["numberOfResults"] == 1
    await seller.control("POST", f"reset?host={SHOP}")
    seller.token = (await seller.sign_in())[1]["access_token"]
    await seller.put("NEW", food())
    assert [one["sku"] for one in (await seller.search())["items"]] == ["NEW"]


async def test_a_page_token_belongs_to_its_query(seller: Seller) -> None:
    await plant(seller, 30)
    token = (await seller.search())["pagination"]["nextToken"]
    status, _ = await seller.ask("GET", seller.item_path(), marketplaceIds=FR, sortOrder="ASC", pageToken=token)
    assert status == 400
    second = await seller.search(pageToken=token)
    assert (len(second["items"]), "previousToken" in second["pagination"]) == (10, True)
