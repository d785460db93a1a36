"""Applies prices: a variant's base price, and its prices in the price lists that are named; price lists are made where they are missing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from pixee_common.db import Connection
from pixee_common.domain.ids import new_id
from pixee_common.domain.job import Operation
from pixee_common.domain.reasons import ReasonCode
from pixee_common.events.catalog import ListPrice, PriceChanged
from pixee_orchestrator.auto_sync.marks import Marks
from pixee_orchestrator.catalog.changes import Applied, Status, Told
from pixee_orchestrator.catalog.stock import unknown_sku
from pixee_orchestrator.catalog.stored import Prices

__all__ = ["change_prices"]

PRICES_BY_SKU = """
SELECT v.* FROM unnest($2::text[]) AS a(sku)
CROSS JOIN LATERAL (
    SELECT sku, id, base_price, compare_at_price, cost, currency FROM variants
    WHERE account_id = $1 AND sku = a.sku AND deleted_at IS NULL LIMIT 1
) v
"""
LISTS = "SELECT id, key, channel, currency, valid_from, valid_until FROM price_lists WHERE account_id = $1 AND key = ANY($2::text[])"
LIST_ITEMS = """
SELECT price_list_id, variant_id, price, compare_at_price FROM price_list_items
WHERE variant_id = ANY($1::uuid[])
"""
WRITE_LISTS = """
INSERT INTO price_lists (account_id, id, key, channel, currency, valid_from, valid_until)
SELECT $1, * FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[])
ON CONFLICT (id) DO UPDATE
SET channel = excluded.channel, valid_from = excluded.valid_from, valid_until = excluded.valid_until
"""
WRITE_LIST_ITEMS = """
INSERT INTO price_list_items (account_id, price_list_id, variant_id, price, compare_at_price)
SELECT $1, * FROM unnest($2::uuid[], $3::uuid[], $4::numeric[], $5::numeric[])
ON CONFLICT (price_list_id, variant_id) DO UPDATE
SET price = excluded.price, compare_at_price = excluded.compare_at_price
"""
WRITE_PRICES = """
UPDATE variants v
SET base_price = a.base_price, compare_at_price = a.compare_at_price, currency = a.currency,
    price_version = nextval('catalog_version'), price_origin = a.origin
FROM unnest($1::uuid[], $2::numeric[], $3::numeric[], $4::text[], $5::text[])
     AS a(id, base_price, compare_at_price, currency, origin)
