"""A catalog that is told of changes as Kafka would tell them, and the switch of a connector."""

from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from uuid import UUID

from sync_orchestrator.world import World

from pixee_common.domain.product import Product, StockLevel, Variant
from pixee_common.events import CatalogChanged
from pixee_common.events.catalog import Change, PriceChanged, ProductUpserted, StockChanged
from pixee_common.messaging.consuming import Received
from pixee_common.messaging.topics import CATALOG_CHANGED
from pixee_orchestrator.catalog.consumer import CatalogConsumer


async def switch(world: World, connector: UUID, *operations: str) -> None:
    await world.execute("UPDATE connectors SET auto_sync = $2 WHERE id = $1", connector, list(operations))


class Catalog:
    """Changes of one account's catalog, each a batch of its own, and what is pending because of them."""

    def __init__(self, world: World, consumer: CatalogConsumer, account: UUID) -> None:
        self._world = world
        self._consumer = consumer
        self.account = account
        self._numbers = count(1)

    async def tell(self, *changes: Change, sequence: int | None = None) -> None:
        source = "pim" if sequence is None else "other"
        batch = []
        for change in changes:
            number = next(self._numbers)
            event = CatalogChanged(
                account_id=self.account,
                source=source,
                sequence=number if sequence is None else sequence,
                occurred_at=datetime.now(UTC),
                change=change,
            )
            batch.append(Received(CATALOG_CHANGED, 0, number, b"k", event.body(), {}))
        await self._consumer.handle(batch)

    async def product(self, key: str, *, quantity: int, price: str) -> None:
        variant = Variant(sku=key, base_price=Decimal(price), currency="EUR", stock=(StockLevel(quantity=quantity),))
        await self.tell(ProductUpserted(product=Product(key=key, names={"en": key}, variants=(variant,))))

    async def stock(self, sku: str, quantity: int, *, sequence: int | None = None) -> None:
        await self.tell(StockChanged(sku=sku, levels=(StockLevel(quantity=quantity),)), sequence=sequence)

    async def price(self, sku: str, amount: str) -> None:
        await self.tell(PriceChanged(sku=sku, currency="EUR", base_price=Decimal(amount)))

    async def pending(self, connector: UUID) -> set[tuple[str, str]]:
        """(operation, product key or SKU) of each pending change."""
        rows = await self._world.rows(
            "SELECT c.operation, coalesce(p.key, v.sku) AS name FROM pending_changes c "
            "LEFT JOIN products p ON p.id = c.item_id LEFT JOIN variants v ON v.id = c.item_id WHERE c.connector_id = $1",
            connector,
        )
        return {(row["operation"], row["name"]) for row in rows}
