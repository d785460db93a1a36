"""One worker on a shop that answers at once, against the same loop without SQL: what claims, values, intents and outcomes cost.

Both sides call a simulated shop in a process of its own, without latency and with its limits wide open, through the real adapter
and client, in turn and each time on an empty shop. The worker is what `pixee_workers.main` puts together, rung by hand: no Kafka,
no relay. Its database is a real PostgreSQL under the worker's own role, durable as in production.
"""

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from benchmarks.loop_rows import KEYS, Catalog, Connected, Simulator, simulators
from benchmarks.loop_without_sql import LoopWithoutSql
from benchmarks.report import Figure
from pixee_common.clock import SystemClock
from pixee_common.db import Database
from pixee_common.db.migrate import migrate
from pixee_common.domain.job import Operation
from pixee_common.egress import EgressPolicy, GuardedClient
from pixee_devstack.postgres import EmbeddedPostgres
from pixee_devstack.service_env import ROLES, SIMULATED_HOSTS, egress_routes
from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.adapters_found import found_adapters
from pixee_workers.sync_base.context import Wiring
from pixee_workers.sync_base.courier import PlatformCourier
from pixee_workers.sync_base.lane import LaneTools
from pixee_workers.sync_base.lanes import Lanes
from pixee_workers.sync_base.liveness import Liveness
from pixee_workers.sync_base.marks import Marks, needs_mark
from pixee_workers.sync_base.outcome_writer import OutcomeWriter
from pixee_workers.sync_base.tokens import TokenStore

PRODUCTS = {"woocommerce": 2_000, "shopify": 600}
ROUNDS = 5
OPERATIONS = (Operation.PUSH_PRODUCTS, Operation.PUSH_STOCK)
_PASSWORD = "only-for-benchmarks"


@dataclass(frozen=True)
class Lap:
    """One side's way through one operation: seconds, of them the worker's own CPU and the shop's, and the shop's requests."""

    seconds: float
    cpu: float
    shop: float
    requests: int


class Course:
    """Everything that both sides have in common."""

    def __init__(self, database: Database, wiring: Wiring, adapter: Adapter, catalog: Catalog, simulator: Simulator) -> None:
        self.database, self.wiring, self.adapter = database, wiring, adapter
        self.catalog, self.simulator = catalog, simulator

    async def worker(self) -> list[Lap]:
        """One lap for each operation, by a worker."""
        shop = await self.catalog.connect(self.simulator)
        laps = []
        for operation in OPERATIONS:
            if operation is Operation.PUSH_STOCK:
                await self.catalog.restock()
            job = await self.catalog.rung(shop, operation)
            await self.catalog.analyze()
            laps.append(await self._lap(shop, self._carried(shop)))
            if await self.catalog.applied(job) != len(self.catalog.products):
                raise RuntimeError(f"{shop.platform}: not all items of {operation} were applied")
        return laps

    async def loop(self) -> list[Lap]:
        """The same by the loop without SQL."""
        shop = await self.catalog.connect(self.simulator)
        loop = await LoopWithoutSql.to(shop, self.adapter, self.wiring, self.database)
        laps = []
        for operation in OPERATIONS:
            chunks = await loop.items(self.catalog, operation, self.database)
            loop.dropped.applied = 0
            laps.append(await self._lap(shop, loop.run(operation, chunks)))
            if loop.dropped.applied != len(self.catalog.products):
                raise RuntimeError(f"{shop.platform}: not all items of {operation} were applied without SQL")
        return laps
