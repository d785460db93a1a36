"""An item on its way through one carry: what it is, whether the shop has to be asked first, and what has been tried."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from pixee_common.domain.ids import VariantId
from pixee_common.domain.job import Operation
from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.chunks import OperationRow
from pixee_workers.sync_base.connectors_read import Connector
from pixee_workers.sync_base.items import PriceItem, ProductItem, PushVariant, StockItem
from pixee_workers.sync_base.outcomes import Linked, Outcome, Refusal
from pixee_workers.sync_base.preparing import Ready, mapped_hash
from pixee_workers.sync_base.results import Origin


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
    return Origin(
        item_id=ready.read.id,
        product_id=ready.read.product_id,
        sku=ready.read.sku,
        version=ready.read.version,
        hash=ready.hash,
        item=ready.item,
        shared_eans=ready.read.shared_eans,
        carried_stock=_carried(ready, outcome, connector, adapter, Operation.PUSH_STOCK)
        if outcome.carried_stock
        else (),
        carried_prices=_carried(ready, outcome, connector, adapter, Operation.PUSH_PRICES)
        if outcome.carried_price
        else (),
    )


def _carried(
    ready: Ready, outcome: Outcome, connector: Connector, adapter: Adapter, operation: Operation
) -> tuple[OperationRow, ...]:
    if not isinstance(ready.item, ProductItem) or operation not in adapter.manifest.capabilities:
        return ()
    rows = []
    for variant in ready.item.variants:
        item = _as_item(variant, ready, outcome, operation)
        if item is None:
            continue
        found = mapped_hash(operation, item, connector, adapter)
        if not isinstance(found, Refusal):
            rows.append(OperationRow(variant.id, operation, found[1], item.version))
    return tuple(rows)


def _as_item(
    variant: PushVariant, ready: Ready, outcome: Outcome, operation: Operation
) -> StockItem | PriceItem | None:
    """The variant as the item that a push of its stock or price would be."""
    listing = outcome.linked.variants.get(VariantId(variant.id), variant.listing)
    product = ready.item
    if listing is None or not isinstance(product, ProductItem):
        return None
    price_version, stock_version = ready.read.variant_versions[variant.id]
    sku = variant.variant.sku
    if operation is Operation.PUSH_STOCK:
        if variant.quantity is None:
            return None
        return StockItem(variant.id, product.id, sku, variant.quantity, listing, stock_version)
    return (
        None if variant.price is None else PriceItem(variant.id, product.id, sku, variant.price, listing, price_version)
    )
