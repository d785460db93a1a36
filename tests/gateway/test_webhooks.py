"""Webhooks in: no API key, kept unread, bounded, answered at once; nothing else passes without a key."""

from uuid import uuid4

import httpx
import pytest

pytestmark = pytest.mark.stack

SIGNED = {
    "X-WC-Webhook-Signature": "c2lnbmF0dXJl",
    "X-WC-Webhook-Topic": "product.updated",
    "X-WC-Webhook-Delivery-ID": "d1",
}


@pytest.fixture
async def shop(gateway):
    async with httpx.AsyncClient(transport=gateway, base_url="http://gateway") as client:
        yield client


def address(connector: object, slug: str = "woocommerce") -> str:
    return f"/api/v1/{slug}/{connector}/webhooks"


async def kept(owner, connector: str):
    async with owner.connection() as connection:
        return await connection.fetch("SELECT * FROM webhook_deliveries WHERE connector_id = $1", connector)


async def test_a_delivery_is_kept_as_it_came_for_a_worker_to_judge(account, shop, owner) -> None:
    connector = await account.connector("woocommerce")
    body = b'{"id": 7,  "name": "\xc3\xa9"}'
    answer = await shop.post(address(connector), content=body, headers=SIGNED)
    assert answer.status_code == 202, answer.text
    [row] = await kept(owner, connector)
    assert (row["body"], row["signature"], row["topic"], row["state"]) == (
        body, "c2lnbmF0dXJl", "product.updated", "received",
    )  # fmt: skip
    assert row["account_id"] == account.id


async def test_a_ping_is_answered_200_and_kept_nowhere(account, shop, owner) -> None:
    connector = await account.connector("woocommerce")
    assert (await shop.post(address(connector), data={"webhook_id": "3"})).status_code == 200
    assert await kept(owner, connector) == []


async def test_who_is_not_there_or_is_of_another_platform_or_deleted_is_not_found(account, shop) -> None:
    gone = await account.connector("woocommerce")
    assert (await account.manager.delete(f"/api/v1/connectors/{gone}")).status_code == 204
    for connector in (uuid4(), "nonsense", await account.connector("shopify"), gone):
        answer = await shop.post(address(connector), content=b"{}", headers=SIGNED)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), connector


async def test_a_delivery_without_signature_is_refused(account, shop, owner) -> None:
    connector = await account.connector("woocommerce")
    answer = await shop.post(address(connector), content=b"{}")
    assert (answer.status_code, answer.json()["code"]) == (401, "signature_missing")
    assert await kept(owner, connector) == []


async def test_a_body_beyond_the_limit_is_refused(account, shop, owner) -> None:
    connector = await account.connector("woocommerce")
    answer = await shop.post(address(connector), content=b"x" * 262_145, headers=SIGNED)
    assert answer.status_code == 413
    assert await kept(owner, connector) == []


async def test_unjudged_deliveries_are_bounded_and_the_shop_is_not_told_of_it(account, shop, owner) -> None:
    connector = await account.connector("woocommerce")
    async with owner.connection() as connection:
        await connection.execute(
            "INSERT INTO webhook_deliveries (account_id, connector_id, platform, topic, delivery_id, signature, body)"
            " SELECT $1, $2, 'woocommerce', 't', n::text, 's', '' FROM generate_series(1, 199) n",
            account.id, connector,
        )  # fmt: skip
    for _ in range(3):
        assert (await shop.post(address(connector), content=b"{}", headers=SIGNED)).status_code == 202
    rows = await kept(owner, connector)
    assert len(rows) == 200
    last = max(rows, key=lambda row: row["id"])
    assert [row["id"] for row in rows if row["result"] == "overflow"] == [last["id"]], (
        "that there were more is not lost"
    )


async def test_what_is_read_and_not_judged_is_bounded_too(account, shop, owner) -> None:
    connector = await account.connector("woocommerce")
    async with owner.connection() as connection:
        await connection.execute(
            "INSERT INTO webhook_deliveries (account_id, connector_id, platform, topic, delivery_id, signature, body, state)"
            " SELECT $1, $2, 'woocommerce', 't', n::text, 's', '', 'told' FROM generate_series(1, 2000) n",
            account.id, connector,
        )  # fmt: skip
    assert (await shop.post(address(connector), content=b"{}", headers=SIGNED)).status_code == 202
    rows = await kept(owner, connector)
    assert (len(rows), [row["result"] for row in rows].count("overflow")) == (2000, 1)


async def test_nothing_else_passes_without_a_key(account, shop) -> None:
    connector = await account.connector("woocommerce")
    for method, path in (
        ("GET", address(connector)),
        ("POST", f"/api/v1/woocommerce/{connector}/test"),
        ("POST", f"/api/v1/woocommerce/{connector}/sync/pull-products"),
        ("POST", f"/api/v1/connectors/{connector}/webhooks/x"),
    ):
        assert (await shop.request(method, path, headers=SIGNED)).status_code == 401, path
    for slug in ("shopify", "connectors"):
        answer = await shop.post(address(connector, slug), content=b"{}", headers=SIGNED)
        assert answer.status_code in {404, 405}, slug


async def test_the_gateways_own_role_cannot_read_what_came_in(as_role) -> None:
    async with as_role("gateway").connection() as connection:
        with pytest.raises(Exception, match="permission denied"):
            await connection.fetch("SELECT body FROM webhook_deliveries")


async def test_the_other_roles_cannot_call_the_door(as_role) -> None:
    for role in ("worker", "orchestrator"):
        async with as_role(role).connection() as connection:
            with pytest.raises(Exception, match="permission denied"):
                await connection.fetchval("SELECT accept_webhook($1, 'woocommerce', '', '', '', '')", uuid4())


async def test_the_secret_is_a_credential_that_may_be_given(account) -> None:
    connector = await account.connector("woocommerce")
    changed = {"consumer_key": "ck_" + "1" * 40, "consumer_secret": "cs_" + "2" * 40, "webhook_secret": "hook me"}
    answer = await account.manager.patch(f"/api/v1/connectors/{connector}", json={"credentials": changed})
    assert answer.status_code == 200, answer.text
    assert "hook me" not in answer.text
