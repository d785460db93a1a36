"""Items from rows: pure. What needs no call to be decided becomes a verdict here (gone, kept, not listed, no price, no stock)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
from pydantic import ValidationError

from pixee_common.domain.ids import ProductId, VariantId
from pixee_common.domain.job import OutcomeKind
from pixee_common.domain.money import Price
from pixee_common.domain.prices import BasePrice, ListedPrice, NoPrice, price_for
from pixee_common.domain.product import Product, StockLevel, Variant, total_quantity
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.connectors_read import Connector
from pixee_workers.sync_base.failures import Held
from pixee_workers.sync_base.items import Action, Listing, PriceItem, ProductItem, PushItem, PushVariant, StockItem
from pixee_workers.sync_base.recent_writes import Sent

Row = Mapping[str, Any] | asyncpg.Record


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of an item without asking the shop."""

    kind: OutcomeKind
    reason: ReasonCode
    message: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class ReadItem:
    """An item with its values, or the verdict that it needs none; and what is known of it at this connector."""

    id: UUID
    product_id: UUID
    sku: str | None
    version: int
    """Of the aspect that the operation sends."""
    body: PushItem | Verdict
    held: Held | None = None
    """This version of it failed three times in the same way."""
    intended_at: datetime | None = None
    """A create was begun at this moment and nothing is known of how it ended."""
    sent: Sent | None = None
    shared_eans: tuple[str, ...] = ()
    variant_versions: Mapping[UUID, tuple[int, int]] = field(default_factory=dict)
    """(price version, stock version) of each variant of a product item."""


@dataclass(frozen=True, slots=True)
class KnownListing:
    """A listing's row: without a listing it is an intent."""

    listing: Listing | None
    touched_at: datetime
    kind: str
    product_id: UUID


@dataclass(slots=True)
class Rows:
    """Everything that was read for some items, by id."""

    products: dict[UUID, Row] = field(default_factory=dict)
    variants: dict[UUID, Row] = field(default_factory=dict)
    variants_of: dict[UUID, list[Row]] = field(default_factory=dict)
    stock: dict[UUID, list[StockLevel]] = field(default_factory=dict)
    prices: dict[UUID, list[ListedPrice]] = field(default_factory=dict)
    listings: dict[UUID, KnownListing] = field(default_factory=dict)
    sent: dict[UUID, Sent] = field(default_factory=dict)
    hopeless: dict[UUID, Held] = field(default_factory=dict)
    """Items that failed three times in the same way."""
    _by_product: dict[UUID, list[tuple[UUID, Listing]]] | None = None

    def holds_back(self, item_id: UUID, version: int) -> Held | None:
        """What holds the item back: null where there is something newer than what failed."""
        failed = self.hopeless.get(item_id)
        return failed if failed is not None and version <= failed.version else None

    def listed_variants(self, product_id: UUID) -> list[tuple[UUID, Listing]]:
        """Variants of the product that are listed, in the catalog or not. Asked once all listings are there."""
        if self._by_product is None:
            self._by_product = {}
            for item_id, known in self.listings.items():
                if known.kind == "variant" and known.listing is not None:
                    self._by_product.setdefault(known.product_id, []).append((item_id, known.listing))
        return self._by_product.get(product_id, [])


