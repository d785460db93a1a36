"""Applies product snapshots: content is compared, variants are matched by SKU within the account, and only what differs is written."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from pixee_common.db import Connection
from pixee_common.domain.ids import new_id
from pixee_common.domain.product import Product, Variant
from pixee_common.domain.reasons import ReasonCode
from pixee_common.events.catalog import ProductUpserted
from pixee_orchestrator.auto_sync.marks import Marks
from pixee_orchestrator.catalog.changes import Applied, Status, Told
from pixee_orchestrator.catalog.stored import (
    Prices,
    StoredProduct,
    StoredVariant,
    read_owners,
    read_products,
    read_stock,
    stored_content,
    stored_variant_content,
)
from pixee_orchestrator.catalog.writing import Writes

__all__ = ["upsert_products"]


async def upsert_products(
    connection: Connection, account: UUID, run: Sequence[Told[ProductUpserted]], marks: Marks
) -> list[Applied]:
    """Applies the snapshots in order, each product once. The caller holds the account's row."""
    merge = await _Merge.read(connection, account, run, marks)
    results = [merge.apply(told.change.product, told.origin) for told in run]
    await merge.writes.write(connection)
    return results


class _Merge:
    """The stored side of a run, moved along as its products are applied."""

    def __init__(
        self,
        writes: Writes,
        products: dict[str, StoredProduct],
        owners: dict[str, UUID],
        stock: dict[UUID, dict[str, int]],
    ) -> None:
        self._products = products
        self._owners = owners
        self._stock = stock
        self.writes = writes

    @classmethod
    async def read(
        cls, connection: Connection, account: UUID, run: Sequence[Told[ProductUpserted]], marks: Marks
    ) -> "_Merge":
        given = [told.change.product for told in run]
        products = await read_products(connection, account, [product.key for product in given])
        owners = await read_owners(connection, account, [v.sku for product in given for v in product.variants])
        stocked = {v.sku for product in given for v in product.variants if v.stock}
        known = [v.id for product in products.values() for v in product.variants.values() if v.sku in stocked]
        stock = await read_stock(connection, known) if known else {}
        return cls(Writes(account, marks), products, owners, stock)

    def apply(self, product: Product, origin: str) -> Applied:
        stored = self._products.get(product.key)
        if stored is None:
            stored = self._products[product.key] = StoredProduct(new_id(), product.key, None, live=False)
        taken = [v.sku for v in product.variants if self._owners.get(v.sku, stored.id) != stored.id]
        if taken:
            text = f"SKU {', '.join(taken[:5])} belongs to another product of the catalog"
            return Applied(Status.REFUSED, ReasonCode.SKU_DUPLICATE, text)
        content = stored_content(product)
        revived = not stored.live
        gone = [v for sku, v in stored.variants.items() if v.live and sku not in {g.sku for g in product.variants}]
        reshaped = [self._variant(stored, given, place, origin) for place, given in enumerate(product.variants)]
        changed = revived or content != stored.content or bool(gone) or any(shape for shape, _ in reshaped)
        for variant in gone:
            variant.live = False
            self._owners.pop(variant.sku, None)
            self.writes.retired.append(variant.id)
        if changed:
            self.writes.product(stored.id, stored.key, content, origin)
            self.writes.more_products += revived
            stored.content, stored.live = content, True
        elif not any(value for _, value in reshaped):
            return Applied(Status.UNCHANGED)
        return Applied(Status.APPLIED)

    def _variant(self, stored: StoredProduct, given: Variant, place: int, origin: str) -> tuple[bool, bool]:
        """(whether the product's content changed by it, whether a price or stock changed)."""
        old = stored.variants.get(given.sku)
        content = stored_variant_content(given)
        new = StoredVariant(
            id=old.id if old else new_id(),
            product_id=stored.id,
            position=place,
            sku=given.sku,
            ean=given.ean,
            content=content,
            prices=_prices(given, old),
            live=True,
        )
        levels = {level.location: level.quantity for level in given.stock}
        priced = old is None or new.prices != old.prices
        stocked = old is None or bool(levels and levels != self._stock.get(new.id, {}))
        shaped = old is None or replace(old, prices=new.prices) != new
        if shaped or priced or stocked:
            self.writes.variant(new, priced=priced, stocked=stocked, origin=origin)
        if levels and stocked:
            self.writes.stock[new.id] = levels
            self._stock[new.id] = levels
        stored.variants[given.sku] = new
        self._owners[given.sku] = stored.id
        return shaped, priced or stocked


def _prices(given: Variant, old: StoredVariant | None) -> Prices:
    if given.currency is None:
        return old.prices if old else (None, None, None, None)
    return (given.base_price, given.compare_at_price, given.cost, given.currency)
