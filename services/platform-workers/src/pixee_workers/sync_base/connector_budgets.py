"""The budgets of one connector's calls: its route's own, and those that it shares with other connectors of its platform."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from pixee_workers.sync_base.budget_pools import Pools
from pixee_workers.sync_base.budgets import BudgetSet, Grant
from pixee_workers.sync_base.calls import BudgetReading


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