def product_item(item_id: UUID, rows: Rows, connector: Connector, at: datetime) -> ReadItem:
    """The item of a product push."""
    row = rows.products.get(item_id)
    known = rows.listings.get(item_id)
    listing = known.listing if known else None
    if row is None:
        return ReadItem(item_id, item_id, None, 0, _absent())
    deleted = row["deleted_at"] is not None
    variants = _variants_to_send(rows.variants_of.get(item_id, []), row["deleted_at"])
    sku = variants[0]["sku"] if variants else None
    body: PushItem | Verdict
    if deleted and (listing is None or connector.settings.on_delete == "keep"):
        body = _absent() if listing is None else _kept()
    else:
        action = Action(connector.settings.on_delete) if deleted else Action.UPSERT
        body = _product_body(row, variants, action, listing, rows, connector, at)
    return ReadItem(
        id=item_id,
        product_id=item_id,
        sku=sku,
        version=row["content_version"],
        body=body,
        held=rows.holds_back(item_id, row["content_version"]),
        intended_at=known.touched_at if known and known.listing is None else None,
        sent=rows.sent.get(item_id),
        shared_eans=() if deleted else tuple(v["ean"] for v in variants if v["ean_shared"]),
        variant_versions={v["id"]: (v["price_version"], v["stock_version"]) for v in variants},
    )


def stock_item(item_id: UUID, rows: Rows, connector: Connector) -> ReadItem:
    """The item of a stock push."""
    row, listing, verdict = _variant(item_id, rows)
    if row is None or verdict is not None or listing is None:
        return _variant_read(item_id, row, rows, 0 if row is None else row["stock_version"], verdict or _absent())
    quantity = _quantity(rows.stock.get(item_id, ()), connector.settings.locations)
    body: PushItem | Verdict
    if quantity is None:
        where = f" at {', '.join(connector.settings.locations)}" if connector.settings.locations else ""
        body = Verdict(
            OutcomeKind.REJECTED, ReasonCode.NO_STOCK_RECORD, f"There is no stock level{where} to send.", "stock"
        )
    else:
        body = StockItem(
            VariantId(item_id), ProductId(row["product_id"]), row["sku"], quantity, listing, row["stock_version"]
        )
    return _variant_read(item_id, row, rows, row["stock_version"], body)


def price_item(item_id: UUID, rows: Rows, connector: Connector, at: datetime) -> ReadItem:
    """The item of a price push."""
    row, listing, verdict = _variant(item_id, rows)
    if row is None or verdict is not None or listing is None:
        return _variant_read(item_id, row, rows, 0 if row is None else row["price_version"], verdict or _absent())
    price = _price(row, rows, connector, at)
    body: PushItem | Verdict = (
        price
        if isinstance(price, Verdict)
        else PriceItem(
            VariantId(item_id), ProductId(row["product_id"]), row["sku"], price, listing, row["price_version"]
        )
    )
    return _variant_read(item_id, row, rows, row["price_version"], body)


def _variant(item_id: UUID, rows: Rows) -> tuple[Row | None, Listing | None, Verdict | None]:
    row = rows.variants.get(item_id)
    product = rows.products.get(row["product_id"]) if row else None
    known = rows.listings.get(item_id)
    listing = known.listing if known else None
    if row is None or product is None or row["deleted_at"] is not None or product["deleted_at"] is not None:
        return row, listing, _absent()
    if listing is None:
        message = "The product is not at the shop yet: push products first."
        return row, None, Verdict(OutcomeKind.NOT_LISTED_YET, ReasonCode.NOT_LISTED_YET, message)
    return row, listing, None


def _variant_read(item_id: UUID, row: Row | None, rows: Rows, version: int, body: PushItem | Verdict) -> ReadItem:
    return ReadItem(
        id=item_id,
        product_id=row["product_id"] if row else item_id,
        sku=row["sku"] if row else None,
        version=version,
        body=body,
        held=rows.holds_back(item_id, version),
        sent=rows.sent.get(item_id),
    )


