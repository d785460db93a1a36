"""The next chunk's values are read during the last call of the present one, and used only while nothing could be newer."""

import asyncio
from dataclasses import replace
from uuid import uuid4

import pytest
from platform_workers.sync_base.courier_side.fake_platform import answer
from platform_workers.sync_base.courier_side.shop_rows import ShopRows

from pixee_common.clock import FakeClock
from pixee_common.domain.job import Operation
from pixee_workers.sync_base.reading_ahead import FRESH_SECONDS, Ahead, ReadingAhead

PRODUCTS, STOCK = Operation.PUSH_PRODUCTS, Operation.PUSH_STOCK


def nothing():
    pass


def chunk_of(operation=PRODUCTS, **changes):
    rows = ShopRows(owner=None)
    return rows.chunk(operation, [rows.account], **changes)


class Reads:
    """Counts what is read; fails when told to."""

    def __init__(self, clock) -> None:
        self.clock, self.read, self.error = clock, [], None

    async def __call__(self, chunk):
        self.read.append(chunk)
        if self.error is not None:
            raise self.error
        return Ahead(None, chunk.item_ids, [], self.clock.monotonic())


@pytest.fixture
def clock():
    return FakeClock()


async def test_what_is_expected_is_read_once_and_taken(clock):
    ahead, reads, chunk = ReadingAhead(clock), Reads(clock), chunk_of()
    ahead.expect(chunk, nothing)
    ahead.begin(chunk_of(), reads, overlaps=False)
    ahead.begin(chunk_of(), reads, overlaps=False)
    found = await ahead.take(chunk)
    assert found.item_ids == chunk.item_ids
    assert reads.read == [chunk]
    assert await ahead.take(chunk) is None


async def test_what_was_read_half_a_second_ago_is_read_anew(clock):
    ahead, reads, chunk = ReadingAhead(clock), Reads(clock), chunk_of()
    ahead.expect(chunk, nothing)
    ahead.begin(chunk_of(), reads, overlaps=False)
    await asyncio.sleep(0)
    await clock.advance(FRESH_SECONDS + 0.1)
    assert await ahead.take(chunk) is None


async def test_a_chunk_that_was_overtaken_takes_nothing_of_the_others(clock):
    ahead, reads, chunk = ReadingAhead(clock), Reads(clock), chunk_of()
    ahead.expect(chunk, nothing)
    ahead.begin(chunk_of(), reads, overlaps=False)
    assert await ahead.take(chunk_of()) is None
    assert await ahead.take(chunk) is None


async def test_fast_and_bulk_chunks_are_read_apart(clock):
    ahead, reads, bulk, fast = ReadingAhead(clock), Reads(clock), chunk_of(), chunk_of(STOCK)
    ahead.expect(bulk, nothing)
    ahead.begin(chunk_of(Operation.PUSH_STOCK), reads, overlaps=False)
    assert reads.read == []
    ahead.expect(fast, nothing)
    ahead.begin(chunk_of(Operation.PUSH_STOCK), reads, overlaps=False)
    ahead.begin(chunk_of(), reads, overlaps=False)
    assert (await ahead.take(fast)).item_ids == fast.item_ids
    assert (await ahead.take(bulk)).item_ids == bulk.item_ids


@pytest.mark.parametrize("changes", [{"look_up": True}, {"letters": "u"}, {"operation": Operation.PULL_PRODUCTS}])
async def test_what_counts_for_more_than_its_values_is_not_read_ahead(clock, changes):
    ahead, reads, chunk = ReadingAhead(clock), Reads(clock), replace(chunk_of(), **changes)
    ahead.expect(chunk, nothing)
    ahead.begin(chunk_of(), reads, overlaps=False)
    await asyncio.sleep(0)
    assert reads.read == []
    assert await ahead.take(chunk) is None


async def test_an_error_is_left_to_the_reading_in_turn(clock):
    ahead, reads, chunk = ReadingAhead(clock), Reads(clock), chunk_of()
    reads.error = ConnectionError("gone")
    ahead.expect(chunk, nothing)
    ahead.begin(chunk_of(), reads, overlaps=False)
    assert await ahead.take(chunk) is None


@pytest.mark.parametrize(
    ("overlaps", "changes", "begins"),
    [(True, {}, 1), (False, {}, 0), (True, {"connector_id": uuid4()}, 0), (True, {"look_up": True}, 0)],
)
async def test_the_next_chunk_of_the_same_connector_may_begin_when_it_is_read(clock, overlaps, changes, begins):
    ahead, reads, present, told = ReadingAhead(clock), Reads(clock), chunk_of(), []
    chunk = replace(present, no=1, **changes)
    ahead.expect(chunk, lambda: told.append(chunk))
    ahead.begin(present, reads, overlaps=overlaps)
    await ahead.take(chunk)
    assert len(told) == begins


async def test_the_next_chunk_may_not_begin_when_it_could_not_be_read(clock):
    ahead, reads, present, told = ReadingAhead(clock), Reads(clock), chunk_of(), []
    reads.error = RuntimeError("away")
    chunk = replace(present, no=1)
    ahead.expect(chunk, lambda: told.append(chunk))
    ahead.begin(present, reads, overlaps=True)
    await ahead.take(chunk)
    assert told == []


async def carried_in_a_row(bench, first, second, *, meanwhile=None):
    """Carries two chunks as a lane does; the shop answers when the second is read; `meanwhile` happens between the two."""
    following = bench.rows.chunk(PRODUCTS, second)

    async def when_read():
        await asyncio.gather(
            *(task for _, task in bench.courier.route(following.route_key, bench.adapter).ahead._reading.values())
        )
        return answer()

    bench.shop.script.append(when_read)
    bench.courier.expect(following, nothing)
    await bench.rows.write(await bench.courier.carry(bench.rows.chunk(PRODUCTS, first), bench.life))
    if meanwhile is not None:
        await meanwhile()
    counted = bench.courier._values
    before = counted.reads
    result = await bench.courier.carry(following, bench.life)
    return result, counted.reads - before


class CountedValues:
    """The real reader, with its readings counted."""

    def __init__(self, values) -> None:
        self.values, self.reads = values, 0

    def __getattr__(self, name):
        return getattr(self.values, name)

    async def read(self, *arguments):
        self.reads += 1
        return await self.values.read(*arguments)


async def test_the_second_chunk_is_sent_with_what_was_read_ahead(bench):
    made = await bench()
    made.courier._values = CountedValues(made.courier._values)
    first, second = (await made.rows.add_product("A"))[0], (await made.rows.add_product("B"))[0]
    result, reads = await carried_in_a_row(made, [first], [second])
    assert result.letters == "a"
    assert reads == 0


async def test_a_product_that_was_sent_meanwhile_is_read_anew(bench):
    made = await bench()
    made.courier._values = CountedValues(made.courier._values)
    product, _ = await made.rows.add_product("A")
    result, reads = await carried_in_a_row(made, [product], [product])
    assert result.letters == "s"
    assert reads == 1


async def test_values_are_read_anew_when_time_has_passed(bench):
    made = await bench()
    made.courier._values = CountedValues(made.courier._values)
    first, second = (await made.rows.add_product("A"))[0], (await made.rows.add_product("B"))[0]

    async def later():
        made.clock.offset += FRESH_SECONDS + 0.1
        await made.rows.set_title(second, "Newer")

    result, reads = await carried_in_a_row(made, [first], [second], meanwhile=later)
    assert (result.letters, reads) == ("a", 1)
