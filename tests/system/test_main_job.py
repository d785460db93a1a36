"""The main job on real parts: a POST at the gateway ends as correct products, stock and prices in a shop."""

import asyncio
from decimal import Decimal

import pytest
from system.harness import Account, Shop, System, simple_product
from system.shops import read_shop

from pixee_common.events.catalog import ListPrice, PriceChanged, ProductDeleted, ProductUpserted

pytestmark = pytest.mark.stack
PLATFORMS = ["shopify", "woocommerce"]


async def _pushed(account: Account, platform: str, count: int, **settings) -> Shop:
    await account.catalog(simple_product(n) for n in range(count))
    shop = await account.shop(platform, settings=settings)
    if platform == "shopify":
        await shop.limits(maximumAvailable=20_000, restoreRate=2_000)
    job = await shop.synced("push-products")
    assert (job["state"], job["succeeded"]) == ("completed", count), job
    return shop


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_products_stock_and_prices_arrive_and_nothing_is_sent_twice(account: Account, platform: str) -> None:
    shop = await _pushed(account, platform, 250)
    found = await read_shop(shop)
    assert len(found) == 250
    for n in range(250):
        wanted = simple_product(n)
        variant = wanted.variants[0]
        assert found[variant.sku].title == wanted.names["en"]
        assert found[variant.sku].price == variant.base_price
        assert found[variant.sku].quantity == variant.stock[0].quantity
    writes = (await shop.counts())["requests"]["write"]
    for operation in ("push-products", "push-stock", "push-prices"):
        job = await shop.synced(operation)
        assert (job["state"], job["skipped"]) == ("completed", 250), (operation, job)
    assert (await shop.counts())["requests"]["write"] == writes


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_only_what_changed_is_sent(account: Account, platform: str) -> None:
    shop = await _pushed(account, platform, 30)
    before = (await shop.requests())[-1]["seq"]
    await account.stock({"P-000003": 777, "P-000004": 778})
    job = await shop.synced("push-stock")
    assert (job["succeeded"], job["skipped"]) == (2, 28)
    written = [r for r in await shop.requests(kind="write") if r["seq"] > before]
    found = await read_shop(shop)
    assert (found["P-000003"].quantity, found["P-000004"].quantity, found["P-000005"].quantity) == (777, 778, 5)
    assert len(written) == 1


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_the_price_list_of_the_channel_is_sent_and_never_another_currency(
    account: Account, platform: str
) -> None:
    shop = await _pushed(account, platform, 3, channel="web")
    listed = ListPrice(price_list="web-eur", channel="web", currency="EUR", amount=Decimal("7.77"))
    foreign = ListPrice(price_list="web-usd", channel="web", currency="USD", amount=Decimal("1.11"))
    await account.changes(
        [
            PriceChanged(sku="P-000000", list_prices=(listed, foreign)),
            PriceChanged(sku="P-000001", currency="USD", base_price=Decimal("9.99")),
        ]
    )
    job = await shop.synced("push-prices")
    assert (job["succeeded"], job["failed"], job["skipped"]) == (1, 1, 1), job
    items = await account.items(job["id"], state="failed")
    assert (items[0]["sku"], items[0]["reason"]) == ("P-000001", "currency_mismatch")
    found = await read_shop(shop)
    assert found["P-000000"].price == Decimal("7.77")
    assert found["P-000001"].price == simple_product(1).variants[0].base_price


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_a_deleted_product_is_unpublished_and_its_shop_object_stays(account: Account, platform: str) -> None:
    shop = await _pushed(account, platform, 3)
    await account.changes([ProductDeleted(key="P-000001")])
    job = await shop.synced("push-products")
    assert (job["succeeded"], job["skipped"]) == (1, 2), job
    found = await read_shop(shop)
    assert found["P-000001"].status == "draft"
    assert found["P-000002"].status == "active"


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_a_change_in_the_shop_comes_back_and_is_not_sent_there_again(account: Account, platform: str) -> None:
    shop = await _pushed(account, platform, 5)
    job = await shop.synced("pull-products")
    assert (job["state"], job["total"]) == ("completed", 5), job
    again = await shop.synced("push-products")
    assert again["skipped"] == 5, again


