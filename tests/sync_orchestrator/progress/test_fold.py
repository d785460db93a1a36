"""Counters follow the chunks, whatever comes twice, late, in another order, or never."""

import asyncio
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sync_orchestrator.world import World

from pixee_common.domain.job import COUNTS_AS, LETTER_OUTCOMES, Counted, JobState, count_letters
from pixee_common.messaging.consuming import Received
from pixee_orchestrator.dispatch.dispatcher import Dispatcher
from pixee_orchestrator.planning.planner import Planner
from pixee_orchestrator.progress.fold import FOLD, Folded, fold
from pixee_orchestrator.progress.folder import Folder
from pixee_orchestrator.progress.rules import Standing, judge

pytestmark = pytest.mark.stack

_LETTERS = st.text(alphabet=sorted(LETTER_OUTCOMES), min_size=5, max_size=5)
_STEPS = st.lists(st.tuples(st.integers(0, 3), _LETTERS, st.booleans()), max_size=12)


def _after(old: str, new: str) -> str:
    """What a worker would write: final letters stay."""
    return "".join(o if COUNTS_AS[LETTER_OUTCOMES[o]] is not Counted.OPEN else n for o, n in zip(old, new, strict=True))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_STEPS)
async def test_total_is_always_the_sum_whatever_is_lost_or_doubled(owner, as_role, steps) -> None:
    world = World(owner)
    database = as_role("orchestrator")
    folder = Folder(database, lambda _: None, None)
    account = await world.account()
    connector = await world.connector(account)
    job = await world.job(account, connector)
    await world.execute("UPDATE jobs SET planning = 'done', state = 'running', total = 20 WHERE id = $1", job)
    await world.execute(
        "INSERT INTO chunks (job_id, no, account_id, connector_id, platform, operation, route_key, priority, job_position, item_ids, letters, size, folded_size) "
        "SELECT id, n, account_id, connector_id, platform, operation, route_key, 2, position, '{}', '.....', 5, 5 FROM jobs, generate_series(0, 3) n WHERE id = $1",
        job,
    )
    letters = ["....."] * 4
    for no, drawn, announced in steps:
        letters[no] = _after(letters[no], drawn)
        await world.write(job, no, letters[no], wait="throttled")
        if announced:
            await folder.fold([(job, no), (job, no)])
            await folder.fold([(job, no)])
        row = await world.state(job)
        counted = row["succeeded"] + row["failed"] + row["skipped"] + row["cancelled"]
        assert 0 <= counted <= row["total"] == 20
    await folder.sweep()
    row = await world.state(job)
    facts = count_letters("".join(letters))
    assert [row[str(name)] for name in Counted if name is not Counted.OPEN] == [
        facts[name] for name in Counted if name is not Counted.OPEN
    ]
    assert (row["finished_at"] is not None) == (facts[Counted.OPEN] == 0)


async def test_counters_of_a_finished_job_never_move(world, planner, dispatcher, folder, database) -> None:
    account = await world.account()
    connector = await world.connector(account)
    await world.worker("shopify")
    await world.products(account, 5)
    job = await world.job(account, connector)
    await planner.step()
    await dispatcher.ring_now([await world.route_of(connector)])
    await folder.fold(await world.work(await world.route_of(connector)))
    before = await world.state(job)
    assert before["state"] == "completed"
    await world.write(job, 0, "rrrrr")  # a late verdict
    assert await database.run(lambda connection: fold(connection, [(job, 0)])) == Folded()
    after = await world.state(job)
    assert dict(before) == dict(after)
    assert await folder.sweep() is False


async def test_a_chunk_that_somebody_else_folds_is_left_to_them(world, planner, dispatcher, folder, database) -> None:
    account = await world.account()
    connector = await world.connector(account)
    await world.worker("shopify")
    await world.products(account, 500)
    job = await world.job(account, connector)
    while await planner.step():
        pass
    await dispatcher.ring_now([await world.route_of(connector)])
    done = await world.work(await world.route_of(connector))
    await asyncio.gather(*(folder.fold(done) for _ in range(6)))
    row = await world.state(job)
    assert (row["succeeded"], row["state"]) == (500, "completed")


async def test_two_orchestrators_carry_many_jobs_to_their_end(world, as_role) -> None:
    await world.worker("shopify")
    accounts = [await world.account() for _ in range(3)]
    jobs = []
    for account in accounts:
        await world.products(account, 230)
        for _ in range(2):
            connector = await world.connector(account)
            jobs += [await world.job(account, connector, op) for op in ("push_products", "push_stock", "push_products")]
    routes = [row["route_key"] for row in await world.rows("SELECT route_key FROM connectors")]

    async def orchestrate() -> None:
        database = as_role("orchestrator")
        planner, dispatcher = Planner(database, {}, page_items=100), Dispatcher(database)
        folder = Folder(database, dispatcher.poke, None)
        for _ in range(12):
            while await planner.step():
                pass
            await dispatcher.ring_now(routes)
            for route in routes:
                await folder.fold(await world.work(route))
            await folder.sweep()

    await asyncio.gather(orchestrate(), orchestrate())
    states = [await world.state(job) for job in jobs]
    assert {row["state"] for row in states} == {"completed"}
    assert {(row["total"], row["succeeded"]) for row in states} == {(230, 230)}
    order = await world.rows(
        "SELECT j.connector_id, j.position, min(c.claimed_at) AS first, max(c.done_at) AS last "
        "FROM jobs j JOIN chunks c ON c.job_id = j.id WHERE j.operation = 'push_products' "
        "GROUP BY j.connector_id, j.position ORDER BY j.connector_id, j.position"
    )
    for earlier, later in zip(order[::2], order[1::2], strict=True):
        assert earlier["last"] <= later["first"]  # jobs of one connector and operation send in POST order


