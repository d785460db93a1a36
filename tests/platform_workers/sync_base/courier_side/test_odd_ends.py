"""Ends that are nobody's fault at the shop: trouble of our own, headers without sense, credentials replaced during a call, a cancellation."""

import pytest
from platform_workers.sync_base.courier_side.fake_platform import FakeAdapter, fault, manifest

from pixee_common.domain.faults import FaultKind, FaultScope
from pixee_common.domain.ids import new_id
from pixee_common.domain.job import Operation
from pixee_common.domain.reasons import ReasonCode
from pixee_common.egress import AnswerLost
from pixee_common.platforms.manifest import Idempotency
from pixee_workers.sync_base import outcome_rows
from pixee_workers.sync_base.prober import Prober

pytestmark = pytest.mark.stack

PRODUCTS, STOCK = Operation.PUSH_PRODUCTS, Operation.PUSH_STOCK


async def test_our_database_away_during_a_submission_is_no_broken_contract_of_the_platform(bench):
    b = await bench()
    product, _ = await b.rows.add_product("A")

    def away(_item):
        raise ConnectionRefusedError("the database behind the token")

    b.adapter.judge = away
    job = new_id()
    for attempt in range(4):
        result = await b.push(PRODUCTS, [product], attempt=attempt, job_id=job)
        assert (result.letters, result.wait.reason) == (".", ReasonCode.INTERNAL)


@pytest.mark.parametrize("seconds", [float("inf"), float("nan"), 1e18, -5.0, 1_764_000_000.0])
async def test_a_pause_that_makes_no_sense_parks_the_chunk_for_a_day_at_most(bench, seconds):
    b = await bench()
    product, _ = await b.rows.add_product("A")
    b.adapter.faults.append(fault(FaultKind.THROTTLED, FaultScope.CONNECTOR, ReasonCode.THROTTLED, retry_after=seconds))
    result = await b.push(PRODUCTS, [product])
    assert (result.letters, result.wait.reason) == (".", ReasonCode.THROTTLED)
    assert (result.wait.until - b.clock.now()).total_seconds() <= 86_400


async def test_a_refusal_of_credentials_that_were_replaced_meanwhile_does_not_stop_the_connector(bench):
    b = await bench()
    product, _ = await b.rows.add_product("A")

    async def replaced_meanwhile():
        await b.rows.run("UPDATE credentials SET version = version + 1 WHERE connector_id = $1", b.rows.connector)
        raise _refused()

    async def status_after(step) -> str:
        b.shop.script.append(step)
        result = await b.push(PRODUCTS, [product])
        await b.database.run(lambda connection: outcome_rows.write_connectors(connection, [result]))
        b.courier.connectors.forget(b.rows.connector)
        (row,) = await b.rows.run("SELECT status FROM connectors WHERE id = $1", b.rows.connector)
        return row["status"]

    assert await status_after(replaced_meanwhile) == "active"
    assert await status_after(_refused()) == "error"


def _refused():
    return fault(FaultKind.CREDENTIALS, FaultScope.CONNECTOR, ReasonCode.CREDENTIALS_REFUSED)


async def test_what_a_dead_worker_may_have_sent_before_a_cancellation_is_not_taken_for_unchanged_later(bench):
    b = await bench()
    product, (variant,) = await b.rows.add_product("A", quantity=5)
    await b.push(PRODUCTS, [product])
    await b.rows.set_stock(variant, 7)
    # The worker that sent 7 died before it could say so, and its job was cancelled.
    gone = await b.push(STOCK, [variant], look_up=True, cancelled=True)
    assert gone.letters == "x"
    await b.rows.set_stock(variant, 5)
    b.restart()
    assert (await b.push(STOCK, [variant])).letters == "a"


@pytest.fixture
async def slow_to_show(bench):
    """A shop in which a second create doubles a product, and whose search misses for a minute what was just written."""
    adapter = FakeAdapter(manifest(idempotency=Idempotency.READ_BEFORE_WRITE, settle_seconds=60))
    adapter.safe = False
    adapter.finds = lambda item: None
    b = await bench(adapter)
    product, _ = await b.rows.add_product("A")
    return b, product


async def _age_intents(b, minutes: int) -> None:
    await b.rows.run(
        "UPDATE listings SET updated_at = updated_at - make_interval(mins => $2) WHERE connector_id = $1",
        b.rows.connector,
        minutes,
    )


async def test_a_create_late_in_a_dead_workers_page_is_not_repeated_because_its_intent_is_old(slow_to_show):
    b, product = slow_to_show
    await b.rows.list_item(product, product, "product", None, "intent")
    await _age_intents(b, 5)  # written for the whole page; the call was made a moment ago
    b.adapter.products["A"] = {}
    first = await b.push(PRODUCTS, [product], look_up=True)
    assert (first.letters, b.adapter.submitted) == ("u", [])
    again = await b.push(PRODUCTS, [product], look_up=True, letters="u")
    assert (again.letters, b.adapter.submitted) == ("u", [])
    await _age_intents(b, 2)
    b.adapter.finds = b.adapter._find
    assert (await b.push(PRODUCTS, [product], look_up=True, letters="u")).letters == "a"
    assert b.adapter.submitted[0][0].listing.external_id == "p-A"


async def test_a_lost_answer_late_in_a_page_is_waited_for_from_that_answer_on(slow_to_show):
    b, product = slow_to_show

    async def late_in_the_page():
        await _age_intents(b, 5)
        b.adapter.products["A"] = {}
        return AnswerLost("reset")

    b.shop.script.append(late_in_the_page)
    first = await b.push(PRODUCTS, [product])
    assert first.letters == "u"
    b.restart()
    again = await b.push(PRODUCTS, [product], letters="u")
    assert (again.letters, len(b.adapter.submitted)) == ("u", 1)


async def test_a_test_whose_credentials_were_replaced_meanwhile_does_not_stop_the_connector(bench):
    b = await bench()

    async def replaced_meanwhile():
        await b.rows.run("UPDATE credentials SET version = version + 1 WHERE connector_id = $1", b.rows.connector)
        raise _refused()

    async def status_after(step) -> str:
        b.shop.script.append(step)
        answered = await Prober(b.courier, b.database).probe(b.rows.connector, "test", b.life)
        assert answered["success"] is False
        (row,) = await b.rows.run("SELECT status FROM connectors WHERE id = $1", b.rows.connector)
        return row["status"]

    assert await status_after(replaced_meanwhile) == "active"
    assert await status_after(_refused()) == "error"
