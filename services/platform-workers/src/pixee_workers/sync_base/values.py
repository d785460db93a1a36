"""Reads what is to be sent, at the moment of sending, in one snapshot of the database."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol
from uuid import UUID

from pixee_common.clock import Clock
from pixee_common.db import Connection, Database
from pixee_common.domain.job import Operation
from pixee_common.domain.prices import ListedPrice
from pixee_common.domain.product import StockLevel
from pixee_workers.sync_base.assembling import KnownListing, ReadItem, Row, Rows, price_item, product_item, stock_item
from pixee_workers.sync_base.connectors_read import Connector
from pixee_workers.sync_base.failures import Held
from pixee_workers.sync_base.items import Listing
from pixee_workers.sync_base.recent_writes import RecentWrites, Sent

MOST_UNITS = 2_000
"""Platform units (variants) of one lane that are held in memory at once."""

_SIZES = """
SELECT id, (SELECT count(*) FROM variants v WHERE v.product_id = p.id AND v.deleted_at IS NULL) AS variants
  FROM unnest($1::uuid[]) AS p (id)
"""
_SENT_COLUMNS = """
o.hash, o.catalog_version AS sent_version, o.mapping_version AS sent_mapping, coalesce(o.failures, 0) AS failures, o.failure_hash, o.failure_message
"""
# Looked up item by item: joined, a table without statistics (a young one, a busy one) is read whole for every item.
_PRODUCTS = f"""
SELECT p.id, p.key, p.content, p.content_version, p.deleted_at, {_SENT_COLUMNS}
  FROM products p
  LEFT JOIN LATERAL (
    SELECT * FROM listing_operations WHERE connector_id = $3 AND item_id = p.id AND operation = 'push_products' OFFSET 0
  ) o ON true
 WHERE p.account_id = $1 AND p.id = ANY ($2)
"""
_LEVELS = """
(SELECT jsonb_agg(jsonb_build_array(s.location, s.quantity) ORDER BY s.location) FROM stock s WHERE s.variant_id = v.id)
"""
_VARIANTS_OF_PRODUCTS = f"""
SELECT v.id, v.product_id, v.sku, v.ean, v.content, v.base_price, v.compare_at_price, v.cost, v.currency, v.price_version,
       v.stock_version, v.deleted_at, {_LEVELS} AS levels,
       v.ean_key IS NOT NULL AND v.deleted_at IS NULL AND EXISTS (
         SELECT FROM variants o
          WHERE o.account_id = v.account_id AND o.ean_key = v.ean_key AND o.deleted_at IS NULL
            AND o.product_id <> v.product_id) AS ean_shared
  FROM variants v WHERE v.account_id = $1 AND v.product_id = ANY ($2)
 ORDER BY v.product_id, v.position, v.id
"""
# Everything of a variant in one row, and so in one round trip and one snapshot.
_VARIANTS = f"""
SELECT v.id, v.product_id, v.sku, v.base_price, v.compare_at_price, v.currency, v.price_version, v.stock_version, v.deleted_at,
       CASE WHEN $4 = 'push_stock' THEN {_LEVELS} END AS levels, p.deleted_at AS product_deleted_at, {_SENT_COLUMNS},
       l.item_id, l.kind, l.product_id AS listed_under, l.external_id, l.parent_external_id, l.refs, l.updated_at
  FROM variants v
  JOIN products p ON p.id = v.product_id AND p.account_id = v.account_id
  LEFT JOIN LATERAL (SELECT * FROM listings WHERE connector_id = $3 AND item_id = v.id OFFSET 0) l ON true
  LEFT JOIN LATERAL (
    SELECT * FROM listing_operations WHERE connector_id = $3 AND item_id = v.id AND operation = $4 OFFSET 0
  ) o ON true
 WHERE v.account_id = $1 AND v.id = ANY ($2)
