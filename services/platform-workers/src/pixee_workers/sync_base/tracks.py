"""An item on its way through one carry: what it is, whether the shop has to be asked first, and what has been tried."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import JsonValue

from pixee_common.domain.job import Operation
from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.chunks import OperationRow
from pixee_workers.sync_base.connectors_read import Connector
from pixee_workers.sync_base.items import Listing, PriceItem, ProductItem, PushVariant, StockItem
from pixee_workers.sync_base.origins import Origin
from pixee_workers.sync_base.outcomes import Linked, Outcome
from pixee_workers.sync_base.preparing import Ready, mapped_hash


@dataclass(eq=False, slots=True)
class Track:
    """One item that is to be sent."""

    ready: Ready
    look_up: bool = False
    begun_at: datetime | None = None
    """When a create was last begun whose end nobody knows; null: none was, so absence needs no proof."""
    gone: str | None = None
    """The external id that vanished from the shop, where it is created anew."""
    sent: bool = False
    """Whether a write may have reached the shop in this carry."""
    doubtful: bool = False
    """It was sent and the answer said nothing: an intent stays, whatever the outcome."""
    unknowns: int = 0
    exists: int = 0

    @property
    def id(self) -> UUID:
        return self.ready.read.id

    @property
    def key_part(self) -> tuple[UUID, int, bytes, str | None]:
        """What makes a repetition of it recognisable."""
        item = self.ready.item
        external = None if item.listing is None else item.listing.external_id
        return self.id, self.ready.read.version, self.ready.hash, external or self.gone

    def linked(self, linked: Linked) -> None:
        """The shop's object was found: from here on it is an update."""
        item = self.ready.item
        if not isinstance(item, ProductItem):
            return
        variants = tuple(replace(v, listing=linked.variants.get(v.id, v.listing)) for v in item.variants)
        self.ready = self.ready.with_item(replace(item, listing=linked.product or item.listing, variants=variants))
        self.look_up = False

    def vanished(self) -> bool:
        """The shop has lost the product: from here on it is a create. False where that was tried before or does not apply."""
        item = self.ready.item
        if not isinstance(item, ProductItem) or item.listing is None or self.gone is not None:
            return False
        self.gone = item.listing.external_id
        variants = tuple(replace(variant, listing=None) for variant in item.variants)
        self.ready = self.ready.with_item(replace(item, listing=None, variants=variants, gone=()))
        return True


def origin_of(ready: Ready, outcome: Outcome, connector: Connector, adapter: Adapter) -> Origin:
    """What the outcome speaks of, with the hashes of the stock and prices that a create carried."""
    stock = _carried(ready, connector, adapter, Operation.PUSH_STOCK) if outcome.carried_stock else ()
    prices = _carried(ready, connector, adapter, Operation.PUSH_PRICES) if outcome.carried_price else ()
    return Origin(
        item_id=ready.read.id,
        product_id=ready.read.product_id,
        sku=ready.read.sku,
        version=ready.read.version,
        hash=ready.hash,
        attempt=ready.attempt,
        item=ready.item,
        shared_eans=ready.read.shared_eans,
        carried_stock=stock,
        carried_prices=prices,
        mapping_version=connector.mapping_version,
    )


def sent_record(ready: Ready, connector: Connector, adapter: Adapter) -> dict[str, JsonValue]:
    """What a later verdict needs to know of the item as it was sent; `origin_from` reads it."""
    record: dict[str, JsonValue] = {
        "hash": ready.hash.hex(),
        "attempt": ready.attempt.hex(),
        "version": ready.read.version,
        "mapping": connector.mapping_version,
        "product_id": str(ready.read.product_id),
        "sku": ready.read.sku,
    }
    if ready.read.shared_eans:
        record["shared_eans"] = list(ready.read.shared_eans)
    if ready.creates:
        for name, operation in _CARRIED.items():
            rows = _carried(ready, connector, adapter, operation)
            record[name] = [[str(row.item_id), (row.hash or b"").hex(), row.catalog_version] for row in rows]
    return record


def origin_from(item_id: UUID, record: Mapping[str, Any]) -> Origin:
    """The origin of an item that was sent in a remote job, by whatever worker."""
    mapping: int = record.get("mapping", 0)
    carried = {
        name: tuple(
            OperationRow(UUID(variant), operation, bytes.fromhex(digest), version, mapping_version=mapping)
            for variant, digest, version in record.get(name, ())
        )
        for name, operation in _CARRIED.items()
    }
    return Origin(
        item_id=item_id,
        product_id=UUID(record["product_id"]),
        sku=record["sku"],
        version=record["version"],
        hash=bytes.fromhex(record["hash"]),
        shared_eans=tuple(record.get("shared_eans", ())),
        attempt=bytes.fromhex(record.get("attempt", record["hash"])),
        carried_stock=carried["stock"],
        carried_prices=carried["prices"],
        mapping_version=mapping,
    )


_CARRIED = {"stock": Operation.PUSH_STOCK, "prices": Operation.PUSH_PRICES}
# The hash holds no id of the shop, so it can be taken before the shop has given one.
_ANY_LISTING = Listing("")


def _carried(ready: Ready, connector: Connector, adapter: Adapter, operation: Operation) -> tuple[OperationRow, ...]:
    if not isinstance(ready.item, ProductItem) or operation not in adapter.manifest.capabilities:
        return ()
    rows = []
    for variant in ready.item.variants:
        item = _as_item(ready.item, variant, *ready.read.variant_versions[variant.id], operation)
        found = mapped_hash(operation, item, connector, adapter) if item is not None else None
        if item is not None and isinstance(found, tuple):
            version = connector.mapping_version
            rows.append(OperationRow(variant.id, operation, found[1], item.version, mapping_version=version))
    return tuple(rows)


def _as_item(
    product: ProductItem, variant: PushVariant, price_version: int, stock_version: int, operation: Operation
) -> StockItem | PriceItem | None:
    """The variant as the item that a push of its stock or price would be."""
    listing, sku = variant.listing or _ANY_LISTING, variant.variant.sku
    if operation is Operation.PUSH_STOCK:
        if variant.quantity is None:
            return None
        return StockItem(variant.id, product.id, sku, variant.quantity, listing, stock_version)
    if variant.price is None:
        return None
    return PriceItem(variant.id, product.id, sku, variant.price, listing, price_version)
