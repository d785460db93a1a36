"""What a worker remembers of a route: locks, recent writes, pace, breakers."""

import asyncio
from uuid import uuid4

import pytest
from platform_workers.sync_base.courier_side.fake_platform import manifest

from pixee_common.clock import FakeClock
from pixee_common.domain.faults import PlatformFault
from pixee_common.domain.job import Operation
from pixee_workers.sync_base.breaker import Breaker, PlatformBreaker
from pixee_workers.sync_base.items import Listing
from pixee_workers.sync_base.product_locks import ProductLocks
from pixee_workers.sync_base.recent_writes import RecentWrites, Sent
from pixee_workers.sync_base.route_state import Pace, RouteState


async def test_locks_taken_crosswise_do_not_wait_in_a_circle_and_leave_nothing_behind():
    clock = FakeClock()
    locks, inside, most = ProductLocks(clock), set(), 0
    one, two, three = uuid4(), uuid4(), uuid4()

    async def work(products):
        nonlocal most
        async with locks.hold(products):
            assert not inside & set(products)
            inside.update(products)
            most = max(most, len(inside))
            await asyncio.sleep(0)
            inside.difference_update(products)

    await asyncio.wait_for(
        asyncio.gather(*(work(p) for p in ([one, two], [two, one], [one, one], [three], [two, three]) * 5)), 5
    )
    assert most >= 2
    assert not locks._locks
    await clock.advance(1)
    assert locks.touched_since([one], 0.0)
    assert not locks.touched_since([one], 0.5)
    assert not locks.touched_since([uuid4()], 0.0)


async def test_a_cancelled_wait_for_a_lock_leaves_it_free():
    locks, product = ProductLocks(FakeClock()), uuid4()

    async def hold():
        async with locks.hold([product]):
            pass

    async with locks.hold([product]):
        waiting = asyncio.ensure_future(hold())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    await asyncio.wait_for(hold(), 1)
    assert not locks._locks


async def test_recent_writes_stand_over_the_database_for_a_minute():
    clock = FakeClock()
    recent, connector, item = RecentWrites(clock), uuid4(), uuid4()
    old, new = Listing("old"), Listing("new")
    assert recent.listing(connector, item, old) == old
    recent.linked(connector, item, new, "product")
    recent.sent(connector, item, Operation.PUSH_STOCK, Sent(b"h", 2))
    assert recent.listing(connector, item, old) == new
    assert recent.owner(connector, "new") == item
    assert recent.last_sent(connector, item, Operation.PUSH_STOCK, None) == Sent(b"h", 2)
    assert recent.last_sent(connector, item, Operation.PUSH_PRICES, None) is None
    recent.gone(connector, "new")
    assert recent.listing(connector, item, old) is None
    assert recent.owner(connector, "new") is None
    recent.linked(connector, item, new, "product")
    assert recent.listing(connector, item, None) == new
    await clock.advance(61)
    assert recent.listing(connector, item, old) == old


async def test_pace_counts_only_the_time_in_which_there_was_work():
    clock = FakeClock()
    pace = Pace(clock)
    assert pace.per_second() == 1.0
    for _ in range(4):
        with pace.carrying():
            await clock.advance(0.5)
        await clock.advance(3)
    assert pace.per_second() == pytest.approx(2.0)
    await clock.advance(60)
    assert pace.per_second() == 1.0


async def test_two_chunks_at_once_count_twice():
    clock = FakeClock()
    pace = Pace(clock)
    with pace.carrying(), pace.carrying():
        await clock.advance(1)
    assert pace.per_second() == pytest.approx(2.0)


async def test_a_breaker_lets_one_call_through_after_a_pause_that_doubles():
    clock = FakeClock()
    breaker = Breaker(clock, failures=2)
    for pause in (10.0, 20.0, 40.0, 80.0, 160.0, 300.0, 300.0):
        for _ in range(1 if breaker.is_open else 2):
            breaker.enter()
            breaker.failed()
        assert breaker.remaining() == pytest.approx(pause)
        with pytest.raises(PlatformFault):
            breaker.enter()
        await clock.advance(pause)
    breaker.enter()
    with pytest.raises(PlatformFault):
        breaker.enter()
    breaker.abandoned()
    breaker.enter()
    breaker.succeeded()
    assert not breaker.is_open
    assert breaker.remaining() == 0


async def test_one_shop_alone_never_parks_its_platform():
    breaker = PlatformBreaker("fake", FakeClock())
    for _ in range(50):
        breaker.broken("only")
    breaker.enter()


async def test_one_good_answer_clears_the_suspicion():
    breaker = PlatformBreaker("fake", FakeClock())
    for _ in range(5):
        for route in "ab":
            breaker.broken(route)
    breaker.succeeded()
    breaker.broken("c")
    breaker.enter()


async def test_places_and_memories_belong_to_operation_and_connector():
    state = RouteState.begun(manifest(concurrency=2), FakeClock())
    assert state.room(Operation.PUSH_STOCK) is state.room(Operation.PUSH_STOCK)
    assert state.room(Operation.PUSH_STOCK) is not state.room(Operation.PUSH_PRICES)
    one = uuid4()
    state.memory(one)["a"] = 1
    assert state.memory(one) == {"a": 1}
    assert state.memory(uuid4()) == {}


async def test_a_minute_of_very_many_writes_is_not_swept_at_each_of_them(monkeypatch: pytest.MonkeyPatch):
    recent, connector = RecentWrites(FakeClock()), uuid4()
    looked: list[int] = []
    young = RecentWrites._is_young
    monkeypatch.setattr(RecentWrites, "_is_young", lambda self, at: looked.append(1) or young(self, at))
    for number in range(60_000):
        recent.linked(connector, uuid4(), Listing(str(number)), "product")
    assert len(looked) <= 3 * 60_000


async def test_a_shop_that_gets_nothing_but_stock_is_not_remembered_for_ever():
    clock = FakeClock()
    recent, connector = RecentWrites(clock), uuid4()
    for _ in range(4):
        for _ in range(50_000):
            recent.sent(connector, uuid4(), Operation.PUSH_STOCK, Sent(b"h", 1))
        await clock.advance(61)
    assert len(recent._sent) <= 100_000


async def test_locks_of_very_many_products_are_not_swept_at_each_of_them():
    class Counting(dict):
        swept = 0

        def items(self):
            Counting.swept += 1
            return super().items()

    locks = ProductLocks(FakeClock())
    locks._let_go = Counting()
    for _ in range(30_000):
        async with locks.hold([uuid4()]):
            pass
    assert Counting.swept <= 1
