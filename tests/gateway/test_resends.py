"""What has to be gone through at a shop: asked for where auto-sync is on, by a mapping, by settings and by the switch, in their transaction."""

from uuid import UUID, uuid4

import pytest
from tests_support import add_products

pytestmark = pytest.mark.stack

RULE = {"target": "color", "source": "attribute:colour"}


class Asked:
    """The resends of one connector, and how they change."""

    def __init__(self, owner, account, connector: str) -> None:
        self.owner, self.account, self.connector = owner, account, connector

    async def run(self, statement: str, *values):
        async with self.owner.connection() as connection:
            return await connection.fetch(statement, UUID(self.connector), *values)

    async def now(self) -> dict[str, UUID | None]:
        rows = await self.run("SELECT operation, after FROM resends WHERE connector_id = $1")
        return {row["operation"]: row["after"] for row in rows}

    async def taken(self) -> dict[str, UUID | None]:
        """What is asked for; nothing is afterwards."""
        found = await self.now()
        await self.run("DELETE FROM resends WHERE connector_id = $1")
        return found

    async def patch(self, **body) -> None:
        answer = await self.account.manager.patch(f"/api/v1/connectors/{self.connector}", json=body)
        assert answer.status_code == 200, answer.text

    async def put(self, status: int = 200, **mapping) -> None:
        url = f"/api/v1/connectors/{self.connector}/mapping"
        version = (await self.account.manager.get(url)).json()["version"]
        answer = await self.account.manager.put(url, json={"version": version} | mapping)
        assert answer.status_code == status, answer.text


@pytest.fixture
async def asked(account, owner) -> Asked:
    return Asked(owner, account, await account.connector())


async def test_switching_on_asks_for_what_was_switched_on_and_switching_off_drops_it(asked) -> None:
    await asked.patch(auto_sync={"push_stock": True})
    assert await asked.taken() == {"push_stock": None}
    await asked.patch(auto_sync={"push_stock": True, "push_prices": True})
    assert await asked.now() == {"push_prices": None}
    await asked.patch(auto_sync={"push_prices": False})
    assert await asked.now() == {}


async def test_a_changed_mapping_asks_for_every_operation_that_is_on_and_begins_anew(asked) -> None:
    await asked.patch(auto_sync={"push_products": True, "push_stock": True})
    await asked.run("UPDATE resends SET after = $2 WHERE connector_id = $1", uuid4())
    await asked.put(attributes=[RULE])
    assert await asked.taken() == {"push_products": None, "push_stock": None}
    await asked.put(attributes=[RULE])  # the same again
    assert await asked.now() == {}
    await asked.put(status=422, price_list="nowhere")
    assert await asked.now() == {}


async def test_changed_settings_ask_for_it_and_the_same_settings_or_another_name_do_not(asked) -> None:
    await asked.patch(auto_sync={"push_products": True})
    await asked.taken()
    await asked.patch(settings={"currency": "EUR"}, name="Another name")
    assert await asked.now() == {}
    await asked.patch(settings={"locale": "de"})
    assert await asked.now() == {"push_products": None}


async def test_without_auto_sync_nothing_is_asked_for(asked) -> None:
    await asked.put(attributes=[RULE])
    await asked.patch(settings={"locale": "de"})
    assert await asked.now() == {}


async def test_products_are_pending_until_they_were_compared_with_the_mapping_as_it_stands(asked, owner) -> None:
    items = await add_products(owner, asked.account.id, 3)
    await asked.run(
        "UPDATE accounts SET product_count = 3 WHERE id = (SELECT account_id FROM connectors WHERE id = $1)"
    )
    await asked.run(
        "INSERT INTO listings (connector_id, item_id, kind, account_id, product_id, shop_identity, external_id, state)"
        " SELECT $1, id, 'product', account_id, id, 's', id::text, 'confirmed' FROM products WHERE id = ANY($2)",
        items,
    )
    await asked.run(
        "INSERT INTO listing_operations (connector_id, item_id, operation, account_id, hash, catalog_version)"
        " SELECT $1, id, 'push_products', account_id, 'h', content_version FROM products WHERE id = ANY($2)",
        items,
    )

    async def stats() -> tuple[int, int]:
        found = (await asked.account.reader.get(f"/api/v1/connectors/{asked.connector}")).json()["sync_stats"]
        return found["products_synced"], found["products_pending"]

    assert await stats() == (3, 0)
    await asked.put(attributes=[RULE])
    assert await stats() == (0, 3)
    await asked.run(
        "UPDATE listing_operations SET mapping_version = 1 WHERE connector_id = $1 AND item_id <> $2", items[0]
    )
    assert await stats() == (2, 1)
    await asked.patch(settings={"locale": "de"})
    assert await stats() == (0, 3)


async def test_cancelling_a_job_of_auto_sync_says_that_its_changes_stay_pending_and_no_other_job_says_so(asked) -> None:
    client, url = asked.account.manager, f"/api/v1/connectors/{asked.connector}/sync"
    for path, asker in (("push-stock", "auto-sync"), ("push-prices", "a key")):
        job = (await client.post(f"{url}/{path}")).json()["job_id"]
        await asked.run("UPDATE jobs SET requested_by = $3 WHERE connector_id = $1 AND id = $2", UUID(job), asker)
        warning = (await client.post(f"/api/v1/jobs/{job}/cancel")).json()["warning"]
        assert ("stays pending" in (warning or "")) == (asker == "auto-sync")