"""
_PRICES = """
SELECT i.variant_id, l.key, l.channel, l.currency, i.price, i.compare_at_price, l.valid_from, l.valid_until
  FROM price_list_items i JOIN price_lists l ON l.id = i.price_list_id
 WHERE i.variant_id = ANY ($1) AND (l.channel = $2 OR l.key = $3)
"""
_LISTINGS_OF_PRODUCTS = """
SELECT item_id, kind, product_id AS listed_under, external_id, parent_external_id, refs, updated_at FROM listings
 WHERE connector_id = $1 AND product_id = ANY ($2)
"""
QUARANTINE_AFTER = 3
"""Failures in the same way after which a version is not tried again (outcome_sql.QUARANTINE marks the listing)."""


class Values(Protocol):
    """Where a push gets its items from."""

    async def units(self, operation: Operation, item_ids: Sequence[UUID]) -> list[int]: ...

    async def pages(self, operation: Operation, item_ids: Sequence[UUID]) -> list[list[UUID]]: ...

    async def read(
        self, operation: Operation, item_ids: Sequence[UUID], connector: Connector, recent: RecentWrites
    ) -> list[ReadItem]: ...


class ValueReader:
    """Reads items from PostgreSQL, in the order asked for."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def pages(self, operation: Operation, item_ids: Sequence[UUID]) -> list[list[UUID]]:
        """The ids in parts that each fit into memory (`MOST_UNITS`); a product larger than that stands alone."""
        if operation is not Operation.PUSH_PRODUCTS or not item_ids:
            return [list(item_ids)] if item_ids else []
        return parts_by_weight(item_ids, await self.units(operation, item_ids), MOST_UNITS)

    async def units(self, operation: Operation, item_ids: Sequence[UUID]) -> list[int]:
        """Platform units of each item."""
        if operation is not Operation.PUSH_PRODUCTS:
            return [1] * len(item_ids)
        rows = await self._database.run(lambda connection: connection.fetch(_SIZES, list(item_ids)), alone=True)
        sizes = {row["id"]: row["variants"] for row in rows}
        return [max(1, sizes.get(item_id, 1)) for item_id in item_ids]

    async def read(
        self, operation: Operation, item_ids: Sequence[UUID], connector: Connector, recent: RecentWrites
    ) -> list[ReadItem]:
        """The items as they stand now."""
        rows = await self.rows(operation, item_ids, connector)
        _lay_under(rows, recent, connector, operation, self._clock.now())
        at = self._clock.now()
        if operation is Operation.PUSH_PRODUCTS:
            return [product_item(item_id, rows, connector, at) for item_id in item_ids]
        if operation is Operation.PUSH_STOCK:
            return [stock_item(item_id, rows, connector) for item_id in item_ids]
        return [price_item(item_id, rows, connector, at) for item_id in item_ids]

    async def rows(self, operation: Operation, item_ids: Sequence[UUID], connector: Connector) -> Rows:
        """What the database holds of these items, in one snapshot: the only statements of a reading."""
        if operation is Operation.PUSH_PRODUCTS:
            return await self._database.run(lambda c: _product_rows(c, connector, list(item_ids)), alone=True)
        return await self._database.run(lambda c: _variant_rows(c, connector, list(item_ids), operation), alone=True)


def parts_by_weight(item_ids: Sequence[UUID], weights: Sequence[int], most: int) -> list[list[UUID]]:
    """Consecutive parts of at most `most` units each."""
    parts: list[list[UUID]] = []
    room = 0
    for item_id, weight in zip(item_ids, weights, strict=True):
        if not parts or weight > room:
            parts.append([])
            room = most
        parts[-1].append(item_id)
        room -= weight
    return parts


def _snapshot(connection: Connection) -> AbstractAsyncContextManager[object]:
    """One view for several statements: versions and values must belong together, or a newer version would vouch for older values."""
    return connection.transaction(isolation="repeatable_read", readonly=True)


