"""A shop that is not there makes everything wait, and nothing fail."""

import contextlib
import socket
from collections.abc import Iterator

from conformance.bench import PRODUCTS, STOCK, Bench
from conformance.law import law

from pixee_common.domain.job import OPEN_LETTERS
from pixee_common.domain.reasons import ReasonCode

_MOST_ATTEMPTS = 10
_WAITS = {ReasonCode.UNAVAILABLE, ReasonCode.BREAKER_OPEN}


@contextlib.contextmanager
def _nobody() -> Iterator[str]:
    """An address that refuses connections: the port is ours, and nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


@law(PRODUCTS, STOCK)
async def a_shop_that_cannot_be_reached_waits_and_gets_everything(bench: Bench) -> None:
    """Connections are refused: a wait with a time after a handful of attempts, no failure; then everything arrives.

    If it fails: let the context's faults pass through `submit` and `find`; an adapter never catches them to answer by itself.
    """
    products, variants = await bench.products(2)
    await bench.push(PRODUCTS, products[:1])
    await bench.rows.set_stock(variants[0], 77)
    jobs = [await bench.jobs.plan(PRODUCTS, products), await bench.jobs.plan(STOCK, variants[:1])]
    with _nobody() as url:
        async with bench.detour(url):
            for job in jobs:
                before = len(bench.sender.bodies)
                result = await bench.turn(job)
                assert result is not None
                assert set(result.letters) <= OPEN_LETTERS | {"s"}, f"failed: {result.letters} {result.issues}"
                assert result.wait is not None
                assert result.wait.reason in _WAITS, f"waits for {result.wait.reason}"
                attempts = len(bench.sender.bodies) - before
                assert attempts <= _MOST_ATTEMPTS, f"{attempts} attempts at a shop that is not there"
    assert [(await bench.finish(job)).letters for job in jobs] == ["sa", "a"]
    found = await bench.read()
    assert (sorted(found), found["L0"].quantity) == (["L0", "L1"], 77), f"the shop has {found}"
    assert await bench.failures() == 0, "an outage was counted as a failure of items"
