"""What an adapter is given: items with the values as they stand at the moment of sending, and what is known of them at the shop."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar
from uuid import UUID

from pydantic import JsonValue

from pixee_common.domain.ids import ProductId, VariantId
from pixee_common.domain.money import Price
from pixee_common.domain.product import Product, ProductStatus, Variant


class Action(StrEnum):
    """What is wanted of the shop. `withdraw` is `unpublish` or `delete` as the connector's `on_delete` says."""

    UPSERT = "upsert"
    UNPUBLISH = "unpublish"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Listing:
    """Our product or variant at one connector: the shop's own ids of it.

    `refs` holds whatever further ids the adapter wants to find again (inventory item, media by URL): JSON, its own words.
    """

    external_id: str
    parent_external_id: str | None = None
    refs: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PushVariant:
    """A variant inside a product push, with what a create needs beside the content."""

    id: VariantId
    variant: Variant
    quantity: int | None
    """Pieces over the connector's locations; null where no stock record exists."""
    price: Price | None
    """In the shop's currency; null where there is none to send."""
    listing: Listing | None


@dataclass(frozen=True, slots=True)
class ProductItem:
    """Item of `push_products`. A withdrawn product still carries its last content and its listings."""

    id: ProductId
    action: Action
    product: Product
    variants: tuple[PushVariant, ...]
    listing: Listing | None
    gone: tuple[Listing, ...] = ()
    """Variants that left the product and are still listed."""

    @property
    def sku(self) -> str:
        """What names the item to people."""
        return self.product.variants[0].sku

    @property
    def shown(self) -> bool:
        """Whether customers are to see it: active, and not withdrawn."""
        return self.action is Action.UPSERT and self.product.status is ProductStatus.ACTIVE

    @property
    def deletes(self) -> bool:
        """Whether the object itself has to go; an item that is neither shown nor deleted is hidden."""
        return self.action is Action.DELETE


@dataclass(frozen=True, slots=True)
class StockItem:
    """Item of `push_stock`: one variant's quantity, absolute."""

    id: VariantId
    product_id: ProductId
    sku: str
    quantity: int
    listing: Listing
    version: int


@dataclass(frozen=True, slots=True)
class PriceItem:
    """Item of `push_prices`: one variant's price in the shop's currency."""

    id: VariantId
    product_id: ProductId
    sku: str
    price: Price
    listing: Listing
    version: int


PushItem = ProductItem | StockItem | PriceItem
BodyT_co = TypeVar("BodyT_co", bound=PushItem, covariant=True)


@dataclass(frozen=True, slots=True)
class Mapped(Generic[BodyT_co]):
    """An item together with its values in the platform's words, as `Adapter.mapped` made them."""

    item: BodyT_co
    values: JsonValue


@dataclass(frozen=True, slots=True)
class PulledVariant:
    """A variant as the shop has it. Null means that the shop did not say."""

    external_id: str
    sku: str | None
    ean: str | None
    options: Mapping[str, str]
    price: str | None
    """Decimal text in the shop's currency."""
    compare_at_price: str | None
    quantity: int | None
    refs: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PulledProduct:
    """A product as the shop has it, in our words, before anybody matched it."""

    external_id: str
    our_key: str | None
    """Our own product key where the shop carries it."""
    title: str
    description: str | None
    brand: str | None
    status: str
    """`active`, `draft` or `archived`; empty where the shop has no such states."""
    updated_at: datetime | None
    variants: tuple[PulledVariant, ...]
    options: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    categories: tuple[tuple[str, ...], ...] = ()
    refs: Mapping[str, JsonValue] = field(default_factory=dict)
    borrowed_title: bool = False
    """The title is not the seller's but a shared catalog's: it names a new product and changes none that is known."""


def item_id(item: PushItem) -> UUID:
    """The id by which outcomes name the item."""
    return item.id
