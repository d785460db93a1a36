"""What the database knows of the products of one page: listings, matches, versions, what was sent when, what the shop had last time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from pixee_common.db import Connection
from pixee_common.domain.gtin import gtin_is_valid, gtin_key
from pixee_orchestrator.catalog.pulls.pages import PulledProduct
from pixee_orchestrator.catalog.pulls.pull_job import PullJob

__all__ = ["Facts", "KnownProduct", "KnownVariant", "ean_keys", "read_facts"]

# Each key is looked up by itself (LATERAL … OFFSET 0): during a first pull the statistics say that the catalog is empty, and with a list
# of keys the planner then reads the whole account for every page.
LISTED = """
SELECT l.* FROM unnest($2::text[]) AS a(external_id) CROSS JOIN (VALUES ('product'), ('variant')) AS k(kind) CROSS JOIN LATERAL (
    SELECT kind, external_id, item_id, product_id FROM listings
    WHERE connector_id = $1 AND kind = k.kind AND external_id = a.external_id OFFSET 0
) l
"""
BY_KEY = """
SELECT p.* FROM unnest($2::text[]) AS a(key) CROSS JOIN LATERAL (
    SELECT key, id FROM products WHERE account_id = $1 AND key = a.key OFFSET 0
) p
"""
BY_SKU = """
SELECT v.* FROM unnest($2::text[]) AS a(sku) CROSS JOIN LATERAL (
    SELECT sku, product_id FROM variants WHERE account_id = $1 AND sku = a.sku AND deleted_at IS NULL OFFSET 0
) v
"""
BY_EAN = """
SELECT v.* FROM unnest($2::text[]) AS a(ean_key) CROSS JOIN LATERAL (
    SELECT ean_key, product_id FROM variants
    WHERE account_id = $1 AND ean_key = a.ean_key AND deleted_at IS NULL AND ean_key IS NOT NULL OFFSET 0
) v
"""
PRODUCTS = """
SELECT p.*, l.external_id, l.item_id IS NOT NULL AS listed FROM unnest($1::uuid[]) AS a(id) CROSS JOIN LATERAL (
    SELECT id, key, content, content_version, origin, deleted_at IS NULL AS live FROM products WHERE id = a.id OFFSET 0
) p LEFT JOIN LATERAL (
    SELECT item_id, external_id FROM listings WHERE connector_id = $2 AND item_id = a.id OFFSET 0
) l ON true
"""
VARIANTS = """
SELECT v.*, l.external_id,
       EXISTS (
           SELECT FROM price_list_items i JOIN price_lists p ON p.id = i.price_list_id
           WHERE i.variant_id = v.id AND (p.channel = $3 OR p.key = $4)
       ) AS listed_price
FROM unnest($1::uuid[]) AS a(id) CROSS JOIN LATERAL (
    SELECT id, product_id, position, sku, ean, ean_key, content, base_price, compare_at_price, cost, currency, price_version,
           price_origin, stock_version, stock_origin, deleted_at
    FROM variants WHERE product_id = a.id OFFSET 0
) v LEFT JOIN LATERAL (
    SELECT external_id FROM listings WHERE connector_id = $2 AND item_id = v.id OFFSET 0
) l ON true
WHERE v.deleted_at IS NULL -- out here, or a partial index of the account is read for it
ORDER BY v.product_id, v.position
"""
STOCK = """
SELECT s.* FROM unnest($1::uuid[]) AS a(id) CROSS JOIN LATERAL (
    SELECT variant_id, location, quantity FROM stock WHERE variant_id = a.id OFFSET 0
) s
"""
SENT = """
SELECT o.* FROM unnest($2::uuid[]) AS a(id) CROSS JOIN LATERAL (
    SELECT item_id, operation, catalog_version, sent_at, hash = '' AS unsure FROM listing_operations
    WHERE connector_id = $1 AND item_id = a.id OFFSET 0
) o
"""
SEEN = """
SELECT s.* FROM unnest($2::uuid[]) AS a(id) CROSS JOIN LATERAL (
    SELECT item_id, values, digest, seen_at FROM seen_values WHERE connector_id = $1 AND item_id = a.id OFFSET 0
) s
"""
OPEN_WRITES = """
SELECT DISTINCT o.operation, o.item FROM (
    SELECT c.operation, unnest(c.item_ids) AS item FROM (
        SELECT operation, item_ids, connector_id FROM chunks
        WHERE route_key = $2 AND state IN ('rung', 'claimed', 'sent') OFFSET 0
    ) c WHERE c.connector_id = $1 AND c.operation <> 'pull_products'
    UNION ALL
    SELECT r.operation, unnest(r.item_ids) FROM remote_jobs r WHERE r.connector_id = $1 AND r.state = 'open'
) o WHERE o.item = ANY($3::uuid[])
"""


@dataclass(slots=True)
class KnownVariant:
    """A live variant of the catalog, as far as a pull asks."""

    row: dict[str, Any]
    stock: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class KnownProduct:
    """A product of the catalog with its live variants, in order."""

    row: dict[str, Any]
    variants: list[KnownVariant] = field(default_factory=list)


@dataclass(slots=True)
class Facts:
    """Everything a page's products are matched and compared with."""

    listed: dict[tuple[str, str], tuple[UUID, UUID]] = field(default_factory=dict)
    """(kind, external id) → (item, product)."""
    by_key: dict[str, UUID] = field(default_factory=dict)
    by_sku: dict[str, UUID] = field(default_factory=dict)
    by_ean: dict[str, set[UUID]] = field(default_factory=dict)
    claimed_by: dict[str, set[str]] = field(default_factory=dict)
    """EAN → external ids of the page's products that nothing but an EAN could tell: neither listed nor with a key of ours."""
    products: dict[UUID, KnownProduct] = field(default_factory=dict)
    sent: dict[tuple[UUID, str], tuple[int, datetime | None]] = field(default_factory=dict)
    """(item, operation) → (catalog version, when)."""
    unsure: set[tuple[UUID, str]] = field(default_factory=set)
    """Of those sent: the answer was lost, and the shop may have it or not."""
    seen: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    seen_at: dict[UUID, datetime] = field(default_factory=dict)
    digests: dict[UUID, bytes] = field(default_factory=dict)
    """Of the shop's object as it last came, by the item that it is known by."""
    open_writes: set[tuple[str, UUID]] = field(default_factory=set)
    """(operation, item)."""


