"""Whatever a program sends, the answer is Amazon's: never a crash of the simulator."""

from random import Random
from typing import Any

import pytest
from simulators.amazon_sp_api.feeding import send
from simulators.amazon_sp_api.samples import food, price, stock
from simulators.amazon_sp_api.seller import FR, Seller

STRANGE: list[Any] = [None, True, 0, -1, 1.5, "", "text", [], [[]], [{}], {}, {"a": []}, [None], {"value": {}}]


def spoiled(value: Any, random: Random) -> Any:
    """The same with one part, anywhere, replaced or left out."""
    if isinstance(value, dict) and value and random.random() < 0.8:
        name = random.choice(list(value))
        if random.random() < 0.15:
            return {key: one for key, one in value.items() if key != name}
        return value | {name: spoiled(value[name], random)}
    if isinstance(value, list) and value and random.random() < 0.8:
        place = random.randrange(len(value))
        return [*value[:place], spoiled(value[place], random), *value[place + 1 :]]
    return random.choice(STRANGE)


def bugs(violations: list[Any]) -> list[Any]:
    return [one for one in violations if one["rule"] == "simulator_bug"]


def patch_body() -> dict[str, Any]:
    patches = [
        {"op": "merge", "path": "/attributes/fulfillment_availability", "value": [stock(3)]},
        {"op": "replace", "path": "/attributes/purchasable_offer", "value": [price(3.0)]},
        {"op": "delete", "path": "/attributes/brand", "value": [{"marketplace_id": FR}]},
    ]
    return {"productType": "GROCERY", "patches": patches}


@pytest.mark.parametrize("seed", range(4))
async def test_calls_with_spoiled_bodies_are_answered(seller: Seller, seed: int) -> None:
    random = Random(seed)
    whole: list[tuple[str, str, dict[str, Any]]] = [
        ("PUT", seller.item_path("X"), {"productType": "GROCERY", "requirements": "LISTING", "attributes": food()}),
        ("PATCH", seller.item_path("X"), patch_body()),
        ("POST", "/feeds/2021-06-30/documents", {"contentType": "application/json"}),
        (
            "POST",
            "/feeds/2021-06-30/feeds",
            {"feedType": "JSON_LISTINGS_FEED", "marketplaceIds": [FR], "inputFeedDocumentId": "1"},
        ),
        (
            "POST",
            "/reports/2021-06-30/reports",
            {"reportType": "GET_MERCHANT_LISTINGS_ALL_DATA", "marketplaceIds": [FR]},
        ),
    ]
    await seller.put("X", food())
    for _ in range(40):
        for method, path, body in whole:
            query = {"marketplaceIds": FR} if "listings" in path else {}
            status, answer = await seller.ask(method, path, spoiled(body, random), **query)
            assert status in {200, 201, 202, 400}, answer
            assert bugs(await seller.violations()) == []
    assert (await seller.read("X", "summaries", "offers", "fulfillmentAvailability", "relationships"))["sku"] == "X"


@pytest.mark.parametrize("seed", range(4))
async def test_feeds_with_spoiled_messages_come_to_an_end(seller: Seller, seed: int) -> None:
    random = Random(seed)
    messages = [
        {"sku": "X", "operationType": "UPDATE", "productType": "GROCERY", "attributes": food()},
        {"sku": "X", "operationType": "PARTIAL_UPDATE", "productType": "GROCERY", "attributes": food()},
        {"sku": "X", "operationType": "PATCH"} | patch_body(),
        {"sku": "X", "operationType": "DELETE"},
    ]
    sent = [spoiled(random.choice(messages), random) for _ in range(100)]
    numbered = [({"messageId": number} | one) if isinstance(one, dict) else one for number, one in enumerate(sent, 1)]
    feed_id = await send(seller, numbered, included=["summaries", "attributes", "issues"])
    seller.advance(900)
    status, feed = await seller.ask("GET", f"/feeds/2021-06-30/feeds/{feed_id}")
    assert (status, feed["processingStatus"]) == (200, "DONE"), feed
    assert bugs(await seller.violations()) == []
