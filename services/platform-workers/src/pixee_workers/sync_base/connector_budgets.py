"""The budgets of one connector's calls: its route's own, and those that it shares with other connectors of its platform."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from typing import Protocol

from pixee_common.clock import Clock
from pixee_common.db import Database
from pixee_common.platforms.manifest import Manifest, SharedBudgetSpec
from pixee_workers.sync_base.budget_pools import Pool, Pools
from pixee_workers.sync_base.budgets import BudgetSet, Grant
from pixee_workers.sync_base.calls import BudgetReading, ConnectorSettings
from pixee_workers.sync_base.shared_budget_sql import BudgetRow
from pixee_workers.sync_base.shared_budgets import SharedBudget


class Budgets(Protocol):
    """What the call context asks."""

    async def acquire(self, spend: Mapping[str, float], *, fast: bool) -> "Grant": ...

    def end(self, grant: "Grant", readings: Sequence[BudgetReading] = (), *, sent: bool = True) -> None: ...

    def refused(
        self, names: Sequence[str], retry_after: float | None, readings: Sequence[BudgetReading] = ()
    ) -> None: ...


class ConnectorBudgets:
    """A route's budgets together with those that this connector shares with others of its platform."""

    def __init__(self, route: BudgetSet, pools: Pools) -> None:
        self._route = route
        self._pools = pools

    async def acquire(self, spend: Mapping[str, float], *, fast: bool) -> Grant:
        """As `BudgetSet.acquire`."""
        return await self._route.acquire(spend, fast=fast, pools=self._pools)

    def end(self, grant: Grant, readings: Sequence[BudgetReading] = (), *, sent: bool = True) -> None:
        """As `BudgetSet.end`."""
        if not grant.ended:
            for reading in readings:
                if reading.budget in self._pools:
                    self._pools[reading.budget].read(reading)
        self._route.end(grant, readings, sent=sent)

    def refused(self, names: Sequence[str], retry_after: float | None, readings: Sequence[BudgetReading] = ()) -> None:
        """As `BudgetSet.refused`; a shared budget's pause holds for every worker."""
        told = {reading.budget for reading in readings if reading.available is not None}
        for name in names:
            if name in self._pools:
                self._pools[name].refused(retry_after, told=name in told or retry_after is not None)
        self._route.refused(names, retry_after, readings)


class SharedBudgets:
    """All shared budgets of this worker, each begun at its first use."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._pools: dict[tuple[str, str, str], SharedBudget] = {}

    def of(self, manifest: Manifest, settings: ConnectorSettings, credentials: Mapping[str, str]) -> dict[str, Pool]:
        """The budgets that a connector shares, by name."""
        found: dict[str, Pool] = {}
        fields = {manifest.host.address_setting: settings.address, **settings.extra, **credentials}
        for spec in manifest.budgets:
            if not isinstance(spec, SharedBudgetSpec) or not spec.shared:
                continue
            place = (manifest.slug, spec.name, key_of(*(fields.get(name, "") for name in spec.key_fields)))
            if place not in self._pools:
                row = BudgetRow(self._database, self._clock, spec, place)
                self._pools[place] = SharedBudget(spec, row, self._clock)
            found[spec.name] = self._pools[place]
        return found

    async def close(self) -> None:
        """Give back what is leased: another worker can use it at once."""
        await asyncio.gather(*(pool.close() for pool in self._pools.values()))


def key_of(*values: str) -> str:
    """What tells budgets apart in the database: a digest, since a value may be a secret. Empty where all are."""
    return hashlib.sha256("\0".join(values).encode()).hexdigest() if any(values) else ""
