"""The catalog's writes, gathered over a run and written with one statement for each table.

Versions are drawn from one sequence, one for each aspect that changed; an aspect that did not change keeps its version and so is
not pushed again. Former variants are marked before new ones are written, so that a SKU may move from one to the other.
"""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pixee_common.db import Connection
from pixee_common.domain.gtin import gtin_key
from pixee_common.domain.job import Operation
from pixee_orchestrator.auto_sync.marks import Marks
from pixee_orchestrator.catalog.stored import JsonObject, StoredVariant

__all__ = ["Writes"]

WRITE_PRODUCTS = """
INSERT INTO products (id, account_id, key, content, content_version, origin)
SELECT id, $1, key, content, nextval('catalog_version'), origin
FROM unnest($2::uuid[], $3::text[], $4::jsonb[], $5::text[]) AS a(id, key, content, origin)
ON CONFLICT (id) DO UPDATE
SET content = excluded.content, content_version = excluded.content_version, origin = excluded.origin, deleted_at = NULL,
    updated_at = now()
RETURNING id, content_version, origin
"""
RETIRE_VARIANTS = "UPDATE variants SET deleted_at = now() WHERE id = ANY($1::uuid[]) AND deleted_at IS NULL"
WRITE_VARIANTS = """
INSERT INTO variants AS v (id, account_id, product_id, position, sku, ean, ean_key, content, base_price, compare_at_price, cost,
                           currency, price_version, price_origin, stock_version, stock_origin)
SELECT id, $1, product_id, position, sku, ean, ean_key, content, base_price, compare_at_price, cost, currency,
       CASE WHEN priced THEN nextval('catalog_version') ELSE 0 END, origin,
       CASE WHEN stocked THEN nextval('catalog_version') ELSE 0 END, origin
FROM unnest($2::uuid[], $3::uuid[], $4::int[], $5::text[], $6::text[], $7::text[], $8::jsonb[], $9::numeric[], $10::numeric[],
            $11::numeric[], $12::text[], $13::bool[], $14::bool[], $15::text[])
     AS a(id, product_id, position, sku, ean, ean_key, content, base_price, compare_at_price, cost, currency, priced, stocked, origin)
ON CONFLICT (id) DO UPDATE
SET position = excluded.position, ean = excluded.ean, ean_key = excluded.ean_key, content = excluded.content,
    base_price = excluded.base_price, compare_at_price = excluded.compare_at_price, cost = excluded.cost,
    currency = excluded.currency, deleted_at = NULL,
    price_version = greatest(excluded.price_version, v.price_version),
    price_origin = CASE WHEN excluded.price_version > 0 THEN excluded.price_origin ELSE v.price_origin END,
    stock_version = greatest(excluded.stock_version, v.stock_version),
    stock_origin = CASE WHEN excluded.stock_version > 0 THEN excluded.stock_origin ELSE v.stock_origin END
RETURNING id, price_version, price_origin, stock_version, stock_origin, xmax = 0 AS inserted
"""
# By place: with a list of variants, and statistics of a catalog that was empty a minute ago, all stock would be read for every run.
# Nobody else moves the rows: the account is locked.
CLEAR_STOCK = """
DELETE FROM stock WHERE ctid = ANY(ARRAY(
    SELECT s.ctid FROM unnest($1::uuid[]) AS a(id) CROSS JOIN LATERAL (
        SELECT ctid FROM stock WHERE variant_id = a.id OFFSET 0
    ) s
))
"""
WRITE_STOCK = """
INSERT INTO stock (account_id, variant_id, location, quantity)
SELECT $1, * FROM unnest($2::uuid[], $3::text[], $4::bigint[])
"""
DELETE_PRODUCTS = """
WITH gone AS (
    UPDATE products p SET deleted_at = now(), content_version = nextval('catalog_version'), origin = a.origin, updated_at = now()
    FROM unnest($1::uuid[], $2::text[]) AS a(id, origin) WHERE p.id = a.id
    RETURNING p.id, p.content_version, p.origin
), with_it AS (
    UPDATE variants v SET deleted_at = now() FROM gone g WHERE v.product_id = g.id AND v.deleted_at IS NULL
)
SELECT id, content_version, origin FROM gone
"""
COUNT_PRODUCTS = "UPDATE accounts SET product_count = product_count + $2 WHERE id = $1"
_PRICED, _STOCKED = 11, 12
"""Where a variant's row says that its price, its stock changed."""


@dataclass(slots=True)
class Writes:
    """What a run wants written for one account; what that changes is added to `marks`, which the caller writes."""

    account: UUID
    marks: Marks
    products: list[tuple[UUID, str, JsonObject, str]] = field(default_factory=list)
    deleted: list[tuple[UUID, str]] = field(default_factory=list)
    retired: list[UUID] = field(default_factory=list)
    variants: list[tuple[Any, ...]] = field(default_factory=list)
    stock: dict[UUID, dict[str, int]] = field(default_factory=dict)
    more_products: int = 0

    def product(self, product_id: UUID, key: str, content: JsonObject, origin: str) -> None:
        """New content of a product, which lives from now on."""
        self.products.append((product_id, key, content, origin))

    def variant(self, variant: StoredVariant, *, priced: bool, stocked: bool, origin: str) -> None:
        """A variant as it is to be; `priced` and `stocked` draw new versions."""
        key = gtin_key(variant.ean) if variant.ean else None
        row = (variant.id, variant.product_id, variant.position, variant.sku, variant.ean, key, variant.content)
        self.variants.append((*row, *variant.prices, priced, stocked, origin))

    async def write(self, connection: Connection) -> None:
        """All of it, in the order that unique keys demand."""
        if self.deleted:
            gone = await connection.fetch(DELETE_PRODUCTS, *_columns(self.deleted))
            self.marks.add(Operation.PUSH_PRODUCTS, gone)
        if self.retired:
            await connection.execute(RETIRE_VARIANTS, self.retired)
        if self.products:
            written = await connection.fetch(WRITE_PRODUCTS, self.account, *_columns(self.products))
            self.marks.add(Operation.PUSH_PRODUCTS, written)
        if self.variants:
            await self._write_variants(connection)
        if self.stock:
            await connection.execute(CLEAR_STOCK, list(self.stock))
            levels = [(v, where, count) for v, at in self.stock.items() for where, count in at.items()]
            if levels:
                await connection.execute(WRITE_STOCK, self.account, *_columns(levels))
        if self.more_products:
            await connection.execute(COUNT_PRODUCTS, self.account, self.more_products)

    async def _write_variants(self, connection: Connection) -> None:
        """A new variant is marked with its product alone: the push that makes it at the shop carries its price and stock."""
        asked = {row[0]: row[_PRICED : _STOCKED + 1] for row in self.variants}
        known = [
            row
            for row in await connection.fetch(WRITE_VARIANTS, self.account, *_columns(self.variants))
            if not row["inserted"]
        ]
        priced = [(row["id"], row["price_version"], row["price_origin"]) for row in known if asked[row["id"]][0]]
        stocked = [(row["id"], row["stock_version"], row["stock_origin"]) for row in known if asked[row["id"]][1]]
        self.marks.add(Operation.PUSH_PRICES, priced)
        self.marks.add(Operation.PUSH_STOCK, stocked)


def _columns(rows: list[Any]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
