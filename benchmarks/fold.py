"""Fold of progress events through the consumer's handler, against the same statement run bare, paired in one run on real PostgreSQL.

The handler reads every event, folds, looks at each job's state and commits; the limit is half of the bare statement's rate.
"""

import os
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from benchmarks.report import Figure
from pixee_common.db import Database
from pixee_common.db.migrate import migrate
from pixee_common.domain.ids import new_id
from pixee_common.events import SyncProgress
from pixee_common.messaging.consuming import Received
from pixee_devstack.postgres import EmbeddedPostgres
from pixee_orchestrator.progress.fold import FOLD
from pixee_orchestrator.progress.folder import Folder

PASSWORD = "only-for-benchmarks"
BATCH = 500
JOBS = 20
CHUNKS = 40_000


async def _jobs(owner: Database, chunks: int) -> list[tuple[UUID, int]]:
    jobs = [new_id() for _ in range(JOBS)]
    async with owner.connection() as connection:
        await connection.execute("TRUNCATE jobs, chunks")
        await connection.execute(
            "INSERT INTO jobs (id, account_id, connector_id, platform, operation, route_key, scope_hash, requested_by, total, state, planning) "
            "SELECT id, id, id, 'shopify', 'push_products', 'r-' || id, '', 'bench', $2, 'running', 'done' FROM unnest($1::uuid[]) id",
            *(jobs, chunks // JOBS * 100 + 1),
        )
        await connection.execute(
            "INSERT INTO chunks (job_id, no, account_id, connector_id, platform, operation, route_key, priority, job_position, item_ids, "
            "letters, size, folded_size, state, succeeded) "
            "SELECT j.id, n, j.id, j.id, 'shopify', 'push_products', j.route_key, 2, j.position, '{}', repeat('a', 100), 100, 100, 'done', 100 "
            "FROM jobs j, generate_series(0, $1) n",
            chunks // JOBS - 1,
        )
        await connection.execute(
            "INSERT INTO chunks (job_id, no, account_id, connector_id, platform, operation, route_key, priority, job_position, item_ids, "
            "letters, size, folded_size) SELECT id, 1000000, id, id, 'shopify', 'push_products', route_key, 2, position, '{}', '.', 1, 1 FROM jobs"
        )
        await connection.execute("ANALYZE chunks")
        rows = await connection.fetch("SELECT job_id, no FROM chunks WHERE state = 'done' ORDER BY no, job_id")
    return [(row["job_id"], row["no"]) for row in rows]


def _message(job: UUID, no: int) -> Received:
    event = SyncProgress(
        job_id=job, chunk_no=no, account_id=job, connector_id=job, platform="shopify", operation="push_products",
        route_key=f"r-{job}", state="done", size=100, succeeded=100, failed=0, skipped=0, cancelled=0, attempt=1,
        occurred_at=datetime.now(UTC),
    )  # fmt: skip
    return Received("pixee.sync.progress.v1", 0, no, None, event.body(), {})


async def _bare(database: Database, keys: list[tuple[UUID, int]]) -> float:
    started = time.perf_counter()
    for first in range(0, len(keys), BATCH):
        part = keys[first : first + BATCH]
        async with database.connection() as connection:
            await connection.fetch(FOLD, [job for job, _ in part], [no for _, no in part])
    return len(keys) / (time.perf_counter() - started)


async def _handled(database: Database, keys: list[tuple[UUID, int]]) -> float:
    async def refuse(_messages: object, reason: str, text: str) -> None:
        raise AssertionError(f"{reason}: {text}")

    folder = Folder(database, lambda _: None, refuse)
    messages = [_message(job, no) for job, no in keys]
    started = time.perf_counter()
    for first in range(0, len(messages), BATCH):
        await folder.handle(messages[first : first + BATCH])
    return len(keys) / (time.perf_counter() - started)


async def run() -> list[Figure]:
    """Events a second through the handler over those of the bare statement: medians of three paired rounds."""
    for service in ("GATEWAY", "ORCHESTRATOR", "WORKER"):
        os.environ[f"PIXEE_ROLE_PASSWORD_{service}"] = PASSWORD
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedPostgres(Path(folder))
        await server.start()
        owner = Database(server.dsn, name="bench")
        database = Database(server.dsn_for("pixee_orchestrator", PASSWORD), name="bench orchestrator")
        try:
            await migrate(server.dsn)
            rounds = [
                (
                    await _bare(database, await _jobs(owner, CHUNKS)),
                    await _handled(database, await _jobs(owner, CHUNKS)),
                )
                for _ in range(3)
            ]
        finally:
            await owner.close()
            await database.close()
            await server.stop()
    bare, handled = (statistics.median(column) for column in zip(*rounds, strict=True))
    detail = f"{handled:,.0f} events/s folded with job states, {bare:,.0f}/s by the statement alone"
    return [Figure("folding progress", handled / bare, 0.5, lower_is_better=False, unit="×", detail=detail)]
