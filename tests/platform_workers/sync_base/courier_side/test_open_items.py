"""Answers that leave an item open: lost, doubtful, refused as a whole, too big. On real PostgreSQL, against a scripted shop."""

import pytest
from platform_workers.sync_base.courier_side.fake_platform import (
    FakeAdapter,
    answer,
    fault,
    manifest,
    outcome_for,
)

from pixee_common.domain.faults import FaultKind, FaultScope
from pixee_common.domain.job import Operation, OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_common.egress import AnswerLost, ConnectFailed, EgressRefused
from pixee_common.platforms.manifest import Atomicity, Idempotency
from pixee_workers.sync_base.items import Listing
from pixee_workers.sync_base.outcomes import Found, Linked

pytestmark = pytest.mark.stack

PRODUCTS, STOCK = Operation.PUSH_PRODUCTS, Operation.PUSH_STOCK
GUARDED = Idempotency.READ_BEFORE_WRITE


@pytest.fixture
async def guarded(bench):
    async def make(**capability):
        adapter = FakeAdapter(manifest(idempotency=GUARDED, **capability))
        adapter.safe = False
        return await bench(adapter)

    return make


async def test_an_intent_is_committed_before_a_create(guarded):
    b = await guarded()
    product, _ = await b.rows.add_product("A")
    seen = []

    async def look():
        seen.append(await b.rows.listings())
        return answer()

    b.shop.script.append(look)
    await b.push(PRODUCTS, [product])
    assert seen == [{product: (None, "intent")}]
    assert (await b.rows.listings())[product] == ("p-A", "confirmed")


async def test_a_create_whose_answer_was_lost_is_looked_up_and_not_repeated(guarded):
    b = await guarded()
    product, _ = await b.rows.add_product("A")

    async def committed_and_lost():
        b.adapter.products["A"] = {}
        return AnswerLost("reset")

    b.shop.script.append(committed_and_lost)
    result = await b.push(PRODUCTS, [product])
    assert result.letters == "a"
    assert [len(items) for items in b.adapter.submitted] == [1, 1]
    assert b.adapter.submitted[1][0].listing == Listing("p-A")


async def test_a_create_that_never_arrived_is_sent_after_the_look_up(guarded):
    b = await guarded(settle_seconds=4)
    product, _ = await b.rows.add_product("A")
    b.shop.script.append(AnswerLost("reset"))
    result = await b.push(PRODUCTS, [product])
    assert result.letters == "a"
    assert len(b.adapter.found) == 2  # once at once, and once when absence had become a proof
    assert sum(b.clock.slept) >= 3.9


async def test_a_long_settle_time_is_parked_not_slept(guarded):
    b = await guarded(settle_seconds=60)
    product, _ = await b.rows.add_product("A")
    b.shop.script.append(AnswerLost("reset"))
    result = await b.push(PRODUCTS, [product])
    assert result.letters == "u"
    assert result.wait.reason is ReasonCode.ANSWER_UNKNOWN
    assert 58 < (result.wait.until - b.clock.now()).total_seconds() <= 60
    assert len(b.adapter.submitted) == 1
    await b.rows.run("UPDATE listings SET updated_at = now() - interval '2 minutes' WHERE item_id = $1", product)
    b.restart()
    assert (await b.push(PRODUCTS, [product], letters="u")).letters == "a"


async def test_what_a_dead_worker_had_sent_is_looked_up_first(guarded):
    b = await guarded()
    product, _ = await b.rows.add_product("A")
    await b.rows.list_item(product, product, "product", None, "intent")
    b.adapter.products["A"] = {}
    result = await b.push(PRODUCTS, [product], look_up=True)
    assert result.letters == "a"
    assert b.adapter.found == [[product]]
    assert b.adapter.submitted[0][0].listing.external_id == "p-A"


@pytest.mark.parametrize("arrived", [True, False])
async def test_what_a_cancelled_job_had_sent_is_looked_up_and_never_sent_again(guarded, arrived):
    b = await guarded()
    product, _ = await b.rows.add_product("A")
    await b.rows.list_item(product, product, "product", None, "intent")
    if arrived:
        b.adapter.products["A"] = {}
    result = await b.push(PRODUCTS, [product], letters="u", cancelled=True)
    assert result.letters == "x"
    assert b.adapter.found == [[product]]
    assert b.adapter.submitted == []
    if arrived:
        assert (await b.rows.listings())[product] == ("p-A", "confirmed")


