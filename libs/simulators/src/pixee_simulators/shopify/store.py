"""The contents of one shop with the indexes that look-ups need.

Records change only between `unindex` and `index`, so that handles, SKUs, barcodes and unique metafields are always
found under their present value. `version` moves with every change: whoever caches a sorted list compares it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from pixee_simulators.shopify.idempotency import Attempt
from pixee_simulators.shopify.records import (
    Bulk,
    Collection,
    Definition,
    Item,
    Location,
    Media,
    Metafield,
    Operation,
    Product,
    Staged,
    Variant,
)

_FIRST_ID = 5_602_345_320_500
_APP_ID = 184_320_001


@dataclass(slots=True)
class Store:
    """See module. `tokens` maps an issued access token to the simulator time at which it expires; `pending` are the
    operations that are not done.
    """

    products: dict[int, Product] = field(default_factory=dict)
    media: dict[int, Media] = field(default_factory=dict)
    collections: dict[int, Collection] = field(default_factory=dict)
    locations: dict[int, Location] = field(default_factory=dict)
    definitions: list[Definition] = field(default_factory=list)
    operations: dict[int, Operation] = field(default_factory=dict)
    pending: set[int] = field(default_factory=set)
    staged: dict[str, Staged] = field(default_factory=dict)
    """By the form's `key`."""
    fixed_prices: dict[str, dict[int, tuple[str, str | None]]] = field(default_factory=dict)
    """GID of a price list → variant → (price, compare-at price)."""
    bulks: dict[int, Bulk] = field(default_factory=dict)
    attempts: dict[str, Attempt] = field(default_factory=dict)
    tokens: dict[str, float] = field(default_factory=dict)
    refresh_tokens: list[str] = field(default_factory=list)
    replaced: dict[str, str] = field(default_factory=dict)
    """Access token not used yet → the refresh token that dies with its first use."""
    spent: list[str] = field(default_factory=list)
    next_id: int = _FIRST_ID
    version: int = 0
    variants: dict[int, Variant] = field(default_factory=dict)
    items: dict[int, Item] = field(default_factory=dict)
    by_handle: dict[str, int] = field(default_factory=dict)
    by_sku: dict[str, set[int]] = field(default_factory=dict)
    by_barcode: dict[str, set[int]] = field(default_factory=dict)
    by_unique: dict[tuple[str, str, str], int] = field(default_factory=dict)

    def new_id(self) -> int:
        self.next_id += 1
        return self.next_id

    def index(self, product: Product) -> None:
        """Make the product and its variants findable."""
        self.version += 1
        self.products[product.id] = product
        self.by_handle[product.handle] = product.id
        for variant in product.variants:
            self.variants[variant.id] = variant
            self.items[variant.item.id] = variant.item
            if variant.sku:
                self.by_sku.setdefault(variant.sku.lower(), set()).add(variant.id)
            if variant.barcode:
                self.by_barcode.setdefault(variant.barcode.lower(), set()).add(variant.id)
        for metafield in self.unique_metafields(product):
            self.by_unique[(metafield.namespace, metafield.key, metafield.value)] = product.id

    def unindex(self, product: Product) -> None:
        """The inverse of `index`, before a change or a deletion."""
        self.version += 1
        self.products.pop(product.id, None)
        if self.by_handle.get(product.handle) == product.id:
            del self.by_handle[product.handle]
        for variant in product.variants:
            self.variants.pop(variant.id, None)
            self.items.pop(variant.item.id, None)
            _drop(self.by_sku, (variant.sku or "").lower(), variant.id)
            _drop(self.by_barcode, (variant.barcode or "").lower(), variant.id)
        for metafield in self.unique_metafields(product):
            self.by_unique.pop((metafield.namespace, metafield.key, metafield.value), None)

    def unique_metafields(self, product: Product) -> Iterator[Metafield]:
        for metafield in product.metafields:
            if metafield.type == "id":
                yield metafield

    def definition(self, owner_type: str, namespace: str, key: str) -> Definition | None:
        for one in self.definitions:
            if (one.owner_type, one.namespace, one.key) == (owner_type, namespace, key):
                return one
        return None

    def changed(self, product: Product, now: int) -> None:
        """Content, price or stock moved: the product's date follows."""
        product.updated_at = now
        self.version += 1

    def free_handle(self, wanted: str) -> str:
        """The handle itself, or with -1, -2… as the platform numbers generated handles."""
        handle, number = wanted, 0
        while handle in self.by_handle:
            number += 1
            handle = f"{wanted}-{number}"
        return handle


def _drop(index: dict[str, set[int]], key: str, number: int) -> None:
    there = index.get(key)
    if there is not None:
        there.discard(number)
        if not there:
            del index[key]


def slug(title: str) -> str:
    """A handle made of a title: lower-case letters and digits, dashes between."""
    return re.sub(r"[^\w]+", "-", title.lower().replace("_", "-"), flags=re.UNICODE).strip("-") or "product"


def namespace_of(given: str | None) -> str:
    """`$app` and `$app:x` are stored and shown under the app's own reserved name."""
    if given is None or given == "$app":
        return f"app--{_APP_ID}"
    if given.startswith("$app:"):
        return f"app--{_APP_ID}--{given[5:]}"
    return given
