"""Rows that the orchestrator's tests stand on, and a worker made of SQL: claims what is rung, writes outcomes, tells nobody."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from pixee_common.db import Database
from pixee_common.domain.ids import new_id
from pixee_common.domain.job import OUTCOME_LETTERS, Counted, OutcomeKind, count_letters
from pixee_common.events import SyncProgress

CLAIM = """
UPDATE chunks SET state = 'claimed', claim_token = $2, worker_id = $3, claimed_at = now()
WHERE (job_id, no) IN (
    SELECT job_id, no FROM chunks WHERE route_key = $1 AND state = 'rung' ORDER BY priority, job_position, no FOR UPDATE
) RETURNING job_id, no, letters, item_ids, operation, priority, job_position
"""
RESULT = """
UPDATE chunks SET letters = $3, state = $4, succeeded = $5, failed = $6, skipped = $7, cancelled = $8, attempt = attempt + 1,
    not_before = $9, wait_reason = $10, done_at = CASE WHEN $4 = 'done' THEN now() END
WHERE job_id = $1 AND no = $2
"""


class World:
    """One database with accounts, connectors, products and jobs of its own for each test."""

    def __init__(self, owner: Database) -> None:
        self.owner = owner

    async def execute(self, sql: str, *arguments: Any) -> None:
        async with self.owner.connection() as connection:
            await connection.execute(sql, *arguments)

    async def rows(self, sql: str, *arguments: Any) -> list[Any]:
        async with self.owner.connection() as connection:
            return await connection.fetch(sql, *arguments)

    async def value(self, sql: str, *arguments: Any) -> Any:
        async with self.owner.connection() as connection:
            return await connection.fetchval(sql, *arguments)

    async def clean(self) -> None:
        """Nothing of other tests is left to plan, ring or fold."""
        await self.execute(
            "TRUNCATE jobs, chunks, item_issues, routes, workers, outbox, connectors, credentials, remote_jobs, submissions, pulled_pages, "
            "accounts, products, variants, stock, price_lists, price_list_items, catalog_sequences, listings, "
            "listing_operations, seen_values, dead_letters, probes, idempotency_keys, pending_changes, resends, access_tokens, webhook_deliveries"
        )

    async def account(self) -> UUID:
        account = new_id()
        await self.execute("INSERT INTO accounts (id, name) VALUES ($1, 'Shop & Co')", account)
        return account

    async def connector(
        self, account: UUID, *, route: str | None = None, platform: str = "shopify", **settings: str
    ) -> UUID:
        connector = new_id()
        await self.execute(
            "INSERT INTO connectors (id, account_id, name, platform, settings, shop_identity, route_key) "
            "VALUES ($1, $2, 'a shop', $3, $4, $5, $6)",
            *(connector, account, platform, settings, f"shop-{connector}", route or f"shop-{connector}"),
        )
        return connector

    async def route_of(self, connector: UUID) -> str:
        return await self.value("SELECT route_key FROM connectors WHERE id = $1", connector)

    async def worker(self, *platforms: str, silent_for: float = 0) -> UUID:
        worker = uuid4()
        await self.execute(
            "INSERT INTO workers (id, platforms, host, pid, version, heartbeat_at) VALUES ($1, $2, 'here', 1, '1', now() - $3::interval)",
            *(worker, list(platforms or ("shopify",)), timedelta(seconds=silent_for)),
        )
        return worker

    async def products(self, account: UUID, count: int) -> list[UUID]:
        """Simple products with one variant each, in id order."""
        ids = sorted(new_id() for _ in range(count))
        await self.execute(
            "INSERT INTO products (id, account_id, key, content, content_version, origin) "
            "SELECT id, $1, 'P-' || id, '{}', 1, 'test' FROM unnest($2::uuid[]) id",
            *(account, ids),
        )
        await self.execute(
            "INSERT INTO variants (id, account_id, product_id, sku, content, price_version, price_origin, stock_version, stock_origin) "
            "SELECT gen_random_uuid(), $1, id, 'P-' || id, '{}', 1, 'test', 1, 'test' FROM unnest($2::uuid[]) id",
            *(account, ids),
        )
        return ids

    async def job(
        self,
        account: UUID,
        connector: UUID,
        operation: str = "push_products",
        scope: dict[str, Any] | None = None,
        traceparent: str | None = None,
    ) -> UUID:
        job = new_id()
        await self.execute(
            "INSERT INTO jobs (id, account_id, connector_id, platform, operation, route_key, scope, scope_hash, requested_by, traceparent) "
            "SELECT $1, $2, c.id, c.platform, $4, c.route_key, $5, '', 'test', $6 FROM connectors c WHERE c.id = $3",
            *(job, account, connector, operation, scope, traceparent),
        )
        return job

    async def state(self, job: UUID) -> Any:
        return (await self.rows("SELECT * FROM jobs WHERE id = $1", job))[0]

    async def chunks(self, job: UUID) -> list[Any]:
        return await self.rows("SELECT * FROM chunks WHERE job_id = $1 ORDER BY no", job)

    async def claim(self, route: str, worker: UUID | None = None) -> list[Any]:
        """Everything that is rung on the route, in order, as a worker claims it."""
        rows = await self.rows(CLAIM, route, uuid4(), worker)
        return sorted(rows, key=lambda row: (row["priority"], row["job_position"], row["no"]))

    async def write(
        self, job: UUID, no: int, letters: str, *, wait: str | None = None, wait_seconds: float = 3600
    ) -> None:
        """An outcome, as a worker writes it: letters, counts, state."""
        counts = count_letters(letters)
        still_open = counts[Counted.OPEN] > 0
        until = await self.value("SELECT now() + $1::interval", timedelta(seconds=wait_seconds)) if still_open else None
        await self.execute(
            RESULT,
            *(job, no, letters, "waiting" if still_open else "done", counts[Counted.SUCCEEDED], counts[Counted.FAILED]),
            *(counts[Counted.SKIPPED], counts[Counted.CANCELLED], until, wait if still_open else None),
        )

    async def work(
        self, route: str, outcome: Callable[[int], OutcomeKind] = lambda _: OutcomeKind.APPLIED
    ) -> Sequence[tuple[UUID, int]]:
        """Claims all that is rung and ends it; `outcome` is asked with the place of each item in its chunk."""
        done = []
        for chunk in await self.claim(route):
            letters = "".join(
                OUTCOME_LETTERS[outcome(place)] if letter in ".ue" else letter
                for place, letter in enumerate(chunk["letters"])
            )
            await self.write(chunk["job_id"], chunk["no"], letters)
            done.append((chunk["job_id"], chunk["no"]))
        return done

    async def progress(self, job: UUID, no: int) -> SyncProgress:
        """The event that a worker would tell of the chunk as it stands."""
        chunk = (await self.rows("SELECT * FROM chunks WHERE job_id = $1 AND no = $2", job, no))[0]
        same = (
            *("account_id", "connector_id", "platform", "operation", "route_key", "state", "size"),
            *("succeeded", "failed", "skipped", "cancelled", "attempt"),
        )
        told = {name: chunk[name] for name in same}
        return SyncProgress(**told, job_id=job, chunk_no=no, occurred_at=datetime.now(UTC))
