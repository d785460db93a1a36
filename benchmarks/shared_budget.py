"""Two workers on one shared budget, on real PostgreSQL: how much of the limit they use, and how full its fullest stretch is.

The workers are two lease holders with connection pools of their own, under the worker's role; each has callers that never stop.
A call is counted at the moment at which it would leave.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.report import Figure
from pixee_common.clock import SystemClock
from pixee_common.db import Database
from pixee_common.db.grants import ROLES
from pixee_common.db.migrate import migrate
from pixee_common.platforms.manifest import BudgetScope, TokenBucketBudget, WindowBudget
from pixee_devstack.postgres import EmbeddedPostgres
from pixee_workers.sync_base.budgets import BudgetSet
from pixee_workers.sync_base.connector_budgets import ConnectorBudgets
from pixee_workers.sync_base.shared_budget_sql import BudgetRow
from pixee_workers.sync_base.shared_budgets import SharedBudget

SECONDS = 10.0
CALLERS = 20
ANSWER_SECONDS = 0.005
BUCKET = TokenBucketBudget(name="bucket", rate=200, burst=200, scope=BudgetScope.APPLICATION)
WINDOW = WindowBudget(name="window", limit=400, seconds=2, scope=BudgetScope.APPLICATION)
_PASSWORD = "only-for-the-benchmark"


async def run() -> list[Figure]:
    """Four figures: used and fullest stretch, of a token bucket and of a window."""
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedPostgres(Path(folder))
        await server.start()
        try:
            os.environ["PIXEE_ROLE_PASSWORD_WORKER"] = _PASSWORD
            await migrate(server.dsn)
            dsn = server.dsn_for(ROLES["worker"], _PASSWORD)
            bucket, bucket_counts, bucket_took = await _saturated(dsn, BUCKET)
            window, window_counts, window_took = await _saturated(dsn, WINDOW)
        finally:
            await server.stop()
    rate = WINDOW.limit / WINDOW.seconds
    return [
        *_figures(
            "token bucket", _after_the_burst(bucket) / BUCKET.rate, _fullest_bucket(bucket), bucket_counts, bucket_took
        ),
        *_figures("window", len(window) / window_took / rate, _fullest_window(window), window_counts, window_took),
    ]


def _figures(kind: str, used: float, fullest: float, counts: Sequence[int], took: float) -> list[Figure]:
    detail = f"{sum(counts)} calls in {took:.1f} s by two workers ({counts[0]} and {counts[1]}), {CALLERS} callers each"
    name = f"two workers on one shared {kind}"
    return [
        Figure(f"{name}: used", used, 0.9, lower_is_better=False, unit="×", detail=detail),
        Figure(
            f"{name}: fullest stretch", fullest, 1.0, lower_is_better=True, unit="×", detail="of what is allowed in it"
        ),
    ]


async def _saturated(dsn: str, spec: TokenBucketBudget | WindowBudget) -> tuple[list[float], list[int], float]:
    """When calls left, how many each worker made, and how long it took."""
    clock, calls, counts = SystemClock(), list[float](), [0, 0]
    databases = [Database(dsn, name=f"worker {n}") for n in (0, 1)]
    pools = [SharedBudget(spec, BudgetRow(one, clock, spec, ("bench", spec.name, "")), clock) for one in databases]
    begun = time.monotonic()

    async def call_on(worker: int) -> None:
        budgets = ConnectorBudgets(BudgetSet([], clock), {spec.name: pools[worker]})
        while time.monotonic() < begun + SECONDS:
            grant = await budgets.acquire({spec.name: 1}, fast=False)
            calls.append(time.monotonic())
            counts[worker] += 1
            await asyncio.sleep(ANSWER_SECONDS)
            budgets.end(grant)

    try:
        await asyncio.gather(*(call_on(worker) for worker in (0, 1) for _ in range(CALLERS)))
    finally:
        for pool in pools:
            await pool.close()
        for database in databases:
            await database.close()
    return calls, counts, calls[-1] - begun


def _after_the_burst(calls: Sequence[float]) -> float:
    """Calls a second once the bucket's first content is gone."""
    rest = [at for at in calls if at > calls[0] + 1]
    return (len(rest) - 1) / (rest[-1] - rest[0])


def _fullest_bucket(calls: Sequence[float]) -> float:
    """The most that the platform's bucket ever lacks, as a share of the bucket."""
    level, lowest, last = BUCKET.burst, BUCKET.burst, calls[0]
    for at in calls:
        level = min(BUCKET.burst, level + (at - last) * BUCKET.rate) - 1
        lowest, last = min(lowest, level), at
    return (BUCKET.burst - lowest) / BUCKET.burst


def _fullest_window(calls: Sequence[float]) -> float:
    first, most = 0, 0
    for last, at in enumerate(calls):
        while at - calls[first] >= WINDOW.seconds:
            first += 1
        most = max(most, last - first + 1)
    return most / WINDOW.limit