async def test_doubt_after_a_dead_worker_outlives_a_throttled_carry(bench):
    b = await bench()
    product, (variant,) = await b.rows.add_product("A")
    await b.push(PRODUCTS, [product])
    b.restart()
    b.shop.script.append(answer(429, retry_after="40"))
    parked = await b.push(STOCK, [variant], look_up=True)
    assert parked.letters == "u"
    b.restart()
    assert (await b.push(STOCK, [variant], letters=parked.letters)).letters == "a"


async def test_an_unknown_update_is_sent_again_even_if_it_looks_unchanged(guarded):
    b = await guarded()
    product, (variant,) = await b.rows.add_product("A")
    await b.push(PRODUCTS, [product])
    b.restart()
    assert (await b.push(STOCK, [variant], letters="u")).letters == "a"
    assert (await b.push(STOCK, [variant], look_up=True)).letters == "a"
    assert not b.adapter.found


async def test_an_update_whose_answers_stay_lost_is_never_taken_for_sent(bench):
    b = await bench()
    product, (variant,) = await b.rows.add_product("A")
    await b.push(PRODUCTS, [product])
    b.adapter.judge = lambda item: outcome_for(item, OutcomeKind.UNKNOWN, ReasonCode.ANSWER_UNKNOWN)
    await b.rows.set_stock(variant, 8)
    assert (await b.push(STOCK, [variant])).letters == "u"
    await b.rows.set_stock(variant, 5)
    b.adapter.judge = lambda item: None
    b.restart()
    result = await b.push(STOCK, [variant])
    assert result.letters == "a"  # the shop may have had 8


async def test_an_object_that_exists_is_linked_and_updated_in_the_same_carry(guarded):
    b = await guarded()
    product, _ = await b.rows.add_product("A")
    b.adapter.products["A"] = {}
    b.adapter.judge = lambda item: None if item.listing else outcome_for(item, OutcomeKind.EXISTS)
    result = await b.push(PRODUCTS, [product])
    assert result.letters == "a"
    assert (await b.rows.listings())[product] == ("p-A", "confirmed")


async def test_an_object_of_another_product_needs_review(guarded):
    b = await guarded(look_up_new=True)
    mine, _ = await b.rows.add_product("A")
    other, _ = await b.rows.add_product("B")
    torn, _ = await b.rows.add_product("C")
    linked_elsewhere, _ = await b.rows.add_product("D")
    await b.rows.list_item(other, other, "product", "p-B")
    finds = {
        mine: Found(Linked(Listing("p-X")), ours=False),
        torn: Found(Linked(), candidates=("p-1", "p-2")),
        linked_elsewhere: Found(Linked(Listing("p-B"))),
    }
    b.adapter.finds = lambda item: finds.get(item.id)
    result = await b.push(PRODUCTS, [mine, torn, linked_elsewhere])
    assert result.letters == "vvv"
    assert {(i.item_id, i.reason, i.candidates) for i in result.issues} == {
        (mine, ReasonCode.BELONGS_TO_ANOTHER, ("p-X",)),
        (torn, ReasonCode.EAN_AMBIGUOUS, ("p-1", "p-2")),
        (linked_elsewhere, ReasonCode.BELONGS_TO_ANOTHER, ("p-B",)),
    }
    assert not b.adapter.submitted


async def test_an_upsert_that_lands_on_another_products_object_needs_review(bench):
    b = await bench()
    first, _ = await b.rows.add_product("A")
    second, _ = await b.rows.add_product("B")
    await b.push(PRODUCTS, [first])
    onto = Linked(Listing("p-A"))
    b.adapter.judge = lambda item: outcome_for(item, OutcomeKind.APPLIED, None, linked=onto)
    result = await b.push(PRODUCTS, [second])
    assert (result.letters, result.listings) == ("v", ())


async def test_two_products_never_adopt_one_object(guarded):
    b = await guarded(look_up_new=True)
    first, _ = await b.rows.add_product("A")
    second, _ = await b.rows.add_product("B")
    b.adapter.finds = lambda item: Found(Linked(Listing("p-same")))
    assert (await b.push(PRODUCTS, [first, second])).letters == "av"


