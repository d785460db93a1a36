"""Pages of a pull on real PostgreSQL: matched, taken over, left alone where ours is newer, chained, counted once."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from pixee_common.domain.job import Operation
from pixee_common.platforms.manifest import Capability, HostSpec, Manifest, Mode
from pixee_orchestrator.catalog.pulls.applying import PullPages
from pixee_orchestrator.planning.planner import Planner

pytestmark = pytest.mark.stack

SHOP = Manifest(
    slug="shopify", title="Shop", version="1", api_version="1", credentials=(), credential_sets=(), settings=(),
    host=HostSpec(address_setting="shop"),
    capabilities={Operation.PULL_PRODUCTS: Capability(mode=Mode.BULK, max_items=100, incremental=True, overlap_seconds=30)},
)  # fmt: skip
CONTENT = {"names": {"en": "Chair"}, "descriptions": {"en": "A chair"}, "brand": "Acme", "status": "active"}


class Pull:
    """One pull job under way, and the pages that a worker would stage."""

    def __init__(self, world, database, account: UUID, connector: UUID) -> None:
        self.world = world
        self.account = account
        self.connector = connector
        self.pages = PullPages(database, {"shopify": SHOP})
        self.planner = Planner(database, {"shopify": SHOP})
        self.job: UUID

    async def begin(self, scope=None) -> "Pull":
        self.job = await self.world.job(self.account, self.connector, "pull_products", scope)
        assert await self.planner.step()
        return self

    async def read(self, no: int, *products: dict, cursor=None, requested_at=None, total: int | None = None) -> None:
        """A worker has the page."""
        await self.world.execute("UPDATE chunks SET state = 'sent' WHERE job_id = $1 AND no = $2", self.job, no)
        await self.world.execute(
            "INSERT INTO pulled_pages (job_id, chunk_no, account_id, connector_id, products, next_cursor, requested_at, total) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            *(
                self.job,
                no,
                self.account,
                self.connector,
                list(products),
                cursor,
                requested_at or datetime.now(UTC),
                total,
            ),
        )

    async def stage(self, no: int, *products: dict, **page) -> None:
        """A worker has the page, and it is applied."""
        await self.read(no, *products, **page)
        await self.pages.sweep()

    async def issues(self) -> list:
        return await self.world.rows(
            "SELECT outcome, reason, warning, candidates FROM item_issues WHERE job_id = $1", self.job
        )


def shown(external: str, **fields) -> dict:
    """A simple product as a worker stages it."""
    variant = {
        "external_id": f"v{external}", "sku": None, "ean": None, "options": {}, "price": None, "compare_at_price": None,
        "quantity": None, "refs": {},
    }  # fmt: skip
    variant |= {name: fields.pop(name) for name in list(fields) if name in variant}
    return {
        "external_id": external, "our_key": None, "title": "Chair", "description": "<p>A  chair</p>", "brand": "Acme",
        "status": "active", "updated_at": None, "variants": [variant], "options": [], "images": [], "categories": [], "refs": {},
    } | fields  # fmt: skip


@pytest.fixture
async def pull(world, database) -> Pull:
    account = await world.account()
    return Pull(world, database, account, await world.connector(account, currency="EUR", locale="en"))


async def _known(pull: Pull, external: str | None = "1", key: str = "A", **columns) -> UUID:
    """A product of the catalog, listed at the connector under an external id."""
    product = (await pull.world.products(pull.account, 1))[0]
    await pull.world.execute("UPDATE products SET key = $2, content = $3 WHERE id = $1", product, key, CONTENT)
    await pull.world.execute(
        "UPDATE variants SET sku = $2, base_price = 10, currency = 'EUR', ean = $3, ean_key = $3 WHERE product_id = $1",
        *(product, key, columns.get("ean")),
    )
    if external:
        await pull.world.execute(
            "INSERT INTO listings (connector_id, item_id, kind, account_id, product_id, shop_identity, external_id, state) "
            "VALUES ($1, $2, 'product', $3, $2, 's', $4, 'confirmed')",
            *(pull.connector, product, pull.account, external),
        )
    return product


async def test_unknown_products_are_created_and_listed_and_announced_with_our_source(world, pull) -> None:
    await pull.begin()
    await pull.stage(
        0, shown("11", sku="S-1", price="19.90", quantity=4, ean="4006381333931"), shown("12", title="No SKU")
    )
    row = await world.state(pull.job)
    assert (row["state"], row["total"], row["succeeded"]) == ("completed", 2, 2)
    rows = await world.rows(
        "SELECT p.key, v.sku, v.base_price, v.currency, v.ean FROM products p JOIN variants v ON v.product_id = p.id ORDER BY p.key"
    )
    assert [tuple(r) for r in rows] == [
        ("S-1", "S-1", Decimal("19.9"), "EUR", "4006381333931"), ("shopify-12", "shopify-12", None, None, None),
    ]  # fmt: skip
    assert await world.value("SELECT count(*) FROM listings WHERE state = 'confirmed'") == 4
    assert await world.value("SELECT quantity FROM stock") == 4
    assert await world.value("SELECT product_count FROM accounts") == 2
    told = await world.rows(
        "SELECT convert_from(payload, 'UTF8')::jsonb AS event FROM outbox WHERE topic = 'pixee.catalog.changed.v1'"
    )
    assert {row["event"]["source"] for row in told} == {f"pull:{pull.connector}"}
    assert {row["event"]["change"]["action"] for row in told} == {"upsert"}


async def test_a_product_that_the_shop_only_normalised_is_unchanged(world, pull) -> None:
    product = await _known(pull)
    version = await world.value("SELECT content_version FROM products WHERE id = $1", product)
    await (await pull.begin()).stage(0, shown("1", price="10.00"))
    row = await world.state(pull.job)
    assert (row["state"], row["skipped"]) == ("completed", 1)
    assert await pull.issues() == []
    assert await world.value("SELECT content_version FROM products WHERE id = $1", product) == version


async def test_only_what_differs_from_the_shops_value_as_last_seen_is_taken_over(world, pull) -> None:
    product = await _known(pull)
    await (await pull.begin()).stage(0, shown("1", title="CHAIR by the shop", price="10", quantity=5))
    assert (await world.value("SELECT content FROM products WHERE id = $1", product))["names"] == {
        "en": "CHAIR by the shop"
    }
    await world.execute("UPDATE products SET content = $2 WHERE id = $1", product, CONTENT)  # ours again
    await (await pull.begin()).stage(0, shown("1", title="CHAIR by the shop", price="12.50", quantity=5))
    assert (await world.value("SELECT content FROM products WHERE id = $1", product))["names"] == {"en": "Chair"}
    row = (await world.rows("SELECT base_price, price_origin FROM variants WHERE product_id = $1", product))[0]
    assert (row["base_price"], row["price_origin"]) == (Decimal("12.5"), f"pull:{pull.connector}")
    assert await world.value("SELECT sum(quantity) FROM stock") == 5


async def test_a_price_in_another_currency_than_ours_or_of_a_price_list_is_left_alone(world, pull) -> None:
    product = await _known(pull)
    await world.execute("UPDATE variants SET currency = 'USD'")
    await (await pull.begin()).stage(0, shown("1", price="99"))
    assert await world.value("SELECT base_price FROM variants WHERE product_id = $1", product) == 10


@pytest.mark.parametrize("why", ["newer", "open", "sent after"])
async def test_the_shops_value_is_ignored_where_ours_is_on_its_way(world, pull, why) -> None:
    product = await _known(pull)
    asked = datetime.now(UTC) - timedelta(minutes=1)
    sent_at = asked + timedelta(seconds=10) if why == "sent after" else asked - timedelta(hours=1)
    version = 1 if why == "newer" else 9
    await world.execute("UPDATE products SET content_version = $1", 2 if why == "newer" else 9)
    await world.execute(
        "INSERT INTO listing_operations (connector_id, item_id, operation, account_id, catalog_version, sent_at) VALUES ($1, $2, 'push_products', $3, $4, $5)",
        *(pull.connector, product, pull.account, version, sent_at),
    )
    if why == "open":
        await world.job(pull.account, pull.connector)
        while await pull.planner.step():
            pass
        await world.execute("UPDATE chunks SET state = 'claimed'")
    await (await pull.begin()).stage(0, shown("1", title="Changed at the shop"), requested_at=asked)
    assert (await world.value("SELECT content FROM products WHERE id = $1", product))["names"] == {"en": "Chair"}
    assert [(i["outcome"], i["reason"], i["warning"]) for i in await pull.issues()] == [
        ("skipped", "pull_ignored", False)
    ]
    await world.execute("DELETE FROM listing_operations")
    await world.execute("UPDATE chunks SET state = 'done'")
    await (await pull.begin()).stage(0, shown("1", title="Changed at the shop"))
    assert (await world.value("SELECT content FROM products WHERE id = $1", product))["names"] == {
        "en": "Changed at the shop"
    }


async def test_our_key_then_the_ean_tell_which_product_it_is_and_several_hits_are_left_to_a_person(world, pull) -> None:
    keyed = await _known(pull, None, "A")
    by_ean = await _known(pull, None, "B", ean="4006381333931")
    twins = [await _known(pull, None, key, ean="96385074") for key in ("C", "D")]
    await pull.begin()
    await pull.stage(
        0,
        shown("1", our_key="A"),
        shown("2", ean="04006381333931"),
        shown("3", ean="96385074"),
        shown("4", our_key="A"),
    )
    listed = await world.rows("SELECT item_id, external_id FROM listings WHERE kind = 'product' ORDER BY external_id")
    assert [(row["external_id"], row["item_id"]) for row in listed] == [("1", keyed), ("2", by_ean)]
    reviews = {issue["reason"]: issue for issue in await pull.issues()}
    assert set(reviews) == {"ean_ambiguous", "belongs_to_another"}
    assert reviews["ean_ambiguous"]["candidates"] == sorted(map(str, twins))
    row = await world.state(pull.job)
    assert (row["total"], row["failed"], row["skipped"]) == (4, 2, 2)


async def test_a_product_that_was_deleted_here_is_not_brought_back(world, pull) -> None:
    product = await _known(pull)
    await world.execute("UPDATE products SET deleted_at = now()")
    await (await pull.begin()).stage(0, shown("1", title="Still there"))
    assert await world.value("SELECT deleted_at IS NOT NULL FROM products WHERE id = $1", product)
    assert [issue["reason"] for issue in await pull.issues()] == ["pull_ignored"]


async def test_what_the_catalog_cannot_hold_is_rejected_alone(world, pull) -> None:
    await pull.begin()
    await pull.stage(0, shown("1", sku="a/b"), shown("2", sku="fine"))
    row = await world.state(pull.job)
    assert (row["state"], row["succeeded"], row["failed"]) == ("completed_with_errors", 1, 1)
    assert [(i["outcome"], i["reason"]) for i in await pull.issues()] == [("rejected", "invalid_value")]


async def test_pages_are_a_chain_and_the_next_pull_begins_where_the_first_page_was_asked(world, pull) -> None:
    await pull.begin()
    asked = datetime(2026, 11, 20, 12, tzinfo=UTC)
    await pull.stage(0, shown("1"), cursor={"page": 2}, requested_at=asked)
    row = await world.state(pull.job)
    assert (row["state"], row["planning"], row["total"]) == ("running", "begun", 1)
    assert [(c["no"], c["state"], c["cursor"]) for c in await world.chunks(pull.job)] == [
        (0, "done", None),
        (1, "pending", {"page": 2}),
    ]
    await pull.stage(1, shown("2"), requested_at=asked + timedelta(hours=1))
    row = await world.state(pull.job)
    assert (row["state"], row["total"], row["pulled_until"]) == ("completed", 2, asked - timedelta(seconds=30))
    await pull.begin()
    assert (await world.state(pull.job))["since"] == asked - timedelta(seconds=30)
    await pull.stage(0)
    await pull.begin({"mode": "full"})
    assert (await world.state(pull.job))["since"] is None


async def test_a_page_that_cannot_be_applied_fails_as_internal_and_is_kept(world, pull) -> None:
    await pull.begin()
    await pull.stage(0, {"nonsense": True}, cursor={"page": 2})
    row = await world.state(pull.job)
    assert (row["state"], row["failed"]) == ("failed", 1)
    assert await world.value("SELECT reason FROM dead_letters") == "page_failed"
    assert await world.value("SELECT count(*) FROM pulled_pages") == 0


async def test_what_a_pull_brings_is_marked_for_the_other_connectors_alone(world, pull) -> None:
    other = await world.connector(pull.account)
    await world.execute("UPDATE connectors SET auto_sync = '{push_products,push_stock,push_prices}'")
    await pull.begin()
    await pull.stage(0, shown("7", sku="NEW", price="4.00", quantity=3))
    product = await world.value("SELECT id FROM products WHERE account_id = $1", pull.account)
    rows = await world.rows("SELECT connector_id, operation, item_id FROM pending_changes")
    assert [tuple(row) for row in rows] == [(other, "push_products", product)]