async def test_a_message_that_is_no_progress_is_set_aside_and_the_rest_is_folded(world, database) -> None:
    aside = []

    async def keep(messages, reason, text) -> None:
        aside.append((messages[0].value, reason))

    folder = Folder(database, lambda _: None, keep)
    await folder.handle([Received("t", 0, 1, None, b"4", {}), Received("t", 0, 2, None, b"{}", {})])
    assert aside == [(b"4", "unreadable"), (b"{}", "unreadable")]


async def test_events_end_a_jobs_turn_by_what_waits_for_its_verdict(world, planner, dispatcher, folder) -> None:
    account = await world.account()
    connector = await world.connector(account)
    await world.worker("shopify")
    await world.products(account, 150)
    job = await world.job(account, connector)
    await planner.step()
    route = await world.route_of(connector)
    await dispatcher.ring_now([route])
    await world.claim(route)
    for no, letters in ((0, "a" * 100), (1, "w" * 50)):
        await world.write(job, no, letters, wait="remote_pending")
        await folder.handle([Received("t", 0, no, None, (await world.progress(job, no)).body(), {})])
    row = await world.state(job)
    assert (row["state"], row["succeeded"], row["sending_done"]) == ("awaiting_verdicts", 100, True)
    await world.write(job, 1, "a" * 49 + "r")
    await folder.handle([Received("t", 0, 2, None, (await world.progress(job, 1)).body(), {})])
    assert (await world.state(job))["state"] == "completed_with_errors"


async def test_folding_reaches_chunks_by_primary_key_whatever_the_statistics_say(world, database) -> None:
    account = await world.account()
    job = await world.job(account, await world.connector(account))
    await world.execute("UPDATE jobs SET total = 2000000")
    await world.execute(
        "INSERT INTO chunks (job_id, no, account_id, connector_id, platform, operation, route_key, priority, job_position, item_ids, letters, size, folded_size) "
        "SELECT id, n, account_id, connector_id, platform, operation, route_key, 2, position, '{}', '', 100, 100 FROM jobs, generate_series(0, 19999) n"
    )
    await world.execute(
        "ANALYZE chunks"
    )  # nothing differs: the planner thinks that the test on the counts finds nothing
    await world.execute("UPDATE chunks SET state = 'done', succeeded = 100 WHERE no % 2 = 0")
    async with database.connection() as connection:
        rows = await connection.fetch("EXPLAIN (ANALYZE, TIMING OFF) " + FOLD, [job] * 40, list(range(40)))
    plan = "\n".join(row[0] for row in rows)
    assert f"Seq Scan on chunks_{datetime.now(UTC):%Y%m%d}" not in plan
    assert (await world.state(job))["succeeded"] == 2000


def _standing(**given) -> Standing:
    usual = {
        "planned": True, "busy": False, "unfolded": False, "total": 10, "succeeded": 10, "failed": 0, "skipped": 0,
        "cancelled": 0, "cancel_requested": False,
    }  # fmt: skip
    return Standing(**(usual | given))


@pytest.mark.parametrize(
    ("given", "sending_done", "state"),
    [
        ({}, True, JobState.COMPLETED),
        ({"busy": True}, False, None),
        ({"planned": False}, False, None),
        ({"unfolded": True}, True, None),
        ({"succeeded": 9}, True, JobState.AWAITING_VERDICTS),
        ({"succeeded": 9, "failed": 1}, True, JobState.COMPLETED_WITH_ERRORS),
        ({"succeeded": 0, "failed": 10}, True, JobState.FAILED),
        ({"succeeded": 0, "failed": 9, "skipped": 1}, True, JobState.COMPLETED_WITH_ERRORS),
        ({"total": 0, "succeeded": 0}, True, JobState.COMPLETED),
        ({"total": 0, "succeeded": 0, "error_code": "expired"}, True, JobState.FAILED),
        ({"succeeded": 4, "cancelled": 6, "cancel_requested": True}, True, JobState.CANCELLED),
    ],
)
def test_a_jobs_verdict(given, sending_done, state) -> None:
    verdict = judge(_standing(**given))
    assert (verdict.sending_done, verdict.state) == (sending_done, state)
