"""Tokens that are fetched live for a while. One fetch serves everybody, and no item ever fails for a token's age."""

from conformance.bench import PRODUCTS, Bench
from conformance.law import Exempt, law
from conformance.profile import Fetching

from pixee_common.domain.job import OPEN_LETTERS

_REFUSED = 401


async def _fetching(bench: Bench) -> Fetching:
    """The platform's way, with the connector's credentials set to it."""
    fetching = bench.profile.fetching
    if isinstance(fetching, str):
        raise Exempt(fetching)
    await bench.set_credentials(fetching.credentials)
    return fetching


def _fetches(bench: Bench, fetching: Fetching) -> int:
    return sum(asked.partition("?")[0].endswith(fetching.path) for asked, _ in bench.sender.bodies)


@law(PRODUCTS)
async def a_token_that_the_shop_refuses_is_fetched_anew_once(bench: Bench) -> None:
    """The shop forgot the token early, under many calls at once: one fetch, everything arrives, the connector stays active.

    If it fails: get tokens by `context.token` and send them in a header, so that the context can put the new one there;
    `classify` must answer `credentials` for a token that ran out.
    """
    fetching = await _fetching(bench)
    first, _ = await bench.products(1)
    await bench.push(PRODUCTS, first)
    assert _fetches(bench, fetching) == 1, "one token does not serve a push"
    bench.simulator.clock.change(advance=fetching.lives + 1)
    products, _ = await bench.products(12, prefix="M")
    result = await bench.push(PRODUCTS, products)
    assert result.letters == "a" * 12, f"{result.letters} {result.issues}"
    assert len(await bench.read()) == 13
    fetches = _fetches(bench, fetching)
    assert fetches == 2, f"{fetches - 1} fetches for one token that was refused"
    assert await bench.status() == "active"
    assert await bench.failures() == 0, "a token's age was counted as a failure"


@law(PRODUCTS)
async def a_token_is_renewed_before_it_runs_out(bench: Bench) -> None:
    """We know how long it lives: no call is made with one that is over.

    If it fails: hand on the lifetime that the platform states with the token.
    """
    fetching = await _fetching(bench)
    for number in range(2):
        products, _ = await bench.products(2, prefix=f"N{number}-")
        assert (await bench.push(PRODUCTS, products)).letters == "aa"
        bench.clock.leap(fetching.lives + 1)
    refused = [entry for entry in bench.log() if entry.status == _REFUSED]
    assert not refused, f"{len(refused)} calls with a token that was over"
    fetches = _fetches(bench, fetching)
    assert fetches == 2, f"{fetches} fetches"


@law(PRODUCTS)
async def a_token_refused_again_at_once_pauses_the_connector(bench: Bench) -> None:
    """A fresh token does not help: it is the merchant's turn, without a storm of calls.

    If it fails: a second refusal must reach the engine as `credentials`.
    """
    fetching = await _fetching(bench)
    products, _ = await bench.products(12)
    await bench.push(PRODUCTS, products[:1])
    before, fetched = len(bench.log()), _fetches(bench, fetching)
    bench.fault("expired_token", match={})
    result = await bench.turn(await bench.jobs.plan(PRODUCTS, products))
    assert result is not None
    assert set(result.letters) <= OPEN_LETTERS | {"s"}, f"items failed for the merchant's key: {result.letters}"
    assert await bench.status() == "error", "the connector is not in error"
    calls, again = len(bench.log()) - before, _fetches(bench, fetching) - fetched
    assert calls <= 4, f"{calls} calls with refused credentials"
    assert again <= 1, f"{again} fetches of a token that does not help"
