"""Platforms say when to come again, and to whom they talk at all. Both are obeyed, and neither counts as a failure."""

from typing import Any

from conformance.bench import PRICES, PRODUCTS, STOCK, Bench
from conformance.law import law
from conformance.planting import Planted
from system.call_log import highest_concurrency

from pixee_common.domain.faults import FaultKind, PlatformFault
from pixee_common.domain.job import OPEN_LETTERS
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.adapter import Adapter


@law(PRODUCTS, STOCK)
async def a_short_throttle_is_obeyed_to_the_second(bench: Bench) -> None:
    """After a refusal with a time of seven seconds the next call leaves within the second after them, not earlier.

    If it fails: `classify` must hand on the time that the platform gave.
    """
    products, variants = await bench.products(1)
    await bench.push(PRODUCTS, products)
    await bench.rows.set_stock(variants[0], 77)
    seen = len(bench.log())
    bench.fault("throttle", retry_after=7, times=1)
    result = await bench.push(STOCK, variants)
    assert result.letters == "a", f"{result.letters} {result.issues}"
    refused, following = _around_refusal(bench, seen)
    pause = following - refused
    assert 7.0 <= pause < 8.0, f"told to wait 7 s, called again after {pause:.2f} s"
    assert await bench.failures() == 0, "a throttle was counted as a failure"


@law(PRODUCTS, STOCK)
async def a_long_throttle_is_a_wait_with_its_time(bench: Bench) -> None:
    """A refusal for ninety seconds parks the chunk until then, at once, with no further call; then it goes on by itself.

    If it fails: the fault must be `throttled` with `retry_after`; adapters never sleep.
    """
    products, variants = await bench.products(2)
    await bench.push(PRODUCTS, products)
    await bench.rows.set_stock(variants[0], 77)
    seen = len(bench.log())
    bench.fault("throttle", retry_after=90, times=1)
    job = await bench.jobs.plan(STOCK, variants)
    asked = bench.clock.now()
    result = await bench.turn(job)
    assert result is not None and result.wait is not None, "not parked"  # noqa: PT018 narrows the type
    assert result.letters[0] in OPEN_LETTERS, f"{result.letters} {result.issues}"
    assert result.wait.reason is ReasonCode.THROTTLED, f"waits for {result.wait.reason}"
    seconds = (result.wait.until - asked).total_seconds()
    assert 89.9 <= seconds <= 92.0, f"told to wait 90 s, waits {seconds:.1f} s"
    assert (await bench.finish(job)).letters == "as", "it did not go on"
    refused, following = _around_refusal(bench, seen)
    assert 90.0 <= following - refused < 92.5, f"called again after {following - refused:.2f} s"
    assert await bench.failures() == 0, "a throttle was counted as a failure"


def _around_refusal(bench: Bench, seen: int) -> tuple[float, float]:
    """When the shop, by its own clock, refused, and when it was called next."""
    log = bench.log()[seen:]
    refused = next(n for n, entry in enumerate(log) if entry.fault == "throttle")
    assert len(log) > refused + 1, "it was never called again"
    return log[refused].simulator_time, log[refused + 1].simulator_time


@law(PRODUCTS)
async def a_throttle_holds_everybody_who_shares_the_budget(bench: Bench) -> None:
    """One of many calls at once is told to wait seven seconds: those on their way arrive, and no other leaves before.

    If it fails: the fault names the budget that is exhausted, or none where the call's own are meant.
    """
    count = 2 * bench.manifest.capabilities[PRODUCTS].concurrency + 29
    products, _ = await bench.products(count)
    await bench.push(PRODUCTS, products[:1])
    bench.simulator.put_limits(bench.profile.host, {"latency_ms": 10})
    bench.clock.patience = 0.4
    seen = len(bench.log())
    bench.fault("throttle", retry_after=7, times=1)
    result = await bench.push(PRODUCTS, products[1:])
    assert result.letters == "a" * (count - 1), f"{result.letters} {result.issues}"
    log = bench.log()[seen:]
    refused = next(entry for entry in log if entry.fault == "throttle")
    after = [e.simulator_time - refused.simulator_time for e in log if e.started_ns > refused.started_ns]
    early = [pause for pause in after if pause < 7.0]
    on_their_way = bench.manifest.capabilities[PRODUCTS].concurrency - 1
    assert len(early) <= on_their_way, f"{len(early)} calls in the seven seconds, {on_their_way} were on their way"
    assert max(early, default=0.0) < 1.0, f"called {max(early):.2f} s after one was told to wait 7 s"
    assert len(after) > len(early), "nothing was left to send: the law has seen no wait"


