"""The quarantine as a merchant sees it: listed in pages with what is to be done, released by product and operation."""

from uuid import UUID, uuid4

import pytest
from tests_support import add_products

pytestmark = pytest.mark.stack


async def _held(owner, account, connector: str, count: int) -> list[tuple[UUID, UUID]]:
    """(product, variant) pairs whose product push and stock push are both in quarantine."""
    found = []
    async with owner.transaction() as connection:
        for product in await add_products(owner, account.id, count):
            variant = uuid4()
            found.append((product, variant))
            await connection.execute(
                "INSERT INTO variants (id, account_id, product_id, sku, content, price_version, price_origin, stock_version, stock_origin)"
                " VALUES ($1, $2, $3, $4, '{}', 1, 't', 1, 't')",
                variant, account.id, product, f"SKU-{product}",
            )  # fmt: skip
            for item, kind, operation in (
                (product, "product", "push_products"),
                (variant, "variant", "push_stock"),
            ):
                await connection.execute(
                    "INSERT INTO listing_operations (connector_id, item_id, operation, account_id, catalog_version, failures,"
                    " failure_reason, failure_message, failing_since)"
                    " VALUES ($1::text::uuid, $2, $3, $4, 1, 3, 'invalid_value', 'Too long', now())",
                    connector, item, operation, account.id,
                )  # fmt: skip
                await connection.execute(
                    "INSERT INTO listings (connector_id, item_id, kind, account_id, product_id, shop_identity, external_id, state)"
                    " VALUES ($1::text::uuid, $2, $3, $4, $5, 's', $6, 'quarantined')",
                    connector, item, kind, account.id, product, str(item),
                )  # fmt: skip
    return found


async def _listed(account, url: str, **params) -> list[dict]:
    found, cursor = [], None
    while True:
        answer = await account.reader.get(url, params=params | ({"cursor": cursor} if cursor else {}))
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return found


@pytest.mark.parametrize("router", ["connectors", "woocommerce"])
async def test_what_is_held_back_is_listed_in_pages_with_reason_and_advice(account, owner, router) -> None:
    connector = await account.connector("woocommerce")
    held = await _held(owner, account, connector, 3)
    url = f"/api/v1/{router}/{connector}/quarantine"
    found = await _listed(account, url, limit=2)
    wanted = {(str(p), "push_products") for p, _ in held} | {(str(v), "push_stock") for _, v in held}
    assert sorted((one["item_id"], one["operation"]) for one in found) == sorted(wanted)
    assert len(found) == 6
    first = next(one for one in found if one["item_id"] == str(held[0][1]))
    assert (first["product_id"], first["sku"], first["failures"]) == (str(held[0][0]), f"SKU-{held[0][0]}", 3)
    assert (first["reason"], first["message"], bool(first["advice"]), bool(first["since"])) == (
        "invalid_value", "Too long", True, True,
    )  # fmt: skip
    only = await _listed(account, url, operation="push_stock", limit=1)
    assert {one["operation"] for one in only} == {"push_stock"}
    assert (await account.reader.get(url, params={"cursor": "x"})).status_code == 422


async def test_what_was_corrected_is_not_held_any_more(account, owner) -> None:
    connector = await account.connector()
    ((product, variant),) = await _held(owner, account, connector, 1)
    async with owner.transaction() as connection:
        await connection.execute("UPDATE products SET content_version = 2 WHERE id = $1", product)
    found = await _listed(account, f"/api/v1/connectors/{connector}/quarantine")
    assert [one["item_id"] for one in found] == [str(variant)]


async def test_a_release_forgets_failures_by_product_and_operation_and_says_how_many(account, owner) -> None:
    connector = await account.connector()
    held = await _held(owner, account, connector, 3)
    url = f"/api/v1/connectors/{connector}/quarantine"
    one = await account.manager.post(
        f"{url}/release", json={"product_ids": [str(held[0][0])], "operation": "push_stock"}
    )
    assert (one.status_code, one.json()) == (200, {"released": 1})
    assert str(held[0][1]) not in {item["item_id"] for item in await _listed(account, url)}
    both = await account.manager.post(f"{url}/release", json={"product_ids": [str(held[1][0])]})
    assert both.json() == {"released": 2}
    rest = await account.manager.post(f"{url}/release")
    assert rest.json() == {"released": 3}
    assert (await account.manager.post(f"{url}/release", json={})).json() == {"released": 0}
    assert await _listed(account, url) == []
    async with owner.connection() as connection:
        states = await connection.fetch("SELECT DISTINCT state FROM listings WHERE account_id = $1", account.id)
        audit = await connection.fetch(
            "SELECT details FROM audit_log WHERE account_id = $1 AND action = 'quarantine.released' ORDER BY at",
            account.id,
        )
    assert [row["state"] for row in states] == ["confirmed"]
    assert [row["details"]["released"] for row in audit] == [1, 2, 3, 0]


async def test_a_listing_stays_marked_while_another_operation_of_it_is_held(account, owner) -> None:
    connector = await account.connector()
    ((_, variant),) = await _held(owner, account, connector, 1)
    async with owner.transaction() as connection:
        await connection.execute(
            "INSERT INTO listing_operations (connector_id, item_id, operation, account_id, catalog_version, failures)"
            " VALUES ($1::text::uuid, $2, 'push_prices', $3, 1, 3)", connector, variant, account.id,
        )  # fmt: skip
    url = f"/api/v1/connectors/{connector}/quarantine/release"
    assert (await account.manager.post(url, json={"operation": "push_stock"})).json() == {"released": 1}
    async with owner.connection() as connection:
        assert await connection.fetchval("SELECT state FROM listings WHERE item_id = $1", variant) == "quarantined"


@pytest.mark.parametrize(
    "body", [{"product_ids": []}, {"product_ids": ["x"]}, {"operation": "pull_products"}, {"products": []}, []]
)
async def test_an_odd_release_is_refused_with_a_pointer(account, body) -> None:
    connector = await account.connector()
    answer = await account.manager.post(f"/api/v1/connectors/{connector}/quarantine/release", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert answer.json()["errors"][0]["pointer"].startswith("#")


async def test_products_of_another_account_are_unknown_and_release_nothing(account, make_account, owner) -> None:
    connector = await account.connector()
    ((product, _),) = await _held(owner, account, connector, 1)
    (foreign,) = await add_products(owner, (await make_account()).id, 1)
    url = f"/api/v1/connectors/{connector}/quarantine"
    answer = await account.manager.post(f"{url}/release", json={"product_ids": [str(product), str(foreign)]})
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_products")
    assert len(await _listed(account, url)) == 2
