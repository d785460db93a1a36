"""What should be in a shop: the catalog, read from the database and seen through a connector's settings."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pixee_cli.comparison.seen import Contents, SeenProduct, SeenVariant
from pixee_common.db import Connection, Database
from pixee_common.domain.money import Price
from pixee_common.domain.prices import BasePrice, ListedPrice, price_for
from pixee_common.domain.product import localized

_PRODUCTS = "SELECT id, key, content FROM products WHERE account_id = $1 AND deleted_at IS NULL ORDER BY id"
_VARIANTS = """
SELECT id, product_id, sku, ean, ean_key, content, base_price, compare_at_price, currency
FROM variants WHERE account_id = $1 AND deleted_at IS NULL ORDER BY product_id, position, id
"""
_STOCK = """
SELECT variant_id, sum(quantity)::bigint AS quantity FROM stock
WHERE account_id = $1 AND (cardinality($2::text[]) = 0 OR location = ANY($2)) GROUP BY variant_id
"""
_LISTED = """
SELECT i.variant_id, l.id, l.channel, l.currency, i.price, i.compare_at_price, l.valid_from, l.valid_until
FROM price_list_items i JOIN price_lists l ON l.id = i.price_list_id WHERE i.account_id = $1 AND l.channel = $2
"""
_WITHDRAWN = "SELECT sku FROM variants WHERE account_id = $1 AND deleted_at IS NOT NULL"


@dataclass(frozen=True, slots=True)
class View:
    """The settings of a connector that decide what is sent. `currency`: the one that the shop sells in."""

    currency: str
    locale: str | None = None
    channel: str | None = None
    locations: tuple[str, ...] = ()

    @classmethod
    def of(cls, settings: Mapping[str, str], shop_currency: str | None) -> "View":
        places = tuple(part.strip() for part in settings.get("locations", "").split(",") if part.strip())
        currency = settings.get("currency") or shop_currency or "EUR"
        return cls(currency, settings.get("locale") or None, settings.get("channel") or None, places)


async def expected(database: Database, account_id: UUID, view: View) -> Contents:
    """The account's live products as a shop with that view should show them."""
    async with database.transaction() as connection:
        return await _read(connection, account_id, view)


async def _read(connection: Connection, account_id: UUID, view: View) -> Contents:
    products = await connection.fetch(_PRODUCTS, account_id)
    variants = await connection.fetch(_VARIANTS, account_id)
    stock = {
        row["variant_id"]: int(row["quantity"]) for row in await connection.fetch(_STOCK, account_id, view.locations)
    }
    listed: dict[UUID, list[ListedPrice]] = defaultdict(list)
    for row in await connection.fetch(_LISTED, account_id, view.channel):
        listed[row["variant_id"]].append(_listed(row))
    withdrawn = frozenset(str(row["sku"]) for row in await connection.fetch(_WITHDRAWN, account_id))
    owners: dict[str, set[UUID]] = defaultdict(set)
    for row in variants:
        if row["ean_key"] is not None:
            owners[row["ean_key"]].add(row["id"])
    now = datetime.now(UTC)
    by_product: dict[UUID, list[SeenVariant]] = defaultdict(list)
    for row in variants:
        shared = row["ean_key"] is not None and len(owners[row["ean_key"]]) > 1
        by_product[row["product_id"]].append(
            _variant(row, view, listed[row["id"]], stock.get(row["id"]), now, shared=shared)
        )
    return Contents(view.currency, tuple(_product(row, by_product[row["id"]], view) for row in products), withdrawn)


def _product(row: Any, variants: Sequence[SeenVariant], view: View) -> SeenProduct:
    content = _document(row["content"])
    return SeenProduct(
        name=row["key"],
        title=(localized(content.get("names") or {}, view.locale) or "").strip(),
        description=(localized(content.get("descriptions") or {}, view.locale) or "").strip(),
        status=str(content.get("status") or "active"),
        variants=tuple(variants),
    )


def _variant(
    row: Any, view: View, listed: Sequence[ListedPrice], quantity: int | None, now: datetime, *, shared: bool
) -> SeenVariant:
    base = None
    if row["base_price"] is not None:
        base = BasePrice(row["base_price"], row["compare_at_price"], row["currency"])
    price = price_for(channel=view.channel, currency=view.currency, at=now, listed=listed, base=base)
    known = price if isinstance(price, Price) else None
    return SeenVariant(
        sku=row["sku"],
        ean=row["ean"],
        options=dict(_document(row["content"]).get("options") or {}),
        price=None if known is None else _money(known.amount),
        compare_at_price=None if known is None or known.compare_at is None else _money(known.compare_at),
        quantity=quantity,
        ean_shared=shared,
    )


def _listed(row: Any) -> ListedPrice:
    return ListedPrice(
        price_list_id=str(row["id"]),
        channel=row["channel"],
        currency=row["currency"],
        amount=row["price"],
        compare_at=row["compare_at_price"],
        valid_from=row["valid_from"],
        valid_until=row["valid_until"],
    )


def _document(value: Any) -> dict[str, Any]:
    """Jsonb comes parsed through our pool, as text through another one."""
    found: dict[str, Any] = json.loads(value) if isinstance(value, str) else value
    return found


def _money(value: Decimal) -> Decimal:
    return value.normalize()
