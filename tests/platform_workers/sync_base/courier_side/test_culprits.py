"""Submissions that are refused as a whole: whoever is to blame is found in few calls, and everything else arrives exactly once."""

import asyncio
import random

import pytest
from platform_workers.sync_base.courier_side.fake_platform import FakeAdapter, fault, manifest

from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.job import Operation
from pixee_common.domain.reasons import ReasonCode
from pixee_common.platforms.manifest import Atomicity
from pixee_workers.sync_base.route_state import Room

pytestmark = pytest.mark.stack

PRODUCTS = Operation.PUSH_PRODUCTS


class AllOrNothing(FakeAdapter):
    """Refuses a submission that holds one of `bad`; names as many of them as `names` says (from the front)."""

    def __init__(self, *, names: int = 0, kind: FaultKind = FaultKind.REFUSED, **capability) -> None:
        super().__init__(manifest(**{"max_items": 100, "atomicity": Atomicity.ALL_OR_NOTHING, **capability}))
        self.bad: set = set()
        self.names = names
        self.kind = kind
        self.innocent: tuple = ()

    async def submit(self, operation, items, context):
        found = [one.item.id for one in items if one.item.id in self.bad]
        guilty = (*self.innocent, *found[: self.names])
        self.faults.append(self._refusal(guilty) if found else None)
        return await super().submit(operation, items, context)

    def _refusal(self, guilty) -> PlatformFault:
        return PlatformFault(
            self.kind, FaultScope.SUBMISSION, ReasonCode.INVALID_VALUE, "The title is too long.", guilty=guilty
        )


async def _hundred(b):
    return [(await b.rows.add_product(f"P{n}"))[0] for n in range(100)]


def _arrived(b, items, bad) -> None:
    """Each good item was created (the adapter refuses to create twice), none of the bad ones."""
    assert len(b.adapter.products) == len(items) - len(bad)
    assert {issue.item_id for result in b.results for issue in result.issues} == set(bad)


async def _pushed(bench, adapter: AllOrNothing, bad: list[int]):
    b = await bench(adapter)
    items = await _hundred(b)
    adapter.bad = {items[place] for place in bad}
    result = await b.push(PRODUCTS, items, write=False)
    b.results = [result]
    assert result.letters == "".join("r" if place in bad else "a" for place in range(100))
    _arrived(b, items, adapter.bad)
    return b, result


async def test_what_the_platform_names_is_rejected_and_the_rest_goes_in_one_more_call(bench):
    b, result = await _pushed(bench, AllOrNothing(names=100), [3, 50, 97])
    assert len(b.adapter.submitted) == 2
    assert {(issue.reason, issue.message) for issue in result.issues} == {
        (ReasonCode.INVALID_VALUE, "The title is too long.")
    }


async def test_a_platform_that_names_one_at_a_time_is_followed(bench):
    b, _ = await _pushed(bench, AllOrNothing(names=1), [3, 50, 97])
    assert len(b.adapter.submitted) == 4


async def test_a_platform_that_names_somebody_new_again_and_again_is_halved_in_the_end(bench):
    bad = list(range(0, 100, 5))
    b, _ = await _pushed(bench, AllOrNothing(names=1), bad)
    assert len(b.adapter.submitted) < 100


async def test_where_the_platform_names_nobody_three_bad_ones_of_a_hundred_are_halved_out(bench):
    places = random.Random(7)
    for bad in ([0, 1, 2], [97, 98, 99], [33, 66, 99], sorted(places.sample(range(100), 3))):
        b, _ = await _pushed(bench, AllOrNothing(), bad)
        assert len(b.adapter.submitted) <= 34, f"{len(b.adapter.submitted)} calls for {bad}"


async def test_an_id_that_was_not_sent_is_nobodys_guilt(bench):
    adapter = AllOrNothing()
    b = await bench(adapter)
    items = await _hundred(b)
    adapter.bad = {items[7]}
    stranger, _ = await b.rows.add_product("elsewhere")
    adapter.innocent = (stranger,)
    result = await b.push(PRODUCTS, items, write=False)
    assert result.letters == "a" * 7 + "r" + "a" * 92


async def test_pointers_count_also_where_items_have_verdicts_of_their_own_and_where_it_was_too_big(bench):
    for adapter in (
        AllOrNothing(names=100, atomicity=Atomicity.PER_ITEM),
        AllOrNothing(names=100, kind=FaultKind.TOO_BIG),
    ):
        b, _ = await _pushed(bench, adapter, [40, 41])
        assert len(b.adapter.submitted) == 2
        assert b.courier.route(str(b.rows.connector), adapter).room(PRODUCTS).learnt_items is None


async def test_an_operation_that_is_refused_is_not_searched_for_culprits(bench):
    adapter = AllOrNothing()
    b = await bench(adapter)
    items = await _hundred(b)
    adapter.faults.append(fault(FaultKind.REFUSED, FaultScope.OPERATION, ReasonCode.PERMISSION_MISSING))
    result = await b.push(PRODUCTS, items, write=False)
    assert result.letters == "r" * 100
    assert len(b.shop.seen) == 1


async def test_a_shop_that_goes_away_while_culprits_are_sought_leaves_the_rest_open(bench):
    adapter = AllOrNothing()
    b = await bench(adapter)
    items = await _hundred(b)
    adapter.bad = {items[80]}
    real = adapter.submit
    calls = 0

    async def submit(*given):
        nonlocal calls
        calls += 1
        if calls == 3:
            raise fault(FaultKind.UNAVAILABLE)
        return await real(*given)

    adapter.submit = submit
    result = await b.push(PRODUCTS, items, write=False)
    assert result.letters == "a" * 50 + "." * 50
    assert (calls, result.wait.reason) == (3, ReasonCode.UNAVAILABLE)


async def test_a_size_that_was_too_big_is_remembered_and_more_is_tried_after_a_while(bench):
    adapter = FakeAdapter(manifest(max_items=50))
    adapter.too_many = 30
    b = await bench(adapter)

    async def push(count: int) -> list[int]:
        before = len(adapter.submitted)
        items = [(await b.rows.add_product(f"P{before}-{n}"))[0] for n in range(count)]
        assert (await b.push(PRODUCTS, items, write=False)).letters == "a" * count
        return [len(one) for one in adapter.submitted[before:]]

    assert await push(50) == [50, 25, 25]
    for _ in range(4):
        assert await push(50) == [25, 25]
    assert await push(54) == [27, 27]


def test_a_size_that_is_learnt_goes_back_to_what_fits_and_not_to_half():
    room = Room(asyncio.Semaphore(1), most_items=100)
    room.went_through(100)
    room.too_big(100)
    assert room.learnt_items == 50
    for _ in range(10):
        room.went_through(50)
    assert room.learnt_items == 55
    room.went_through(20)
    room.too_big(55)
    assert room.learnt_items == 50
    room.too_big(55)  # it was under way when the first was refused
    assert room.learnt_items == 50
    room.too_big(50)
    assert room.learnt_items == 25
    for _ in range(10 * 20):
        room.went_through(room.learnt_items or 100)
    assert room.learnt_items is None
