"""Which items a job has, whose turn it is, and how pages become chunks, on real PostgreSQL."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from pixee_common.telemetry import setup_tracing, shutdown_tracing
from pixee_orchestrator.planning.pages import cut
from pixee_orchestrator.planning.planner import Planner

pytestmark = pytest.mark.stack


@given(count=st.integers(0, 1234), first=st.integers(0, 50))
def test_a_page_is_cut_without_gap_or_overlap(count, first) -> None:
    page = [UUID(int=n) for n in range(count)]
    cuts = cut(page, first)
    assert [n for one in cuts for n in range(one.first, one.last + 1)] == list(range(1, count + 1))
    assert [one.no for one in cuts] == list(range(first, first + len(cuts)))
    assert all(one.last - one.first < 100 for one in cuts)


async def _items(world, job) -> list[UUID]:
    return [item for chunk in await world.chunks(job) for item in chunk["item_ids"]]


async def _plan_all(planner) -> None:
    while await planner.step():
        pass


async def test_a_whole_catalog_push_has_the_tombstones_that_the_connector_still_lists_and_no_others(
    world, planner
) -> None:
    account = await world.account()
    connector = await world.connector(account)
    live, listed_tombstone, bare_tombstone = await world.products(account, 3)
    await world.execute("UPDATE products SET deleted_at = now() WHERE id <> $1", live)
    await world.execute(
        "INSERT INTO listings (connector_id, item_id, kind, account_id, product_id, shop_identity, external_id, state) "
        "VALUES ($1, $2, 'product', $3, $2, 's', '1', 'confirmed')",
        *(connector, listed_tombstone, account),
    )
    job = await world.job(account, connector)
    await _plan_all(planner)
    assert await _items(world, job) == [live, listed_tombstone]
    assert bare_tombstone not in await _items(world, job)


async def test_a_scope_plans_the_named_products_or_their_variants_and_nobody_elses(world, planner) -> None:
    account, stranger = await world.account(), await world.account()
    connector, other = await world.connector(account), await world.connector(account)
    products = await world.products(account, 5)
    foreign = await world.products(stranger, 1)
    scope = {"product_ids": [str(one) for one in (products[3], products[1], *foreign)]}
    pushed = await world.job(account, connector, "push_products", scope)
    stocked = await world.job(account, other, "push_stock", scope)
    await _plan_all(planner)
    assert await _items(world, pushed) == [products[1], products[3]]
    variants = await world.rows("SELECT id FROM variants WHERE product_id = ANY($1)", [products[1], products[3]])
    assert set(await _items(world, stocked)) == {row["id"] for row in variants}


async def test_a_stock_push_goes_over_live_variants_only(world, planner) -> None:
    account = await world.account()
    connector = await world.connector(account)
    gone, kept = await world.products(account, 2)
    await world.execute("UPDATE variants SET deleted_at = now() WHERE product_id = $1", gone)
    job = await world.job(account, connector, "push_prices")
    await _plan_all(planner)
    assert await _items(world, job) == [await world.value("SELECT id FROM variants WHERE product_id = $1", kept)]
    chunk = (await world.chunks(job))[0]
    assert (chunk["letters"], chunk["size"], chunk["folded_size"], chunk["priority"]) == (".", 1, 1, 1)


async def test_accounts_are_planned_in_turn_a_page_at_a_time(world, database) -> None:
    planner = Planner(database, {}, page_items=100)
    accounts = sorted([await world.account() for _ in range(2)])
    jobs = []
    for account in accounts:
        await world.products(account, 300)
        jobs.append(await world.job(account, await world.connector(account)))
    order = []
    for _ in range(4):
        before = [(await world.state(job))["total"] for job in jobs]
        await planner.step()
        after = [(await world.state(job))["total"] for job in jobs]
        order.append(next(n for n in range(2) if after[n] != before[n]))
    assert order in ([0, 1, 0, 1], [1, 0, 1, 0])


async def test_planners_at_once_plan_every_item_exactly_once(world, as_role) -> None:
    account = await world.account()
    products = await world.products(account, 950)
    jobs = [await world.job(account, await world.connector(account)) for _ in range(4)]
    planners = [Planner(as_role("orchestrator"), {}, page_items=100) for _ in range(4)]

    async def until_done(planner: Planner) -> None:
        for _ in range(60):
            await planner.step()

    await asyncio.gather(*(until_done(planner) for planner in planners))
    for job in jobs:
        assert await _items(world, job) == products
        assert (await world.state(job))["total"] == 950


async def test_a_job_of_a_deleted_connector_is_cancelled_before_anything_is_planned(world, planner) -> None:
    account = await world.account()
    connector = await world.connector(account)
    await world.products(account, 5)
    job = await world.job(account, connector)
    await world.execute("UPDATE connectors SET deleted_at = now()")
    await _plan_all(planner)
    row = await world.state(job)
    assert (row["state"], row["total"], row["error_code"]) == ("cancelled", 0, "connector_deleted")


async def test_a_job_gets_its_deadline_and_tells_that_it_runs(world, planner) -> None:
    account = await world.account()
    await world.products(account, 1)
    job = await world.job(account, await world.connector(account))
    await _plan_all(planner)
    row = await world.state(job)
    assert row["deadline_at"] - row["created_at"] == timedelta(days=7)
    told = await world.rows(
        "SELECT convert_from(payload, 'UTF8')::jsonb AS event FROM outbox WHERE topic = 'pixee.sync.jobs.v1'"
    )
    assert [(one["event"]["state"], one["event"]["total"]) for one in told] == [("running", 1)]


async def test_chunks_of_a_larger_job_have_traces_of_their_own_that_are_linked_to_the_jobs(world, planner) -> None:
    exporter = InMemorySpanExporter()
    setup_tracing("test", processor=SimpleSpanProcessor(exporter))
    try:
        account = await world.account()
        await world.products(account, 250)
        trace = f"00-{'a' * 32}-{'1' * 16}-01"
        job = await world.job(account, await world.connector(account), traceparent=trace)
        await _plan_all(planner)
    finally:
        await shutdown_tracing()
    traces = {chunk["traceparent"].split("-")[1] for chunk in await world.chunks(job)}
    assert len(traces) == 3
    assert "a" * 32 not in traces
    linked = [one for one in exporter.get_finished_spans() if one.name == "chunk"]
    assert {f"{one.context.trace_id:032x}" for one in linked} == traces
    assert {f"{one.links[0].context.trace_id:032x}" for one in linked} == {"a" * 32}
