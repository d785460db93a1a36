"""Requirements through a worker, and mappings: checked, versioned, audited, kept apart by account."""

import asyncio
from uuid import UUID, uuid4

import pytest
from tests_support import add_products

from pixee_common.platforms.requirements import Choice, Requirements

pytestmark = pytest.mark.stack

SHOP = Requirements(
    tax_classes=(Choice(code="reduced-rate", label="Reduced rate"),),
    categories=(Choice(code="Hats", label="Hats"),),
    open=("categories",),
)


class World:
    """The rows that a worker would write."""

    def __init__(self, owner):
        self.owner = owner

    async def run(self, statement, *values):
        async with self.owner.transaction() as connection:
            return await connection.fetch(statement, *values)

    async def keep(self, connector, account, requirements=SHOP):
        await self.run(
            "INSERT INTO requirements (connector_id, account_id, body) VALUES ($1, $2, $3)"
            " ON CONFLICT (connector_id) DO UPDATE SET body = excluded.body, fetched_at = now()",
            UUID(connector),
            account.id,
            requirements.model_dump(mode="json"),
        )

    async def answer(self, connector, answer):
        """Waits for the describe probe and answers it; the number of probes."""
        async with asyncio.timeout(5):
            while not (rows := await self.run("SELECT id FROM probes WHERE connector_id = $1", UUID(connector))):
                await asyncio.sleep(0.02)
        await self.run(
            "UPDATE probes SET answered_at = now(), answer = $2 WHERE connector_id = $1 AND answered_at IS NULL",
            UUID(connector),
            answer,
        )
        return len(rows)


@pytest.fixture
async def world(owner):
    made = World(owner)
    yield made
    await made.run("DELETE FROM workers")


@pytest.fixture
async def worker(world):
    await world.run(
        "INSERT INTO workers (id, platforms, host, pid, version) VALUES ($1, '{shopify}', 'h', 1, 'v')", uuid4()
    )


async def test_requirements_that_are_kept_are_told_with_their_age(account, world):
    connector = await account.connector()
    await world.keep(connector, account)
    await world.run("UPDATE requirements SET fetched_at = now() - interval '90 s'")
    answer = await account.reader.get(f"/api/v1/connectors/{connector}/requirements")
    assert answer.status_code == 200
    body = answer.json()
    assert 90 <= body["age_seconds"] < 120
    assert body["fetched_at"].endswith("Z")
    assert body["requirements"]["tax_classes"] == [{"code": "reduced-rate", "label": "Reduced rate"}]
    assert await world.run("SELECT 1 FROM probes WHERE connector_id = $1", UUID(connector)) == []


async def test_a_worker_is_asked_where_nothing_is_kept_and_one_question_serves_all(account, world, worker):
    connector = await account.connector()
    url = f"/api/v1/connectors/{connector}/requirements"
    asking = [asyncio.create_task(account.reader.get(url)) for _ in range(3)]
    async with asyncio.timeout(5):
        while not await world.run("SELECT 1 FROM probes WHERE connector_id = $1", UUID(connector)):
            await asyncio.sleep(0.02)
    await world.keep(connector, account)
    await world.answer(connector, {"success": True, "requirements": {}})
    answers = await asyncio.gather(*asking)
    assert [one.status_code for one in answers] == [200, 200, 200]
    rows = await world.run("SELECT kind FROM probes WHERE connector_id = $1", UUID(connector))
    assert [row["kind"] for row in rows] == ["describe"]


async def test_the_shop_is_asked_anew_once_a_minute_at_most(account, world, worker):
    connector = await account.connector()
    await world.keep(connector, account)
    url = f"/api/v1/connectors/{connector}/requirements?refresh=true"
    asking = asyncio.create_task(account.reader.get(url))
    await world.answer(connector, {"success": True})
    assert (await asking).status_code == 200
    again = await account.reader.get(url)
    assert (again.status_code, again.json()["code"]) == (429, "asked_too_soon")
    assert 1 <= int(again.headers["retry-after"]) <= 60
    await world.run("UPDATE probes SET asked_at = asked_at - interval '61 s'")
    asking = asyncio.create_task(account.reader.get(url))
    await asyncio.sleep(0.2)
    assert await world.answer(connector, {"success": True}) == 2
    assert (await asking).status_code == 200


