"""A courier over the scripted shop, under the worker's own database role."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from platform_workers.sync_base.courier_side.fake_platform import FakeAdapter, FakeShop
from platform_workers.sync_base.courier_side.shop_rows import KEYS, LivingLife, ShopRows

from pixee_common.clock import SystemClock
from pixee_common.egress import EgressPolicy
from pixee_workers.sync_base.context import Wiring
from pixee_workers.sync_base.courier import PlatformCourier
from pixee_workers.sync_base.tokens import TokenStore

WORKER = uuid4()


class QuickClock(SystemClock):
    """Real time, but a pause takes none: what was slept is noted."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.offset = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.offset

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await super().sleep(0)


class Bench:
    """Everything that a courier test holds in its hands."""

    def __init__(self, rows: ShopRows, database: Any, adapter: FakeAdapter) -> None:
        self.rows, self.adapter, self.shop, self.clock = rows, adapter, FakeShop(), QuickClock()
        self.database = database
        self.wiring = Wiring(
            sender=self.shop,
            policy=EgressPolicy(),
            clock=self.clock,
            tokens=TokenStore(self.clock),
            worker_id=lambda: WORKER,
            version="1",
            jitter=lambda: 0.0,
        )
        self.life = LivingLife()
        self.restart()

    def restart(self) -> None:
        """Another worker: nothing in memory."""
        self.courier = PlatformCourier({"fake": self.adapter}, self.database, KEYS, self.wiring)

    async def push(self, operation, items, *, write=True, **changes):
        result = await self.courier.carry(self.rows.chunk(operation, items, **changes), self.life)
        if write:
            await self.rows.write(result)
        return result


@pytest.fixture
async def bench(owner, as_role) -> Callable[..., Any]:
    database = as_role("worker")

    async def make(adapter: FakeAdapter | None = None, **connector: Any) -> Bench:
        rows = ShopRows(owner)
        await rows.add_connector(**connector)
        return Bench(rows, database, adapter or FakeAdapter())

    return make
