"""Connectors that may not be called, remote jobs, pulls, lost workers, and two chunks that touch one product."""

import asyncio

import pytest
from platform_workers.sync_base.courier_side.fake_platform import answer, fault, outcome_for

from pixee_common.domain.faults import FaultKind, FaultScope
from pixee_common.domain.job import Operation, OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.chunks import PullRefusal, WorkerLostError
from pixee_workers.sync_base.items import PulledProduct, PulledVariant
from pixee_workers.sync_base.outcomes import Outcome, PollResult, RemoteJob
from pixee_workers.sync_base.pulling import as_json
from pixee_workers.sync_base.values import parts_by_weight

pytestmark = pytest.mark.stack

PRODUCTS, STOCK, PULL = Operation.PUSH_PRODUCTS, Operation.PUSH_STOCK, Operation.PULL_PRODUCTS


async def test_a_paused_connector_parks_and_a_refused_one_too(bench):
    for status, reason in (("paused", ReasonCode.CONNECTOR_PAUSED), ("error", ReasonCode.CREDENTIALS_REFUSED)):
        b = await bench(status=status)
        product, _ = await b.rows.add_product("A")
        result = await b.push(PRODUCTS, [product])
        assert (result.letters, result.wait.reason) == (".", reason)
        assert not b.shop.seen


async def test_a_deleted_connector_cancels_what_was_not_sent_and_fails_what_waits_for_a_verdict(bench):
    b = await bench()
    products = [(await b.rows.add_product(key))[0] for key in "ABC"]
    await b.rows.run("UPDATE connectors SET deleted_at = now() WHERE id = $1", b.rows.connector)
    result = await b.push(PRODUCTS, products, letters=".wa")
    assert result.letters == "xra"
    assert result.wait is None
    assert [i.reason for i in result.issues] == [ReasonCode.CONNECTOR_DELETED]


async def test_an_unknown_key_parks_and_wakes_an_engineer(bench, caplog):
    b = await bench()
    product, _ = await b.rows.add_product("A")
    await b.rows.run("UPDATE credentials SET key_id = 'lost' WHERE connector_id = $1", b.rows.connector)
    result = await b.push(PRODUCTS, [product])
    assert result.wait.reason is ReasonCode.KEY_UNKNOWN
    assert any(record.levelname == "CRITICAL" for record in caplog.records)


async def test_a_remote_job_is_remembered_polled_by_anybody_and_ends_the_items(bench):
    b = await bench()
    first, _ = await b.rows.add_product("A")
    second, _ = await b.rows.add_product("B")
    b.adapter.judge = lambda item: outcome_for(item, OutcomeKind.ACCEPTED, None)
    b.adapter.remote = (RemoteJob("feed", "f-1", (first, second), {"row": 1}, 0.0, 3600.0),)
    sent = await b.push(PRODUCTS, [first, second])
    assert sent.letters == "ww"
    assert sent.wait.reason is ReasonCode.REMOTE_PENDING
    b.restart()
    b.adapter.poll_results.append(PollResult((), done=False, poll_in_seconds=30.0))
    chunk = {"job_id": sent.chunk.job_id, "letters": "ww"}
    waiting = await b.push(PRODUCTS, [first, second], **chunk)
    assert waiting.letters == "ww"
    assert len(waiting.remote_again) == 1
    bad = Outcome(second, OutcomeKind.REJECTED, ReasonCode.INVALID_VALUE, "too long", "title")
    b.adapter.poll_results.append(PollResult((Outcome(first, OutcomeKind.APPLIED), bad), done=True))
    ended = await b.push(PRODUCTS, [first, second], **chunk)
    assert ended.letters == "ar"
    assert ended.remote_done == waiting.remote_again[0][:1]
    assert {row.item_id: row.hash is not None for row in ended.operations} == {first: True, second: False}
    assert len(b.adapter.submitted) == 1