async def test_a_shop_that_refuses_is_told_with_what_to_mend(account, world, worker):
    connector = await account.connector()
    asking = asyncio.create_task(account.reader.get(f"/api/v1/connectors/{connector}/requirements"))
    await world.answer(connector, {"success": False, "code": "credentials_refused", "message": "Credentials refused."})
    answer = await asking
    assert (answer.status_code, answer.json()["code"]) == (502, "credentials_refused")
    again = await account.reader.get(f"/api/v1/connectors/{connector}/requirements")
    assert again.status_code == 429
    assert "Credentials refused." in again.json()["detail"]


async def test_without_a_worker_there_is_no_answer_and_no_probe(account, world):
    connector = await account.connector()
    answer = await account.reader.get(f"/api/v1/connectors/{connector}/requirements")
    assert (answer.status_code, answer.json()["code"]) == (503, "no_worker")
    assert await world.run("SELECT 1 FROM probes WHERE connector_id = $1", UUID(connector)) == []


async def test_a_mapping_begins_empty_and_is_replaced_by_version(account, world):
    connector = await account.connector()
    url = f"/api/v1/connectors/{connector}/mapping"
    first = await account.reader.get(url)
    assert (first.status_code, first.json()["version"], first.headers["etag"]) == (200, 0, '"0"')
    assert first.json()["categories"] == {}
    put = await account.manager.put(url, json={"version": 0, "categories": {"Caps": "Hats"}, "locale": "de"})
    assert put.status_code == 200, put.text
    assert (put.json()["version"], put.json()["locale"], put.headers["etag"]) == (1, "de", '"1"')
    by_header = await account.manager.put(url, json={"categories": {"Caps": "Hats"}}, headers={"If-Match": '"1"'})
    assert (by_header.json()["version"], by_header.json()["locale"]) == (2, None)
    stale = await account.manager.put(url, json={"version": 1})
    assert (stale.status_code, stale.json()["code"], stale.headers["etag"]) == (409, "stale_version", '"2"')
    same = await account.manager.put(url, json={"version": 2, "categories": {"Caps": "Hats"}})
    assert same.json()["version"] == 2
    (row,) = await world.run("SELECT mapping_version FROM connectors WHERE id = $1", UUID(connector))
    assert row["mapping_version"] == 2
    audited = await world.run(
        "SELECT details FROM audit_log WHERE target = $1 AND action = 'connector.mapping_changed' ORDER BY id",
        connector,
    )
    assert [row["details"] for row in audited] == [
        {"version": 1, "changed": ["categories", "locale"]},
        {"version": 2, "changed": ["locale"]},
    ]


async def test_of_two_changes_at_once_one_is_stale(account, world):
    connector = await account.connector()
    url = f"/api/v1/connectors/{connector}/mapping"
    for version in range(3):
        bodies = [{"version": version, "locale": f"{language}-{version}"} for language in ("de", "en", "fr", "it")]
        answers = await asyncio.gather(*(account.manager.put(url, json=body) for body in bodies))
        assert sorted(one.status_code for one in answers) == [200, 409, 409, 409]
    assert (await account.reader.get(url)).json()["version"] == 3


@pytest.mark.parametrize(
    ("body", "headers", "pointer"),
    [
        ({}, {}, "#/version"),
        ({"version": 1}, {"If-Match": '"0"'}, "#/version"),
        ({"version": 0}, {"If-Match": "x"}, "header/If-Match"),
        ({"version": 0, "colours": {}}, {}, "#/colours"),
        ({"version": 0, "categories": {"a": ""}}, {}, "#/categories"),
        ({"version": 0, "attributes": [{"target": "a", "source": "colour"}]}, {}, "#/attributes/0/source"),
        ({"version": 0, "attributes": [{"target": "a", "source": "field:colour"}]}, {}, "#/attributes/0/source"),
        ({"version": 0, "tax_classes": {"a/b": "reduced"}}, {}, "#/tax_classes/a~1b"),
        ({"version": 0, "price_list": "vip"}, {}, "#/price_list"),
    ],
)
async def test_a_wrong_mapping_is_refused_with_a_pointer(account, world, body, headers, pointer):
    connector = await account.connector()
    await world.keep(connector, account)
    answer = await account.manager.put(f"/api/v1/connectors/{connector}/mapping", json=body, headers=headers)
    assert answer.status_code == 422, answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert await world.run("SELECT 1 FROM mappings WHERE connector_id = $1", UUID(connector)) == []


