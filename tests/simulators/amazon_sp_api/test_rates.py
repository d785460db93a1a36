"""Sheet, "Rate limits and retries": buckets by the simulator's clock, 429 without Retry-After."""

from typing import Any

from simulators.amazon_sp_api.samples import food, stock, text
from simulators.amazon_sp_api.seller import FR, SETTINGS, SHOP, Seller

PARTICIPATIONS = "/sellers/v1/marketplaceParticipations"


async def burst(seller: Seller, count: int, **query: Any) -> list[int]:
    return [(await seller.ask("GET", seller.item_path(), marketplaceIds=FR, **query))[0] for _ in range(count)]


async def test_a_bucket_empties_and_fills_with_time(seller: Seller) -> None:
    await seller.limits(rate_scale=1)
    assert await burst(seller, 6) == [200] * 5 + [429]
    status, answer = await seller.ask("GET", seller.item_path(), marketplaceIds=FR)
    assert (status, answer["errors"][0]["code"]) == (429, "QuotaExceeded")
    assert "Retry-After" not in seller.headers
    assert "x-amzn-RateLimit-Limit" not in seller.headers
    assert seller.headers["x-amzn-RequestId"]
    seller.advance(0.4)
    assert await burst(seller, 3) == [200, 200, 429]
    assert seller.headers.get("x-amzn-RateLimit-Limit") is None
    seller.advance(1)
    await burst(seller, 1)
    assert seller.headers["x-amzn-RateLimit-Limit"] == "5.0"


async def test_operations_and_sellers_have_their_own_buckets(seller: Seller) -> None:
    await seller.limits(rate_scale=1)
    await burst(seller, 5)
    assert (await seller.ask("GET", PARTICIPATIONS))[0] == 200
    other = SETTINGS | {"seller_id": "A2OTHER", "refresh_token": "Atzr|two"}
    await seller.control("PUT", "shops/a2other.sellingpartnerapi-eu.amazon.com", other)
    _, answer = await seller.sign_in(refresh_token="Atzr|two")
    headers = {"x-amz-access-token": answer["access_token"]}
    path = "/listings/2021-08-01/items/A2OTHER"
    assert (await seller.ask("GET", path, marketplaceIds=FR, headers=headers))[0] == 200
    assert await burst(seller, 1) == [429]


async def test_an_application_shares_its_bucket_over_sellers(seller: Seller) -> None:
    await seller.limits(application_rates={"putListingsItem": [0.001, 1]}, rate_scale=1)
    other = SETTINGS | {"seller_id": "A2OTHER", "refresh_token": "Atzr|two"}
    await seller.control("PUT", "shops/a2other.sellingpartnerapi-eu.amazon.com", other)
    await seller.control(
        "PUT",
        "limits/a2other.sellingpartnerapi-eu.amazon.com",
        {"application_rates": {"putListingsItem": [0.001, 1]}},
    )
    await seller.put("PX-1", food())
    _, answer = await seller.sign_in(refresh_token="Atzr|two")
    headers = {"x-amz-access-token": answer["access_token"]}
    body = {"productType": "GROCERY", "attributes": food()}
    path = "/listings/2021-08-01/items/A2OTHER/PX-1"
    status, answer = await seller.ask("PUT", path, body, marketplaceIds=FR, headers=headers)
    assert status == 429
    assert "for the application" in answer["errors"][0]["message"]


async def test_relationships_have_a_bucket_of_their_own(seller: Seller) -> None:
    await seller.limits(application_rates={"relationships": [0.001, 1]}, rate_scale=1)
    link = [{"child_relationship_type": "variation", "parent_sku": "P", "marketplace_id": FR}]
    related = {"op": "replace", "path": "/attributes/child_parent_sku_relationship", "value": link}
    quantity = {"op": "merge", "path": "/attributes/fulfillment_availability", "value": [stock(1)]}
    await seller.patch("C", related, kind="SHIRT")
    body = {"productType": "SHIRT", "patches": [related]}
    status, answer = await seller.ask("PATCH", seller.item_path("C"), body, marketplaceIds=FR)
    assert (status, "for relationships" in answer["errors"][0]["message"]) == (429, True)
    await seller.patch("C", quantity, kind="SHIRT")


async def test_product_data_and_previews_have_buckets_of_their_own(seller: Seller) -> None:
    await seller.limits(application_rates={"productData": [0.001, 1], "preview": [0.001, 1]}, rate_scale=1)
    fact = {"op": "replace", "path": "/attributes/item_name", "value": text("Neu")}
    await seller.patch("C", fact)
    body = {"productType": "PRODUCT", "patches": [fact]}
    status, answer = await seller.ask("PATCH", seller.item_path("C"), body, marketplaceIds=FR)
    assert (status, "for product data" in answer["errors"][0]["message"]) == (429, True)
    await seller.put("PX-1", food(), mode="VALIDATION_PREVIEW")
    body = {"productType": "GROCERY", "attributes": food()}
    status, _ = await seller.ask("PUT", seller.item_path("PX-1"), body, marketplaceIds=FR, mode="VALIDATION_PREVIEW")
    assert status == 429
    await seller.put("PX-1", food())


async def test_rates_are_a_tests_to_set(seller: Seller) -> None:
    await seller.limits(rates={"searchListingsItems": [1, 1]}, rate_scale=1)
    assert await burst(seller, 2) == [200, 429]
    seller.advance(1)
    assert await burst(seller, 1) == [200]


async def test_faults_speak_as_amazon_does(seller: Seller) -> None:
    throttle = {"kind": "throttle", "times": 1, "match": {"operation": "searchListingsItems"}}
    await seller.control("POST", "faults", [throttle])
    status, answer = await seller.ask("GET", seller.item_path(), marketplaceIds=FR)
    assert (status, answer["errors"][0]["code"], "Retry-After" in seller.headers) == (429, "QuotaExceeded", False)
    await seller.control("POST", "faults", [{"kind": "expired_token", "times": 1}])
    assert await burst(seller, 2) == [403, 403]
    assert (await seller.control("GET", f"counts?host={SHOP}"))["faults"] == {"throttle": 1, "expired_token": 1}