async def test_a_product_that_vanished_at_the_shop_is_created_anew_once(guarded):
    b = await guarded()
    product, _ = await b.rows.add_product("A")
    await b.push(PRODUCTS, [product])
    b.adapter.products.clear()
    await b.rows.set_title(product, "New")
    b.adapter.judge = lambda item: (
        outcome_for(item, OutcomeKind.TRANSIENT, ReasonCode.NOT_FOUND_AT_SHOP, linked=Linked(gone=("p-A",)))
        if item.listing
        else None
    )
    result = await b.push(PRODUCTS, [product])
    assert result.letters == "a"
    assert (await b.rows.listings())[product] == ("p-A", "confirmed")
    assert [len(s) for s in b.adapter.submitted] == [1, 1, 1]


async def test_a_transient_item_waits_longer_each_time(bench):
    b = await bench()
    product, _ = await b.rows.add_product("A")
    b.adapter.judge = lambda item: outcome_for(item, OutcomeKind.TRANSIENT, ReasonCode.UNAVAILABLE)
    waits = []
    for attempt in (0, 1, 2, 20):
        result = await b.push(PRODUCTS, [product], attempt=attempt)
        assert result.letters == "."
        waits.append(round((result.wait.until - b.clock.now()).total_seconds()))
    assert waits == [1, 2, 4, 300]


async def test_an_answer_that_forgets_an_item_makes_all_unknown(guarded):
    b = await guarded()
    products = [(await b.rows.add_product(key))[0] for key in "AB"]
    b.adapter.judge = lambda item: outcome_for(item, OutcomeKind.APPLIED, None, item_id=products[0])
    result = await b.push(PRODUCTS, products)
    assert result.letters == "uu"
    assert result.wait is not None


async def test_a_submission_that_is_refused_as_a_whole_is_bisected_to_the_guilty_item(bench):
    b = await bench(FakeAdapter(manifest(atomicity=Atomicity.ALL_OR_NOTHING)))
    products = [(await b.rows.add_product(f"P{n}", title="Bad" if n == 5 else "Good"))[0] for n in range(8)]
    refusal = fault(FaultKind.REFUSED, reason=ReasonCode.REFUSED_BY_PLATFORM)

    class Strict(FakeAdapter):
        async def submit(self, operation, items, context):
            if any(m.item.product.names["en"] == "Bad" for m in items):
                self.submitted.append([])
                raise refusal
            return await super().submit(operation, items, context)

    b.adapter = Strict(manifest(atomicity=Atomicity.ALL_OR_NOTHING))
    b.restart()
    result = await b.push(PRODUCTS, products)
    assert result.letters == "aaaaaraa"
    assert len(b.adapter.submitted) <= 7


async def test_too_big_is_halved_and_remembered(bench):
    b = await bench()
    b.adapter.too_many = 3
    products = [(await b.rows.add_product(f"P{n}"))[0] for n in range(8)]
    assert (await b.push(PRODUCTS, products)).letters == "a" * 8
    assert [len(s) for s in b.adapter.submitted] == [8, 4, 2, 2, 4, 2, 2]
    b.adapter.submitted.clear()
    for product in products:
        await b.rows.set_title(product, "New")
    assert (await b.push(PRODUCTS, products)).letters == "a" * 8
    assert [len(s) for s in b.adapter.submitted] == [2, 2, 2, 2]
    b.adapter.too_many = 0
    alone, _ = await b.rows.add_product("alone")
    result = await b.push(PRODUCTS, [alone])
    assert result.letters == "r"
    assert result.issues[0].reason is ReasonCode.TOO_BIG


async def test_a_long_throttle_parks_the_chunk_and_takes_the_intent_back(guarded):
    b = await guarded()
    product, _ = await b.rows.add_product("A")
    b.shop.script.append(answer(429, retry_after="40"))
    result = await b.push(PRODUCTS, [product])
    assert result.letters == "."
    assert result.called
    assert result.wait.reason is ReasonCode.THROTTLED
    assert 39 < (result.wait.until - b.clock.now()).total_seconds() <= 40
    assert not await b.rows.listings()
    calls = len(b.shop.seen)
    early = await b.push(PRODUCTS, [product])
    assert len(b.shop.seen) == calls
    assert not early.called
    assert early.wait.reason is ReasonCode.THROTTLED


async def test_refused_credentials_pause_the_connector_and_are_not_tried_again(bench):
    b = await bench()
    product, _ = await b.rows.add_product("A")
    b.shop.script.append(answer(401))
    result = await b.push(PRODUCTS, [product])
    assert (result.letters, result.connector.status) == (".", "error")
    assert result.wait.reason is ReasonCode.CREDENTIALS_REFUSED
    assert len(b.shop.seen) == 1