def ean_keys(product: PulledProduct) -> list[str]:
    """Of its variants' EANs those that are valid, as the catalog compares them."""
    return [gtin_key(one.ean) for one in product.variants if one.ean and gtin_is_valid(one.ean)]


async def read_facts(
    connection: Connection,
    job: PullJob,
    page: Sequence[PulledProduct],
    *,
    names: Iterable[str],
    placeholders: Sequence[UUID],
) -> Facts:
    """A dozen statements, whatever the size of the page.

    `names`: keys and SKUs that a creation might want. `placeholders`: ids by which products without one of ours are known.
    """
    facts = Facts()
    variants = [variant for product in page for variant in product.variants]
    external = sorted({one.external_id for one in page} | {one.external_id for one in variants})
    for row in await connection.fetch(LISTED, job.connector_id, external):
        facts.listed[row["kind"], row["external_id"]] = (row["item_id"], row["product_id"])
    skus = [variant.sku for variant in variants if variant.sku]
    wanted = sorted({product.our_key for product in page if product.our_key} | set(skus) | set(names))
    facts.by_key = {row["key"]: row["id"] for row in await connection.fetch(BY_KEY, job.account_id, wanted)}
    facts.by_sku = {row["sku"]: row["product_id"] for row in await connection.fetch(BY_SKU, job.account_id, wanted)}
    for product in page:
        if ("product", product.external_id) not in facts.listed and product.our_key not in facts.by_key:
            for ean in ean_keys(product):
                facts.claimed_by.setdefault(ean, set()).add(product.external_id)
    eans = sorted({ean for product in page for ean in ean_keys(product)})
    for row in await connection.fetch(BY_EAN, job.account_id, eans):
        facts.by_ean.setdefault(row["ean_key"], set()).add(row["product_id"])
    candidates = {product for _, product in facts.listed.values()} | set(facts.by_key.values())
    candidates |= {product for found in facts.by_ean.values() for product in found}
    await _read_products(connection, job, facts, sorted(candidates), placeholders)
    return facts


async def _read_products(
    connection: Connection, job: PullJob, facts: Facts, ids: list[UUID], placeholders: Sequence[UUID]
) -> None:
    for row in await connection.fetch(PRODUCTS, ids, job.connector_id):
        facts.products[row["id"]] = KnownProduct(dict(row))
    by_id: dict[UUID, KnownVariant] = {}
    for row in await connection.fetch(VARIANTS, ids, job.connector_id, job.channel, job.price_list):
        by_id[row["id"]] = variant = KnownVariant(dict(row))
        facts.products[row["product_id"]].variants.append(variant)
    for row in await connection.fetch(STOCK, list(by_id)):
        by_id[row["variant_id"]].stock[row["location"]] = row["quantity"]
    items = [*ids, *by_id]
    for row in await connection.fetch(SENT, job.connector_id, items):
        facts.sent[row["item_id"], row["operation"]] = (row["catalog_version"], row["sent_at"])
        if row["unsure"]:
            facts.unsure.add((row["item_id"], row["operation"]))
    for row in await connection.fetch(SEEN, job.connector_id, sorted({*items, *placeholders})):
        facts.seen[row["item_id"]] = row["values"]
        facts.seen_at[row["item_id"]] = row["seen_at"]
        if row["digest"] is not None:
            facts.digests[row["item_id"]] = row["digest"]
    for row in await connection.fetch(OPEN_WRITES, job.connector_id, job.route_key, items):
        facts.open_writes.add((row["operation"], row["item"]))
