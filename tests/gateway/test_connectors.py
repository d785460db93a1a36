"""Connectors: documented reads, creation checked against the manifest, hostile addresses, tenancy, deletion, audit."""

import asyncio
from uuid import UUID, uuid4

import pytest
from tests_support import add_products

pytestmark = pytest.mark.stack


async def test_list_and_detail_have_exactly_the_documented_fields(account) -> None:
    connector = await account.connector()
    listed = (await account.reader.get("/api/v1/connectors/")).json()
    assert set(listed) == {"items", "meta"}
    assert set(listed["items"][0]) == {"id", "name", "platform", "status", "last_sync_at", "created_at"}
    assert listed["meta"] == {
        "total": 1, "page": 1, "per_page": 50, "total_pages": 1, "has_next": False, "has_previous": False,
    }  # fmt: skip
    detail = (await account.reader.get(f"/api/v1/connectors/{connector}")).json()
    assert set(detail) == {"id", "name", "platform", "status", "sync_stats", "last_sync_at"}
    assert detail["sync_stats"] == {"products_synced": 0, "products_pending": 0, "last_error": None}


async def test_the_trailing_slash_is_required(account) -> None:
    assert (await account.reader.get("/api/v1/connectors")).status_code == 404


@pytest.mark.parametrize("query", ["page=0", "per_page=0", "per_page=201", "page=x", "page=-1"])
async def test_pages_out_of_range_are_refused(account, query) -> None:
    assert (await account.reader.get(f"/api/v1/connectors/?{query}")).status_code == 422


async def test_pages_add_up(account) -> None:
    for _ in range(3):
        await account.connector()
    first = (await account.reader.get("/api/v1/connectors/?per_page=2")).json()
    second = (await account.reader.get("/api/v1/connectors/?per_page=2&page=2")).json()
    beyond = (await account.reader.get("/api/v1/connectors/?per_page=2&page=9")).json()
    assert (len(first["items"]), first["meta"]["has_next"], len(second["items"]), second["meta"]["has_next"]) == (
        2,
        True,
        1,
        False,
    )
    assert (beyond["items"], beyond["meta"]["total"]) == ([], 3)


async def test_pending_counts_the_products_that_the_next_push_would_send(account, owner) -> None:
    connector = await account.connector()
    await add_products(owner, account.id, 4)
    detail = (await account.reader.get(f"/api/v1/connectors/{connector}")).json()
    assert detail["sync_stats"]["products_pending"] == 4


@pytest.mark.parametrize(
    "address",
    [
        "http://shop.example", "https://127.0.0.1", "https://localhost", "https://[::1]", "https://169.254.169.254/latest",
        "https://10.0.0.8", "https://2130706433", "https://0x7f000001", "https://user:pw@shop.example", "https://shop.example:22",
        "https://192.168.1.10", "https://[::ffff:10.0.0.1]", "ftp://shop.example", "https://", "", "https://shop.example/#x",
        "https://metadata.google.internal", "https://shop.example/?q=1", "javascript:alert(1)",
    ],
)  # fmt: skip
async def test_a_hostile_address_is_refused_and_leaves_no_connector(account, owner, address) -> None:
    answer = await account.manager.post(
        "/api/v1/connectors/",
        json={
            "name": "x",
            "platform": "woocommerce",
            "settings": {"store_url": address},
            "credentials": {"consumer_key": "ck_" + "1" * 40, "consumer_secret": "cs_" + "2" * 40},
        },
    )
    assert answer.status_code == 422, answer.text
    assert any(e["pointer"] == "#/settings/store_url" for e in answer.json()["errors"])
    async with owner.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM connectors WHERE account_id = $1", account.id) == 0
        assert await connection.fetchval("SELECT count(*) FROM credentials WHERE account_id = $1", account.id) == 0


async def test_only_a_permanent_shopify_domain_is_a_shopify_shop(account) -> None:
    for wrong in ("shop.example.com", "demo.myshopify.com.evil.example", "-x.myshopify.com"):
        answer = await account.manager.post(
            "/api/v1/connectors/",
            json={
                "name": "x",
                "platform": "shopify",
                "settings": {"shop_domain": wrong},
                "credentials": {"access_token": "shpat_1"},
            },
        )
        assert answer.status_code == 422, wrong


async def test_missing_credentials_are_named_and_no_value_is_repeated(account) -> None:
    secret = "very-secret-value"
    answer = await account.manager.post(
        "/api/v1/connectors/",
        json={
            "name": "x",
            "platform": "woocommerce",
            "settings": {"store_url": "https://shop.example"},
            "credentials": {"consumer_key": secret, "token": secret},
        },
    )
    assert answer.status_code == 422
    assert secret not in answer.text
    assert {e["pointer"] for e in answer.json()["errors"]} >= {"#/credentials/token", "#/credentials"}


async def test_the_same_shop_twice_needs_permission(account) -> None:
    body = {
        "name": "x", "platform": "shopify", "settings": {"shop_domain": f"d{uuid4().hex[:8]}.myshopify.com"},
        "credentials": {"access_token": "shpat_" + "0" * 32},
    }  # fmt: skip
    assert (await account.manager.post("/api/v1/connectors/", json=body)).status_code == 201
    again = await account.manager.post("/api/v1/connectors/", json=body)
    assert (again.status_code, again.json()["code"]) == (409, "shop_already_connected")
    assert (await account.manager.post("/api/v1/connectors/", json=body | {"allow_shared": True})).status_code == 201


