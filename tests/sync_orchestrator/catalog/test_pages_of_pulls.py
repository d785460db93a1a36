"""Chains of pages on real PostgreSQL: what comes twice, what is missing, what never ends, and what is read ahead."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sync_orchestrator.catalog.test_pulls import CONTENT, Pull, shown

from pixee_orchestrator.catalog.pulls.chains import AHEAD, PullChains
from pixee_orchestrator.timers.cancelling import carry_out_cancellations
from pixee_orchestrator.timers.due import release_due

pytestmark = pytest.mark.stack

ASKED = datetime(2026, 11, 20, 12, tzinfo=UTC)
BEGINS = ASKED - timedelta(seconds=30)


@pytest.fixture
async def pull(world, database) -> Pull:
    account = await world.account()
    made = Pull(world, database, account, await world.connector(account, currency="EUR", locale="en"))
    return await made.begin()


async def _states(pull: Pull) -> list[str]:
    return [chunk["state"] for chunk in await pull.world.chunks(pull.job)]


async def test_a_product_that_comes_again_on_a_later_page_is_counted_and_not_applied_twice(world, pull) -> None:
    await pull.stage(0, shown("1", quantity=4), shown("2"), cursor={"page": 2})
    await pull.stage(1, shown("1", quantity=9), shown("2"), shown("3"))
    row = await world.state(pull.job)
    assert (row["state"], row["total"], row["succeeded"]) == ("completed", 3, 3)
    assert "2 products a second time" in row["warning"]
    assert "1 of them had changed in between" in row["warning"]
    assert await world.value("SELECT sum(quantity) FROM stock") == 4


async def test_each_page_leaves_a_note_of_what_it_was(world, pull) -> None:
    await pull.stage(0, shown("1"), shown("2"), cursor={"page": 2})
    await pull.stage(1, shown("2"), shown("3"), total=3)
    first, second = [chunk["page"] for chunk in await world.chunks(pull.job)]
    assert (first["first"], first["last"], first["products"], first["new"]) == ("1", "2", 2, 2)
    assert (second["first"], second["last"], second["new"], second["again"], second["total"]) == ("2", "3", 3, 1, 3)
    assert first["fingerprint"] != second["fingerprint"]


async def test_a_cursor_that_repeats_ends_the_pull_as_failed_and_keeps_what_was_applied(world, pull) -> None:
    await pull.stage(0, shown("1"), cursor={"page": 2})
    await pull.stage(1, shown("2"), cursor={"page": 3, "of": [1, 2]})
    await pull.stage(2, shown("3"), cursor={"page": 2}, requested_at=ASKED)
    row = await world.state(pull.job)
    assert (row["state"], row["error_code"], row["succeeded"]) == ("failed", "paging_broken", 3)
    assert "read already" in row["error_message"]
    assert await _states(pull) == ["done"] * 3
    await pull.begin()
    assert (await world.state(pull.job))["since"] is None


async def test_the_same_page_under_ever_new_cursors_ends_the_pull(world, pull) -> None:
    for no in range(4):
        assert (await world.state(pull.job))["state"] == "running"
        await pull.stage(no, shown("1"), shown("2"), cursor={"after": f"token {no}"})
    row = await world.state(pull.job)
    assert (row["state"], row["error_code"], row["total"]) == ("failed", "paging_broken", 2)
    assert "last 3 pages" in row["error_message"]


async def test_pages_of_products_that_changed_meanwhile_are_no_circle(world, pull) -> None:
    for no in range(6):
        await pull.stage(no, shown("1", quantity=no), cursor={"after": no} if no < 5 else None)
    row = await world.state(pull.job)
    assert (row["state"], row["total"]) == ("completed", 1)
    assert "5 of them had changed" in row["warning"]


async def test_fewer_products_than_the_platform_tells_are_a_warning_and_the_next_pull_reads_them_again(
    world, pull
) -> None:
    await pull.stage(0, shown("1"), shown("2"), requested_at=ASKED, total=2)
    assert (await world.state(pull.job))["pulled_until"] == BEGINS
    await pull.begin()
    await pull.stage(0, shown("1"), cursor={"page": 2}, requested_at=ASKED + timedelta(days=1), total=4)
    await pull.stage(1, shown("2"), total=3)
    row = await world.state(pull.job)
    assert (row["state"], row["pulled_until"]) == ("completed", None)
    assert "3 products to read, and only 2 came" in row["warning"]
    await pull.begin()
    assert (await world.state(pull.job))["since"] == BEGINS


async def test_more_products_than_the_platform_tells_in_the_end_are_no_matter(world, pull) -> None:
    await pull.stage(0, shown("1"), shown("2"), cursor={"page": 2}, requested_at=ASKED, total=3)
    await pull.stage(1, total=1)
    row = await world.state(pull.job)
    assert (row["state"], row["warning"], row["pulled_until"]) == ("completed", None, BEGINS)


async def test_pages_are_read_ahead_of_what_is_applied_and_applied_in_order(world, pull, database) -> None:
    chains = PullChains(database)
    for no in range(AHEAD + 2):
        if no < AHEAD + 1:
            await pull.read(no, shown(str(no), title=f"Page {no}"), cursor={"page": no + 1})
        await chains.sweep()
        await chains.sweep()
    assert await _states(pull) == ["sent"] * (AHEAD + 1), "no further page while so many wait"
    assert (await world.state(pull.job))["total"] == 0
    assert not await pull.pages.apply(pull.job, 2), "the page before it comes first"
    while await pull.pages.sweep():
        pass
    assert await _states(pull) == ["done"] * (AHEAD + 1) + ["pending"]
    await pull.stage(AHEAD + 1, shown("last"))
    row = await world.state(pull.job)
    assert (row["state"], row["total"]) == ("completed", AHEAD + 2)


async def test_a_page_that_the_platform_prepares_keeps_the_job_open_and_is_no_page_until_it_comes(
    world, pull, database, folder
) -> None:
    await world.execute(
        "UPDATE chunks SET state = 'waiting', wait_reason = 'remote_pending', not_before = now(), cursor = $2, page = $3 "
        "WHERE job_id = $1",
        *(pull.job, {"report": 1}, {"waits_since": ASKED.isoformat()}),
    )
    await folder.sweep()
    assert (await world.state(pull.job))["state"] == "running"
    released, _ = await database.run(release_due)
    assert (released, await _states(pull)) == (1, ["pending"])
    await pull.stage(0, shown("1"), cursor={"report": 1, "row": 100})
    first, second = await world.chunks(pull.job)
    assert (first["page"]["products"], second["cursor"]) == (1, {"report": 1, "row": 100})
    await pull.stage(1, shown("2"))
    assert (await world.state(pull.job))["total"] == 2


async def test_replicas_that_extend_and_apply_one_chain_at_once_never_meet_in_a_circle(world, pull, database) -> None:
    pages = 12
    for no in range(pages):
        cursor = {"page": no + 1} if no + 1 < pages else None
        await pull.read(no, *(shown(f"{no}-{n}") for n in range(5)), cursor=cursor)
        chains = [PullChains(database) for _ in range(3)]
        await asyncio.gather(*(one.sweep() for one in chains), *(pull.pages.sweep() for _ in range(3)))
        assert len(await world.chunks(pull.job)) == min(no + 2, pages)
    while await pull.pages.sweep():
        pass
    row = await world.state(pull.job)
    assert (row["state"], row["total"], row["warning"]) == ("completed", pages * 5, None)


async def test_what_was_read_ahead_of_a_pull_that_breaks_off_is_not_applied(world, pull, database) -> None:
    chains = PullChains(database)
    await pull.read(0, {"nonsense": True}, cursor={"page": 2})
    await chains.sweep()
    await pull.read(1, shown("2"), cursor={"page": 3})
    await chains.sweep()
    await pull.pages.sweep()
    row = await world.state(pull.job)
    assert (row["state"], row["error_code"]) == ("running", "internal")
    assert await _states(pull) == ["done", "sent", "cancelled"]
    await chains.sweep()
    await pull.pages.sweep()
    row = await world.state(pull.job)
    assert (row["state"], row["failed"], row["succeeded"]) == ("failed", 1, 0)
    assert await _states(pull) == ["done", "cancelled", "cancelled"]
    assert await world.value("SELECT count(*) FROM products") == 0


async def test_a_cancelled_pull_reads_no_further_and_applies_what_it_has(world, pull, database) -> None:
    chains = PullChains(database)
    await pull.read(0, shown("1"), cursor={"page": 2})
    await chains.sweep()
    await pull.read(1, shown("2"), cursor={"page": 3})
    await world.execute("UPDATE jobs SET cancel_requested_at = now() WHERE id = $1", pull.job)
    await chains.sweep()
    await database.run(carry_out_cancellations)
    while await pull.pages.sweep():
        pass
    row = await world.state(pull.job)
    assert (row["state"], row["succeeded"]) == ("cancelled", 2)
    assert await _states(pull) == ["done", "done"]


async def test_products_that_share_one_ean_are_left_to_a_person_with_what_they_may_be(world, pull) -> None:
    (ours,) = await world.products(pull.account, 1)
    await world.execute("UPDATE products SET content = $1", CONTENT)
    await world.execute("UPDATE variants SET ean = '96385074', ean_key = '96385074'")
    await pull.stage(0, shown("1", ean="96385074"), shown("2", ean="96385074"), cursor={"page": 2})
    assert [(i["outcome"], i["reason"], i["candidates"]) for i in await pull.issues()] == [
        ("needs_review", "ean_ambiguous", [str(ours)])
    ] * 2
    assert await world.value("SELECT count(*) FROM listings") == 0
    await pull.stage(1, shown("3", ean="96385074"))
    assert await world.value("SELECT external_id FROM listings WHERE kind = 'product'") == "3"


async def test_a_variant_that_only_the_shop_has_is_told_as_such(world, pull) -> None:
    (ours,) = await world.products(pull.account, 1)
    await world.execute("UPDATE products SET content = $1", CONTENT)
    await world.execute("UPDATE variants SET sku = 'A', ean = '96385074', ean_key = '96385074'")
    page = shown("1", sku="A", ean="96385074")
    await pull.stage(0, page | {"variants": [*page["variants"], {"external_id": "v2", "sku": "B"}]})
    assert [(i["outcome"], i["reason"], i["warning"]) for i in await pull.issues()] == [
        ("skipped", "unknown_variant", True)
    ]
    assert await world.value("SELECT item_id FROM listings WHERE kind = 'product'") == ours


async def test_refs_are_added_to_those_of_the_same_object_and_begin_anew_with_another(world, pull) -> None:
    page = shown("1", sku="A")
    await pull.stage(0, page | {"refs": {"a": 1}})
    refs = "SELECT refs FROM listings WHERE kind = 'product'"
    await world.execute("UPDATE listings SET refs = refs || '{\"sent\": [1]}' WHERE kind = 'product'")
    await (await pull.begin()).stage(0, page | {"refs": {"b": 2}})
    assert await world.value(refs) == {"a": 1, "b": 2, "sent": [1]}
    await world.execute("UPDATE listings SET external_id = 'old' WHERE kind = 'product'")
    await world.execute("UPDATE products SET key = 'K'")
    await world.execute("UPDATE listings SET external_id = NULL, state = 'intent' WHERE kind = 'product'")
    await (await pull.begin()).stage(0, page | {"our_key": "K", "refs": {"c": 3}})
    assert await world.value(refs) == {"c": 3}