async def test_what_a_remote_create_carried_is_not_sent_again(bench):
    b = await bench()
    product, (variant,) = await b.rows.add_product("A")
    b.adapter.judge = lambda item: outcome_for(item, OutcomeKind.ACCEPTED, None)
    b.adapter.remote = (RemoteJob("feed", "f-1", (product,), {}, 0.0, 3600.0),)
    sent = await b.push(PRODUCTS, [product])
    linked = b.adapter.linked(b.adapter.submitted[0][0])
    b.restart()
    done = Outcome(product, OutcomeKind.APPLIED, linked=linked, created=True, carried_stock=True, carried_price=True)
    b.adapter.poll_results.append([done])
    await b.push(PRODUCTS, [product], job_id=sent.chunk.job_id, letters="w")
    for operation in (STOCK, Operation.PUSH_PRICES):
        assert (await b.push(operation, [variant])).letters == "s"
    assert (await b.push(PRODUCTS, [product])).letters == "s"


async def test_a_verdict_that_never_comes_fails_at_the_deadline(bench):
    b = await bench()
    product, _ = await b.rows.add_product("A")
    b.adapter.judge = lambda item: outcome_for(item, OutcomeKind.ACCEPTED, None)
    b.adapter.remote = (RemoteJob("feed", "f-1", (product,), {}, 0.0, 0.0),)
    sent = await b.push(PRODUCTS, [product])
    b.adapter.poll_results.append(PollResult((), done=False))
    result = await b.push(PRODUCTS, [product], job_id=sent.chunk.job_id, letters="w")
    assert result.letters == "r"
    assert result.issues[0].reason is ReasonCode.VERDICT_OVERDUE


async def test_a_remote_job_that_the_platform_forgot_leaves_its_items_unknown_and_they_are_sent_again(bench):
    b = await bench()
    product, _ = await b.rows.add_product("A")
    b.adapter.judge = lambda item: outcome_for(item, OutcomeKind.ACCEPTED, None)
    b.adapter.remote = (RemoteJob("feed", "f-1", (product,), {}, 0.0, 3600.0),)
    sent = await b.push(PRODUCTS, [product])
    b.adapter.judge, b.adapter.remote = (lambda item: None), ()
    b.adapter.poll_results.append(fault(FaultKind.REFUSED, reason=ReasonCode.NOT_FOUND_AT_SHOP))
    result = await b.push(PRODUCTS, [product], job_id=sent.chunk.job_id, letters="w")
    assert result.letters == "a"


async def test_a_page_is_pulled_from_the_chunks_cursor_and_staged(bench):
    b = await bench()
    result = await b.push(PULL, [], cursor={"page": 1})
    assert b.adapter.pulled == [({"page": 1}, None)]
    assert result.page.next_cursor == {"page": 2}
    assert result.wait is None
    b.shop.script.append(answer(429, retry_after="60"))
    parked = await b.push(PULL, [], cursor={"page": 2})
    assert parked.page is None
    assert parked.wait.reason is ReasonCode.THROTTLED


async def test_a_lost_worker_lets_go_of_the_call_and_says_so(bench):
    b = await bench()
    product, _ = await b.rows.add_product("A")
    dead = asyncio.Event()
    b.life.lost = dead.wait

    async def hangs():
        dead.set()
        await asyncio.Event().wait()

    b.shop.script.append(hangs)
    with pytest.raises(WorkerLostError):
        await b.push(PRODUCTS, [product])


async def test_of_two_chunks_with_one_product_the_second_waits_and_sends_the_newest_value(bench):
    b = await bench()
    product, (variant,) = await b.rows.add_product("A")
    await b.push(PRODUCTS, [product])
    await b.rows.set_stock(variant, 6)
    in_call, go_on = asyncio.Event(), asyncio.Event()

    async def slow():
        in_call.set()
        await go_on.wait()
        return answer()

    b.shop.script.append(slow)
    first = asyncio.ensure_future(b.push(STOCK, [variant], write=False))
    await in_call.wait()
    second = asyncio.ensure_future(b.push(STOCK, [variant], write=False))
    await asyncio.sleep(0.05)
    assert len(b.adapter.submitted) == 2  # the create and the first stock push
    await b.rows.set_stock(variant, 7)
    go_on.set()
    assert [(await first).letters, (await second).letters] == ["a", "a"]
    assert [items[0].quantity for items in b.adapter.submitted[1:]] == [6, 7]


async def test_a_product_that_two_chunks_push_at_once_is_created_once(bench):
    b = await bench()
    product, _ = await b.rows.add_product("A")
    results = await asyncio.gather(*(b.push(PRODUCTS, [product], write=False) for _ in range(3)))
    assert sorted(result.letters for result in results) == ["a", "s", "s"]
    assert len(b.adapter.submitted) == 1


