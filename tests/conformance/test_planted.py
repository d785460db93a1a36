"""Each law is broken by the bug that it is there to find."""

from dataclasses import replace
from typing import Any

import pytest
from conformance.bench import bench_of
from conformance.laws import LAWS
from conformance.planted import ENGINE_LAWS, PLANTS

from pixee_common.domain.job import OutcomeKind
from pixee_workers.sync_base import assembling, preparing
from pixee_workers.sync_base.items import Listing
from pixee_workers.sync_base.outcomes import Outcome

pytestmark = pytest.mark.stack


def test_every_law_has_a_planted_bug() -> None:
    assert set(PLANTS) | ENGINE_LAWS == set(LAWS)


@pytest.mark.parametrize("name", PLANTS)
async def test_the_law_finds_its_planted_bug(name: str, owner, as_role) -> None:
    slug, plant = PLANTS[name]
    async with bench_of(slug, owner, as_role("worker"), plant) as bench:
        with pytest.raises((AssertionError, KeyError)):
            await LAWS[name](bench)


async def _breaks(name: str, owner, as_role) -> None:
    async with bench_of("woocommerce", owner, as_role("worker")) as bench:
        with pytest.raises(AssertionError):
            await LAWS[name](bench)


async def test_an_engine_that_ignores_currencies_is_found(owner, as_role, monkeypatch) -> None:
    real = assembling.price_for

    def careless(*, currency: str, base: Any, **given: Any) -> Any:
        return real(currency=currency, base=None if base is None else replace(base, currency=currency), **given)

    monkeypatch.setattr(assembling, "price_for", careless)
    await _breaks("a_price_in_another_currency_is_never_sent", owner, as_role)


async def test_an_engine_that_sends_what_is_not_listed_is_found(owner, as_role, monkeypatch) -> None:
    real = assembling._variant

    def careless(*given: Any) -> Any:
        row, listing, verdict = real(*given)
        missing = verdict is not None and verdict.kind is OutcomeKind.NOT_LISTED_YET
        return (row, Listing("1"), None) if missing else (row, listing, verdict)

    monkeypatch.setattr(assembling, "_variant", careless)
    await _breaks("stock_of_what_is_not_listed_costs_no_call", owner, as_role)


async def test_an_engine_that_sends_stale_values_is_found(owner, as_role, monkeypatch) -> None:
    real = preparing._one

    def careless(read: Any, *given: Any, forced: bool) -> Any:
        found = real(read, *given, forced=forced)
        stale = isinstance(found, Outcome) and found.kind is OutcomeKind.SUPERSEDED
        return real(replace(read, sent=None), *given, forced=forced) if stale else found

    monkeypatch.setattr(preparing, "_one", careless)
    await _breaks("the_newest_value_at_the_moment_of_sending_is_sent_and_a_stale_one_never", owner, as_role)