WHERE v.id = a.id
RETURNING v.id, v.price_version, v.price_origin
"""
# A list that is valid at other times, or for another channel, changes the price of everything in it.
REPRICE_LISTS = """
UPDATE variants v SET price_version = nextval('catalog_version'), price_origin = a.origin
FROM (
    SELECT DISTINCT ON (i.variant_id) i.variant_id, l.origin
    FROM unnest($1::uuid[], $2::text[]) AS l(id, origin) JOIN price_list_items i ON i.price_list_id = l.id
    WHERE NOT EXISTS (SELECT FROM unnest($3::uuid[]) AS done(id) WHERE done.id = i.variant_id)
    ORDER BY i.variant_id
) a
WHERE v.id = a.variant_id AND v.deleted_at IS NULL
RETURNING v.id, v.price_version, v.price_origin
"""

ListRow = tuple[UUID, str, str, str, Any, Any]


@dataclass(slots=True)
class _Book:
    """Price lists and their prices as stored, and what a run changes."""

    lists: dict[str, ListRow]
    items: dict[tuple[UUID, UUID], tuple[Decimal, Decimal | None]]
    changed_lists: dict[str, ListRow] = field(default_factory=dict)
    reshaped: dict[UUID, str] = field(default_factory=dict)
    """Lists that were there before, and who changed their channel or times."""
    changed_items: dict[tuple[UUID, UUID], tuple[Decimal, Decimal | None]] = field(default_factory=dict)

    @classmethod
    async def read(cls, connection: Connection, account: UUID, keys: list[str], variants: list[UUID]) -> "_Book":
        lists = await connection.fetch(LISTS, account, keys) if keys else []
        items = await connection.fetch(LIST_ITEMS, variants) if keys else []
        return cls(
            {row["key"]: tuple(row.values()) for row in lists},
            {(row["price_list_id"], row["variant_id"]): (row["price"], row["compare_at_price"]) for row in items},
        )

    def clash(self, given: ListPrice) -> str | None:
        """A list has one currency: another one would turn every price in it into something else."""
        stored = self.lists.get(given.price_list)
        if stored is None or stored[3] == given.currency:
            return None
        return f"price list {given.price_list} is in {stored[3]}, not in {given.currency}"

    def put(self, variant: UUID, given: ListPrice, origin: str) -> bool:
        """Whether anything changes."""
        stored = self.lists.get(given.price_list)
        row: ListRow = (
            stored[0] if stored else new_id(),
            *(given.price_list, given.channel, given.currency, given.valid_from, given.valid_until),
        )
        if row != stored:
            self.lists[given.price_list] = self.changed_lists[given.price_list] = row
            if stored:
                self.reshaped[row[0]] = origin
        price = (given.amount, given.compare_at)
        if self.items.get((row[0], variant)) == price:
            return row != stored
        self.items[row[0], variant] = self.changed_items[row[0], variant] = price
        return True

    async def write(self, connection: Connection, account: UUID) -> None:
        if self.changed_lists:
            rows = list(self.changed_lists.values())
            await connection.execute(WRITE_LISTS, account, *(list(column) for column in zip(*rows, strict=True)))
        if self.changed_items:
            items = [(*place, *price) for place, price in self.changed_items.items()]
            await connection.execute(WRITE_LIST_ITEMS, account, *(list(column) for column in zip(*items, strict=True)))


async def change_prices(
    connection: Connection, account: UUID, run: Sequence[Told[PriceChanged]], marks: Marks
) -> list[Applied]:
    """In order, a SKU as often as it comes. A change that cannot be taken whole is refused whole."""
    skus = sorted({told.change.sku for told in run})
    found = await connection.fetch(PRICES_BY_SKU, account, skus)
    variants: dict[str, UUID] = {row["sku"]: row["id"] for row in found}
    prices: dict[UUID, Prices] = {row["id"]: tuple(row.values())[2:] for row in found}
    keys = sorted({price.price_list for told in run for price in told.change.list_prices})
    book = await _Book.read(connection, account, keys, list(prices))
    changed: dict[UUID, str] = {}
    results = []
    for told in run:
        variant = variants.get(told.change.sku)
        if variant is None:
            results.append(unknown_sku(told.change.sku))
            continue
        base = _base(told.change, prices[variant])
        refusal = base if isinstance(base, str) else next(filter(None, map(book.clash, told.change.list_prices)), None)
        if isinstance(base, str) or refusal:
            results.append(Applied(Status.REFUSED, ReasonCode.CURRENCY_MISMATCH, refusal))
            continue
        listed = [book.put(variant, price, told.origin) for price in told.change.list_prices]
        if base == prices[variant] and not any(listed):
            results.append(Applied(Status.UNCHANGED))
            continue
        prices[variant] = base
        changed[variant] = told.origin
        results.append(Applied(Status.APPLIED))
    if changed:
        rows = [(one, *_but_cost(prices[one]), origin) for one, origin in changed.items()]
        written = await connection.fetch(WRITE_PRICES, *(list(column) for column in zip(*rows, strict=True)))
        marks.add(Operation.PUSH_PRICES, written)
    await book.write(connection, account)
    if book.reshaped:
        lists = (list(book.reshaped), list(book.reshaped.values()))
        marks.add(Operation.PUSH_PRICES, await connection.fetch(REPRICE_LISTS, *lists, list(changed)))
    return results


def _but_cost(prices: Prices) -> tuple[Decimal | None, Decimal | None, str | None]:
    base, compare_at, _, currency = prices
    return base, compare_at, currency


def _base(change: PriceChanged, stands: Prices) -> Prices | str:
    """The variant's prices as they are to be, or why they cannot be. Without a base price it keeps the one it has."""
    old, _, cost, known = stands
    if change.base_price is None and change.compare_at_price is None:
        return stands
    currency = change.currency or known
    if currency is None:
        return f"the price of SKU {change.sku} needs its currency"
    if cost is not None and known is not None and currency != known:
        return f"the cost of SKU {change.sku} is in {known}: send the product with all its prices in {currency}"
    return (old if change.base_price is None else change.base_price, change.compare_at_price, cost, currency)