async def test_a_code_that_the_shop_lacks_is_refused_with_near_names(account, world):
    connector = await account.connector()
    await world.keep(connector, account)
    answer = await account.manager.put(
        f"/api/v1/connectors/{connector}/mapping", json={"version": 0, "tax_classes": {"r": "reduced"}}
    )
    assert "did you mean reduced-rate?" in answer.json()["detail"]


async def test_suggestions_and_what_is_missing_come_from_the_catalog(account, world, owner):
    connector = await account.connector()
    await world.keep(connector, account)
    ids = await add_products(owner, account.id, 4)
    content = {
        "categories": [["Clothes", "Hat"]],
        "tax_class": "reduced",
        "attributes": [{"code": "colour", "values": {"de": ["rot"], "en": ["red"]}, "unit": None}],
    }
    await world.run("UPDATE products SET content = $2 WHERE id = ANY ($1)", ids[:3], content)
    await world.run(
        'UPDATE products SET content = content || \'{"tax_class": "zero"}\', deleted_at = now() WHERE id = $1', ids[0]
    )
    body = (await account.reader.get(f"/api/v1/connectors/{connector}/mapping")).json()
    assert {(one["part"], one["ours"], one["theirs"]) for one in body["suggestions"]} == {
        ("categories", "Clothes > Hat", "Hats"),
        ("tax_classes", "reduced", "reduced-rate"),
    }
    assert body["missing"] == []
    rule = {"target": "color", "source": "attribute:colour", "values": {"red": "RED"}}
    wanted = {"version": 0, "tax_classes": {"other": "reduced-rate"}, "attributes": [rule]}
    put = await account.manager.put(f"/api/v1/connectors/{connector}/mapping", json=wanted)
    assert [(one["field"], one["ours"], one["products"]) for one in put.json()["missing"]] == [
        ("attributes.color.values", "rot", 2),
        ("tax_classes", "reduced", 2),
    ]


async def test_a_new_mapping_lets_quarantined_items_be_tried_again(account, world, owner):
    connector = await account.connector()
    (product,) = await add_products(owner, account.id, 1)
    await world.run(
        "INSERT INTO listing_operations (connector_id, item_id, operation, account_id, failures, failure_reason)"
        " VALUES ($1, $2, 'push_products', $3, 3, 'missing_mapping')",
        UUID(connector),
        product,
        account.id,
    )
    await account.manager.put(f"/api/v1/connectors/{connector}/mapping", json={"version": 0, "locale": "de"})
    (row,) = await world.run("SELECT failures FROM listing_operations WHERE connector_id = $1", UUID(connector))
    assert row["failures"] == 0


async def test_mapping_and_requirements_of_another_account_and_platform_are_not_found(account, make_account, world):
    connector = await account.connector()
    await world.keep(connector, account)
    other = await make_account()
    for part in ("mapping", "requirements"):
        assert (await other.reader.get(f"/api/v1/connectors/{connector}/{part}")).status_code == 404
        assert (await account.reader.get(f"/api/v1/woocommerce/{connector}/{part}")).status_code == 404
        assert (await account.reader.get(f"/api/v1/connectors/{connector}/{part}/")).status_code == 404
    put = await other.manager.put(f"/api/v1/connectors/{connector}/mapping", json={"version": 0})
    assert put.status_code == 404
    refused = await account.reader.put(f"/api/v1/connectors/{connector}/mapping", json={"version": 0})
    assert refused.status_code == 403


async def test_the_routers_of_single_platforms_serve_them_too(account, world):
    connector = await account.connector("woocommerce")
    await world.keep(connector, account)
    assert (await account.reader.get(f"/api/v1/woocommerce/{connector}/requirements")).status_code == 200
    put = await account.manager.put(f"/api/v1/woocommerce/{connector}/mapping", json={"version": 0, "locale": "de"})
    assert put.json()["version"] == 1
