"""Shared budgets for laws: where time leaps, the database's clock does not come along, and a bucket kept by it would never fill.

The engine's own pools and leases, above rows that one bench keeps in memory and counts by its leaping clock. That the real rows keep
every limit over several workers is proved beside them (`test_shared_budgets_on_postgres.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

from pixee_common.clock import Clock
from pixee_common.db import Database
from pixee_common.platforms.manifest import Manifest, TokenBucketBudget
from pixee_workers.sync_base.budget_pools import Pool
from pixee_workers.sync_base.calls import BudgetReading, ConnectorSettings
from pixee_workers.sync_base.connector_budgets import SharedBudgets
from pixee_workers.sync_base.shared_budget_sql import Answer, BudgetRow, Lease
from pixee_workers.sync_base.shared_budgets import SharedBudget

_LIFE = 1.0


@dataclass
class Bucket:
    """`Ledger` of a token bucket."""

    clock: Clock
    rate: float
    most: float
    level: float
    at: float

    async def lease(self, asked: float, least: float, rate: float, most: float) -> Answer:
        now = self.clock.monotonic()
        self.level = min(self.most, self.level + (now - self.at) * self.rate)
        self.at = now
        if self.level < least:
            return Answer(None, (least - self.level) / self.rate, self.most, self.rate)
        amount = min(asked, self.level)
        self.level -= amount
        return Answer(Lease(uuid4(), amount, now + _LIFE, now, _LIFE), 0.0, self.most, self.rate)

    async def give_back(self, lease: Lease, amount: float) -> None:
        self.level = min(self.most, self.level + amount)

    async def ended(self, lease: Lease) -> None:
        return

    async def refused(self, seconds: float, *, slower: bool) -> None:
        self.level, self.at = 0.0, self.clock.monotonic() + seconds

    async def learn(self, reading: BudgetReading) -> None:
        self.rate, self.most = reading.restore or self.rate, reading.maximum or self.most


class LeapingBudgets(SharedBudgets):
    """Of one bench, over all workers that it starts."""

    def __init__(self, database: Database, clock: Clock, buckets: dict[str, Bucket]) -> None:
        super().__init__(database, clock)
        self._buckets = buckets
        self._leaping = clock

    def of(self, manifest: Manifest, settings: ConnectorSettings, credentials: Mapping[str, str]) -> dict[str, Pool]:
        found = super().of(manifest, settings, credentials)
        for place, pool in self._pools.items():
            if isinstance(pool._spec, TokenBucketBudget) and isinstance(pool._ledger, BudgetRow):
                pool._ledger = self._bucket(pool, "/".join(place))
        return found

    def _bucket(self, pool: SharedBudget, name: str) -> Bucket:
        rate, most = pool.pace, pool.capacity
        return self._buckets.setdefault(name, Bucket(self._leaping, rate, most, most, self._leaping.monotonic()))
