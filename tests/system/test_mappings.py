"""Requirements and mapping on real parts: the shop is asked, the mapping is put, and a push sends exactly what it changes."""

import asyncio

import pytest
from system.harness import Account, Shop, simple_product
from system.shops import read_shop

from pixee_common.domain.product import Attribute, StockLevel
from pixee_common.events.catalog import ListPrice, PriceChanged, StockChanged

pytestmark = pytest.mark.stack

RULE = {"target": "color", "source": "attribute:colour"}


async def _colourful(account: Account, count: int, coloured: set[int]) -> None:
    colour = (Attribute(code="colour", values={"en": ("green",)}),)
    await account.catalog(
        simple_product(n).model_copy(update={"attributes": colour if n in coloured else ()}) for n in range(count)
    )


async def _put(shop: Shop, **mapping) -> dict:
    url = f"/api/v1/connectors/{shop.connector_id}/mapping"
    version = (await shop.account.client.get(url)).json()["version"]
    answer = await shop.account.client.put(url, json={"version": version} | mapping)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _requirements(shop: Shop) -> dict:
    answer = await shop.account.client.get(f"/api/v1/connectors/{shop.connector_id}/requirements")
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("platform", ["shopify", "woocommerce"])
async def test_a_mapping_is_checked_against_the_shop_and_sends_what_it_changes_alone(account, platform) -> None:
    await _colourful(account, 10, {3, 7})
    shop = await account.shop(platform)
    told = await _requirements(shop)
    assert told["requirements"]["currencies"] == ["EUR"]
    assert (await _requirements(shop))["fetched_at"] == told["fetched_at"]
    part = "locations" if platform == "shopify" else "tax_classes"
    answer = await account.client.put(
        f"/api/v1/connectors/{shop.connector_id}/mapping", json={"version": 0, part: {"default": "nowhere"}}
    )
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"#/{part}/default")
    code = told["requirements"][part][0]["code"]
    await _put(shop, **{part: {"default": code}}, attributes=[RULE | {"values": {"green": "GREEN"}}])
    assert (await shop.synced("push-products"))["succeeded"] == 10
    await _put(shop, **{part: {"default": code}}, attributes=[RULE | {"values": {"green": "VERDANT"}}])
    job = await shop.synced("push-products")
    assert (job["succeeded"], job["skipped"]) == (2, 8), job
    writes = (await shop.counts())["requests"]["write"]
    job = await shop.synced("push-products")
    assert (job["skipped"], (await shop.counts())["requests"]["write"]) == (10, writes)


async def test_what_is_not_mapped_is_refused_without_a_call_however_often_and_goes_out_once_mapped(account) -> None:
    await _colourful(account, 3, {1})
    shop = await account.shop("woocommerce")
    body = await _put(shop, attributes=[RULE | {"values": {"red": "RED"}}])
    assert [(one["field"], one["ours"], one["products"]) for one in body["missing"]] == [
        ("attributes.color.values", "green", 1)
    ]
    for _ in range(4):  # what no call was made for is never in quarantine
        job = await shop.synced("push-products")
        (item,) = await account.items(job["id"], state="failed")
        assert (item["reason"], item["sku"]) == ("missing_mapping", "P-000001")
    assert sorted(await read_shop(shop)) == ["P-000000", "P-000002"]
    await _put(shop, attributes=[RULE | {"values": {"green": "GREEN"}}])
    job = await shop.synced("push-products")
    assert (job["succeeded"], job["skipped"]) == (1, 2), job


async def test_the_price_list_that_the_mapping_names_is_sent(account) -> None:
    await account.catalog(simple_product(n) for n in range(3))
    shop = await account.shop("woocommerce")
    await shop.synced("push-products")
    listed = ListPrice(price_list="vip", channel="b2b", currency="EUR", amount="3.33")
    await account.changes([PriceChanged(sku="P-000001", list_prices=(listed,))])
    await shop.synced("push-prices")
    await _put(shop, price_list="vip")
    job = await shop.synced("push-prices")
    assert (job["succeeded"], job["skipped"]) == (1, 2), job


async def _in_step(shop: Shop, count: int) -> None:
    url = f"/api/v1/connectors/{shop.connector_id}"
    async with asyncio.timeout(60):
        while True:
            stats = (await shop.account.client.get(url)).json()["sync_stats"]
            if (stats["products_synced"], stats["products_pending"]) == (count, 0):
                return
            await asyncio.sleep(0.2)


async def _by_itself(account: Account, operation: str) -> list[tuple[int, int]]:
    answer = await account.client.get("/api/v1/jobs", params={"requested_by": "auto-sync", "operation": operation})
    return [(job["succeeded"], job["skipped"]) for job in answer.json()["items"]]


async def test_where_auto_sync_is_on_a_changed_mapping_sends_what_it_changes_by_itself(account) -> None:
    await _colourful(account, 10, {3, 7})
    shop = await account.shop("woocommerce")
    await _put(shop, attributes=[RULE | {"values": {"red": "RED"}}])
    job = await shop.synced("push-products")
    assert (job["succeeded"], job["failed"]) == (8, 2)
    url = f"/api/v1/connectors/{shop.connector_id}"
    await account.client.patch(url, json={"auto_sync": {"push_products": True}})
    await _put(shop, attributes=[RULE | {"values": {"green": "GREEN"}}])  # what was refused is what it lacked
    await _in_step(shop, 10)
    assert await _by_itself(account, "push_products") == [(2, 8)]
    writes = (await shop.counts())["requests"]["write"]
    await _put(shop, attributes=[RULE | {"values": {"green": "GREEN", "red": "RED"}}])  # changes nothing that is sent
    await _in_step(shop, 10)
    assert await _by_itself(account, "push_products") == [(0, 10), (2, 8)]
    assert (await shop.counts())["requests"]["write"] == writes


async def test_switching_auto_sync_on_brings_into_step_what_was_sent_before(account) -> None:
    await account.catalog(simple_product(n) for n in range(3))
    shop = await account.shop("shopify")
    await shop.synced("push-products")
    await account.changes([StockChanged(sku="P-000001", levels=(StockLevel(quantity=77),))])
    await account.client.patch(f"/api/v1/connectors/{shop.connector_id}", json={"auto_sync": {"push_stock": True}})
    async with asyncio.timeout(60):
        while await _by_itself(account, "push_stock") != [(1, 0)]:  # of three, the one that is out of step
            await asyncio.sleep(0.2)
    assert (await read_shop(shop))["P-000001"].quantity == 77
