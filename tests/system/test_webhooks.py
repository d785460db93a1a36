"""A shop's webhooks on real parts: what we write comes back and starts nothing, what the merchant changes is pulled."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from system.harness import Account, Shop, simple_product

from pixee_common.domain.product import Option, Product
from pixee_common.events.catalog import PriceChanged, ProductDeleted

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


async def _external_id(account: Account, shop: Shop, key: str) -> str:
    async with account.system.database.connection() as connection:
        found = await connection.fetchval(
            "SELECT l.external_id FROM listings l JOIN products p ON p.id = l.item_id"
            " WHERE l.connector_id = $1 AND p.key = $2",
            shop.connector_id, key,
        )  # fmt: skip
    return str(found)


async def _one_pull(account: Account, shop: Shop) -> None:
    """The one that a webhook asked for, when it has ended."""
    async with asyncio.timeout(60):
        while not (found := await _pulls(account, shop)):
            await asyncio.sleep(0.2)
    assert len(found) == 1
    assert (await account.finished(str(found[0]["id"])))["state"] == "completed"


async def test_a_hundred_writes_of_ours_ask_for_no_pull_and_a_persons_edit_a_second_later_does(
    account: Account,
) -> None:
    await account.catalog(simple_product(n) for n in range(100))
    shop = await _hooked(account, "product.created", "product.updated")
    job = await shop.synced("push-products")
    assert (job["state"], job["succeeded"]) == ("completed", 100), job
    assert set(await _results(shop, least=100)) == {"echo"}
    await account.stock({f"P-{n:06}": n + 41 for n in range(100)})
    assert (await shop.synced("push-stock"))["succeeded"] == 100
    assert set(await _results(shop, least=200)) == {"echo"}
    assert await _pulls(account, shop) == []

    await account.stock({"P-000003": 7})
    assert (await shop.synced("push-stock"))["succeeded"] == 1
    await asyncio.sleep(1)
    external_id = await _external_id(account, shop, "P-000003")
    await _shop_call(shop, "PUT", f"/products/{external_id}", {"name": "Renamed by the merchant"})
    results = await _results(shop, least=202)
    assert results[-1] == "pull", results
    await _one_pull(account, shop)
    async with account.system.database.connection() as connection:
        names = await connection.fetchval(
            "SELECT content->'names' FROM products WHERE account_id = $1 AND key = 'P-000003'", account.id
        )
        quantity = await connection.fetchval(
            "SELECT s.quantity FROM stock s JOIN variants v ON v.id = s.variant_id WHERE v.account_id = $1 AND v.sku = $2",
            account.id, "P-000003",
        )  # fmt: skip
    assert "Renamed by the merchant" in names.values()
    assert quantity == 7


async def _states(account: Account, shop: Shop, key: str) -> set[str]:
    """Of the product's listing and its variants'."""
    async with account.system.database.connection() as connection:
        rows = await connection.fetch(
            "SELECT l.state FROM listings l JOIN products p ON p.id = l.product_id WHERE l.connector_id = $1 AND p.key = $2",
            shop.connector_id, key,
        )  # fmt: skip
    return {row["state"] for row in rows}


async def test_what_the_merchant_removes_is_gone_and_the_next_push_brings_it_back(account: Account) -> None:
    await account.catalog(simple_product(n) for n in range(4))
    shop = await _hooked(account, "product.updated", "product.deleted", "product.restored")
    assert (await shop.synced("push-products"))["succeeded"] == 4
    external_ids = {n: await _external_id(account, shop, f"P-{n:06}") for n in (1, 2, 3)}
    for external_id in external_ids.values():
        await _shop_call(shop, "DELETE", f"/products/{external_id}", {})
    assert await _results(shop, least=3) == ["gone"] * 3
    for n in (1, 2, 3):
        assert await _states(account, shop, f"P-{n:06}") == {"gone"}
    assert await _pulls(account, shop) == []

    await account.changes([ProductDeleted(key="P-000003")])
    job = await shop.synced("push-products", product_ids=await _product_ids(account, "P-000001", "P-000000"))
    assert (job["succeeded"], job["skipped"]) == (1, 1), job
    shown = await _shop_call(shop, "GET", f"/products/{await _external_id(account, shop, 'P-000001')}", {})
    assert shown["status"] == "publish"
    assert await _states(account, shop, "P-000001") == {"confirmed"}
    assert set((await _results(shop, least=4))[3:]) == {"echo"}

    await _shop_call(shop, "PUT", f"/products/{external_ids[2]}", {"status": "publish"})
    await _one_pull(account, shop)
    assert await _states(account, shop, "P-000002") == {"confirmed"}

    job = await shop.synced("push-products")
    assert (job["state"], job["failed"]) == ("completed", 0), job
    shown = await _shop_call(shop, "GET", f"/products/{external_ids[3]}", {})
    assert shown["status"] == "trash", "what was deleted on both sides is left where it is"


async def _product_ids(account: Account, *keys: str) -> list[str]:
    async with account.system.database.connection() as connection:
        rows = await connection.fetch(
            "SELECT id FROM products WHERE account_id = $1 AND key = ANY($2)", account.id, list(keys)
        )
    return [str(row["id"]) for row in rows]


def _variable_product(key: str) -> Product:
    """Three sizes."""
    one = simple_product(1, prefix=key)
    variants = tuple(
        one.variants[0].model_copy(update={"sku": f"{key}-{size}", "options": {"Size": size}}) for size in "SML"
    )
    sizes = Option(name="Size", values=("S", "M", "L"))
    return one.model_copy(update={"key": key, "options": (sizes,), "variants": variants})


async def test_variations_are_told_apart_and_nothing_goes_round_in_circles(account: Account) -> None:
    await account.catalog([_variable_product("V"), simple_product(2)])
    shop = await _hooked(account, "product.created", "product.updated")
    assert (await shop.synced("push-products"))["succeeded"] == 2
    auto_sync = dict.fromkeys(("push_products", "push_stock", "push_prices"), True)
    answer = await account.client.patch(f"/api/v1/connectors/{shop.connector_id}", json={"auto_sync": auto_sync})
    answer.raise_for_status()
    for quantity in range(10):
        await account.stock({f"V-{size}": quantity for size in "SML"})
        await account.changes([PriceChanged(sku="V-S", currency="EUR", base_price=Decimal(f"{quantity + 20}.50"))])
    await asyncio.sleep(6)
    assert set(await _results(shop, least=8)) == {"echo"}
    assert await _pulls(account, shop) == []

    parent = await _external_id(account, shop, "V")
    small = next(
        one for one in await _shop_call(shop, "GET", f"/products/{parent}/variations", {}) if one["sku"] == "V-S"
    )
    assert (small["regular_price"], small["stock_quantity"]) == ("29.50", 9)
    await _shop_call(shop, "PUT", f"/products/{parent}/variations/{small['id']}", {"regular_price": "31"})
    await _one_pull(account, shop)
    assert "pull" in await _results(shop, least=8)
    await asyncio.sleep(6)
    assert len(await _pulls(account, shop)) == 1, "what a pull brings is never sent back"
    async with account.system.database.connection() as connection:
        price = await connection.fetchval(
            "SELECT base_price FROM variants WHERE account_id = $1 AND sku = 'V-S'", account.id
        )
    assert price == 31
