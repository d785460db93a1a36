"""The laws that every platform obeys. Each is a plain function over a bench, so that a planted bug can be shown to break it."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from uuid import UUID

from conformance.bench import PRICES, PRODUCTS, PULL, STOCK, Bench
from system.call_log import highest_concurrency

from pixee_common.clock import SystemClock
from pixee_common.domain.job import OPEN_LETTERS
from pixee_common.domain.reasons import ReasonCode

Law = Callable[[Bench], Awaitable[None]]
LAWS: dict[str, Law] = {}


def law(function: Law) -> Law:
    """Registers it by its name."""
    LAWS[function.__name__] = function
    return function


@law
async def every_item_gets_exactly_one_outcome(bench: Bench) -> None:
    """One letter for each item, none of them open at the end, each product once in the shop.

    If it fails: `submit` must answer an outcome for each item that it was given, keyed by the item's id.
    """
    products, _ = await bench.products(5)
    result = await bench.push(PRODUCTS, products)
    assert result.letters == "a" * 5, (result.letters, result.issues)
    assert sorted(await bench.read()) == [f"L{n}" for n in range(5)]


@law
async def pushing_twice_changes_nothing(bench: Bench) -> None:
    """The second push of unchanged products, stock and prices writes nothing, also from another worker.

    If it fails: `mapped` holds something that differs from run to run, or a create does not report what it carried.
    """
    products, variants = await bench.products(4)
    await bench.push(PRODUCTS, products)
    before = len(bench.log("write"))
    bench.restart()
    for operation, items in ((PRODUCTS, products), (STOCK, variants), (PRICES, variants)):
        assert set((await bench.push(operation, items)).letters) == {"s"}, operation
    assert len(bench.log("write")) == before


@law
async def one_bad_item_fails_alone(bench: Bench) -> None:
    """An item whose SKU is another product's in the shop fails with a reason; its neighbours arrive.

    If it fails: a refusal of one item is an outcome, never a fault of the submission.
    """
    await bench.profile.occupy(bench.shop, "L2", "somebody-else")
    products, _ = await bench.products(5)
    result = await bench.push(PRODUCTS, products)
    assert result.letters.count("a") == 4, (result.letters, result.issues)
    issue = next(issue for issue in result.issues if issue.item_id == products[2])
    assert issue.message
    assert (await bench.read())["L2"].title == "Stands here already"


@law
async def what_stands_in_the_shop_already_is_linked_not_doubled(bench: Bench) -> None:
    """A product with our SKU and nobody's key becomes ours.

    If it fails: `find` looks by key, then SKU, then EAN, or a create answers `exists`.
    """
    external = await bench.profile.occupy(bench.shop, "L0", None)
    products, _ = await bench.products(2)
    result = await bench.push(PRODUCTS, products)
    assert result.letters == "aa", (result.letters, result.issues)
    found = await bench.read()
    assert sorted(found) == ["L0", "L1"]
    assert found["L0"].title == "Law 0"
    assert (await bench.rows.listings())[products[0]][0] == external


@law
async def a_short_throttle_is_obeyed_to_the_second(bench: Bench) -> None:
    """After a refusal with a time of two seconds no call leaves earlier, and nothing has failed.

    If it fails: `classify` must hand on the time that the platform gave.
    """
    products, _ = await bench.products(1)
    bench.fault("status", status=429, retry_after=2, times=1)
    result = await bench.push(PRODUCTS, products)
    assert result.letters == "a", result.issues
    log = bench.log("write")
    refused = next(n for n, entry in enumerate(log) if entry.status == 429)
    assert (log[refused + 1].started_ns - log[refused].ended_ns) / 1e9 >= 2.0


@law
async def a_long_throttle_is_a_wait_with_its_time(bench: Bench) -> None:
    """A refusal for forty seconds parks the chunk until then, at once, with no further call and no failure.

    If it fails: the fault must be `throttled` with `retry_after`; adapters never sleep.
    """
    products, _ = await bench.products(1)
    bench.fault("status", status=429, retry_after=40)
    asked = SystemClock().now()
    result = await bench.carry(PRODUCTS, products)
    assert set(result.letters) <= OPEN_LETTERS
    assert result.wait is not None
    assert result.wait.reason is ReasonCode.THROTTLED
    seconds = (result.wait.until - asked).total_seconds()
    assert 39.0 <= seconds <= 60.0, f"told to wait {seconds:.0f} s"
    assert [entry.status for entry in bench.log("write")].count(429) == 1


@law
async def refused_credentials_pause_the_connector(bench: Bench) -> None:
    """At most two calls, the connector is in error with a message, the items wait.

    If it fails: `classify` must answer `credentials` for what the platform says to a bad key.
    """
    products, _ = await bench.products(3)
    bench.settings(**bench.profile.wrong)
    result = await bench.carry(PRODUCTS, products)
    assert set(result.letters) <= OPEN_LETTERS, result.letters
    assert result.connector is not None
    assert (result.connector.status, bool(result.connector.last_error)) == ("error", True)
    assert len(bench.log()) <= 2


@law
async def an_answer_lost_after_the_commit_doubles_nothing(bench: Bench) -> None:
    """Whichever write's answer is lost, each product stands once in the shop and every item ends as applied.

    If it fails: a create is repeated without a look-up, or is marked `safe` although it is not.
    """
    products: list[UUID] = []
    for turn in range(4):
        product, _ = await bench.rows.add_product(
            f"T{turn}", title=f"Turn {turn}", sizes=("S", "M") if turn % 2 else ()
        )
        products.append(product)
        bench.simulator.faults.clear()
        bench.fault("reset_after_commit", after=turn, times=1)
        result = await bench.push(PRODUCTS, products)
        assert not set(result.letters) - set("as"), (turn, result.letters, result.issues)
    assert sorted(await bench.read()) == ["T0", "T1-M", "T1-S", "T2", "T3-M", "T3-S"]


@law
async def a_truncated_answer_doubles_nothing(bench: Bench) -> None:
    """Half an answer to a write: looked up or repeated safely, nothing twice.

    If it fails: a body that cannot be read says nothing of what was done.
    """
    products, _ = await bench.products(3)
    bench.fault("truncated_body", times=1)
    result = await bench.push(PRODUCTS, products)
    assert result.letters == "aaa", (result.letters, result.issues)
    assert sorted(await bench.read()) == ["L0", "L1", "L2"]


@law
async def a_shop_that_fails_and_recovers_gets_everything(bench: Bench) -> None:
    """Two server errors in a row are a short wait.

    If it fails: 5xx is `unavailable`, or `ambiguous` for a create; never a refusal.
    """
    products, _ = await bench.products(3)
    bench.fault("status", status=503, times=2)
    result = await bench.push(PRODUCTS, products)
    assert result.letters == "aaa", (result.letters, result.issues)
    assert len(await bench.read()) == 3


@law
async def a_created_product_has_its_stock_and_price(bench: Bench) -> None:
    """To the cent and to the piece, also for variants.

    If it fails: a create carries both, or the following pushes must.
    """
    amounts = ["0.01", "9.99", "1234567.89", "19.90"]
    products = [
        (await bench.rows.add_product(f"C{n}", price=price, quantity=n * 7))[0] for n, price in enumerate(amounts)
    ]
    await bench.push(PRODUCTS, products)
    found = await bench.read()
    assert [found[f"C{n}"].price for n in range(4)] == [Decimal(price) for price in amounts]
    assert [found[f"C{n}"].quantity for n in range(4)] == [0, 7, 14, 21]


@law
async def each_operation_writes_its_own_fields_only(bench: Bench) -> None:
    """Stock touches no price, prices touch no stock, a product update neither; the bodies hold no name of another's field.

    If it fails: send only what the field policy of the operation names.
    """
    products, variants = await bench.products(2)
    await bench.push(PRODUCTS, products)
    first = await bench.read()
    for number, variant in enumerate(variants):
        await bench.rows.set_stock(variant, 100 + number)
        await bench.rows.run(
            "UPDATE variants SET base_price = $2, price_version = $3 WHERE id = $1",
            variant,
            Decimal("55.55"),
            bench.rows.next_version(),
        )
        await bench.rows.set_title(products[number], f"New {number}")
    await _writes_only(bench, PRODUCTS, products)
    found = await bench.read()
    assert [(s.price, s.quantity) for s in found.values()] == [(s.price, s.quantity) for s in first.values()]
    assert found["L0"].title == "New 0"
    await _writes_only(bench, STOCK, variants)
    found = await bench.read()
    assert (found["L0"].quantity, found["L0"].price) == (100, first["L0"].price)
    await _writes_only(bench, PRICES, variants)
    found = await bench.read()
    assert (found["L0"].quantity, found["L0"].price) == (100, Decimal("55.55"))


async def _writes_only(bench: Bench, operation, items) -> None:
    policies = {op: c.fields for op, c in bench.adapter.manifest.capabilities.items()}
    own = policies[operation]
    others = {name for op in (STOCK, PRICES) if op is not operation for name in policies[op].sent}
    forbidden = {name.rpartition(".")[2] for name in (*others, *own.create_only)}
    allowed = {name.rpartition(".")[2] for name in (*own.sent, *own.companions)}
    mark = len(bench.sender.bodies)
    result = await bench.push(operation, items)
    assert set(result.letters) == {"a"}, (operation, result.letters, result.issues)
    assert not (forbidden - allowed) & bench.keys_sent_since(mark), (
        operation,
        (forbidden - allowed) & bench.keys_sent_since(mark),
    )


@law
async def a_price_in_another_currency_is_never_sent(bench: Bench) -> None:
    """It fails with a reason, before any write.

    If it fails: prices go out in the shop's currency or not at all.
    """
    products, variants = await bench.products(2)
    await bench.push(PRODUCTS, products)
    before = len(bench.log("write"))
    await bench.rows.run(
        "UPDATE variants SET currency = 'USD', base_price = 1, price_version = $2 WHERE id = $1",
        variants[0],
        bench.rows.next_version(),
    )
    result = await bench.push(PRICES, variants)
    assert result.letters == "rs", result.letters
    assert result.issues[0].reason is ReasonCode.CURRENCY_MISMATCH
    assert len(bench.log("write")) == before


@law
async def stock_of_what_is_not_listed_costs_no_call(bench: Bench) -> None:
    """It is skipped as not listed yet.

    If it fails: the engine skips it before any call; an adapter must not look it up.
    """
    _, variants = await bench.products(2)
    assert (await bench.push(STOCK, variants)).letters == "nn"
    assert (await bench.push(PRICES, variants)).letters == "nn"
    assert bench.log("write") == []


@law
async def the_newest_value_at_the_moment_of_sending_is_sent_and_a_stale_one_never(bench: Bench) -> None:
    """A quantity that changed after the chunk was made is the one that arrives; what is older than what was sent is dropped.

    If it fails: values come from the items handed over, never from anything kept.
    """
    products, variants = await bench.products(2)
    await bench.push(PRODUCTS, products)
    chunk = bench.rows.chunk(STOCK, variants)
    await bench.rows.set_stock(variants[0], 4321)
    result = await bench.carry(STOCK, variants, job_id=chunk.job_id)
    assert (await bench.read())["L0"].quantity == 4321
    before = len(bench.log("write"))
    await bench.rows.set_stock(variants[0], 1)
    await bench.rows.run("UPDATE listing_operations SET catalog_version = 999999999 WHERE item_id = $1", variants[0])
    bench.restart()
    result = await bench.push(STOCK, variants)
    assert result.letters == "os", result.letters
    assert len(bench.log("write")) == before


@law
async def a_deleted_product_is_withdrawn_as_the_connector_says(bench: Bench) -> None:
    """keep: nothing is written; unpublish: no customer sees it and it stays; delete: it is gone.

    If it fails: `submit` must honour `Action.UNPUBLISH` and `Action.DELETE`.
    """
    products, _ = await bench.products(4)
    await bench.push(PRODUCTS, products)
    for product in products[:3]:
        await bench.rows.delete_product(product)
    for number, (mode, letter) in enumerate([("keep", "s"), ("unpublish", "a"), ("delete", "a")]):
        await bench.rows.run(
            "UPDATE connectors SET settings = jsonb_set(settings, '{on_delete}', to_jsonb($2::text)) WHERE id = $1",
            bench.rows.connector,
            mode,
        )
        bench.restart()
        assert (await bench.push(PRODUCTS, [products[number]])).letters == letter, mode
    found = await bench.read()
    assert found["L0"].status == "active"
    assert found["L1"].status != "active"
    assert sorted(found) == ["L0", "L1", "L3"]


@law
async def an_invalid_ean_never_leaves(bench: Bench) -> None:
    """What is no GTIN is kept in the catalog and stands in no body; a valid one arrives.

    If it fails: send `variant.ean`, never `variant.ean_given`.
    """
    good, _ = await bench.rows.add_product("E0", ean="4006381333931")
    bad, variants = await bench.rows.add_product("E1")
    await bench.rows.run(
        'UPDATE variants SET content = content || \'{"ean_given": "4006381333932"}\' WHERE id = $1', variants[0]
    )
    await bench.push(PRODUCTS, [good, bad])
    found = await bench.read()
    assert (found["E0"].ean, found["E1"].ean) == ("4006381333931", None)
    assert not any(b"4006381333932" in body for _, body in bench.sender.bodies)


@law
async def no_secret_is_shown(bench: Bench) -> None:
    """Not in any outcome, issue, note or repr, whatever went wrong.

    If it fails: messages name what to mend, never a value; the platform's own text is quoted without credentials.
    """
    products, _ = await bench.products(2)
    await bench.push(PRODUCTS, products)
    bench.settings(**bench.profile.wrong)
    await bench.rows.set_title(products[0], "Changed")
    bench.results.append(await bench.carry(PRODUCTS, products))
    shown = (
        repr(bench.results) + repr(await bench.rows.run("SELECT * FROM item_issues")) + repr(bench.courier.connectors)
    )
    for secret in bench.profile.credentials.values():
        assert secret not in shown


@law
async def a_host_outside_the_manifest_gets_no_byte(bench: Bench) -> None:
    """The address is refused before anything is sent, and the item says why.

    If it fails: the manifest's host pattern is too wide, or a call goes around the context.
    """
    products, _ = await bench.products(1)
    for name, value in bench.profile.elsewhere.items():
        await bench.rows.run(
            "UPDATE connectors SET settings = jsonb_set(settings, ARRAY[$2], to_jsonb($3::text)) WHERE id = $1",
            bench.rows.connector,
            name,
            value,
        )
    bench.restart()
    result = await bench.carry(PRODUCTS, products)
    reasons = {issue.reason for issue in result.issues} | ({result.wait.reason} if result.wait else set())
    assert ReasonCode.EGRESS_REFUSED in reasons, (result.letters, reasons)
    assert bench.log() == []


@law
async def never_more_calls_at_once_than_declared(bench: Bench) -> None:
    """The shop sees at most the capability's concurrency.

    If it fails: make no call outside `context.call`, and start no tasks of your own.
    """
    products, _ = await bench.products(12)
    bench.simulator.put_limits(bench.profile.host, {"latency_ms": 30})
    await bench.push(PRODUCTS, products)
    log = [{"started_ns": e.started_ns, "ended_ns": e.ended_ns} for e in bench.log()]
    assert highest_concurrency(log) <= bench.adapter.manifest.capabilities[PRODUCTS].concurrency


@law
async def an_incremental_pull_misses_nothing_and_returns_nothing_too_old(bench: Bench) -> None:
    """Since a moment: what changed after it, and nothing from before it less the declared overlap.

    If it fails: filter by the platform's own time of change, and assert that the filter was understood.
    """
    capability = bench.adapter.manifest.capabilities[PULL]
    if not capability.incremental:
        return
    products, _ = await bench.products(4)
    await bench.push(PRODUCTS, products)
    bench.simulator.clock.change(advance=capability.overlap_seconds + 600)
    since = bench.simulator.clock.utc()
    bench.simulator.clock.change(advance=60)
    for number in (1, 2):
        await bench.rows.set_title(products[number], f"Changed {number}")
    await bench.push(PRODUCTS, products)
    result = await bench.carry(PULL, [], since=since)
    assert result.page is not None
    titles = sorted(product["title"] for product in result.page.products)
    assert titles == ["Changed 1", "Changed 2"]
    everything = await bench.carry(PULL, [])
    assert everything.page is not None
    assert len(everything.page.products) == 4
