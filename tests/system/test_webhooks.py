"""A shop's webhooks on real parts: what we write comes back and starts nothing, what the merchant changes is pulled."""

import asyncio
from typing import Any

import pytest
from system.harness import Account, Shop, simple_product

pytestmark = pytest.mark.stack

SECRET = "the merchant's webhook secret"


async def _shop_call(shop: Shop, method: str, path: str, body: dict[str, Any]) -> Any:
    """As the merchant, at the shop."""
    shops = await shop.system.control(shop.platform, "GET", "shops")
    settings = next(entry for entry in shops if entry["host"] == shop.host)["settings"]
    answer = await shop.system.http.request(
        method,
        f"{shop.system.stack.simulator_urls['woocommerce']}/wp-json/wc/v3{path}",
        headers={"Host": shop.host, "X-Forwarded-Proto": "https"},
        auth=(settings["consumer_key"], settings["consumer_secret"]),
        json=body,
    )
    answer.raise_for_status()
    return answer.json()


async def _hooked(account: Account, *topics: str) -> Shop:
    """A shop whose webhooks call our gateway."""
    shop = await account.shop("woocommerce")
    shops = await shop.system.control("woocommerce", "GET", "shops")
    settings = next(entry for entry in shops if entry["host"] == shop.host)["settings"]
    credentials = {name: settings[name] for name in ("consumer_key", "consumer_secret")} | {"webhook_secret": SECRET}
    answer = await account.client.patch(f"/api/v1/connectors/{shop.connector_id}", json={"credentials": credentials})
    answer.raise_for_status()
    url = f"{shop.system.stack.gateway_urls[0]}/api/v1/woocommerce/{shop.connector_id}/webhooks"
    for topic in topics:
        await _shop_call(shop, "POST", "/webhooks", {"topic": topic, "delivery_url": url, "secret": SECRET})
    return shop


async def _results(shop: Shop, *, least: int) -> list[str]:
    """Once all that came in, at least so many, are judged."""
    async with asyncio.timeout(60):
        while True:
            async with shop.system.database.connection() as connection:
                rows = await connection.fetch(
                    "SELECT result FROM webhook_deliveries WHERE connector_id = $1 ORDER BY id", shop.connector_id
                )
            if len(rows) >= least and all(row["result"] for row in rows):
                return [row["result"] for row in rows]
            await asyncio.sleep(0.2)


async def _pulls(account: Account, shop: Shop) -> list[Any]:
    async with account.system.database.connection() as connection:
        return await connection.fetch(
            "SELECT id FROM jobs WHERE connector_id = $1 AND operation = 'pull_products' ORDER BY position",
            shop.connector_id,
        )


async def test_our_own_writes_are_echoes_and_the_merchants_change_is_pulled(account: Account) -> None:
    await account.catalog(simple_product(n) for n in range(5))
    shop = await _hooked(account, "product.created", "product.updated")
    job = await shop.synced("push-products")
    assert (job["state"], job["succeeded"]) == ("completed", 5), job
    await account.stock({"P-000001": 41, "P-000002": 42})
    assert (await shop.synced("push-stock"))["succeeded"] == 2
    assert set(await _results(shop, least=7)) == {"echo"}
    assert await _pulls(account, shop) == []

    await asyncio.sleep(3)  # the shop's moments are whole seconds: this change is later than our write
    async with account.system.database.connection() as connection:
        external_id = await connection.fetchval(
            "SELECT l.external_id FROM listings l JOIN products p ON p.id = l.item_id"
            " WHERE l.connector_id = $1 AND p.key = 'P-000003'",
            shop.connector_id,
        )
    await _shop_call(shop, "PUT", f"/products/{external_id}", {"name": "Renamed by the merchant"})
    results = await _results(shop, least=8)
    assert results[-1] == "pull", results
    async with asyncio.timeout(60):
        while not (found := await _pulls(account, shop)):
            await asyncio.sleep(0.2)
    assert len(found) == 1
    assert (await account.finished(str(found[0]["id"])))["state"] == "completed"
    async with account.system.database.connection() as connection:
        names = await connection.fetchval(
            "SELECT content->'names' FROM products WHERE account_id = $1 AND key = 'P-000003'", account.id
        )
    assert "Renamed by the merchant" in names.values()
