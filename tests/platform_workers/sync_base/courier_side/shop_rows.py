"""Rows of one account in a real database: a catalog, a connector, and the lane's part of writing results, in the plainest way."""

import asyncio
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from pixee_common.crypto import KeyRing, generate_key
from pixee_common.db import Database
from pixee_common.domain.ids import AccountId, ConnectorId, JobId, RouteKey, new_id
from pixee_common.domain.job import Operation
from pixee_workers.sync_base.chunks import ChunkResult, ClaimedChunk

KEYS = KeyRing([("k1", generate_key())])


class LivingLife:
    """A worker that lives."""

    def check(self) -> None: ...

    def remaining(self) -> float:
        return 8.5

    async def lost(self) -> None:
        await asyncio.Event().wait()


@dataclass
class ShopRows:
    """`owner` writes; everything belongs to `account`."""

    owner: Database
    account: UUID = field(default_factory=new_id)
    connector: UUID = field(default_factory=new_id)
    versions: int = 100
    platform: str = "fake"
    credentials: dict[str, str] = field(default_factory=lambda: {"token": "secret-token-of-the-shop"})

    async def run(self, statement: str, *values: Any) -> Any:
        async with self.owner.connection() as connection:
            return await connection.fetch(statement, *values)

    async def add_connector(self, shop_currency: str | None = "EUR", status: str = "active", **settings: Any) -> None:
        await self.run("INSERT INTO accounts (id, name) VALUES ($1, 'a')", self.account)
        await self.run(
            "INSERT INTO connectors (id, account_id, name, platform, status, settings, shop_identity, route_key, shop_currency)"
            " VALUES ($1, $2, 'c', $7, $3, $4, 'a.fake.test', $5, $6)",
            self.connector,
            self.account,
            status,
            {"shop": "a.fake.test", **settings},
            str(self.connector),
            shop_currency,
            self.platform,
        )
        sealed = KEYS.seal(self.connector, self.credentials)
        await self.run(
            "INSERT INTO credentials (connector_id, account_id, key_id, ciphertext) VALUES ($1, $2, $3, $4)",
            self.connector,
            self.account,
            sealed.key_id,
            sealed.ciphertext,
        )

    def next_version(self) -> int:
        self.versions += 1
        return self.versions

    async def add_product(
        self,
        key: str,
        *,
        title: str = "Shirt",
        price: str | None = "10.00",
        currency: str | None = "EUR",
        quantity: int | None = 5,
        ean: str | None = None,
        sizes: tuple[str, ...] = (),
    ) -> tuple[UUID, list[UUID]]:
        product = new_id()
        options = [{"name": "Size", "values": list(sizes)}] if sizes else []
        await self.run(
            "INSERT INTO products (id, account_id, key, content, content_version, origin) VALUES ($1, $2, $3, $4, $5, 't')",
            product,
            self.account,
            key,
            {"names": {"en": title}, "options": options},
            self.next_version(),
        )
        variants = []
        for size in sizes or (None,):
            variant = new_id()
            variants.append(variant)
            await self.run(
                "INSERT INTO variants (id, account_id, product_id, sku, ean, ean_key, content, base_price, currency,"
                " price_version, price_origin, stock_version, stock_origin)"
                " VALUES ($1, $2, $3, $4, $5, ltrim($5, '0'), $6, $7, $8, $9, 't', $10, 't')",
                variant,
                self.account,
                product,
                f"{key}-{size}" if size else key,
                ean,
                {"options": {"Size": size} if size else {}},
                None if price is None else Decimal(price),
                currency,
                self.next_version(),
                self.next_version(),
            )
            if quantity is not None:
                await self.set_stock(variant, quantity, changed=False)
        return product, variants

    async def set_title(self, product: UUID, title: str) -> None:
        await self.run(
            "UPDATE products SET content = jsonb_set(content, '{names,en}', to_jsonb($2::text)), content_version = $3,"
            " updated_at = now() WHERE id = $1",
            product,
            title,
            self.next_version(),
        )

    async def set_stock(self, variant: UUID, quantity: int, location: str = "default", *, changed: bool = True) -> None:
        await self.run(
            "INSERT INTO stock (variant_id, location, account_id, quantity) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT (variant_id, location) DO UPDATE SET quantity = $4",
            variant,
            location,
            self.account,
            quantity,
        )
        if changed:
            await self.run("UPDATE variants SET stock_version = $2 WHERE id = $1", variant, self.next_version())

    async def delete_product(self, product: UUID) -> None:
        await self.run(
            "UPDATE products SET deleted_at = now(), content_version = $2 WHERE id = $1", product, self.next_version()
        )
        await self.run("UPDATE variants SET deleted_at = now() WHERE product_id = $1", product)

    async def list_item(self, item: UUID, product: UUID, kind: str, external_id: str | None, state: str = "confirmed"):
        await self.run(
            "INSERT INTO listings (connector_id, item_id, kind, account_id, product_id, shop_identity, external_id, state)"
            " VALUES ($1, $2, $3, $4, $5, 'a.fake.test', $6, $7)",
            self.connector,
            item,
            kind,
            self.account,
            product,
            external_id,
            state,
        )

    def chunk(self, operation: Operation, items: list[UUID], **changes: Any) -> ClaimedChunk:
        given: dict[str, Any] = {
            "job_id": JobId(new_id()),
            "no": 0,
            "account_id": AccountId(self.account),
            "connector_id": ConnectorId(self.connector),
            "platform": self.platform,
            "operation": operation,
            "route_key": RouteKey(str(self.connector)),
            "priority": 2,
            "item_ids": tuple(items),
            "letters": "." * len(items),
            "attempt": 0,
            "look_up": False,
            "epoch": 1,
            "claim_token": uuid4(),
        }
        return ClaimedChunk(**{**given, **changes})

    async def write(self, result: ChunkResult) -> None:
        """What the lane's writer does with listings, operations and remote jobs."""
        for kind, external_id in result.gone:
            await self.run(
                "DELETE FROM listings WHERE connector_id = $1 AND kind = $2 AND external_id = $3",
                self.connector,
                kind,
                external_id,
            )
        for row in result.listings:
            await self.run(
                "INSERT INTO listings (connector_id, item_id, kind, account_id, product_id, shop_identity, external_id,"
                " parent_external_id, refs, state) VALUES ($1, $2, $3, $4, $5, 'a.fake.test', $6, $7, $8, 'confirmed')"
                " ON CONFLICT (connector_id, item_id) DO UPDATE SET external_id = $6, state = 'confirmed'",
                self.connector,
                row.item_id,
                row.kind,
                self.account,
                row.product_id,
                row.external_id,
                row.parent_external_id,
                dict(row.refs),
            )
        for row in result.operations:
            await self.run(
                "INSERT INTO listing_operations (connector_id, item_id, operation, account_id, hash, catalog_version)"
                " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (connector_id, item_id, operation)"
                " DO UPDATE SET hash = coalesce($5, listing_operations.hash), catalog_version = $6",
                self.connector,
                row.item_id,
                row.operation.value,
                self.account,
                row.hash,
                row.catalog_version,
            )
        for job in result.remote_jobs:
            await self.run(
                "INSERT INTO remote_jobs (id, account_id, connector_id, platform, route_key, operation, job_id, chunk_no, kind,"
                " remote_id, item_ids, correlation, next_poll_at, deadline_at)"
                " VALUES ($1, $2, $3, 'fake', 'r', 'push_products', $4, $5, $6, $7, $8, $9, $10, $11)",
                job.id,
                self.account,
                self.connector,
                result.chunk.job_id,
                result.chunk.no,
                job.kind,
                job.remote_id,
                list(job.item_ids),
                dict(job.correlation),
                job.next_poll_at,
                job.deadline_at,
            )

    async def listings(self) -> dict[UUID, tuple[str | None, str]]:
        rows = await self.run(
            "SELECT item_id, external_id, state FROM listings WHERE connector_id = $1", self.connector
        )
        return {row["item_id"]: (row["external_id"], row["state"]) for row in rows}
