"""Items as the engine hands them over, for the tests of any platform: what each catalog would say again."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from pixee_common.domain.ids import ProductId, VariantId
from pixee_common.domain.job import Operation
from pixee_common.domain.money import Price
from pixee_common.domain.product import Product
from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.calls import ConnectorSettings
from pixee_workers.sync_base.items import (
    Action,
    Listing,
    Mapped,
    PriceItem,
    ProductItem,
    PushItem,
    PushVariant,
    StockItem,
)
from pixee_workers.sync_base.outcomes import Linked, Refusal

EAN = "4006381333931"
_OPERATIONS: Mapping[type, Operation] = {
    ProductItem: Operation.PUSH_PRODUCTS,
    StockItem: Operation.PUSH_STOCK,
    PriceItem: Operation.PUSH_PRICES,
}


def operation_of(one: PushItem) -> Operation:
    return _OPERATIONS[type(one)]


def price(amount: str = "19.90", compare_at: str | None = None, currency: str = "EUR") -> Price:
    return Price(amount=Decimal(amount), currency=currency, compare_at=Decimal(compare_at) if compare_at else None)


def item(product: Product, *, quantity: int | None = 5, cost: Price | None = None, **changes: Any) -> ProductItem:
    """A product that the shop does not have yet."""
    variants = tuple(
        PushVariant(variant_id(variant.sku), variant, quantity, cost or price(), None) for variant in product.variants
    )
    key = ProductId(uuid5(NAMESPACE_URL, product.key))
    return replace(ProductItem(key, Action.UPSERT, product, variants, listing=None), **changes)


def variant_id(sku: str) -> VariantId:
    return VariantId(uuid5(NAMESPACE_URL, f"variant {sku}"))


def listed(one: ProductItem, linked: Linked, **changes: Any) -> ProductItem:
    """The same product once the shop has answered."""
    variants = tuple(replace(entry, listing=linked.variants.get(entry.id, entry.listing)) for entry in one.variants)
    return replace(one, listing=linked.product, variants=variants, **changes)


def stock(one: ProductItem, quantity: int, place: int = 0) -> StockItem:
    entry = one.variants[place]
    return StockItem(entry.id, one.id, entry.variant.sku, quantity, _listing(entry), version=1)


def priced(one: ProductItem, given: Price, place: int = 0) -> PriceItem:
    entry = one.variants[place]
    return PriceItem(entry.id, one.id, entry.variant.sku, given, _listing(entry), version=1)


def _listing(entry: PushVariant) -> Listing:
    """Where nobody answered yet, the SKU: for the mapping alone it is all one."""
    return entry.listing or Listing(entry.variant.sku)


class Wording:
    """What one platform's adapter maps items to, under settings that a test may change."""

    def __init__(self, create: Callable[[], Adapter], settings: ConnectorSettings) -> None:
        self._adapter, self._settings = create(), settings

    def values(
        self, one: PushItem, settings: ConnectorSettings | None = None, operation: Operation | None = None
    ) -> Any:
        """A refusal fails the test."""
        words = self._adapter.mapped(operation or operation_of(one), one, settings or self._settings)
        assert not isinstance(words, Refusal), words
        return words

    def refusal(self, one: PushItem, settings: ConnectorSettings | None = None) -> Refusal:
        words = self._adapter.mapped(operation_of(one), one, settings or self._settings)
        assert isinstance(words, Refusal), words
        return words

    def mapped(self, one: PushItem, settings: ConnectorSettings | None = None) -> Mapped[PushItem]:
        return Mapped(one, self.values(one, settings))
