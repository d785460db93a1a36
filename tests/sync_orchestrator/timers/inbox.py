"""A connector with one product of the catalog, and what its shop tells of it: rows as a worker leaves them."""

from datetime import timedelta
from uuid import UUID

from pixee_common.domain.ids import new_id
from pixee_orchestrator.timers.webhook_verdicts import judge_webhooks

CONTENT = {"names": {"en": "Chair"}, "descriptions": {"en": "A chair"}, "brand": "Acme", "status": "active"}


class Inbox:
    """A connector with one product, listed as 7 with quantity 5 and price 10, and what its shop tells."""

    def __init__(self, world, database, account: UUID, connector: UUID) -> None:
        self.world, self.database, self.account, self.connector = world, database, account, connector
        self.product: UUID
        self.variant: UUID

    async def list_product(self, *, variant_as: str = "7") -> None:
        self.product = (await self.world.products(self.account, 1))[0]
        self.variant = await self.world.value("SELECT id FROM variants WHERE product_id = $1", self.product)
        await self.world.execute("UPDATE products SET key = 'A', content = $2 WHERE id = $1", self.product, CONTENT)
        await self.world.execute(
            "UPDATE variants SET sku = 'A', base_price = 10, currency = 'EUR' WHERE id = $1", self.variant
        )
        await self.world.execute(
            "INSERT INTO stock (account_id, variant_id, location, quantity) VALUES ($1, $2, 'default', 5)",
            self.account,
            self.variant,
        )
        parent = None if variant_as == "7" else "7"
        for item, kind, external_id, above in (
            (self.product, "product", "7", None),
            (self.variant, "variant", variant_as, parent),
        ):
            await self.world.execute(
                "INSERT INTO listings (connector_id, item_id, kind, account_id, product_id, shop_identity, external_id,"
                " parent_external_id, refs, state) VALUES ($1, $2, $3, $4, $5, 's', $6, $7, '{\"images\": {}}', 'confirmed')",
                *(self.connector, item, kind, self.account, self.product, external_id, above),
            )
        for item, operation in (
            (self.product, "push_products"),
            (self.variant, "push_stock"),
            (self.variant, "push_prices"),
        ):
            await self.sent(item, operation, ago=60)

    async def sent(self, item: UUID, operation: str, *, ago: float, version: int = 1) -> None:
        await self.world.execute(
            "INSERT INTO listing_operations (connector_id, item_id, operation, account_id, hash, catalog_version, sent_at)"
            " VALUES ($1, $2, $3, $4, 'x', $5, now() - $6::interval) ON CONFLICT (connector_id, item_id, operation)"
            " DO UPDATE SET sent_at = excluded.sent_at, catalog_version = excluded.catalog_version",
            *(self.connector, item, operation, self.account, version, timedelta(seconds=ago)),
        )

    async def stock(self, quantity: int, *, version: int) -> None:
        """The catalog's newest figure."""
        await self.world.execute("UPDATE stock SET quantity = $1", quantity)
        await self.world.execute("UPDATE variants SET stock_version = $1", version)

    async def seen(self, item: UUID, *, ago: float = 0, **values) -> None:
        """By a pull, so many seconds ago; our writes were 60 seconds ago."""
        await self.world.execute(
            "INSERT INTO seen_values (connector_id, item_id, account_id, values, seen_at)"
            " VALUES ($1, $2, $3, $4, now() - $5::interval)",
            *(self.connector, item, self.account, values, timedelta(seconds=ago)),
        )

    async def open_write(self, item: UUID, operation: str = "push_products") -> None:
        await self.world.execute(
            "INSERT INTO chunks (job_id, no, account_id, connector_id, platform, operation, route_key, priority, job_position,"
            " item_ids, letters, size, state) SELECT $1, 0, account_id, id, platform, $3, route_key, 1, 1, $4, '.', 1, 'sent'"
            " FROM connectors WHERE id = $2",
            *(new_id(), self.connector, operation, [item]),
        )

    async def tell(self, told: dict | None, *, external_id: str = "7", ago: float = 4) -> None:
        await self.world.execute(
            "INSERT INTO webhook_deliveries (account_id, connector_id, platform, topic, delivery_id, signature, body, state,"
            " external_id, told, received_at) VALUES ($1, $2, 'woocommerce', 't', 'd', 's', '', 'told', $3, $4, now() - $5::interval)",
            *(self.account, self.connector, external_id, told, timedelta(seconds=ago)),
        )

    async def results(self) -> list[str | None]:
        await judge_webhooks(self.database)
        rows = await self.world.rows("SELECT result FROM webhook_deliveries ORDER BY id")
        return [row["result"] for row in rows]

    async def result(self, told: dict | None, **delivery) -> str | None:
        await self.tell(told, **delivery)
        return (await self.results())[-1]


def figures(external_id: str = "7", **fields) -> dict:
    return {
        "external_id": external_id, "sku": "A", "ean": None, "options": {}, "price": "10.00", "compare_at_price": None,
        "quantity": 5, "refs": {},
    } | fields  # fmt: skip


def simple(external_id: str = "7", *, variants: list[dict] | None = None, **fields) -> dict:
    """A product as a worker puts it: what the catalog has, in the shop's spelling."""
    variant = figures(
        external_id, **{name: fields.pop(name) for name in ("price", "quantity", "sku") if name in fields}
    )
    product = {
        "external_id": external_id, "our_key": "A", "title": "Chair", "description": "<p>A chair</p>\n", "brand": "Acme",
        "status": "active", "updated_at": None, "variants": [variant] if variants is None else variants, "options": [],
        "images": [], "categories": [["Uncategorized"]], "refs": {},
    } | fields  # fmt: skip
    return {"external_id": external_id, "gone": False, "product": product, "variant": None}


def variation(**fields) -> dict:
    return {"external_id": "70", "gone": False, "product": None, "variant": figures("70", **fields)}


GONE = {"external_id": "7", "gone": True, "product": None, "variant": None}