async def test_one_bad_item_fails_alone_with_a_reason_that_can_be_read(account: Account) -> None:
    shop = await _pushed(account, "shopify", 20)
    await account.system.control(
        "shopify", "PUT", f"shops/{shop.host}",
        json={"planted_errors": [{"operation": "productSet", "match": "P-000007", "code": "INVALID_INPUT", "message": "Title is silly"}]},
    )  # fmt: skip
    await account.changes(
        [ProductUpserted(product=simple_product(n).model_copy(update={"names": {"en": f"New {n}"}})) for n in range(20)]
    )
    job = await shop.synced("push-products")
    assert (job["state"], job["succeeded"], job["failed"]) == ("completed_with_errors", 19, 1), job
    item = (await account.items(job["id"], state="failed"))[0]
    assert item["sku"] == "P-000007"
    assert "Title is silly" in item["message"]
    assert item["advice"]


async def test_test_tells_a_good_shop_from_bad_credentials_and_a_missing_shop(account: Account, system: System) -> None:
    shop = await account.shop("shopify")
    good = await account.client.post(f"/api/v1/connectors/{shop.connector_id}/test")
    assert (good.json()["success"], good.json()["message"]) == (True, "Connection successful")
    await account.client.patch(
        f"/api/v1/connectors/{shop.connector_id}", json={"credentials": {"access_token": "shpat_" + "f" * 32}}
    )
    answer = await account.client.post(f"/api/v1/connectors/{shop.connector_id}/test")
    assert answer.status_code == 200, answer.text
    bad = answer.json()
    assert bad["success"] is False
    assert "shpat_" not in str(bad)
    answer = await account.client.post(
        "/api/v1/connectors/",
        json={"name": "none", "platform": "shopify", "settings": {"shop_domain": "nobody-here.myshopify.com"}, "credentials": {"access_token": "shpat_x" + "0" * 30}},
    )  # fmt: skip
    missing = (await account.client.post(f"/api/v1/connectors/{answer.json()['id']}/test")).json()
    assert missing["success"] is False


async def test_a_cancelled_job_stops_and_adds_up(account: Account) -> None:
    await account.catalog(simple_product(n) for n in range(600))
    shop = await account.shop("shopify")
    await shop.limits(maximumAvailable=500, restoreRate=200)
    job_id = await shop.sync("push-products")
    while (await account.job(job_id))["succeeded"] < 5:
        await asyncio.sleep(0.1)
    cancelled = await account.client.post(f"/api/v1/jobs/{job_id}/cancel")
    assert cancelled.status_code == 200
    job = await account.finished(job_id)
    assert job["state"] == "cancelled"
    assert job["cancelled"] > 0
    assert (await shop.counts())["commits"]["product_created"] == job["succeeded"]
    assert (await account.client.post(f"/api/v1/jobs/{job_id}/cancel")).status_code == 409


async def test_events_show_a_job_from_snapshot_to_end(account: Account) -> None:
    await account.catalog(simple_product(n) for n in range(120))
    shop = await account.shop("woocommerce")
    job_id = await shop.sync("push-products")
    names, versions = [], []
    async with account.client.stream("GET", f"/api/v1/jobs/{job_id}/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        async for line in stream.aiter_lines():
            if line.startswith("event:"):
                names.append(line.split(":", 1)[1].strip())
            if line.startswith("id:"):
                versions.append(int(line.split(":", 1)[1]))
    assert names[0] == "snapshot"
    assert set(names[1:]) == {"change"}
    assert versions == sorted(set(versions))
    assert (await account.job(job_id))["state"] == "completed"
