"""A push under fire: hurts at stated shares of the work, each with a request in flight, then the shop's own log is the judge."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from system.harness import Shop, System
from system.shops import read_shop

from pixee_devstack.processes import ManagedProcess

SILENCE_SECONDS = 20.0


@dataclass
class Hurt:
    """What happens at which share of the work."""

    name: str
    at: float
    act: Callable[[], Awaitable[Any]]
    happened_ns: int = 0
    done: int = 0


@dataclass
class Run:
    """One push of `total` new products into a fresh shop, hurt on the way."""

    system: System
    shop: Shop
    total: int
    hurts: list[Hurt] = field(default_factory=list)

    async def created(self) -> int:
        """Committed creates in the shop's log."""
        return (await self.shop.counts())["commits"].get("product_created", 0)

    async def go(self, *, seconds: float) -> dict[str, Any]:
        """Pushes, hurts, waits for the end; returns the job."""
        job_id = await self.shop.sync("push-products")
        for hurt in self.hurts:
            async with asyncio.timeout(seconds):
                while True:
                    counts = await self.shop.counts()
                    hurt.done = counts["commits"].get("product_created", 0)
                    if hurt.done >= self.total * hurt.at and counts["in_flight"]:
                        break
                    await asyncio.sleep(0.005)
            hurt.happened_ns = time.monotonic_ns()
            await hurt.act()
        return await self.shop.account.finished(job_id, seconds=seconds)

    async def judge(self, job: dict[str, Any]) -> None:
        """Nothing lost, nothing doubled, counts add up, calls resumed in time, and every hurt found a request in flight."""
        log = await self.shop.requests()
        created = await self.created()
        found = await read_shop(self.shop)
        assert (job["state"], job["succeeded"], job["failed"]) == ("completed", self.total, 0), job
        assert created == self.total, f"{created} creates for {self.total} products"
        assert len(found) == self.total
        starts = sorted(entry["started_ns"] for entry in log)
        gaps = [(b - a) / 1e9 for a, b in itertools.pairwise(starts)]
        assert max(gaps) <= SILENCE_SECONDS, f"{max(gaps):.1f} s without a call"
        for hurt in self.hurts:
            in_flight = [e for e in log if e["started_ns"] <= hurt.happened_ns <= e["ended_ns"]]
            assert in_flight, f"no request was in flight at: {hurt.name}"
        for one, two in itertools.pairwise(self.hurts):
            assert two.done - one.done >= self.total * 0.1 - 1, f"{one.name} and {two.name} came too close"


async def killed_and_restarted(process: ManagedProcess) -> None:
    """kill -9, and a new process at once, as any supervisor would."""
    await process.kill()
    await process.start()


def hurts(system: System) -> list[Hurt]:
    """Worker, orchestrator, gateway and broker killed, PostgreSQL restarted, 15 % of the job apart."""
    stack = system.stack
    assert stack.kafka is not None
    assert stack.postgres is not None
    kafka, postgres = stack.kafka, stack.postgres

    async def broker() -> None:
        await kafka.kill()
        await kafka.start()

    return [
        Hurt("kill -9 of the worker", 0.10, lambda: killed_and_restarted(stack.processes["worker"])),
        Hurt("kill -9 of the orchestrator", 0.25, lambda: killed_and_restarted(stack.processes["orchestrator"])),
        Hurt("kill -9 of the gateway", 0.40, lambda: killed_and_restarted(stack.processes["gateway"])),
        Hurt("kill -9 of the broker", 0.55, broker),
        Hurt("restart of PostgreSQL", 0.70, postgres.restart),
    ]