async def test_a_broken_contract_fails_items_only_after_three_attempts(bench):
    b = await bench()
    product, _ = await b.rows.add_product("A")
    letters = []
    for attempt in range(3):
        b.shop.script.append(answer(418, b"<html>nobody expected this"))
        result = await b.push(PRODUCTS, [product], attempt=attempt, job_id=product)
        letters.append(result.letters)
    assert letters == [".", ".", "r"]
    assert result.issues[0].reason is ReasonCode.CONTRACT_BROKEN


async def test_after_that_the_other_items_of_the_chunk_go_on(guarded):
    b = await guarded(max_items=1)
    products = [(await b.rows.add_product(key))[0] for key in "ABC"]
    letters = "..."
    for attempt in range(3):
        b.shop.script.append(answer(418, b"what?"))
        result = await b.push(PRODUCTS, products, attempt=attempt, job_id=products[0], letters=letters)
        letters = result.letters
        b.shop.script.clear()
    assert letters == "raa"
    assert result.issues[0].sku == "A"
    assert (await b.rows.listings())[products[0]] == (None, "intent")


async def test_an_error_in_the_adapter_never_leaves_the_courier(bench):
    class Buggy(FakeAdapter):
        async def submit(self, operation, items, context):
            raise KeyError("oops")

    b = await bench(Buggy())
    product, _ = await b.rows.add_product("A")
    result = await b.push(PRODUCTS, [product])
    assert result.letters == "."
    assert result.wait.reason is ReasonCode.INTERNAL


async def test_an_address_that_may_not_be_called_rejects_with_advice(bench):
    b = await bench()
    product, _ = await b.rows.add_product("A")
    b.shop.script.append(EgressRefused("private_address", "Give the public address of the shop."))
    result = await b.push(PRODUCTS, [product])
    assert result.letters == "r"
    assert result.issues[0].reason is ReasonCode.EGRESS_REFUSED
    assert "public address" in result.issues[0].message


async def test_a_shop_that_is_away_parks_the_rest_of_the_chunk(bench):
    b = await bench(FakeAdapter(manifest(max_items=1)))
    products = [(await b.rows.add_product(key))[0] for key in "ABC"]
    b.shop.script.extend(ConnectFailed("refused") for _ in range(20))
    result = await b.push(PRODUCTS, products)
    assert result.letters == "..."
    assert result.wait.reason in {ReasonCode.UNAVAILABLE, ReasonCode.BREAKER_OPEN}
    assert len(b.adapter.submitted) == 1


async def test_the_operation_refused_as_a_whole_rejects_without_further_calls(bench):
    b = await bench(FakeAdapter(manifest(max_items=1)))
    products = [(await b.rows.add_product(key))[0] for key in "ABC"]
    b.adapter.faults.append(fault(FaultKind.REFUSED, FaultScope.OPERATION, ReasonCode.PERMISSION_MISSING))
    result = await b.push(PRODUCTS, products)
    assert result.letters == "rrr"
    assert len(b.shop.seen) == 1


async def test_a_question_that_is_too_big_is_halved_and_one_that_is_refused_rejects_its_items_only(guarded):
    b = await guarded(look_up_new=True)
    products = [(await b.rows.add_product(key))[0] for key in "ABCD"]
    asked = []

    async def find(operation, items, context):
        asked.append(len(items))
        if len(items) > 1:
            raise fault(FaultKind.TOO_BIG, reason=ReasonCode.TOO_BIG)
        if items[0].id == products[0]:
            raise fault(FaultKind.REFUSED, reason=ReasonCode.REFUSED_BY_PLATFORM)
        return {items[0].id: None}

    b.adapter.find = find
    assert (await b.push(PRODUCTS, products)).letters == "raaa"
    assert asked == [4, 2, 1, 1, 2, 1, 1]


async def test_a_question_that_is_not_answered_leaves_the_item_unknown(guarded):
    b = await guarded()
    product, _ = await b.rows.add_product("A")
    await b.rows.list_item(product, product, "product", None, "intent")

    async def find(operation, items, context):
        return {}

    b.adapter.find = find
    result = await b.push(PRODUCTS, [product])
    assert (result.letters, result.wait.reason) == ("u", ReasonCode.ANSWER_UNKNOWN)
    assert not b.adapter.submitted


async def test_an_object_that_exists_and_is_never_shown_needs_review(guarded):
    b = await guarded()
    product, _ = await b.rows.add_product("A")
    b.adapter.judge = lambda item: outcome_for(item, OutcomeKind.EXISTS)
    assert (await b.push(PRODUCTS, [product])).letters == "v"