async def test_a_change_of_the_shop_is_refused_and_other_changes_are_not(account) -> None:
    connector = await account.connector("woocommerce")
    url = f"/api/v1/connectors/{connector}"
    moved = await account.manager.patch(url, json={"settings": {"store_url": "https://other.example"}})
    assert (moved.status_code, moved.json()["code"]) == (409, "another_shop")
    changed = await account.manager.patch(
        url, json={"name": "New name", "settings": {"channel": "web", "currency": None}}
    )
    assert (changed.status_code, changed.json()["name"]) == (200, "New name")
    assert (await account.manager.patch(url, json={"platform": "shopify"})).status_code == 422


async def test_changed_settings_release_what_was_quarantined(account, owner) -> None:
    connector = await account.connector()
    async with owner.transaction() as connection:
        await connection.execute(
            "INSERT INTO listing_operations (connector_id, item_id, operation, account_id, failures)"
            " VALUES ($1::text::uuid, $2, 'push_prices', $3, 3)", connector, uuid4(), account.id,
        )  # fmt: skip
    await account.manager.patch(f"/api/v1/connectors/{connector}", json={"settings": {"channel": "web"}})
    async with owner.connection() as connection:
        left = await connection.fetchval(
            "SELECT sum(failures) FROM listing_operations WHERE account_id = $1", account.id
        )
    assert left == 0


async def test_the_gateway_writes_credentials_and_cannot_read_them(account, as_role, owner) -> None:
    await account.connector()
    async with as_role("gateway").transaction(account.id) as connection:
        assert await connection.fetchval("SELECT count(*) FROM (SELECT connector_id FROM credentials) c") == 1
    with pytest.raises(Exception, match="permission denied"):
        async with as_role("gateway").transaction(account.id) as connection:
            await connection.fetch("SELECT ciphertext FROM credentials")
    async with owner.connection() as connection:
        row = await connection.fetchrow("SELECT ciphertext FROM credentials WHERE account_id = $1", account.id)
    assert b"shpat_" not in row["ciphertext"]


async def test_a_deleted_connector_is_gone_and_its_jobs_stay_readable(account, owner) -> None:
    connector = await account.connector()
    job = (await account.manager.post(f"/api/v1/connectors/{connector}/sync/push-stock")).json()["job_id"]
    assert (await account.manager.delete(f"/api/v1/connectors/{connector}")).status_code == 204
    assert (await account.reader.get(f"/api/v1/connectors/{connector}")).status_code == 404
    assert (await account.manager.post(f"/api/v1/connectors/{connector}/sync/push-stock")).status_code == 404
    assert (await account.reader.get(f"/api/v1/jobs/{job}")).status_code == 200
    listed = (await account.reader.get(f"/api/v1/connectors/{connector}/jobs")).json()
    assert [j["id"] for j in listed["items"]] == [job]
    async with owner.connection() as connection:
        actions = [
            r["action"]
            for r in await connection.fetch(
                "SELECT action FROM audit_log WHERE account_id = $1 ORDER BY id", account.id
            )
        ]
    assert actions == ["connector.created", "job.requested", "connector.deleted"]


async def test_test_without_a_worker_is_503_and_never_false(account) -> None:
    connector = await account.connector()
    answer = await account.manager.post(f"/api/v1/connectors/{connector}/test")
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "no_worker", "5")


async def test_a_workers_answer_comes_back_as_documented(account, owner, gateway) -> None:
    connector = await account.connector()
    worker = uuid4()
    async with owner.transaction() as connection:
        await connection.execute(
            "INSERT INTO workers (id, platforms, host, pid, version) VALUES ($1, '{shopify}', 'h', 1, 'v')", worker
        )
    asking = asyncio.create_task(account.manager.post(f"/api/v1/connectors/{connector}/test"))
    try:
        async with asyncio.timeout(5):
            done = None
            while done is None:
                async with owner.transaction() as connection:
                    done = await connection.fetchval(
                        "UPDATE probes SET answered_at = now(), answer = $2 WHERE connector_id = $1 RETURNING id",
                        UUID(connector),
                        {"success": True, "latency_ms": 142, "message": "Connection successful", "currency": "EUR"},
                    )
                await asyncio.sleep(0.02)
        gateway.app.state.notices.notify(str(done))
        answer = await asking
    finally:
        async with owner.transaction() as connection:
            await connection.execute("DELETE FROM workers WHERE id = $1", worker)
    assert answer.json() == {
        "success": True, "platform": "shopify", "latency_ms": 142, "message": "Connection successful",
    }  # fmt: skip


async def test_the_own_router_serves_its_platform_only(account) -> None:
    woo, shopify = await account.connector("woocommerce"), await account.connector()
    assert [c["id"] for c in (await account.reader.get("/api/v1/woocommerce/")).json()["items"]] == [woo]
    assert (await account.reader.get(f"/api/v1/woocommerce/{woo}")).status_code == 200
    assert (await account.reader.get(f"/api/v1/woocommerce/{shopify}")).status_code == 404
    assert (await account.manager.post(f"/api/v1/woocommerce/{shopify}/sync/push-stock")).status_code == 404
    assert (await account.manager.post(f"/api/v1/woocommerce/{woo}/sync/push-stock")).status_code == 202
    assert len((await account.reader.get("/api/v1/connectors/")).json()["items"]) == 2
