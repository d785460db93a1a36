"""Nobody knows what a shop did when its answer is lost. Whatever it did, nothing is doubled and nothing is lost."""

from collections.abc import Sequence
from uuid import UUID

from conformance.bench import PRICES, PRODUCTS, STOCK, Bench
from conformance.law import law

from pixee_common.domain.reasons import ReasonCode

_MOST_WRITES = 8


@law(PRODUCTS)
async def an_answer_lost_after_the_commit_doubles_nothing(bench: Bench) -> None:
    """Whichever write's answer is lost, each product stands once in the shop and every item ends as applied.

    If it fails: a create is repeated without a look-up, or is marked `safe` although it is not.
    """
    await _at_each_write_in_turn(bench, "reset_after_commit")


@law(PRODUCTS)
async def a_truncated_answer_doubles_nothing(bench: Bench) -> None:
    """Half an answer, to whichever write: looked up or repeated safely, nothing twice, nothing believed.

    If it fails: a body that cannot be read says nothing of what was done.
    """
    await _at_each_write_in_turn(bench, "truncated_body")


@law(PRODUCTS)
async def a_connection_cut_before_anything_was_done_loses_nothing(bench: Bench) -> None:
    """The other half of the riddle: the shop did nothing, and that is found out.

    If it fails: after an ambiguous answer absence in the shop must lead to the create, not to a success.
    """
    await _at_each_write_in_turn(bench, "reset_before")


async def _at_each_write_in_turn(bench: Bench, kind: str) -> None:
    expected: list[str] = []
    for turn in range(_MOST_WRITES):
        simple, _ = await bench.rows.add_product(f"T{turn}", title=f"Turn {turn}")
        sized, _ = await bench.rows.add_product(f"S{turn}", title=f"Sized {turn}", sizes=("S", "M"))
        bench.fault(kind, after=turn, times=1)
        result = await bench.push(PRODUCTS, [simple, sized])
        fired = bench.fault_fired()
        bench.simulator.faults.clear()
        expected += [f"S{turn}-M", f"S{turn}-S", f"T{turn}"]
        found = sorted(await bench.read())
        assert found == sorted(expected), f"write {turn}: the shop has {found}"
        assert result.letters == "aa", f"write {turn}: {result.letters} {result.issues}"
        if not fired:
            assert turn > 0, "the push made no write at all"
            return
    raise AssertionError(f"more than {_MOST_WRITES} writes for two products")


@law(PRODUCTS)
async def a_lost_answer_to_a_change_or_a_withdrawal_ends_as_asked(bench: Bench) -> None:
    """Titles are the new ones and what was to go is gone, whether the shop had done it or not.

    If it fails: an update is absolute and may be repeated; what is gone already counts as withdrawn.
    """
    await bench.set_setting("on_delete", "delete")
    for turn, kind in enumerate(("reset_after_commit", "truncated_body", "reset_before")):
        products, _ = await bench.products(2, prefix=f"K{turn}-")
        await bench.push(PRODUCTS, products)
        await bench.rows.set_title(products[0], f"Changed {turn}")
        bench.fault(kind, times=1)
        result = await bench.push(PRODUCTS, [products[0]])
        assert result.letters == "a", f"{kind}, change: {result.letters} {result.issues}"
        await bench.rows.delete_product(products[1])
        bench.fault(kind, times=1)
        result = await bench.push(PRODUCTS, [products[1]])
        assert bench.fault_fired()
        assert result.letters in {"a", "s"}, f"{kind}, withdrawal: {result.letters} {result.issues}"
        titles = {sku: seen.title for sku, seen in (await bench.read()).items()}
        wanted = {f"K{n}-0": f"Changed {n}" for n in range(turn + 1)}
        assert titles == wanted, f"{kind}: the shop has {titles}"