def test_a_large_chunk_is_read_in_parts_of_two_thousand_variants():
    assert parts_by_weight(list("abcd"), [1500, 600, 1400, 5000], 2000) == [["a"], ["b", "c"], ["d"]]


async def test_a_platform_that_this_worker_does_not_serve_parks_and_an_operation_it_lacks_rejects(bench):
    b = await bench()
    product, _ = await b.rows.add_product("A")
    foreign = await b.push(PRODUCTS, [product], platform="elsewhere")
    assert foreign.wait.reason is ReasonCode.NO_WORKER
    declared = b.adapter.manifest
    less = {op: cap for op, cap in declared.capabilities.items() if op is not STOCK}
    b.adapter.manifest = declared.model_copy(update={"capabilities": less, "unsupported": {STOCK: "No stock here."}})
    b.restart()
    result = await b.push(STOCK, [product])
    assert (result.letters, result.issues[0].message) == ("r", "No stock here.")


async def test_a_route_is_handed_over_with_its_budgets_and_its_pace(bench):
    b = await bench()
    product, _ = await b.rows.add_product("A")
    result = await b.push(PRODUCTS, [product])
    route = result.chunk.route_key
    state = b.courier.budget_state(route)
    assert set(state["budgets"]) == {"points"}
    assert b.courier.chunks_per_second(route) > 0
    b.courier.forget(route)
    assert b.courier.budget_state(route) == {}
    assert b.courier.chunks_per_second(route) == 1.0
    b.courier.adopt(route, "fake", {**state, "blocked": {"points": "2999-01-01T00:00:00+00:00"}})
    b.courier.adopt("other", "elsewhere", {})
    await b.rows.set_title(product, "New")
    assert (await b.push(PRODUCTS, [product])).wait.reason is ReasonCode.THROTTLED


async def test_an_accepted_item_without_a_remote_job_waits_for_its_verdict(bench):
    b = await bench()
    product, _ = await b.rows.add_product("A")
    result = await b.push(PRODUCTS, [product], letters="w")
    assert result.letters == "w"
    assert result.wait.reason is ReasonCode.REMOTE_PENDING
    assert not b.adapter.submitted


async def test_a_poll_that_is_throttled_is_made_again_when_asked(bench):
    b = await bench()
    product, _ = await b.rows.add_product("A")
    b.adapter.judge = lambda item: outcome_for(item, OutcomeKind.ACCEPTED, None)
    b.adapter.remote = (RemoteJob("feed", "f-1", (product,), {}, 0.0, 3600.0),)
    sent = await b.push(PRODUCTS, [product])
    b.adapter.poll_results.append(fault(FaultKind.THROTTLED, reason=ReasonCode.THROTTLED, retry_after=90.0))
    result = await b.push(PRODUCTS, [product], job_id=sent.chunk.job_id, letters="w")
    ((_, at),) = result.remote_again
    assert 89 < (at - b.clock.now()).total_seconds() <= 90
    assert result.wait.until == at


@pytest.mark.parametrize("scope", list(FaultScope))
async def test_a_pull_that_is_refused_ends_with_what_the_shop_said(bench, scope):
    b = await bench()

    async def refuse(*_given):
        raise fault(FaultKind.REFUSED, scope, ReasonCode.PERMISSION_MISSING)

    b.adapter.pull = refuse
    result = await b.push(PULL, [], write=False)
    assert result.wait is None
    assert result.page.refusal == PullRefusal(ReasonCode.PERMISSION_MISSING, "fault refused")
    assert (result.page.products, result.page.next_cursor) == ((), None)


async def test_a_pull_whose_answer_nobody_understands_is_tried_again_slower(bench):
    b = await bench()
    b.shop.script.append(answer(418))
    result = await b.push(PULL, [], attempt=2)
    assert result.page is None
    assert (result.wait.until - b.clock.now()).total_seconds() > 30


async def test_a_pulled_product_is_staged_by_its_field_names(bench):
    product = PulledProduct(
        "7", None, "Shirt", None, None, "active", None, (PulledVariant("8", "S", None, {}, "1.00", None, 3),)
    )
    staged = as_json(product)
    assert staged["external_id"] == "7"
    assert staged["variants"][0]["price"] == "1.00"