@law(PRODUCTS)
async def a_throttle_without_a_time_amid_a_chunk_fails_nobody(bench: Bench) -> None:
    """The platform's own "slow down", in its own words, twice within a chunk: everything arrives, once, and nothing has failed.

    If it fails: know the platform's own signs of throttling, in bodies too; what was not executed is sent again.
    """
    products, _ = await bench.products(12)
    bench.fault("throttle", after=1, times=2, match={})
    result = await bench.push(PRODUCTS, products)
    assert bench.fault_fired()
    assert result.letters == "a" * 12, f"{result.letters} {result.issues}"
    assert len(await bench.read()) == 12
    assert await bench.failures() == 0, "a throttle was counted as a failure"


@law(PRODUCTS)
async def refused_credentials_pause_the_connector(bench: Bench) -> None:
    """No call starts after the first refusal was answered; the connector is in error with a message, the items wait, and no further
    chunk calls the shop.

    If it fails: `classify` must answer `credentials` for what the platform says to a bad key; make no call outside `context.call`.
    """
    at_once = max(2, bench.manifest.capabilities[PRODUCTS].concurrency)
    products, _ = await bench.products(2 * at_once + 1)
    bench.settings(**bench.profile.wrong)
    bench.simulator.put_limits(bench.profile.host, {"latency_ms": 5})
    steps = bench.sender.steps
    bench.restart(lambda real: _telling(real, steps))
    job = await bench.jobs.plan(PRODUCTS, products)
    result = await bench.turn(job)
    assert result is not None
    assert set(result.letters) <= OPEN_LETTERS, f"items failed for the merchant's key: {result.letters}"
    (row,) = await bench.rows.run("SELECT status, last_error FROM connectors WHERE id = $1", bench.rows.connector)
    assert row["status"] == "error", f"the connector is {row['status']}"
    assert row["last_error"], "the merchant is not told what to do"
    late = steps[steps.index(_REFUSED) :].count("call")
    assert late == 0, f"{late} calls started after the first refusal was answered"
    calls = len(bench.log())
    assert calls <= at_once, f"{calls} calls with refused credentials"
    other = await bench.jobs.plan(PRODUCTS, products)
    for again in (job, other):
        assert await bench.turn(again) is None, "a chunk of a connector in error was claimed"
    assert len(bench.log()) == calls, "called again with refused credentials"


_REFUSED = "refused"


def _telling(real: Adapter, steps: list[str]) -> Adapter:
    """Notes among the calls when the engine was told that the credentials are refused."""

    def classify(answer: Any) -> PlatformFault | None:
        fault = real.classify(answer)
        if fault is not None and fault.kind is FaultKind.CREDENTIALS:
            steps.append(_REFUSED)
        return fault

    return Planted(real, classify=classify)


@law(PRODUCTS)
async def credentials_that_run_out_amid_a_job_lose_nothing(bench: Bench) -> None:
    """What was written before counts, the rest waits, and goes on when the merchant has given a good key.

    If it fails: outcomes already certain must not be lost with the fault.
    """
    products, _ = await bench.products(3)
    await bench.push(PRODUCTS, products)
    more, _ = await bench.products(3, prefix="M")
    bench.fault("expired_token", match={}, after=1)
    job = await bench.jobs.plan(PRODUCTS, [*products, *more])
    result = await bench.turn(job)
    assert result is not None
    assert not set(result.letters) & set("rvq"), f"items failed for the merchant's key: {result.letters}"
    bench.simulator.faults.clear()
    await bench.activate()
    result = await bench.finish(job)
    assert result.letters == "sssaaa", f"{result.letters} {result.issues}"
    assert sorted(await bench.read()) == ["L0", "L1", "L2", "M0", "M1", "M2"]


@law(PRODUCTS, STOCK, PRICES)
async def never_more_calls_at_once_than_declared(bench: Bench) -> None:
    """The shop sees at most the capability's concurrency, whatever is pushed.

    If it fails: make no call outside `context.call`, and start no tasks of your own.
    """
    products, variants = await bench.products(bench.manifest.capabilities[PRODUCTS].concurrency + 12)
    bench.simulator.put_limits(bench.profile.host, {"latency_ms": 100})
    for operation in (PRODUCTS, STOCK, PRICES):
        seen = len(bench.log())
        await bench.push(operation, products if operation is PRODUCTS else variants)
        log = [{"started_ns": e.started_ns, "ended_ns": e.ended_ns} for e in bench.log()[seen:]]
        most, declared = highest_concurrency(log), bench.manifest.capabilities[operation].concurrency
        assert most <= declared, f"{operation}: {most} calls at once, {declared} declared"
        for number, variant in enumerate(variants):
            await bench.rows.set_stock(variant, 300 + number)
            await bench.set_price(variant, f"{300 + number}.00")