@law(PRODUCTS, STOCK, PRICES)
async def a_lost_answer_to_stock_or_prices_ends_with_the_newest_value(bench: Bench) -> None:
    """Sent again, or known to have arrived: the shop has the value, and every item ends as applied.

    If it fails: quantities are absolute; where the platform compares or keeps idempotency keys, one submission keeps one key.
    """
    products, variants = await bench.products(3)
    await bench.push(PRODUCTS, products)
    for turn, kind in enumerate(("reset_after_commit", "truncated_body", "reset_before")):
        for number, variant in enumerate(variants):
            await bench.rows.set_stock(variant, 100 * (turn + 1) + number)
            await bench.set_price(variant, f"{100 * (turn + 1) + number}.50")
        for operation in (STOCK, PRICES):
            bench.fault(kind, times=1)
            result = await bench.push(operation, variants)
            assert result.letters == "aaa", f"{kind}, {operation}: {result.letters} {result.issues}"
            assert bench.fault_fired()
        found = await bench.read()
        wanted = [(100 * (turn + 1) + n, f"{100 * (turn + 1) + n}.5") for n in range(3)]
        had = [(found[f"L{n}"].quantity, f"{found[f'L{n}'].price:.1f}") for n in range(3)]
        assert had == wanted, f"{kind}: the shop has {had}, not {wanted}"


@law(PRODUCTS)
async def a_worker_that_dies_between_call_and_record_doubles_nothing(bench: Bench) -> None:
    """The shop has it, the database does not know: the next worker finds it there.

    If it fails: `find` must see what a create of ours made, by our key or by SKU.
    """
    products, _ = await bench.products(2)
    products.append((await bench.rows.add_product("V", title="With sizes", sizes=("S", "M")))[0])
    job = await bench.jobs.plan(PRODUCTS, products)
    await bench.turn(job, dies=True)
    bench.restart()
    result = await bench.finish(job)
    found = sorted(await bench.read())
    assert found == ["L0", "L1", "V-M", "V-S"], f"the shop has {found}"
    assert result.letters == "aaa", f"{result.letters} {result.issues}"


@law(PRODUCTS, STOCK)
async def an_answer_that_nobody_understands_is_not_believed(bench: Bench) -> None:
    """Pages of HTML with status 200 in place of answers: no success, no failure; when the shop is itself again everything arrives.

    If it fails: `classify` must answer `contract_broken`, or `unavailable` where hosts are known for such pages, for a success
    whose body is not the platform's.
    """
    products, variants = await bench.products(2)
    await bench.push(PRODUCTS, products[:1])
    await bench.rows.set_stock(variants[0], 77)
    jobs = [await bench.jobs.plan(PRODUCTS, products), await bench.jobs.plan(STOCK, variants[:1])]
    bench.fault("status", status=200, body="html", match={})
    for job in jobs:
        result = await bench.turn(job)
        assert result is not None
        assert not set(result.letters) & set("arvq"), f"believed: {result.letters} {result.issues}"
        assert result.wait is not None
        told = any("unexpected answer" in line for line in bench.heard.lines)
        assert told or result.wait.reason is not ReasonCode.CONTRACT_BROKEN, "nobody is told"
        bench.restart()
    assert bench.fault_fired()
    bench.simulator.faults.clear()
    bench.clock.leap(600)
    assert [(await bench.finish(job)).letters for job in jobs] == ["sa", "a"]
    found = await bench.read()
    assert (sorted(found), found["L0"].quantity) == (["L0", "L1"], 77), f"the shop has {found}"


@law(PRODUCTS, STOCK)
async def a_shop_that_fails_and_recovers_gets_everything(bench: Bench) -> None:
    """Server errors on every second and third call, pages of HTML among them: a short wait, no failure.

    If it fails: 5xx is `unavailable`, or `ambiguous` for a create; never a refusal.
    """
    products, variants = await bench.products(3)
    for status, body in ((503, "json"), (500, "html"), (502, "text")):
        bench.fault("status", status=status, body=body, times=2, match={})
        items: Sequence[UUID] = products if status == 503 else variants
        for variant in variants:
            await bench.rows.set_stock(variant, status)
        result = await bench.push(PRODUCTS if status == 503 else STOCK, items)
        assert result.letters == "aaa", f"{status} {body}: {result.letters} {result.issues}"
        assert bench.fault_fired()
    assert [seen.quantity for seen in (await bench.read()).values()] == [502] * 3
    assert await bench.failures() == 0, "an outage was counted as a failure of items"
