"""Auto-sync of a connector: off unless asked for, merged by name, refused where the platform cannot, audited; jobs can be filtered by who asked."""

from uuid import UUID, uuid4

import pytest

pytestmark = pytest.mark.stack


async def _patched(account, connector: str, **auto_sync) -> dict:
    answer = await account.manager.patch(f"/api/v1/connectors/{connector}", json={"auto_sync": auto_sync})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_it_is_off_and_out_of_sight_until_it_is_asked_for(account) -> None:
    connector = await account.connector()
    assert "auto_sync" not in (await account.reader.get(f"/api/v1/connectors/{connector}")).json()
    on = await _patched(account, connector, push_stock=True)
    assert on["auto_sync"] == {"push_products": False, "push_stock": True, "push_prices": False}
    both = await _patched(account, connector, push_prices=True)
    assert both["auto_sync"] == {"push_products": False, "push_stock": True, "push_prices": True}
    assert (await account.reader.get(f"/api/v1/connectors/{connector}")).json()["auto_sync"] == both["auto_sync"]
    assert "auto_sync" not in await _patched(account, connector, push_stock=False, push_prices=False)


async def test_a_connector_can_be_made_with_it(account, owner) -> None:
    body = {
        "name": "x", "platform": "shopify", "settings": {"shop_domain": f"d{uuid4().hex[:8]}.myshopify.com"},
        "credentials": {"access_token": "shpat_" + "0" * 32}, "auto_sync": {"push_products": True},
    }  # fmt: skip
    made = (await account.manager.post("/api/v1/connectors/", json=body)).json()
    assert made["auto_sync"]["push_products"] is True
    async with owner.connection() as connection:
        details = await connection.fetchval(
            "SELECT details FROM audit_log WHERE target = $1 AND action = 'connector.created'", made["id"]
        )
    assert details["auto_sync"] == ["push_products"]


@pytest.mark.parametrize("wrong", [{"pull_products": True}, {"push_stock": "perhaps"}, {"stock": True}])
async def test_what_is_no_switch_is_refused(account, wrong) -> None:
    connector = await account.connector()
    answer = await account.manager.patch(f"/api/v1/connectors/{connector}", json={"auto_sync": wrong})
    assert answer.status_code == 422


async def test_switching_off_drops_what_is_pending_of_that_operation_alone_and_is_audited(account, owner) -> None:
    connector = await account.connector()
    await _patched(account, connector, push_stock=True, push_prices=True)
    async with owner.connection() as connection:
        await connection.execute(
            "INSERT INTO pending_changes (connector_id, operation, item_id, account_id, version) "
            "SELECT $1, o, $2, $3, 1 FROM unnest('{push_stock,push_prices}'::text[]) o",
            *(UUID(connector), uuid4(), account.id),
        )
    await _patched(account, connector, push_stock=False)
    async with owner.connection() as connection:
        left = await connection.fetch("SELECT operation FROM pending_changes WHERE connector_id = $1", UUID(connector))
        details = await connection.fetchval(
            "SELECT details FROM audit_log WHERE target = $1 ORDER BY id DESC LIMIT 1", connector
        )
    assert [row["operation"] for row in left] == ["push_prices"]
    assert details == {"changed": ["auto_sync"], "auto_sync": ["push_prices"]}


async def test_jobs_are_found_by_who_asked_and_by_operation(account) -> None:
    connector = await account.connector()
    started = await account.manager.post(f"/api/v1/connectors/{connector}/sync/push-stock")
    job = (await account.reader.get(f"/api/v1/jobs/{started.json()['job_id']}")).json()

    async def found(**filters: str) -> list[str]:
        return [one["id"] for one in (await account.reader.get("/api/v1/jobs", params=filters)).json()["items"]]

    assert await found(requested_by=job["requested_by"]) == [job["id"]]
    assert await found(operation="push_stock") == [job["id"]]
    assert await found(requested_by="auto-sync") == await found(operation="push_prices") == []