def _product_body(
    row: Row,
    variants: Sequence[Row],
    action: Action,
    listing: Listing | None,
    rows: Rows,
    connector: Connector,
    at: datetime,
) -> PushItem | Verdict:
    try:
        product = Product.model_validate(
            {**row["content"], "key": row["key"], "variants": [_variant_body(v, rows) for v in variants]}
        )
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        return Verdict(OutcomeKind.REJECTED, ReasonCode.INVALID_VALUE, f"{where}: {first['msg']}", where or None)
    sold = []
    for source, variant in zip(variants, product.variants, strict=True):
        price = _price(source, rows, connector, at)
        known = rows.listings.get(source["id"])
        sold.append(
            PushVariant(
                id=VariantId(source["id"]),
                variant=variant,
                quantity=_quantity(variant.stock, connector.settings.locations),
                price=None if isinstance(price, Verdict) else price,
                listing=known.listing if known else None,
            )
        )
    return ProductItem(
        id=ProductId(row["id"]),
        action=action,
        product=product,
        variants=tuple(sold),
        listing=listing,
        gone=_gone(row["id"], {one.id for one in sold}, rows),
    )


def _gone(product_id: UUID, sold: set[VariantId], rows: Rows) -> tuple[Listing, ...]:
    return tuple(listing for item_id, listing in rows.listed_variants(product_id) if item_id not in sold)


def _variants_to_send(variants: Sequence[Row], deleted_at: datetime | None) -> list[Row]:
    living = [v for v in variants if v["deleted_at"] is None]
    if living or deleted_at is None:
        return living
    with_it = [v for v in variants if v["deleted_at"] >= deleted_at]
    return with_it or list(variants)


def _variant_body(row: Row, rows: Rows) -> Variant | dict[str, Any]:
    return {
        **row["content"],
        "sku": row["sku"],
        "ean": row["ean"],
        "base_price": row["base_price"],
        "compare_at_price": row["compare_at_price"],
        "cost": row["cost"],
        "currency": row["currency"],
        "stock": rows.stock.get(row["id"], []),
    }


def _quantity(levels: Sequence[StockLevel], locations: tuple[str, ...]) -> int | None:
    counted = [level for level in levels if not locations or level.location in locations]
    return total_quantity(tuple(counted)) if counted else None


def _price(row: Row, rows: Rows, connector: Connector, at: datetime) -> Price | Verdict:
    if connector.currency_conflict:
        message = f"The connector says {connector.settings.currency}, the shop sells in {connector.shop_currency}."
        return Verdict(OutcomeKind.REJECTED, ReasonCode.CURRENCY_MISMATCH, message, "currency")
    if connector.currency is None:
        message = "The shop's currency is not known yet: test the connector, or set its currency."
        return Verdict(OutcomeKind.REJECTED, ReasonCode.CURRENCY_MISMATCH, message, "currency")
    amount: Decimal | None = row["base_price"]
    base = None
    if amount is not None and row["currency"]:
        base = BasePrice(amount, row["compare_at_price"], row["currency"])
    try:
        found = price_for(
            channel=connector.settings.channel,
            currency=connector.currency,
            at=at,
            listed=rows.prices.get(row["id"], ()),
            base=base,
            price_list=connector.settings.mapping.price_list,
        )
    except ValidationError as error:
        message = str(error.errors(include_url=False, include_input=False)[0]["msg"])
        return Verdict(OutcomeKind.REJECTED, ReasonCode.INVALID_VALUE, message, "price")
    if isinstance(found, Price):
        return found
    return _no_price(found, connector.currency)


def _no_price(found: NoPrice, currency: str) -> Verdict:
    if found.other_currencies:
        message = f"There is a price in {', '.join(found.other_currencies)}, the shop sells in {currency}."
        return Verdict(OutcomeKind.REJECTED, ReasonCode.CURRENCY_MISMATCH, message, "currency")
    return Verdict(OutcomeKind.REJECTED, ReasonCode.NO_PRICE, "The variant has no price.", "base_price")


def _absent() -> Verdict:
    message = "It is not in the catalog any more, and not at the shop."
    return Verdict(OutcomeKind.SKIPPED, ReasonCode.ALREADY_GONE, message)


def _kept() -> Verdict:
    message = "It was deleted in the catalog; the connector keeps such products at the shop."
    return Verdict(OutcomeKind.SKIPPED, ReasonCode.KEPT_ON_DELETE, message)
