"""Buckets, places and learnt quotas against a platform that counts what it would have refused."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from pixee_common.clock import FakeClock
from pixee_common.platforms.manifest import ConcurrencyBudget, TokenBucketBudget
from pixee_workers.sync_base.budgets import BudgetSet
from pixee_workers.sync_base.calls import BudgetReading


class Metered:
    """A platform with a token bucket or a limit of calls at once, that counts what it would have refused."""

    def __init__(self, clock: FakeClock, rate: float, burst: float, places: int) -> None:
        self.clock, self.rate, self.burst, self.places = clock, rate, burst, places
        self.level, self.at, self.inside, self.refused, self.served = burst, 0.0, 0, 0, 0

    def arrive(self) -> None:
        now = self.clock.monotonic()
        self.level = min(self.burst, self.level + (now - self.at) * self.rate)
        self.at = now
        if self.level < 1 - 1e-6 or self.inside >= self.places:
            self.refused += 1
        self.level -= 1
        self.inside += 1
        self.served += 1

    async def saturated(self, spec, runners: int, latency: float, seconds: float, told=None) -> None:
        budgets = BudgetSet([spec], self.clock)

        async def run(n: int) -> None:
            while True:
                grant = await budgets.acquire({"b": 1}, fast=n % 2 == 0)
                self.arrive()
                await self.clock.sleep(latency)
                self.inside -= 1
                budgets.end(grant, told or [])

        tasks = [asyncio.ensure_future(run(n)) for n in range(runners)]
        await self.clock.advance(seconds)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.5, 20), st.integers(1, 20), st.integers(1, 8), st.floats(0.01, 0.3))
async def test_a_token_bucket_is_never_refused_and_used_up(rate, burst, runners, latency):
    clock = FakeClock()
    platform = Metered(clock, rate, burst, 1000)
    await platform.saturated(TokenBucketBudget(name="b", rate=rate, burst=burst), runners, latency, 60)
    assert platform.refused == 0
    if runners / latency > 2 * rate:
        assert platform.served >= 0.9 * rate * 60


@settings(max_examples=15, deadline=None)
@given(st.floats(0.5, 20), st.floats(0.2, 1), st.floats(0.01, 0.1))
async def test_a_quota_learnt_from_headers_is_used_up_and_never_refused(rate, share, latency):
    clock = FakeClock()
    platform = Metered(clock, rate, 5, 1000)
    told = [BudgetReading("b", restore=rate, maximum=5)]
    await platform.saturated(TokenBucketBudget(name="b", rate=rate * share, burst=1), 4, latency, 30, told)
    assert platform.refused == 0
    if 4 / latency > 2 * rate:
        assert platform.served >= 0.9 * rate * 30


async def test_a_quota_that_is_less_than_declared_holds_from_the_first_answer():
    clock = FakeClock()
    platform = Metered(clock, 2, 2, 1000)
    told = [BudgetReading("b", restore=2, maximum=2)]
    await platform.saturated(TokenBucketBudget(name="b", rate=20, burst=2), 4, 0.01, 30, told)
    assert 0.9 * 60 <= platform.served <= 60 + 2 + 1


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 6), st.integers(1, 10), st.floats(0.05, 0.5))
async def test_places_are_never_more_than_there_are_and_never_empty(places, runners, latency):
    clock = FakeClock()
    platform = Metered(clock, 1e9, 1e9, places)
    await platform.saturated(ConcurrencyBudget(name="b", limit=places), runners, latency, 30)
    assert platform.refused == 0
    assert platform.served >= 0.9 * min(places, runners) * int(30 / latency)