async def _product_rows(connection: Connection, connector: Connector, ids: list[UUID]) -> Rows:
    rows = Rows()
    async with _snapshot(connection):
        for row in await connection.fetch(_PRODUCTS, connector.account_id, ids, connector.id):
            rows.products[row["id"]] = row
            _note_sent(rows, row)
        for row in await connection.fetch(_VARIANTS_OF_PRODUCTS, connector.account_id, ids):
            rows.variants[row["id"]] = row
            rows.variants_of.setdefault(row["product_id"], []).append(row)
            _note_stock(rows, row)
        await _read_prices(connection, rows, connector)
        for row in await connection.fetch(_LISTINGS_OF_PRODUCTS, connector.id, ids):
            _note_listing(rows, row)
    return rows


async def _variant_rows(connection: Connection, connector: Connector, ids: list[UUID], operation: Operation) -> Rows:
    if operation is Operation.PUSH_PRICES and _has_lists(connector):
        async with _snapshot(connection):
            rows = await _read_variants(connection, connector, ids, operation)
            await _read_prices(connection, rows, connector)
            return rows
    return await _read_variants(connection, connector, ids, operation)


async def _read_variants(connection: Connection, connector: Connector, ids: list[UUID], operation: Operation) -> Rows:
    rows = Rows()
    for row in await connection.fetch(_VARIANTS, connector.account_id, ids, connector.id, operation.value):
        rows.variants[row["id"]] = row
        rows.products[row["product_id"]] = {"deleted_at": row["product_deleted_at"]}
        _note_stock(rows, row)
        _note_sent(rows, row)
        if row["item_id"] is not None:
            _note_listing(rows, row)
    return rows


def _note_stock(rows: Rows, row: Row) -> None:
    if row["levels"]:
        rows.stock[row["id"]] = [StockLevel(location=location, quantity=pieces) for location, pieces in row["levels"]]


def _has_lists(connector: Connector) -> bool:
    return connector.settings.channel is not None or connector.settings.mapping.price_list is not None


async def _read_prices(connection: Connection, rows: Rows, connector: Connector) -> None:
    if not _has_lists(connector):
        return
    settings = connector.settings
    for row in await connection.fetch(_PRICES, list(rows.variants), settings.channel, settings.mapping.price_list):
        rows.prices.setdefault(row["variant_id"], []).append(
            ListedPrice(
                price_list_id=row["key"],
                channel=row["channel"],
                currency=row["currency"],
                amount=row["price"],
                compare_at=row["compare_at_price"],
                valid_from=row["valid_from"],
                valid_until=row["valid_until"],
            )
        )


def _note_listing(rows: Rows, row: Row) -> None:
    listing = None
    if row["external_id"] is not None:
        listing = Listing(row["external_id"], row["parent_external_id"], row["refs"])
    rows.listings[row["item_id"]] = KnownListing(listing, row["updated_at"], row["kind"], row["listed_under"])


def _note_sent(rows: Rows, row: Row) -> None:
    if row["hash"] is not None:
        rows.sent[row["id"]] = Sent(row["hash"], row["sent_version"], row["sent_mapping"])
    if row["failures"] >= QUARANTINE_AFTER:
        rows.hopeless[row["id"]] = Held(row["sent_version"], row["failure_hash"], row["failure_message"])


def _lay_under(rows: Rows, recent: RecentWrites, connector: Connector, operation: Operation, now: datetime) -> None:
    """Let what this worker wrote a moment ago stand over what the database shows."""
    items = [(item_id, "product", item_id) for item_id in rows.products]
    items += [(item_id, "variant", row["product_id"]) for item_id, row in rows.variants.items()]
    for item_id, kind, product_id in items:
        known = rows.listings.get(item_id)
        stored = known.listing if known else None
        current = recent.listing(connector.id, item_id, stored)
        if current is stored:
            continue
        if current is None:
            rows.listings.pop(item_id, None)
        else:
            rows.listings[item_id] = KnownListing(current, known.touched_at if known else now, kind, product_id)
    for item_id, _, _ in items:
        sent = recent.last_sent(connector.id, item_id, operation, rows.sent.get(item_id))
        if sent is not None:
            rows.sent[item_id] = sent
